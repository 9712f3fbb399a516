"""Events as one person may find them: what is to come, month by month, what has been, and one's own.

What has ended is never among what is to come: an event is over in the second it ends, wherever it is and however many
days it lasted. Days and months are those of the place the event is in.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Cast
from django.http import Http404
from django.utils import timezone

from forum.event_times import local_days
from forum.models import Event, EventLeg, EventPrinciple, EventSignUp, Space, State
from forum.permissions.events import events_visible_to, links_visible_to
from forum.prepared import now_of, prepared
from forum.queries.library import Choice
from forum.queries.subjects import KEPT_SECONDS, get_principle_index, reader_language
from people.models import User

EVENTS_A_PAGE = 30
NEXT_EVENTS = 3
OWN_AT_MOST = 10
COLUMNS = ("kind", "county")
"""Columns of an event that a list is cut by. Principles, legs and spaces are cut by too, through their tables."""
ZONES_APART = timedelta(hours=14)
"""No place is further from UTC."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What the reader asks for; empty strings ask for nothing."""

    kind: str = ""
    principle: str = ""
    county: str = ""
    mode: str = ""
    space: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class Standing:
    """How an event stands to the reader. `kind`: has_place, offered, waiting, left, full, open, opens, closed or
    nothing. `number` is the place in the queue, or how many places are left; `at` when an offer ends or sign-up opens.
    """

    kind: str = ""
    number: int = 0
    at: datetime | None = None


@dataclass(slots=True)
class EventGroup:
    """Events under one heading: what is on now (`first` is None), a month or a year."""

    first: date | None
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class EventList:
    """A page of events under their headings, and how many there are in all."""

    groups: list[EventGroup]
    count: int
    page: int
    page_count: int
    facets: dict[str, list[Choice]] = field(default_factory=dict)


# --- what there is -------------------------------------------------------------------------------------


def upcoming_events(user: Any) -> QuerySet[Event]:
    """Not over: to come, or going on now."""
    return events_visible_to(user).filter(ends_at__gt=now_of(user))


def past_events(user: Any) -> QuerySet[Event]:
    """Over. Together with `upcoming_events` all there is, and no event is in both."""
    return events_visible_to(user).filter(ends_at__lte=timezone.now())


def get_upcoming(user: Any, chosen: EventFilter, *, page: int = 1) -> EventList:
    """Soonest first, by month; what is on now stands before all. Five queries, and one a minute for the principles."""
    visible = upcoming_events(user)
    counts = _count_facets(visible.order_by(), chosen)
    found = _page_of(narrowed(visible, chosen), counts["all"].get("all", 0), page, "starts_at", "pk")
    now = timezone.now()
    found.groups = _grouped(found.groups[0].events, lambda event: _month_of(event, now))
    found.facets = _choices(counts, chosen)
    return found


def get_archive(user: Any, chosen: EventFilter, *, page: int = 1) -> EventList:
    """Newest first, by year. Five queries, and one a minute for the principles."""
    visible = past_events(user)
    counts = _count_facets(visible.order_by(), chosen)
    found = _page_of(narrowed(visible, chosen), counts["all"].get("all", 0), page, "-starts_at", "-pk")
    found.groups = _grouped(found.groups[0].events, lambda event: local_days(event)[0].replace(month=1, day=1))
    found.facets = _choices(counts, chosen)
    return found


def _page_of(events: QuerySet[Event], count: int, page: int, *order: str) -> EventList:
    page_count = max(1, -(-count // EVENTS_A_PAGE))
    page = min(max(page, 1), page_count)
    start = (page - 1) * EVENTS_A_PAGE
    rows = list(events.select_related("space").defer("source", "html", "text").order_by(*order)[start:][:EVENTS_A_PAGE])
    return EventList(groups=[EventGroup(None, rows)], count=count, page=page, page_count=page_count)


def _month_of(event: Event, now: datetime) -> date | None:
    return None if event.starts_at <= now else local_days(event)[0].replace(day=1)


def _grouped(events: Iterable[Event], heading: Any) -> list[EventGroup]:
    """By heading. The order is kept: events in different places may stand a few hours across a month's end."""
    groups: dict[date | None, EventGroup] = {}
    for event in events:
        first = heading(event)
        groups.setdefault(first, EventGroup(first)).events.append(event)
    return list(groups.values())


def narrowed(events: QuerySet[Event], chosen: EventFilter, *, but: str = "") -> QuerySet[Event]:
    """Those that are what was asked for; `but` names a facet that is left open."""
    wanted = {name: getattr(chosen, name) for name in COLUMNS if name != but and getattr(chosen, name)}
    events = events.filter(**wanted)
    if chosen.space and but != "space":
        events = events.filter(space__slug=chosen.space)
    if chosen.mode and but != "mode":
        events = events.filter(Exists(EventLeg.objects.filter(event=OuterRef("pk"), mode=chosen.mode)))
    if chosen.principle and but != "principle":
        key = UUID(chosen.principle)
        events = events.filter(Exists(EventPrinciple.objects.filter(event=OuterRef("pk"), principle_key=key)))
    return events


def _count_facets(visible: QuerySet[Event], chosen: EventFilter) -> dict[str, dict[str, int]]:
    """How many events there are of each value, were it chosen. One query."""
    columns: dict[str, Any] = {
        "kind": F("kind"),
        "county": F("county"),
        "mode": F("legs__mode"),
        "space": F("space__slug"),
        "principle": Cast("principles__principle_key", CharField()),
    }
    parts = [
        _counted(
            narrowed(visible, chosen, but=name)
            .annotate(of=Value(name, CharField()), value=Cast(column, CharField()))
            .filter(value__isnull=False)
        )
        for name, column in columns.items()
    ]
    every = narrowed(visible, chosen).annotate(of=Value("all", CharField()), value=Value("all", CharField()))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, number in _counted(every).union(*parts, all=True):
        counts[name][value.replace("-", "") if name == "principle" else value] = number
    return counts


def _counted(events: QuerySet[Any]) -> QuerySet[Any, Any]:
    return events.values_list("of", "value").annotate(number=Count("pk", distinct=True))


def _choices(counts: dict[str, dict[str, int]], chosen: EventFilter) -> dict[str, list[Choice]]:
    """A space is named by its slug here; whoever shows it has the names of the spaces of the page."""
    labels: dict[str, Iterable[tuple[str, Any]]] = {
        "kind": Event.Kind.choices,
        "mode": EventLeg.Mode.choices,
        "county": [(value, value) for value in sorted(counts["county"])],
        "space": _named_spaces(counts["space"]),
    }
    found = {
        name: [
            Choice(value, str(label), counts[name].get(value, 0), value == getattr(chosen, name))
            for value, label in choices
            if value and (counts[name].get(value) or value == getattr(chosen, name))
        ]
        for name, choices in labels.items()
    }
    found["principle"] = [
        Choice(str(key), principle.name, counts["principle"].get(key.hex, 0), str(key) == chosen.principle)
        for key, principle in get_principle_index(language=reader_language()).items()
        if counts["principle"].get(key.hex) or str(key) == chosen.principle
    ]
    return found


def _named_spaces(slugs: Iterable[str]) -> list[tuple[str, str]]:
    """The names of spaces the reader has events of. One query."""
    return list(Space.objects.filter(slug__in=list(slugs)).order_by("name", "pk").values_list("slug", "name"))


# --- what stands beside each ---------------------------------------------------------------------------


def add_standing(user: Any, events: Sequence[Event]) -> None:
    """Set `shown_legs`, `own` (the reader's sign-up that stands) and `standing` on each. Two queries."""
    legs: dict[int, list[EventLeg]] = defaultdict(list)
    for leg in EventLeg.objects.filter(event__in=events).order_by("-mode"):
        legs[leg.event_id].append(leg)
    own = {
        each.event_id: each
        for each in _with_place_in_queue(EventSignUp.objects.filter(person=user)).standing().filter(event__in=events)
    }
    now = timezone.now()
    for event in events:
        event.shown_legs = legs[event.pk]  # type: ignore[attr-defined]
        event.own = own.get(event.pk)  # type: ignore[attr-defined]
        event.standing = standing_of(event, event.own, legs[event.pk], now)  # type: ignore[attr-defined]


def _with_place_in_queue(sign_ups: Any) -> Any:
    """How many wait for the same leg up to this one, itself too."""
    before = (
        EventSignUp.objects.filter(
            leg=OuterRef("leg"), status=EventSignUp.Status.WAITING, queue_number__lte=OuterRef("queue_number")
        )
        .order_by()
        .values("leg")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return sign_ups.annotate(place_in_queue=Subquery(before))


def standing_of(event: Event, own: Any, legs: Sequence[EventLeg], now: datetime) -> Standing:
    """What is to be said of places. Of one's own first; nothing of what is over or cancelled."""
    if event.is_cancelled or event.ends_at <= now:
        return Standing()
    if own is not None:
        if own.status == EventSignUp.Status.OFFERED:
            return Standing("offered", at=own.offered_until)
        if own.status == EventSignUp.Status.WAITING:
            return Standing("waiting", own.place_in_queue or 0)
        return Standing("has_place")
    if not event.takes_sign_ups or not legs or event.status == Event.Status.DRAFT:
        return Standing()
    if event.sign_up_opens_at is not None and event.sign_up_opens_at > now:
        return Standing("opens", at=event.sign_up_opens_at)
    if event.sign_up_closes_at is not None and event.sign_up_closes_at <= now:
        return Standing("closed")
    left = [leg.places_left for leg in legs]
    if None in left:
        return Standing("open")
    places = sum(each or 0 for each in left)
    return Standing("left", places) if places else Standing("full")


def add_event_principles(events: Sequence[Event]) -> None:
    """Set `shown_principles` on each, in order. One query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    keys: dict[int, set[UUID]] = defaultdict(set)
    for event, key in EventPrinciple.objects.filter(event__in=events).values_list("event_id", "principle_key"):
        keys[event].add(key)
    for each in events:
        each.shown_principles = [  # type: ignore[attr-defined]
            principle for key, principle in index.items() if key in keys[each.pk]
        ]


def events_in(found: EventList) -> list[Event]:
    return [event for group in found.groups for event in group.events]


# --- a month -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Day:
    day: date
    is_in_month: bool
    is_today: bool
    events: list[Event] = field(default_factory=list)


@dataclass(slots=True)
class Month:
    """The weeks of a month, Monday first. An event stands on each of its days."""

    first: date
    weeks: list[list[Day]]
    count: int

    @property
    def days_with_events(self) -> list[Day]:
        return [day for week in self.weeks for day in week if day.is_in_month and day.events]

    @property
    def holds_today(self) -> bool:
        return any(day.is_today and day.is_in_month for week in self.weeks for day in week)


def get_month(user: Any, first: date, chosen: EventFilter) -> Month:
    """What is on in a month, past and to come. Three queries, however much there is."""
    today = timezone.localdate()
    start = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=31)).replace(day=1)
    end = after + timedelta(days=(7 - after.weekday()) % 7)
    days = {
        day: Day(day, day.month == first.month, day == today)
        for day in (start + timedelta(days=number) for number in range((end - start).days))
    }
    from_, to = (datetime.combine(day, time.min, timezone.get_current_timezone()) for day in (start, end))
    events = list(
        narrowed(events_visible_to(user), chosen)
        .filter(starts_at__lt=to + ZONES_APART, ends_at__gt=from_ - ZONES_APART)
        .select_related("space")
        .defer("source", "html", "text")
        .order_by("starts_at", "pk")
    )
    add_standing(user, events)
    shown: set[int] = set()
    for event in events:
        begins, ends = local_days(event)
        for day in days.values():
            if begins <= day.day <= ends:
                day.events.append(event)
                if day.is_in_month:
                    shown.add(event.pk)
    row = list(days.values())
    return Month(first, [row[place : place + 7] for place in range(0, len(row), 7)], len(shown))


# --- elsewhere -----------------------------------------------------------------------------------------


def _next_events(reader: Any) -> QuerySet[Event]:
    held = upcoming_events(reader).filter(status=Event.Status.PUBLISHED, state=State.NORMAL)
    return held.order_by("starts_at", "pk")


@prepared()
def _next(reader: Any) -> QuerySet[Event]:
    return _next_events(reader)[:NEXT_EVENTS]


@prepared(principle=UUIDField())
def _next_about(reader: Any, *, principle: Any) -> QuerySet[Event]:
    about = EventPrinciple.objects.filter(event=OuterRef("pk"), principle_key=principle)
    return _next_events(reader).filter(Exists(about))[:NEXT_EVENTS]


def get_next_events(user: Any, *, principle: UUID | None = None) -> list[Event]:
    """The next few that are held, of those about a principle where one is asked for. One query."""
    return list(_next(user) if principle is None else _next_about(user, principle=principle))


def principles_of_next_events() -> set[UUID]:
    """Principles of anything that is to come, seen by whomever. Says nothing to anybody but that it is worth asking
    `get_next_events`. One query, none for a minute after.
    """

    def ask() -> set[UUID]:
        to_come = EventPrinciple.objects.filter(event__ends_at__gt=timezone.now(), event__status=Event.Status.PUBLISHED)
        return set(to_come.values_list("principle_key", flat=True))

    found: set[UUID] = cache.get_or_set("forum-event-principles", ask, KEPT_SECONDS) or set()
    return found


def own_upcoming_sign_ups(user: Any) -> Any:
    """The reader's sign-ups that stand, for what is not over. Which of the events they may still see is asked apart."""
    return EventSignUp.objects.standing().filter(person=user, event__ends_at__gt=now_of(user))


def get_own_events(user: Any) -> list[EventSignUp]:
    """Own sign-ups for what is to come: offers that wait for an answer first, then by time. One query."""
    found = (
        _with_place_in_queue(own_upcoming_sign_ups(user))
        .filter(event__in=events_visible_to(user).values("pk"))
        .select_related("event", "leg")
        .defer("event__source", "event__html", "event__text")
    )
    is_answered = Case(When(status=EventSignUp.Status.OFFERED, then=0), default=1)
    return list(found.order_by(is_answered, "event__starts_at", "pk")[:OWN_AT_MOST])


# --- calendars -----------------------------------------------------------------------------------------

KEPT_AFTER = timedelta(days=365)
"""So long after it ended an event stays in a calendar feed."""
CANCELLED_FOR = timedelta(days=60)
"""So long what was cancelled or given up stays there as cancelled: a program that reads seldom must get to know."""
FEED_MOST = 500


@dataclass(slots=True)
class CalendarEntry:
    """An event as it stands in one person's calendar."""

    event: Event
    own: EventSignUp | None = None
    changes: int = 0
    """How often the person's own sign-up has changed; beside `event.sequence` it never falls."""
    shows_link: bool = False
    principles: list[str] = field(default_factory=list)

    @property
    def is_cancelled(self) -> bool:
        return self.event.is_cancelled

    @property
    def is_given_up(self) -> bool:
        return self.own is not None and self.own.status not in EventSignUp.STANDING


def told_events(user: Any) -> QuerySet[Event]:
    """The events that may stand in a calendar outside Flett: not drafts, and not what is hidden."""
    return events_visible_to(user).filter(state=State.NORMAL).exclude(status=Event.Status.DRAFT)


def get_entry_for(user: Any, pk: int) -> CalendarEntry:
    """An event to be put in the reader's own calendar. Four queries. Raises Http404."""
    event = told_events(user).filter(pk=pk).select_related("space").first()
    if event is None:
        raise Http404
    return _entries(user, [event], keeps_given_up=False)[0]


def get_entries(person: User, *, holds_all: bool) -> list[CalendarEntry]:
    """What stands in somebody's calendar feed: what they signed up for; with `holds_all`, all they may see. Four
    queries, and one a minute for the principles.
    """
    now = timezone.now()
    events = told_events(person).filter(ends_at__gt=now - KEPT_AFTER)
    events = events.filter(Q(cancelled_at__isnull=True) | Q(cancelled_at__gt=now - CANCELLED_FOR))
    if not holds_all:
        standing = Q(status__in=EventSignUp.STANDING) | Q(ended_at__gt=now - CANCELLED_FOR)
        events = events.filter(Exists(EventSignUp.objects.filter(standing, person=person, event=OuterRef("pk"))))
    rows = list(events.select_related("space").order_by("-starts_at", "-pk")[:FEED_MOST])
    return _entries(person, rows[::-1], keeps_given_up=not holds_all)


def _entries(person: User, events: Sequence[Event], *, keeps_given_up: bool) -> list[CalendarEntry]:
    """Where a calendar holds more than one's own, what one gave up is there like any other. Three queries, and one a
    minute for the principles.
    """
    add_event_principles(events)
    links = set(links_visible_to(person).filter(pk__in=[event.pk for event in events]).values_list("pk", flat=True))
    entries = {event.pk: CalendarEntry(event, shows_link=event.pk in links) for event in events}
    rows = (
        EventSignUp.objects.filter(person=person, event__in=events).select_related("leg").order_by("created_at", "pk")
    )
    for sign_up in rows:
        entry = entries[sign_up.event_id]
        # Each row only moves on in this order, and a new one follows when the last is given up.
        entry.changes += CHANGES[sign_up.status]
        if entry.own is None or sign_up.status in EventSignUp.STANDING or entry.is_given_up:
            entry.own = sign_up
    for entry in entries.values():
        if entry.is_given_up and not keeps_given_up:
            entry.own = None
        entry.principles = [principle.name for principle in entry.event.shown_principles]  # type: ignore[attr-defined]
    return list(entries.values())


CHANGES: dict[str, int] = {
    EventSignUp.Status.WAITING: 1,
    EventSignUp.Status.OFFERED: 2,
    EventSignUp.Status.CONFIRMED: 3,
    EventSignUp.Status.CANCELLED: 4,
    EventSignUp.Status.LAPSED: 4,
}
