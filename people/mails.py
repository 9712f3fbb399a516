"""Mails about who belongs where, each in its reader's language and with no more about anybody than it must say.

Sent after commit. What was decided stands although the mail server is away; the log then names the mail, not people.
"""

import logging
from collections.abc import Iterable
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from people.models import Invitation, JoinRequest, MailKind, Membership
from people.permissions import people_who_manage
from people.unsubscribe import make_headers, make_link

logger = logging.getLogger(__name__)


def tell_of_request(request: JoinRequest) -> None:
    """To those who may decide and want such mails: somebody asks. Who it is, they see where they have signed in."""
    messages = []
    for person in people_who_manage(request.team).exclude(profile__mail_on_requests=False):
        with translation.override(person.language):
            messages.append(
                write(
                    "request_received",
                    to=person.email,
                    subject=gettext("Noen vil bli med i %(team)s") % {"team": request.team.name},
                    team=request.team,
                    link=reverse("people:requests", args=[request.team.slug]),
                    unsubscribe=make_link(account=person.pk, kind=MailKind.REQUESTS),
                )
            )
    send(messages, kind="request_received")


def tell_of_approval(membership: Membership) -> None:
    with translation.override(membership.person.language):
        message = write(
            "request_approved",
            to=membership.person.email,
            subject=gettext("Du er med i %(team)s") % {"team": membership.team.name},
            team=membership.team,
            link=reverse("people:team", args=[membership.team.slug]),
        )
    send([message], kind="request_approved")


def tell_of_refusal(request: JoinRequest) -> None:
    with translation.override(request.person.language):
        message = write(
            "request_refused",
            to=request.person.email,
            subject=gettext("Svar fra %(team)s") % {"team": request.team.name},
            team=request.team,
            link=reverse("people:team", args=[request.team.slug]),
        )
    send([message], kind="request_refused")


def tell_of_end(membership: Membership) -> None:
    with translation.override(membership.person.language):
        message = write(
            "membership_ended",
            to=membership.person.email,
            subject=gettext("Du er ikke lenger med i %(team)s") % {"team": membership.team.name},
            team=membership.team,
            link=reverse("people:team", args=[membership.team.slug]),
        )
    send([message], kind="membership_ended")


def send_invitations(invitations: Iterable[Invitation]) -> None:
    messages = []
    for invitation in invitations:
        with translation.override(invitation.language):
            messages.append(
                write(
                    "invitation",
                    to=invitation.email,
                    subject=gettext("Invitasjon til %(team)s") % {"team": invitation.team.name},
                    team=invitation.team,
                    expires_at=invitation.expires_at,
                    link=reverse("people:invitation", args=[invitation.key]),
                )
            )
    send(messages, kind="invitation")


def write(template: str, *, to: str, subject: str, link: str, unsubscribe: str = "", **context: Any) -> EmailMessage:
    """The mail in the language that is active. `unsubscribe` is the address that ends mails of its kind."""
    return EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{' '.join(subject.split())}",
        body=render_to_string(
            f"people/mail/{template}.txt",
            {
                **context,
                "link": f"{settings.BASE_URL}{link}",
                "site": settings.BASE_URL,
                "unsubscribe": unsubscribe,
            },
        ),
        headers=make_headers(unsubscribe) if unsubscribe else None,
        to=[to],
    )


def send(messages: list[EmailMessage], *, kind: str) -> None:
    """Send each to its one reader. An address the server refuses does not keep the others waiting."""
    if not messages:
        return
    connection = get_connection()
    failed = 0
    for message in messages:
        message.connection = connection
        try:
            connection.open()
            message.send()
        except (SMTPException, OSError):
            failed += 1
            connection.close()
    connection.close()
    if failed:
        logger.error("%d of %d mails of kind %s were not sent", failed, len(messages), kind)
