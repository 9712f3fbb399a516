"""What a deployer could break without noticing, told at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

MIDDLEWARE = "people.middleware.SecondFactorMiddleware"
BEFORE = ("django.contrib.auth.middleware.AuthenticationMiddleware", "allauth.account.middleware.AccountMiddleware")


@register(Tags.security)
def check_second_factor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Outside development nobody edits, moderates or administers with a password alone."""
    errors: list[CheckMessage] = []
    if not settings.REQUIRE_MFA and not settings.DEVELOPMENT:
        errors.append(
            Error("The editor is open without a second factor.", hint="Remove FLETT_REQUIRE_MFA.", id="people.E001")
        )
    order = {name: place for place, name in enumerate(settings.MIDDLEWARE)}
    if MIDDLEWARE not in order:
        errors.append(Error("Nobody is asked for a second factor.", hint=f"Add {MIDDLEWARE}.", id="people.E002"))
    elif late := [name for name in BEFORE if order.get(name, len(order)) > order[MIDDLEWARE]]:
        errors.append(
            Error(
                "A second factor is asked for before the person is known.",
                hint=f"Put {MIDDLEWARE} after {late[0]}.",
                id="people.E003",
            )
        )
    return errors
