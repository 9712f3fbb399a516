"""Mails about somebody's own account, each in its reader's language.

Written only to an address that has been verified, so that nobody learns from Flett that somebody else has signed up
with theirs.
"""

from datetime import datetime

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from people.mails import send, write
from people.models import DataExport, User
from people.queries.mail import get_mail_addresses


def address_of(person: User) -> str | None:
    """Where the person is reached; None where there is no verified address. One query."""
    return get_mail_addresses([person]).get(person.pk)


def day(moment: datetime) -> str:
    """In the language that is active: 9. april 2026."""
    return date_format(timezone.localtime(moment), "DATE_FORMAT")


def tell_of_request(person: User, *, due_at: datetime) -> None:
    """Somebody has asked for deletion: until when they may change their mind, and how."""
    to = address_of(person)
    if to is None:
        return
    with translation.override(person.language):
        subject = gettext("Kontoen din slettes %(day)s") % {"day": day(due_at)}
        link = reverse("people:delete-account")
        message = write("deletion_asked", to=to, subject=subject, link=link, day=day(due_at))
    send([message], kind="deletion_asked")


def tell_of_keeping(person: User) -> None:
    to = address_of(person)
    if to is None:
        return
    with translation.override(person.language):
        message = write(
            "deletion_undone", to=to, subject=gettext("Kontoen din slettes ikke"), link=reverse("people:account")
        )
    send([message], kind="deletion_undone")


def tell_of_deletion(*, to: str, language: str) -> None:
    """The last mail. Nothing is kept of whom it was sent to."""
    with translation.override(language):
        message = write(
            "deletion_done", to=to, subject=gettext("Kontoen din er slettet"), link=reverse("people:directory")
        )
    send([message], kind="deletion_done")


def warn_of_unused(person: User, *, due_at: datetime) -> None:
    """Nobody has signed in for long: sign in, or the account goes."""
    to = address_of(person)
    if to is None:
        return
    with translation.override(person.language):
        subject = gettext("Vil du beholde kontoen din?")
        link = reverse("people:account")
        message = write("account_unused", to=to, subject=subject, link=link, day=day(due_at))
    send([message], kind="account_unused")


def tell_of_export(export: DataExport) -> None:
    """A copy that took its time is ready. The file is fetched where one has signed in."""
    to = address_of(export.person)
    if to is None:
        return
    with translation.override(export.person.language):
        message = write(
            "export_ready",
            to=to,
            subject=gettext("Kopien din er klar"),
            link=reverse("people:own-data"),
            day=day(export.expires_at),
        )
    send([message], kind="export_ready")
