"""Letters to those who come to an event, each in the frame of its reader's language.

Whether somebody is to have it is asked when their turn comes: they may have given their place up, or lost the space.
What the arranger writes leaves Flett as it is written; the page where they write says so.
"""

import logging
import re
from collections.abc import Iterator
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from forum.actions.event_receivers import (
    claim_letter,
    leave_out,
    mark_refused,
    mark_sent,
    put_back,
    waiting_receivers,
)
from forum.models import Event, EventMailing, EventMailReceiver
from forum.permissions.event_after import user_can_evaluate
from forum.permissions.events import user_can_see_event
from forum.queries.event_after import receivers_of
from people.handing_over import Ends, Errand, Outcome, hand_over
from people.letters import Letter, Link, Section, write
from people.models import MailKind, User
from people.queries.mail import get_mail_addresses, people_wanting

logger = logging.getLogger(__name__)

ENDS = Ends(sent=mark_sent, refused=mark_refused, put_back=put_back)


def send_letters(*, mailing: int) -> Outcome:
    """Hand over what waits of a letter. Safe to run twice, and at once."""
    return hand_over(_errands(mailing), ends=ENDS, logger=logger, what="letters of events")


def _errands(mailing_id: int) -> Iterator[Errand[int]]:
    mailing = EventMailing.objects.filter(pk=mailing_id).select_related("event__space", "group").first()
    if mailing is None:
        return
    receivers = list(waiting_receivers().filter(mailing=mailing).select_related("person").order_by("pk"))
    addresses = get_mail_addresses([each.person for each in receivers])
    for receiver in receivers:
        if receiver.person_id not in addresses or not _is_for(mailing, receiver):
            leave_out(receiver.pk)
            continue
        make = write_evaluation_mail if mailing.audience == EventMailing.Audience.EVALUATION else write_letter
        yield Errand(
            write=partial(make, mailing, person=receiver.person, to=addresses[receiver.person_id]),
            claim=partial(claim_letter, receiver=receiver.pk),
        )


def _is_for(mailing: EventMailing, receiver: EventMailReceiver) -> bool:
    """Whether the person is to have it now. Two queries."""
    person, event = receiver.person, mailing.event
    if mailing.audience == EventMailing.Audience.EVALUATION:
        wants = people_wanting(MailKind.FORUM_AT_ONCE).filter(pk=person.pk).exists()
        return wants and user_can_evaluate(person, event.evaluation)
    is_meant = receivers_of(event, mailing.audience, mailing.group).filter(person=person).exists()
    return is_meant and user_can_see_event(person, event)


def address_in(contact: str) -> str:
    """The e-mail address that the organiser gives as contact; empty where there is none."""
    for word in re.split(r"[\s,;<>()]+", contact):
        try:
            validate_email(word.strip(".:"))
        except ValidationError:
            continue
        return word.strip(".:")
    return ""


def frame_of(event: Event, *, text: str) -> str:
    """The whole letter as its reader gets it, in the language that is active."""
    context = {
        "text": text,
        "event": event,
        "answers_to": address_in(event.contact),
        "link": f"{settings.BASE_URL}{reverse('forum:event', args=[event.pk])}",
    }
    return render_to_string("forum/mail/event_letter.txt", context).strip() + "\n"


def write_letter(mailing: EventMailing, *, person: User, to: str) -> EmailMessage:
    """Answers go to the organiser's contact where that is an address; whose account wrote it is nobody's to know."""
    answers_to = address_in(mailing.event.contact)
    with translation.override(person.language):
        return EmailMessage(
            subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{mailing.subject}",
            body=frame_of(mailing.event, text=mailing.text),
            to=[to],
            reply_to=[answers_to] if answers_to else None,
        )


def write_evaluation_mail(mailing: EventMailing, *, person: User, to: str) -> EmailMessage:
    """Asks how it was; with the way out that every mail from the forum has."""
    with translation.override(person.language):
        letter = Letter(
            person=person,
            to=to,
            kind=EventMailing.Audience.EVALUATION,
            occasion=str(mailing.pk),
            subject=_("Hvordan var «%(event)s»?") % {"event": mailing.event.title},
            why=_("Du får denne e-posten fordi du var påmeldt. Det du svarer, kan ikke føres tilbake til deg."),
            sections=[
                Section(
                    lines=[_("Arrangøren vil gjerne vite hvordan det var. Det tar noen få minutter.")],
                    links=[
                        Link(text=_("Svar her"), url=reverse("forum:event-evaluation", args=[mailing.event_id])),
                    ],
                )
            ],
        )
        return write(letter, mail_kind=MailKind.FORUM_AT_ONCE)
