"""Events to try the forum with, from `home/starter/events.yaml`: told by how far they are from the day of loading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from courses.models import Principle
from forum.actions.events import EventDetails, Point, cancel_event, make_event, publish_event, set_programme
from forum.actions.sign_up_mails import set_aside
from forum.actions.sign_ups import cancel_sign_up, sign_up
from forum.models import Event, EventSignUp, SignUpNews, Space
from home.starter_forum import DEMO_HOST
from people.models import Membership, Team, User

EVENTS = settings.BASE_DIR / "home" / "starter" / "events.yaml"
WEEK = timedelta(weeks=1)


def read_events() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(EVENTS.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Time:
    """When an event is, and until when one may sign up. In UTC, where a week has as many hours as any other."""

    zone: ZoneInfo
    first: date
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime | None

    def clock(self, day: int, clock: str) -> datetime:
        """That time of its first, second … day."""
        return _moment(self.first + timedelta(days=day - 1), clock, self.zone)


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def is_quiet(day: date) -> bool:
    """Nobody holds anything in July or around Christmas."""
    return day.month == 7 or (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 3)


def time_of(described: Mapping[str, Any], *, today: date) -> Time:
    """On the weekday that is asked for, as many weeks from this one; later (or earlier, of what is over) where all is
    quiet.
    """
    days, onward = described.get("days", 1), WEEK if described["weeks"] > 0 else -WEEK
    first = today - timedelta(days=today.weekday()) + described["weeks"] * WEEK + timedelta(days=described["weekday"])
    while is_quiet(first) or is_quiet(first + timedelta(days=days - 1)):
        first += onward
    zone = ZoneInfo(described.get("time_zone", Event.TimeZone.OSLO))
    closes = described.get("closes_days")
    return Time(
        zone=zone,
        first=first,
        starts_at=_moment(first, described["from"], zone),
        ends_at=_moment(first + timedelta(days=days - 1), described["to"], zone),
        closes_at=None if closes is None else _moment(first - timedelta(days=closes), described["from"], zone),
    )


@transaction.atomic
def make_demo_events() -> None:
    """The events that have not been made yet, with those who come. Again on a later day: nothing is made twice.

    Everything goes through the forum's own actions; what is over was still to come when people signed up for it.
    Raises ImproperlyConfigured in production: in real rooms an invented event would be taken for a real one.
    """
    if not settings.DEMO_LOGINS:
        raise ImproperlyConfigured("Demo events exist only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
    described = [each for each in read_events() if not Event.objects.filter(submission=each["key"]).exists()]
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DEMO_HOST}")}
    spaces = {space.slug: space for space in Space.objects.all()}
    principles = {
        f"{principle.principle_set.key}/{principle.slug}": principle.translation_key
        for principle in Principle.objects.filter(locale__language_code="nb").select_related("principle_set")
    }
    today = timezone.localdate()
    for each in described:
        _make(each, when=time_of(each, today=today), people=people, spaces=spaces, principles=principles)


def _make(
    described: Mapping[str, Any],
    *,
    when: Time,
    people: Mapping[str, User],
    spaces: Mapping[str, Space],
    principles: Mapping[str, UUID],
) -> None:
    organiser = people[described["by"]]
    behind = timedelta() if when.starts_at > timezone.now() else timezone.now() - when.starts_at + WEEK
    details = EventDetails(
        title=described["title"],
        summary=described["summary"],
        source=described["text"],
        kind=described["kind"],
        starts_at=when.starts_at + behind,
        ends_at=when.ends_at + behind,
        time_zone=described.get("time_zone", Event.TimeZone.OSLO),
        legs=described["legs"],
        sign_up_closes_at=when.closes_at + behind if when.closes_at else None,
        may_change=described.get("may_change", False),
        asks_dietary=described.get("asks_dietary", False),
        offer_hours=described.get("offer_hours", 24),
        principle_keys=tuple(principles[name] for name in described["principles"] if name in principles),
        **{
            name: described[name]
            for name in ("place", "address", "county", "link", "audience", "price", "contact")
            if name in described
        },
    )
    event = make_event(
        person=organiser,
        space=spaces[described["space"]],
        details=details,
        submission=UUID(described["key"]),
        is_example=True,
    )
    points = [
        Point(
            starts_at=when.clock(point["day"], point["from"]) + behind,
            ends_at=when.clock(point["day"], point["to"]) + behind,
            title=point["title"],
            text=point.get("text", ""),
            room=point.get("room", ""),
            speaker_role=point.get("speaker", ""),
        )
        for point in described.get("programme", [])
    ]
    set_programme(person=organiser, event=event, points=points)
    event = publish_event(person=organiser, event=event)
    taken = {
        each["who"]: sign_up(
            person=people[each["who"]],
            event=event,
            mode=each["mode"],
            by=people[each["who"]],
            team=_team_of(people[each["who"]]),
        )
        for each in described.get("takes", [])
    }
    if "gives_up" in described:
        cancel_sign_up(by=people[described["gives_up"]], sign_up=taken[described["gives_up"]])
    if "cancelled" in described:
        cancel_event(person=organiser, event=event, note=described["cancelled"])
    news = SignUpNews.objects.filter(sign_up__event=event)
    set_aside(list(news.values_list("pk", flat=True)))  # those who are invented get no mail
    if behind:
        _move_back(event, when, behind)


def _team_of(person: User) -> Team | None:
    return Team.objects.filter(memberships__in=Membership.objects.active().filter(person=person)).order_by("pk").first()


def _move_back(event: Event, when: Time, behind: timedelta) -> None:
    """What is over gets its own time, and those who came signed up before it."""
    before = behind + 2 * WEEK
    Event.objects.filter(pk=event.pk).update(
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        sign_up_closes_at=when.closes_at,
        created_at=F("created_at") - before,
        changed_at=F("changed_at") - before,
    )
    event.programme.update(starts_at=F("starts_at") - behind, ends_at=F("ends_at") - behind)
    EventSignUp.objects.filter(event=event).update(
        created_at=F("created_at") - before, confirmed_at=F("confirmed_at") - before
    )
