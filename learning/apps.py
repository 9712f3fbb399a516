from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LearningConfig(AppConfig):
    name = "learning"
    verbose_name = _("Læring")

    def ready(self) -> None:
        from learning import activity_slots, device_slots, own_data, receivers, slots  # noqa: F401
