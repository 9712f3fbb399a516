from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "people"
    verbose_name = _("Folk")

    def ready(self) -> None:
        from people import checks, postgresql, receivers  # noqa: F401
        from people.own_data import collectors  # noqa: F401
