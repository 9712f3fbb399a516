"""Whom mails go to, and where."""

from collections.abc import Collection

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from people.models import MailKind, User


def get_mail_addresses(people: Collection[User]) -> dict[int, str]:
    """Where each is reached, by account number: a verified address, the login first. One query.

    Who has none is left out. An account that an administrator has made has no list of addresses until its first
    sign-in; there it is the login.
    """
    known: dict[int, list[tuple[str, bool]]] = {}
    rows = EmailAddress.objects.filter(user__in=[person.pk for person in people]).order_by("-primary", "pk")
    for account, email, is_verified in rows.values_list("user_id", "email", "verified"):
        known.setdefault(account, []).append((email, is_verified))
    chosen = {person.pk: _choose(person, known.get(person.pk, ())) for person in people}
    return {account: email for account, email in chosen.items() if email}


def _choose(person: User, known: Collection[tuple[str, bool]]) -> str | None:
    if not known:
        return person.email
    verified = [email for email, is_verified in known if is_verified]
    return person.email if person.email in verified else next(iter(verified), None)


def people_wanting(kind: MailKind) -> QuerySet[User]:
    """Everybody who may be sent mails of this kind: an open account that nobody has asked to delete, and no «no»."""
    return User.objects.filter(is_active=True, profile__deletion_due_at__isnull=True).exclude(
        **{f"profile__{kind.choice}": False}
    )
