from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeConfig(AppConfig):
    name = "home"
    verbose_name = _("Flett")

    def ready(self) -> None:
        from home import checks, own_data, receivers, slots  # noqa: F401
