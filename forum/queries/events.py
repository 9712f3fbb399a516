"""An event as one person may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils import timezone

from courses.models import Principle
from forum.event_words import day_words, local, moment_words, when_words, zone_words
from forum.models import Event, EventLeg, EventPrinciple, EventQuestion, EventSignUp, Notice, ProgrammeItem, Space
from forum.permissions.events import (
    events_arranged_by,
    events_open_to,
    events_visible_to,
    links_visible_to,
    spaces_to_arrange_in,
)
from forum.queries.subjects import get_principle_index, reader_language
from forum.templatetags.topics import clock
from people.models import Membership, Team
from people.permissions import teams_managed_by


def get_event_for(user: Any, pk: int) -> Event:
    """The event with `may_arrange`, `is_open` (to sign up for), `shows_link`, `is_overdue` where an offer was not
    answered in time, and `has_news` where the reader has notices of it to read. One query. Raises Http404.
    """
    here = {"pk": OuterRef("pk")}
    untold = Notice.objects.filter(
        person=user.pk, event=OuterRef("pk"), kind__in=Notice.OF_EVENTS, read_at__isnull=True
    )
    overdue = EventSignUp.objects.filter(
        event=OuterRef("pk"), status=EventSignUp.Status.OFFERED, offered_until__lte=timezone.now()
    )
    found = (
        events_visible_to(user)
        .filter(pk=pk)
        .annotate(
            may_arrange=Exists(events_arranged_by(user).filter(**here)),
            is_open=Exists(events_open_to(user).filter(**here)),
            shows_link=Exists(links_visible_to(user).filter(**here)),
            is_overdue=Exists(overdue),
            has_news=Exists(untold),
        )
        .select_related("space")
        .first()
    )
    if found is None:
        raise Http404
    return found


def arrangeable_spaces(user: Any) -> QuerySet[Space]:
    """Where the person may announce something now."""
    return spaces_to_arrange_in(user).order_by("position", "name", "pk")


@dataclass(slots=True)
class ProgrammePoint:
    """`clock` is when, by the clock where the event is: «09.00–10.15»."""

    item: ProgrammeItem
    clock: str


@dataclass(slots=True)
class ProgrammeDay:
    day: date
    words: str
    points: list[ProgrammePoint]


@dataclass(slots=True)
class EventPage:
    """All the page shows. `own` is the reader's sign-up that stands; `team` one whose members they may sign up."""

    event: Event
    legs: list[EventLeg]
    days: list[ProgrammeDay]
    principles: list[Principle]
    own: EventSignUp | None
    team: Team | None
    when: str
    closes: str
    opens: str
    offer_ends: str
    zone: str
    asks: bool

    @property
    def is_full(self) -> bool:
        """Whoever signs up now waits, however they would come."""
        return all(leg.places_left is not None and leg.places_left <= 0 for leg in self.legs)

    @property
    def queue_place(self) -> int:
        """Which number in line: how many wait before, and one."""
        return self.own.place_in_queue if self.own is not None else 0  # type: ignore[attr-defined]


def get_own_sign_up(user: Any, event: Event) -> EventSignUp | None:
    """The reader's sign-up that stands, with `place_in_queue` where they wait. Two queries at most."""
    own = EventSignUp.objects.standing().filter(event=event, person=user.pk).select_related("leg", "team").first()
    if own is not None and own.status == EventSignUp.Status.WAITING:
        before = EventSignUp.objects.filter(
            leg=own.leg, status=EventSignUp.Status.WAITING, queue_number__lt=own.queue_number
        )
        own.place_in_queue = before.count() + 1  # type: ignore[attr-defined]
    return own


def get_event_page(user: Any, event: Event) -> EventPage:
    """Of an event that `get_event_for` has found. Seven queries at most."""
    own = get_own_sign_up(user, event)
    closes, opens = event.sign_up_closes_at, event.sign_up_opens_at
    offered = own.offered_until if own is not None else None
    return EventPage(
        event=event,
        legs=list(event.legs.all()),
        days=days_of(event, list(event.programme.all())),
        principles=principles_of(event),
        own=own,
        team=teams_managed_by(user).filter(_is_in(user)).order_by("name", "pk").first() if event.is_open else None,  # type: ignore[attr-defined]
        when=when_words(event),
        closes=moment_words(closes, event) if closes else "",
        opens=moment_words(opens, event) if opens and opens > timezone.now() else "",
        offer_ends=moment_words(offered, event) if offered else "",
        zone=zone_words(event) if event.time_zone != Event.TimeZone.OSLO else "",
        asks=event.asks_dietary or (own is not None and asks_something(event)),
    )


def asks_something(event: Event) -> bool:
    """Whether those who sign up are asked anything but what they can not eat. One query."""
    return EventQuestion.objects.filter(event=event, purpose=EventQuestion.Purpose.SIGN_UP).exists()


def _is_in(user: Any) -> Exists:
    return Exists(Membership.objects.active().filter(person=user.pk, team=OuterRef("pk")))


def days_of(event: Event, items: Sequence[ProgrammeItem]) -> list[ProgrammeDay]:
    """The programme by day, by the clock where the event is."""
    days: dict[date, ProgrammeDay] = {}
    for item in items:
        starts = local(item.starts_at, event)
        ends = local(item.ends_at, event) if item.ends_at else None
        day = days.setdefault(starts.date(), ProgrammeDay(starts.date(), day_words(starts), []))
        day.points.append(ProgrammePoint(item, f"{clock(starts)}–{clock(ends)}" if ends else clock(starts)))
    return list(days.values())


def principles_of(event: Event) -> list[Principle]:
    """In their set's order. One query beside that of `get_principle_index`."""
    keys: set[UUID] = set(EventPrinciple.objects.filter(event=event).values_list("principle_key", flat=True))
    return [principle for key, principle in get_principle_index(language=reader_language()).items() if key in keys]
