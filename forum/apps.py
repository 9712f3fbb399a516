from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ForumConfig(AppConfig):
    name = "forum"
    verbose_name = _("FACT Forum")

    def ready(self) -> None:
        from forum import checks, own_data, receivers, subject_slots  # noqa: F401
