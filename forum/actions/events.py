"""Announcing events: making, changing, publishing, cancelling (docs/decisions/0018-events.md).

The event's row is locked first, then its legs. `sequence` grows exactly when what a calendar shows is changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.sign_ups import lock_legs, settle_event, tell
from forum.as_seen import check_seal, seal, seal_of_rows
from forum.models import (
    DietaryNeed,
    Event,
    EventLeg,
    EventPrinciple,
    EventQuestion,
    EventSignUp,
    ProgrammeItem,
    SignUpAnswer,
    SignUpNews,
    Space,
    State,
)
from forum.models.events import ANSWER_MAX, EVENT_SUMMARY_MAX, LABEL_MAX
from forum.models.topics import TITLE_MAX, Post
from forum.permissions.events import user_can_arrange, user_can_arrange_in
from forum.rendering import Rendered, render, text_with_links
from forum.writing import source_to_guard, tidy_source
from people.models import User
from safety.guard import guard_html
from safety.text import TextRefusedError, clean_line

LINK_SCHEMES = ("http", "https")
IN_A_CALENDAR = ("title", "starts_at", "ends_at", "time_zone", "place", "address", "link", "status")
"""What a calendar shows. When one of these changes, calendars must take the new one."""


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What is said of an event. Times are aware; empty strings are «not said». `legs` is capacity by mode."""

    title: str
    starts_at: datetime
    ends_at: datetime
    legs: dict[str, int | None] = field(default_factory=dict)
    time_zone: str = Event.TimeZone.OSLO
    summary: str = ""
    source: str = ""
    source_format: str = Post.Format.TEXT
    kind: str = Event.Kind.GATHERING
    place: str = ""
    address: str = ""
    link: str = ""
    county: str = ""
    audience: str = ""
    price: str = ""
    contact: str = ""
    may_change: bool = False
    takes_sign_ups: bool = True
    sign_up_opens_at: datetime | None = None
    sign_up_closes_at: datetime | None = None
    asks_dietary: bool = False
    offer_hours: int = 24
    principle_keys: tuple[UUID, ...] = ()


LINES = {
    "title": TITLE_MAX,
    "summary": EVENT_SUMMARY_MAX,
    "place": LABEL_MAX,
    "address": LABEL_MAX,
    "audience": LABEL_MAX,
    "price": LABEL_MAX,
    "contact": LABEL_MAX,
}
_PLAIN = (
    "starts_at",
    "ends_at",
    "time_zone",
    "kind",
    "county",
    "may_change",
    "takes_sign_ups",
    "sign_up_opens_at",
    "sign_up_closes_at",
    "asks_dietary",
    "offer_hours",
)


@dataclass(frozen=True, slots=True)
class _Read:
    lines: dict[str, str]
    source: str
    source_format: str
    rendered: Rendered
    link: str


@sensitive_variables()
def _read(details: EventDetails, *, confirmed: bool) -> _Read:
    """Tidied and guarded. Raises TextRefusedError and the guard's kinds of it."""
    lines = {name: clean_line(getattr(details, name), most=most) for name, most in LINES.items()}
    if not lines["title"]:
        raise TextRefusedError(_("Skriv en tittel."))
    if details.ends_at <= details.starts_at:
        raise TextRefusedError(_("Slutten må komme etter begynnelsen."))
    if not details.legs:
        raise TextRefusedError(_("Velg minst én måte å delta på."))
    source = tidy_source(details.source, source_format=details.source_format)
    rendered = render(source, source_format=details.source_format)
    link = clean_line(details.link, most=500)
    if link:
        try:
            URLValidator(schemes=LINK_SCHEMES)(link)
        except ValidationError:
            raise TextRefusedError(_("Lenken må være en hel nettadresse som begynner med https://.")) from None
    guarded = source_to_guard(source, source_format=details.source_format, rendered=rendered)
    guard_html(
        {name: escape(text) for name, text in lines.items()} | {"source": guarded, "link": escape(link)},
        confirmed=confirmed,
    )
    return _Read(lines, source if rendered.text else "", details.source_format, rendered, link)


def _set_details(event: Event, details: EventDetails, read: _Read) -> None:
    for name, text in read.lines.items():
        setattr(event, name, text)
    for name in _PLAIN:
        setattr(event, name, getattr(details, name))
    event.source, event.source_format = read.source, read.source_format
    event.html = read.rendered.html if read.source else ""
    event.text, event.rendering_version = read.rendered.text, read.rendered.version
    event.link = read.link


def shown_in_calendars(event: Event) -> tuple[object, ...]:
    """What a calendar shows of an event: where two of these differ, `sequence` grows by one.

    Of its text the words, and where its links lead; how it is set is not seen there.
    """
    words = text_with_links(event.html).split()
    return (*(getattr(event, name) for name in IN_A_CALENDAR), words)


@sensitive_variables()
@transaction.atomic
def make_event(
    *,
    person: User,
    space: Space,
    details: EventDetails,
    submission: UUID | None = None,
    confirmed: bool = False,
    is_example: bool = False,
) -> Event:
    """A draft. The same form sent twice makes one. Raises PermissionDenied, TextRefusedError, the guard's kinds."""
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    before = Event.objects.filter(submission=submission, created_by=person).first() if submission else None
    if before is not None:
        return before
    if not user_can_arrange_in(person, space):
        raise PermissionDenied
    read = _read(details, confirmed=confirmed)
    event = Event(space=space, created_by=person, submission=submission, is_example=is_example)
    _set_details(event, details, read)
    event.save()
    _set_principles(event, details.principle_keys)
    for mode, capacity in details.legs.items():
        EventLeg.objects.create(event=event, mode=mode, capacity=capacity)
    return event


def _lock(person: User, event: Event) -> Event:
    event = Event.objects.select_for_update(no_key=True).get(pk=event.pk)
    if not user_can_arrange(person, event):
        raise PermissionDenied
    return event


def _set_principles(event: Event, keys: Sequence[UUID]) -> None:
    event.principles.exclude(principle_key__in=keys).delete()
    EventPrinciple.objects.bulk_create(
        [EventPrinciple(event=event, principle_key=key) for key in dict.fromkeys(keys)], ignore_conflicts=True
    )


def seal_of_details(event: Event) -> str:
    """Of what `edit_event` changes. Two queries."""
    said = [getattr(event, name) for name in (*LINES, *_PLAIN, "source", "source_format", "link")]
    legs = sorted(event.legs.values_list("mode", "capacity"))
    return seal(said, legs, sorted(event.principles.values_list("principle_key", flat=True)))


@sensitive_variables()
@transaction.atomic
def edit_event(
    *,
    person: User,
    event: Event,
    details: EventDetails,
    tell_them: bool = False,
    confirmed: bool = False,
    seen: str | None = None,
) -> Event:
    """Say something else of it. More places go to those who wait at once; fewer than are taken are refused.

    `tell_them` mails those who are to come, once for each change a calendar shows. `seen` is the seal of what stood
    there when it was opened. Raises ChangedSinceError, and as `make_event` does.
    """
    event = _lock(person, event)
    if event.is_cancelled:
        raise PermissionDenied
    check_seal(seen, seal_of_details(event))
    read = _read(details, confirmed=confirmed)
    before = shown_in_calendars(event)
    _set_details(event, details, read)
    is_changed = shown_in_calendars(event) != before
    event.sequence += is_changed
    event.changed_at = timezone.now()
    event.save()
    _set_principles(event, details.principle_keys)
    _set_legs(event, details.legs)
    settle_event(event_id=event.pk)
    if is_changed and tell_them and event.status == Event.Status.PUBLISHED:
        tell(_standing(event), SignUpNews.Kind.CHANGED, str(event.sequence), by=person)
    return event


def _standing(event: Event) -> list[EventSignUp]:
    return list(EventSignUp.objects.standing().filter(event=event))


def _set_legs(event: Event, wanted: dict[str, int | None]) -> None:
    legs = {leg.mode: leg for leg in lock_legs(event.pk)}
    for mode, leg in legs.items():
        if mode in wanted:
            continue
        if leg.sign_ups.standing().exists():
            raise TextRefusedError(
                _("Noen er påmeldt %(mode)s. Da kan den måten ikke tas bort.")
                % {"mode": EventLeg.Mode(mode).label.lower()}
            )
        if leg.sign_ups.exists():
            leg.sign_ups.all().delete()  # given up, all of them: the way they were to come is no more
        leg.delete()
    for mode, capacity in wanted.items():
        found = legs.get(mode)
        if found is None:
            EventLeg.objects.create(event=event, mode=mode, capacity=capacity)
            continue
        if capacity is not None and capacity < found.taken:
            raise TextRefusedError(
                _("%(taken)d plasser er tatt. Det kan ikke være færre plasser enn det.") % {"taken": found.taken}
            )
        found.capacity = capacity
        found.save(update_fields=["capacity"])


@transaction.atomic
def publish_event(*, person: User, event: Event) -> Event:
    """From now on the space sees it. Once more changes nothing. Raises PermissionDenied."""
    event = _lock(person, event)
    if event.status == Event.Status.DRAFT:
        _set_status(event, Event.Status.PUBLISHED)
        event.save()
    return event


@transaction.atomic
def cancel_event(*, person: User, event: Event, note: str, confirmed: bool = False) -> Event:
    """It will not be. Those who were to come keep their rows, and are told. Once more changes nothing.

    Raises PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    event = _lock(person, event)
    if event.status != Event.Status.PUBLISHED:
        return event
    lock_legs(event.pk)
    note = clean_line(note, most=EVENT_SUMMARY_MAX)
    if not note:
        raise TextRefusedError(_("Skriv kort hvorfor det er avlyst. De påmeldte får se det."))
    guard_html({"note": escape(note)}, confirmed=confirmed)
    _set_status(event, Event.Status.CANCELLED)
    event.cancelled_at, event.cancel_note = timezone.now(), note
    event.save()
    DietaryNeed.objects.filter(sign_up__event=event).delete()
    tell(_standing(event), SignUpNews.Kind.EVENT_CANCELLED, by=person)
    return event


def _set_status(event: Event, status: str) -> None:
    before = shown_in_calendars(event)
    event.status = Event.Status(status)
    event.sequence += shown_in_calendars(event) != before
    event.changed_at = timezone.now()


@transaction.atomic
def set_event_state(*, person: User, event: Event, state: State) -> Event:
    """Hide, show or delete. A deleted event loses its text and what people answered.

    One that people are to come to is cancelled first, so that they are told. Raises PermissionDenied and
    TextRefusedError.
    """
    event = _lock(person, event)
    if event.state == state:
        return event
    lock_legs(event.pk)
    if state == State.DELETED:
        if event.status == Event.Status.PUBLISHED and not event.is_over and _standing(event):
            raise TextRefusedError(_("Noen er påmeldt. Avlys det først, så de får vite det."))
        DietaryNeed.objects.filter(sign_up__event=event).delete()
        SignUpAnswer.objects.filter(sign_up__event=event).delete()
        event.questions.all().delete()
        event.programme.all().delete()
        event.principles.all().delete()
        event.place = event.address = event.contact = ""
        event.source = event.html = event.text = event.summary = event.link = event.cancel_note = ""
    event.state = state
    event.sequence += 1
    event.changed_at = timezone.now()
    event.save()
    if state == State.NORMAL:
        settle_event(event_id=event.pk)
    return event


# --- programme and questions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the programme. `pk` is that of a point that is there already. Times are aware."""

    starts_at: datetime
    title: str
    ends_at: datetime | None = None
    text: str = ""
    room: str = ""
    speaker_role: str = ""
    pk: int | None = None


def seal_of_programme(event: Event) -> str:
    """Of what `set_programme` changes. One query."""
    return seal_of_rows(event.programme.order_by("pk"))


@sensitive_variables()
@transaction.atomic
def set_programme(
    *, person: User, event: Event, points: Sequence[Point], confirmed: bool = False, seen: str | None = None
) -> None:
    """The programme is these points and no others; those that are there already keep their rows.

    Raises PermissionDenied, ChangedSinceError, TextRefusedError and the guard's kinds of it.
    """
    event = _lock(person, event)
    check_seal(seen, seal_of_programme(event))
    there = {item.pk: item for item in event.programme.all()}
    kept: list[ProgrammeItem] = []
    for number, point in enumerate(points):
        item = there.get(point.pk or 0) or ProgrammeItem(event=event)
        item.starts_at, item.ends_at = point.starts_at, point.ends_at
        item.title = clean_line(point.title, most=LABEL_MAX)
        item.text = clean_line(point.text, most=ANSWER_MAX)
        item.room = clean_line(point.room, most=LABEL_MAX)
        item.speaker_role = clean_line(point.speaker_role, most=LABEL_MAX)
        if not item.title:
            raise TextRefusedError(_("Hvert punkt i programmet må ha en tittel."))
        if item.ends_at is not None and item.ends_at <= item.starts_at:
            raise TextRefusedError(_("«%(title)s» slutter før det begynner.") % {"title": item.title})
        said = {"title": item.title, "text": item.text, "room": item.room, "speaker_role": item.speaker_role}
        guard_html({f"form-{number}-{name}": escape(text) for name, text in said.items()}, confirmed=confirmed)
        kept.append(item)
    event.programme.exclude(pk__in=[item.pk for item in kept if item.pk]).delete()
    for item in kept:
        item.save()
    Event.objects.filter(pk=event.pk).update(changed_at=timezone.now())


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `pk` is that of a question that is there already; its answers stay."""

    label: str
    kind: str = EventQuestion.Kind.LINE
    choices: tuple[str, ...] = ()
    is_required: bool = False
    pk: int | None = None


def seal_of_questions(event: Event, purpose: str) -> str:
    """Of what `set_questions` changes. One query."""
    return seal_of_rows(event.questions.filter(purpose=purpose).order_by("pk"))


@sensitive_variables()
@transaction.atomic
def set_questions(
    *,
    person: User,
    event: Event,
    questions: Sequence[Question],
    purpose: str = EventQuestion.Purpose.SIGN_UP,
    confirmed: bool = False,
    seen: str | None = None,
) -> None:
    """What is asked is these, in this order. A question that is taken away takes its answers with it.

    Raises PermissionDenied, ChangedSinceError, TextRefusedError and the guard's kinds of it.
    """
    event = _lock(person, event)
    check_seal(seen, seal_of_questions(event, purpose))
    there = {each.pk: each for each in event.questions.filter(purpose=purpose)}
    kept: list[EventQuestion] = []
    for number, asked in enumerate(questions):
        question = there.get(asked.pk or 0) or EventQuestion(event=event, purpose=purpose)
        question.label = clean_line(asked.label, most=LABEL_MAX)
        question.kind = EventQuestion.Kind(asked.kind)
        question.is_required, question.position = asked.is_required, number
        choices = dict.fromkeys(clean_line(each, most=LABEL_MAX) for each in asked.choices)
        choices.pop("", None)
        has_choices = question.kind in (EventQuestion.Kind.CHOICE, EventQuestion.Kind.SEVERAL)
        question.choices = "\n".join(choices) if has_choices else ""
        if not question.label:
            raise TextRefusedError(_("Skriv hva du spør om."))
        if has_choices and len(choices) < 2:
            raise TextRefusedError(
                _("«%(question)s» trenger minst to svar å velge mellom.") % {"question": asked.label}
            )
        if len(question.choices) > 2000:
            raise TextRefusedError(_("«%(question)s» har for mange svar å velge mellom.") % {"question": asked.label})
        guard_html(
            {f"form-{number}-label": escape(question.label), f"form-{number}-choices": escape(question.choices)},
            confirmed=confirmed,
        )
        kept.append(question)
    event.questions.filter(purpose=purpose).exclude(pk__in=[each.pk for each in kept if each.pk]).delete()
    for question in kept:
        question.save()
