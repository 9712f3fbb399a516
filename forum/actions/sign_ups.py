"""Who comes: signing up, giving up, the waiting list and its offers (docs/decisions/0018-events.md).

Whoever signs up or gives up locks the person's row, then the event's legs in order: `taken` and the queue change under
those locks alone, and the database refuses more than there are. A place that comes free goes to the first in the queue
in the same transaction, so while a place is free nobody waits who may have it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.models import (
    DietaryNeed,
    Event,
    EventLeg,
    EventQuestion,
    EventSignUp,
    SignUpAnswer,
    SignUpNews,
    State,
)
from forum.models.events import ANSWER_MAX, DIETARY_MAX
from forum.permissions.events import (
    user_can_arrange,
    user_can_change_sign_up,
    user_can_see_event,
    user_can_see_sign_up,
    user_can_sign_up,
)
from people.models import Membership, Team, User
from people.permissions import user_can_manage_team
from people.tasks import after_commit
from safety.guard import guard_html
from safety.text import TextRefusedError, clean_line

Status = EventSignUp.Status
News = SignUpNews.Kind

STRAIGHT_WITHIN = timedelta(hours=6)
"""So near the start nobody has time to answer an offer: the first in the queue gets the place and is told."""
DIETARY_KEPT = timedelta(days=14)
"""After the event: long enough for a bill for food to be checked, and no longer."""


class AlreadySignedUpError(Exception):
    """The person has a sign-up that stands."""

    def __init__(self, sign_up: EventSignUp | None = None) -> None:
        super().__init__()
        self.sign_up = sign_up


class CannotBeAddedError(Exception):
    """Nobody has the address, or who has it may not come. Which of them it is, is not said."""


class OfferOverError(Exception):
    """The offer was not answered in time, or there is none any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question. Several choices are several texts."""

    question: EventQuestion
    texts: tuple[str, ...]


# --- signing up ----------------------------------------------------------------------------------------


@sensitive_variables()
@transaction.atomic
def sign_up(
    *,
    person: User,
    event: Event,
    mode: str,
    by: User,
    team: Team | None = None,
    answers: Iterable[Answer] | None = None,
    dietary: str = "",
    submission: UUID | None = None,
    confirmed: bool = False,
) -> EventSignUp:
    """A place where one is free, else the end of the queue. The same form sent twice makes one.

    `by` is the person, somebody who manages `team` where the person is a member, or whoever arranges the event; none
    but the person answers questions and says what they can not eat. Raises PermissionDenied, AlreadySignedUpError,
    TextRefusedError and the guard's kinds of it.
    """
    _lock_people([person.pk, by.pk])
    if submission is not None:
        before = EventSignUp.objects.filter(submission=submission, event=event, person=person).first()
        if before is not None:
            return before
    is_own = by.pk == person.pk
    if not _may_sign_up_for(by, event, team, is_own=is_own):
        raise PermissionDenied
    read = _read_answers(event, answers or (), confirmed=confirmed) if is_own else []
    need = _read_dietary(dietary, confirmed=confirmed) if is_own and event.asks_dietary else ""
    made = _take_place(person, event, mode, by, team, submission)
    _keep_answers(made, read, need)
    return made


@transaction.atomic
def sign_up_by_address(
    *, by: User, event: Event, address: str, mode: str, submission: UUID | None = None
) -> EventSignUp:
    """Whoever arranges the event signs somebody up by the whole address of their account. They are told.

    As usual for places, waiting list and deadline. Raises PermissionDenied where `by` may not sign anybody up now,
    CannotBeAddedError, AlreadySignedUpError and TextRefusedError.
    """
    if not user_can_arrange(by, event) or not user_can_sign_up(by, event):
        raise PermissionDenied
    staying = User.objects.filter(is_active=True, profile__deletion_due_at__isnull=True)
    person = staying.filter(email=address.strip().lower()).first()
    if person is None or not user_can_sign_up(person, event):
        raise CannotBeAddedError
    if person.pk == by.pk:
        raise TextRefusedError(_("Deg selv melder du på fra siden til arrangementet."))
    return sign_up(person=person, event=event, mode=mode, by=by, submission=submission)


@transaction.atomic
def sign_up_team(
    *, by: User, event: Event, team: Team, people: Iterable[User], mode: str
) -> dict[int, EventSignUp | None]:
    """Sign up several of one's team at once, in the order given. Each is told.

    None stands for who is signed up already, is not in the team, or may not come. They answer the organiser's
    questions themselves afterwards. Raises PermissionDenied and TextRefusedError.
    """
    wanted = list(people)
    _lock_people([by.pk, *(person.pk for person in wanted)])
    if not _may_sign_up_for(by, event, team, is_own=False):
        raise PermissionDenied
    made: dict[int, EventSignUp | None] = {}
    for person in wanted:
        try:
            with transaction.atomic():
                made[person.pk] = _take_place(person, event, mode, by, team, None)
        except (AlreadySignedUpError, PermissionDenied):
            made[person.pk] = None
    return made


def _lock_people(keys: Iterable[int]) -> None:
    """Before the legs, and in order: an account that is being deleted holds its own row, then its events' legs."""
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk")
    if len(list(rows.values_list("pk"))) != len(set(keys)):
        raise PermissionDenied


def _may_sign_up_for(by: User, event: Event, team: Team | None, *, is_own: bool) -> bool:
    """Whether this is for `by` to do. Whether the person may come is asked for each."""
    if is_own:
        return True
    return user_can_arrange(by, event) or (
        team is not None and user_can_see_event(by, event) and user_can_manage_team(by, team)
    )


def _take_place(
    person: User, event: Event, mode: str, by: User, team: Team | None, submission: UUID | None
) -> EventSignUp:
    """The people's rows are locked. Raises PermissionDenied, AlreadySignedUpError and TextRefusedError."""
    if not user_can_sign_up(person, event):
        raise PermissionDenied
    if team is not None and not Membership.objects.active().filter(person=person, team=team).exists():
        raise PermissionDenied
    leg = next((each for each in lock_legs(event.pk) if each.mode == mode), None)
    if leg is None:
        raise TextRefusedError(_("Velg hvordan du vil delta."))
    now = timezone.now()
    event = Event.objects.get(pk=event.pk)
    if not _is_live(event, now):  # it was cancelled while this waited for the legs
        raise PermissionDenied
    standing = EventSignUp.objects.standing().filter(event=event, person=person).first()
    if standing is not None:
        raise AlreadySignedUpError(standing)
    _settle_leg(leg, event, now)
    made = EventSignUp(
        event=event, leg=leg, person=person, team=team, made_by=by, created_at=now, submission=submission
    )
    if leg.places_left is None or leg.places_left > 0:
        made.status, made.confirmed_at = Status.CONFIRMED, now
        leg.taken += 1
    else:
        leg.last_queue_number += 1
        made.status, made.queue_number = Status.WAITING, leg.last_queue_number
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        raise AlreadySignedUpError from None
    leg.save(update_fields=["taken", "last_queue_number"])
    tell([made], News(made.status), by=by)
    return made


def tell(sign_ups: Iterable[EventSignUp], kind: str, occasion: str = "", *, by: User | None = None) -> None:
    """Each is to be told this once, in a mail and by the bell; the bell tells nobody what they did themselves (`by`).

    Written now, told and mailed after commit: a line in somebody's list holds on to their account, and here the event's
    legs are locked, which whoever deletes an account waits for.
    """
    rows = [SignUpNews(sign_up=each, kind=kind, occasion=occasion) for each in sign_ups]
    if rows:
        SignUpNews.objects.bulk_create(rows, ignore_conflicts=True)
        keys = sorted({row.sign_up_id for row in rows})
        after_commit(tasks.tell_of_sign_ups, keys, str(kind), by.pk if by else None)
        after_commit(tasks.send_sign_up_mails, keys)


@sensitive_variables()
def _read_answers(event: Event, answers: Iterable[Answer], *, confirmed: bool) -> list[tuple[EventQuestion, str]]:
    """What may be stored. Choices are of those the organiser set. Raises TextRefusedError and the guard's kinds."""
    given = {answer.question.pk: answer.texts for answer in answers}
    read: list[tuple[EventQuestion, str]] = []
    for question in EventQuestion.objects.filter(event=event, purpose=EventQuestion.Purpose.SIGN_UP):
        texts = [text for text in (clean_line(each, most=ANSWER_MAX) for each in given.get(question.pk, ())) if text]
        offered = options_of(question)
        if offered and any(text not in offered for text in texts):
            raise TextRefusedError(_("Velg blant svarene som står der."))
        if question.is_required and not texts:
            raise TextRefusedError(_("Svar på «%(question)s».") % {"question": question.label})
        if texts:
            text = "\n".join(texts)
            guard_html({f"question_{question.pk}": escape(text)}, confirmed=confirmed)
            read.append((question, text))
    return read


def options_of(question: EventQuestion) -> list[str]:
    """What may be answered; nothing where one writes freely."""
    if question.kind == EventQuestion.Kind.SCALE:
        return [str(step) for step in range(1, 6)]
    return question.options if question.kind in (EventQuestion.Kind.CHOICE, EventQuestion.Kind.SEVERAL) else []


@sensitive_variables()
def _read_dietary(text: str, *, confirmed: bool) -> str:
    text = clean_line(text, most=DIETARY_MAX)
    guard_html({"dietary": escape(text)}, confirmed=confirmed)
    return text


def _keep_answers(sign_up: EventSignUp, read: list[tuple[EventQuestion, str]], dietary: str) -> None:
    """As they are given now, in place of those before."""
    SignUpAnswer.objects.filter(sign_up=sign_up).delete()
    SignUpAnswer.objects.bulk_create([SignUpAnswer(sign_up=sign_up, question=each, text=text) for each, text in read])
    if dietary:
        DietaryNeed.objects.update_or_create(sign_up=sign_up, defaults={"text": dietary})
    else:
        DietaryNeed.objects.filter(sign_up=sign_up).delete()


@sensitive_variables()
@transaction.atomic
def answer_questions(
    *, person: User, sign_up: EventSignUp, answers: Iterable[Answer], dietary: str = "", confirmed: bool = False
) -> None:
    """Answer the organiser afterwards, or anew: the person alone, while the sign-up stands.

    Raises PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    found = EventSignUp.objects.select_for_update(no_key=True, of=("self",)).select_related("event").get(pk=sign_up.pk)
    if found.person_id != person.pk or not user_can_change_sign_up(person, found):
        raise PermissionDenied
    read = _read_answers(found.event, answers, confirmed=confirmed)
    need = _read_dietary(dietary, confirmed=confirmed) if found.event.asks_dietary else ""
    _keep_answers(found, read, need)


# --- giving up and answering offers --------------------------------------------------------------------


@transaction.atomic
def cancel_sign_up(*, by: User, sign_up: EventSignUp) -> EventSignUp:
    """Give a place up, also after the deadline and when all is full. The next in the queue gets it.

    Once more changes nothing. Raises PermissionDenied.
    """
    legs = lock_legs(sign_up.event_id)
    found = EventSignUp.objects.select_related("event").get(pk=sign_up.pk)
    if found.status not in EventSignUp.STANDING and _has_ended_it(by, found):
        return found
    if not user_can_change_sign_up(by, found):
        raise PermissionDenied
    _end(found, legs, Status.CANCELLED)
    if by.pk != found.person_id:
        tell([found], News.ENDED, by=by)
    return found


def _has_ended_it(by: User, sign_up: EventSignUp) -> bool:
    """Whoever sends the same form twice is not refused."""
    return user_can_see_sign_up(by, sign_up)


@transaction.atomic
def accept_offer(*, by: User, sign_up: EventSignUp) -> EventSignUp:
    """Take the place that was offered. Once more changes nothing. Raises PermissionDenied and OfferOverError."""
    lock_legs(sign_up.event_id)
    found = EventSignUp.objects.select_related("event").get(pk=sign_up.pk)
    if found.status not in EventSignUp.STANDING and _has_ended_it(by, found):
        raise OfferOverError
    if not user_can_change_sign_up(by, found) or not user_can_see_event(by, found.event):
        raise PermissionDenied
    if found.status == Status.CONFIRMED:
        return found
    now = timezone.now()
    if found.offered_until is None or found.offered_until <= now or not _is_live(found.event, now):
        raise OfferOverError
    found.status, found.offered_until, found.confirmed_at = Status.CONFIRMED, None, now
    found.save(update_fields=["status", "offered_until", "confirmed_at"])
    tell([found], News.CONFIRMED, by=by)
    return found


@transaction.atomic
def decline_offer(*, by: User, sign_up: EventSignUp) -> EventSignUp:
    """Let the place go to the next. As giving up. Raises PermissionDenied."""
    return cancel_sign_up(by=by, sign_up=sign_up)


def _end(sign_up: EventSignUp, legs: list[EventLeg], status: str) -> None:
    """A sign-up stands no longer, and the next gets its place. The legs are locked."""
    leg = next(each for each in legs if each.pk == sign_up.leg_id)
    now = timezone.now()
    if sign_up.status in EventSignUp.TAKES_A_PLACE:
        leg.taken -= 1
    sign_up.status, sign_up.ended_at, sign_up.offered_until = Status(status), now, None
    sign_up.save(update_fields=["status", "ended_at", "offered_until"])
    DietaryNeed.objects.filter(sign_up=sign_up).delete()
    _promote(leg, sign_up.event, now)
    leg.save(update_fields=["taken"])


# --- the waiting list ----------------------------------------------------------------------------------


def lock_legs(event_id: int) -> list[EventLeg]:
    """Hold an event's places to the end of the transaction."""
    return list(EventLeg.objects.select_for_update(no_key=True).filter(event_id=event_id).order_by("pk"))


def _is_live(event: Event, now: datetime) -> bool:
    return event.status == Event.Status.PUBLISHED and event.state == State.NORMAL and event.ends_at > now


def offer_end(event: Event, now: datetime) -> datetime | None:
    """When an offer that is made now must be answered: `offer_hours`, but never more than half the time that is left.

    None where the start is so near, or past, that the place is given at once.
    """
    left = event.starts_at - now
    if left <= STRAIGHT_WITHIN:
        return None
    return now + min(timedelta(hours=event.offer_hours), left / 2)


def _settle_leg(leg: EventLeg, event: Event, now: datetime) -> int:
    """Offers that were not answered lapse, and the next are offered their places. How many lapsed. Leg is locked."""
    late = list(EventSignUp.objects.filter(leg=leg, status=Status.OFFERED, offered_until__lte=now))
    for sign_up in late:
        sign_up.status, sign_up.ended_at, sign_up.offered_until = Status.LAPSED, now, None
        sign_up.save(update_fields=["status", "ended_at", "offered_until"])
    leg.taken -= len(late)
    tell(late, News.LAPSED)
    DietaryNeed.objects.filter(sign_up__in=late).delete()
    _promote(leg, event, now)
    if late:
        leg.save(update_fields=["taken"])
    return len(late)


def _promote(leg: EventLeg, event: Event, now: datetime) -> None:
    """Free places go to those who wait, in order. Who may no longer see the event is passed over and keeps waiting.

    The leg is locked, and saved by the caller where this took places.
    """
    if not _is_live(event, now):
        return
    waiting = EventSignUp.objects.filter(leg=leg, status=Status.WAITING).order_by("queue_number")
    for sign_up in waiting.select_related("person").iterator(chunk_size=50):
        if leg.places_left is not None and leg.places_left <= 0:
            return
        if not user_can_see_event(sign_up.person, event):
            continue
        until = offer_end(event, now)
        if until is None:
            sign_up.status, sign_up.confirmed_at = Status.CONFIRMED, now
        else:
            sign_up.status, sign_up.offered_until = Status.OFFERED, until
        leg.taken += 1
        leg.save(update_fields=["taken"])
        sign_up.save(update_fields=["status", "offered_until", "confirmed_at"])
        tell([sign_up], News(sign_up.status))


def events_to_settle() -> set[int]:
    """The events where an offer is overdue, or somebody waits while a place is free. One query."""
    now = timezone.now()
    overdue = EventSignUp.objects.filter(leg=OuterRef("pk"), status=Status.OFFERED, offered_until__lte=now)
    waiting = EventSignUp.objects.filter(leg=OuterRef("pk"), status=Status.WAITING)
    free = Q(capacity__isnull=True) | Q(taken__lt=F("capacity"))
    legs = EventLeg.objects.filter(
        Exists(overdue) | (free & Exists(waiting)),
        event__status=Event.Status.PUBLISHED,
        event__state=State.NORMAL,
        event__ends_at__gt=now,
    )
    return set(legs.values_list("event_id", flat=True))


def lapse_offers() -> int:
    """Offers that were not answered in time lapse, and the next are offered. How many lapsed.

    Run every few minutes; safe to run twice and at once: each event is a transaction, under its legs' locks.
    """
    return sum(settle_event(event_id=pk) for pk in sorted(events_to_settle()))


@transaction.atomic
def settle_event(*, event_id: int) -> int:
    """The same for one event, as when somebody looks at it."""
    legs = lock_legs(event_id)
    event = Event.objects.get(pk=event_id)
    now = timezone.now()
    return sum(_settle_leg(leg, event, now) for leg in legs)


# --- after, and in good order --------------------------------------------------------------------------


@transaction.atomic
def set_attendance(*, by: User, event: Event, listed: Iterable[int], came: Iterable[int]) -> None:
    """Who came, of those with a place who were `listed` on the form. Raises PermissionDenied."""
    if not user_can_arrange(by, event):
        raise PermissionDenied
    here = set(came)
    rows = EventSignUp.objects.filter(event=event, status=Status.CONFIRMED, pk__in=set(listed))
    rows.filter(pk__in=here).update(attended=True)
    rows.exclude(pk__in=here).update(attended=False)


REMINDED_BEFORE = timedelta(days=2)


def remind_of_events() -> int:
    """Whoever has a place is told two days before, once for each start; not who has just got it. Returns how many."""
    now = timezone.now()
    near = EventSignUp.objects.filter(
        status=Status.CONFIRMED,
        event__status=Event.Status.PUBLISHED,
        event__state=State.NORMAL,
        event__starts_at__gt=now,
        event__starts_at__lte=now + REMINDED_BEFORE,
        confirmed_at__lt=F("event__starts_at") - REMINDED_BEFORE,
    )
    told = 0
    for event_id, starts_at in set(near.values_list("event_id", "event__starts_at")):
        occasion = f"{starts_at:%Y%m%dT%H%M}"
        before = SignUpNews.objects.filter(sign_up=OuterRef("pk"), kind=News.REMINDER, occasion=occasion)
        due = list(near.filter(~Exists(before), event_id=event_id))
        tell(due, News.REMINDER, occasion)
        told += len(due)
    return told


def forget_dietary_needs() -> int:
    """Drop what is needed no longer: fourteen days after the event, or of a sign-up that stands no more. How many."""
    old = DietaryNeed.objects.filter(
        Q(sign_up__event__ends_at__lte=timezone.now() - DIETARY_KEPT)
        | ~Q(sign_up__status__in=EventSignUp.STANDING)
        | Q(sign_up__event__status=Event.Status.CANCELLED)
        | Q(sign_up__event__state=State.DELETED)
    )
    return old.delete()[0]


def count_taken() -> dict[int, tuple[int, int]]:
    """Legs whose `taken` differs from a count of the rows: what it says and what it should. One query."""
    legs = EventLeg.objects.annotate(
        counted=Count("sign_ups", filter=Q(sign_ups__status__in=EventSignUp.TAKES_A_PLACE))
    ).exclude(taken=F("counted"))
    return {leg.pk: (leg.taken, leg.counted) for leg in legs}


@transaction.atomic
def recount_leg(*, leg_id: int) -> None:
    """Make a leg's `taken` from its rows."""
    leg = EventLeg.objects.select_for_update(no_key=True).get(pk=leg_id)
    leg.taken = EventSignUp.objects.with_place().filter(leg=leg).count()
    leg.save(update_fields=["taken"])


@transaction.atomic
def leave_every_event(*, person: User) -> None:
    """An account goes: its sign-ups are given up in order, so that the next gets each place. The row is locked."""
    standing = EventSignUp.objects.standing().filter(person=person)
    for event_id in sorted(set(standing.values_list("event_id", flat=True))):
        legs = lock_legs(event_id)
        for sign_up in standing.filter(event_id=event_id).select_related("event"):
            _end(sign_up, legs, Status.CANCELLED)
