"""Letters to those who come to an event: written once, claimed for each receiver before they are handed over.

They are about the receiver's own place, as a mail about one's account is. So there is no way to do without them but to
give the place up; what is asked for afterwards, the evaluation, is for those who want mails from the forum.
"""

from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.actions.arranging import lock_arranged
from forum.actions.event_notices import tell_of_evaluation
from forum.models import Event, EventGroup, EventMailing, EventMailReceiver
from forum.models.event_after import LETTER_MAX, SUBJECT_MAX
from forum.queries.event_after import evaluations_to_tell_of, people_to_ask, receivers_of
from people.models import MailKind, User
from people.queries.mail import people_wanting
from safety.guard import guard_texts
from safety.text import TextRefusedError, clean_line, clean_lines

LETTERS_A_DAY = 5
"""Letters an event may send in 24 hours, whoever writes them."""
ASKED_AFTER = timedelta(hours=12)
"""From an event's end until its evaluation is told of: time to say who came."""
ASKED_WITHIN = timedelta(days=14)

Audience = EventMailing.Audience


class TooManyLettersError(Exception):
    """The event has sent as many letters as it may in 24 hours. Nothing was sent."""


class NobodyThereError(Exception):
    """There is nobody the letter is for. Nothing was sent."""


@sensitive_variables()
def read_letter(*, subject: str, text: str, confirmed: bool) -> tuple[str, str]:
    """Tidied and guarded. Raises TextRefusedError and the guard's kinds of it."""
    subject = clean_line(subject, most=SUBJECT_MAX)
    text = clean_lines(text, most=LETTER_MAX)
    if not subject:
        raise TextRefusedError(_("Skriv et emne."))
    if not text:
        raise TextRefusedError(_("Skriv en tekst."))
    guard_texts({"subject": subject, "text": text}, confirmed=confirmed)
    return subject, text


@sensitive_variables()
@transaction.atomic
def send_letter(
    *,
    by: User,
    event: Event,
    audience: str,
    subject: str,
    text: str,
    submission: UUID,
    group: EventGroup | None = None,
    confirmed: bool = False,
) -> EventMailing:
    """Send a letter to those the audience holds now. The same form sent twice is one letter.

    Raises PermissionDenied, ValueError (no such audience, or a group where none is meant), TooManyLettersError,
    NobodyThereError, TextRefusedError and the guard's kinds of it.
    """
    if audience == Audience.EVALUATION or audience not in Audience.values:
        raise ValueError("Letters are written to those with a place, who wait, of a group, who came or did not come.")
    if (group is not None) != (audience == Audience.GROUP):
        raise ValueError("A letter to a group says which, and no other does.")
    event = lock_arranged(event, by=by)
    before = EventMailing.objects.filter(submission=submission).first()
    if before is not None:
        if before.event_id != event.pk:
            raise PermissionDenied
        return before
    if group is not None and group.event_id != event.pk:
        raise PermissionDenied
    subject, text = read_letter(subject=subject, text=text, confirmed=confirmed)
    lately = EventMailing.objects.filter(event=event, created_at__gt=timezone.now() - timedelta(days=1))
    if lately.exclude(audience=Audience.EVALUATION).count() >= LETTERS_A_DAY:
        raise TooManyLettersError
    people = list(receivers_of(event, audience, group).order_by("pk").values_list("person", flat=True))
    if not people:
        raise NobodyThereError
    mailing = EventMailing.objects.create(
        event=event,
        audience=audience,
        group=group,
        subject=subject,
        text=text,
        written_by=by,
        submission=submission,
        receiver_count=len(people),
    )
    EventMailReceiver.objects.bulk_create([EventMailReceiver(mailing=mailing, person_id=each) for each in people])
    tasks.send_letters_later(mailing.pk)
    return mailing


def ask_for_evaluations() -> list[int]:
    """Tell those who may answer that an evaluation has opened, once each event. Returns the letters' numbers."""
    now = timezone.now()
    due = evaluations_to_tell_of(now - ASKED_AFTER, patience=ASKED_WITHIN).select_related("event")
    made = []
    for evaluation in due:
        people = people_to_ask(evaluation.event)
        wanting = set(people_wanting(MailKind.FORUM_AT_ONCE).filter(pk__in=people).values_list("pk", flat=True))
        receivers = [each for each in people if each in wanting]
        try:
            with transaction.atomic():
                mailing = EventMailing.objects.create(
                    event=evaluation.event, audience=Audience.EVALUATION, receiver_count=len(receivers)
                )
                EventMailReceiver.objects.bulk_create(
                    [EventMailReceiver(mailing=mailing, person_id=each) for each in receivers]
                )
                tell_of_evaluation(event=evaluation.event, people=people)
        except IntegrityError:
            continue  # somebody else has told of it
        made.append(mailing.pk)
    return made
