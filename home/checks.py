"""What a deployer could break without noticing, told at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

SLOTS = "home.middleware.SlotMiddleware"
POLICY = "home.middleware.ContentSecurityPolicyMiddleware"
BEFORE_SLOTS = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
DEMO_DOMAIN = "@demo.example"


@register(Tags.security)
def check_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Slots are filled where the reader is known, and every answer carries a content policy."""
    order = {name: place for place, name in enumerate(settings.MIDDLEWARE)}
    errors: list[CheckMessage] = []
    if POLICY not in order:
        errors.append(
            Error("Pages are sent without a content security policy.", hint=f"Add {POLICY}.", id="flett.E001")
        )
    if SLOTS not in order:
        errors.append(Error("Forms are sent with unfilled slots.", hint=f"Add {SLOTS} to MIDDLEWARE.", id="flett.E002"))
    elif late := [name for name in BEFORE_SLOTS if order.get(name, len(order)) > order[SLOTS]]:
        errors.append(
            Error("Slots are filled before the reader is known.", hint=f"Put {SLOTS} after {late[0]}.", id="flett.E003")
        )
    return errors


@register(Tags.security)
def check_demo_logins(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Demo people have a published password."""
    if settings.DEMO_LOGINS and not settings.DEVELOPMENT:
        return [Error("Demo logins are on outside development.", hint="Set DEMO_LOGINS to False.", id="flett.E004")]
    return []


@register(Tags.caches)
def check_page_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Kept pages are Python objects that nobody else may write: in this process's memory, and not shared."""
    if settings.CACHES["pages"]["BACKEND"] != "courses.memory.ObjectCache":
        return [Error("The cache 'pages' must be local memory.", id="flett.E005")]
    return []


@register(Tags.database)
def check_demo_people(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A database carried over from a developer's machine brings accounts that anyone can open.

    A new database is asked too, by `migrate` before it makes the first table: it has nobody yet.
    """
    from people.models import User

    if settings.DEVELOPMENT or not databases or User._meta.db_table not in connection.introspection.table_names():
        return []
    count = User.objects.filter(email__endswith=DEMO_DOMAIN, is_active=True).count()
    if not count:
        return []
    return [
        Error(
            f"This database has {count} demo people, whose password is public.",
            hint=f"Delete or deactivate the accounts that end with {DEMO_DOMAIN}.",
            id="flett.E006",
        )
    ]
