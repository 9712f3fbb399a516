"""Finding events: list, month and archive, what stands beside each, and who sees what where."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.models import Event, EventLeg, EventPrinciple, EventSignUp, Space
from forum.queries.event_calendar import (
    EventFilter,
    add_standing,
    events_in,
    get_archive,
    get_month,
    get_next_events,
    get_own_events,
    get_upcoming,
)
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db
NOTHING = EventFilter()
OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Torget")


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def held(space: Space, title: str, starts: datetime, ends: datetime | None = None, **fields: Any) -> Event:
    """An event; without an end it lasts an hour."""
    ends = ends or starts + timedelta(hours=1)
    return factories.EventFactory.create(space=space, title=title, starts_at=starts, ends_at=ends, **fields)


def titles(found: Any) -> list[str]:
    return [event.title for event in events_in(found)]


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


# --- what is to come and what has been -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "upcoming"), [(-1, True), (0, False), (1, False)], ids=["a second before", "at the end", "after"]
)
@pytest.mark.parametrize(
    ("zone", "starts", "ends"),
    [
        ("Europe/Oslo", "2027-03-12 09:00", "2027-03-12 15:00"),
        ("Europe/Oslo", "2027-03-27 12:00", "2027-03-28 12:00"),  # summer time begins while it is on
        ("Europe/Oslo", "2027-10-30 12:00", "2027-10-31 02:30"),  # 02:30 comes twice; it ends at the first
        ("Europe/Helsinki", "2027-03-28 02:30", "2027-03-30 00:00"),
        ("Atlantic/Reykjavik", "2027-10-30 22:00", "2027-10-31 23:59"),
    ],
)
def test_what_has_ended_is_in_the_archive_from_that_second(
    kari: User,
    space: Space,
    monkeypatch: pytest.MonkeyPatch,
    zone: str,
    starts: str,
    ends: str,
    seconds: int,
    upcoming: bool,
) -> None:
    """To the second, wherever it is and however many days it lasts; and it is never in both, nor in neither."""
    begin, end = (
        datetime.fromisoformat(each).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (starts, ends)
    )
    held(space, "Samling", begin, end, time_zone=zone)
    at(monkeypatch, end + timedelta(seconds=seconds))
    expected = (["Samling"], []) if upcoming else ([], ["Samling"])
    assert (titles(get_upcoming(kari, NOTHING)), titles(get_archive(kari, NOTHING))) == expected
    assert bool(get_next_events(kari)) == upcoming


def test_soonest_first_by_month_and_what_is_on_now_before_all(kari: User, space: Space) -> None:
    now = timezone.now()
    january = datetime(now.year + 1, 1, 31, 23, 30, tzinfo=UTC)  # February in Norway, January in Iceland
    held(space, "Norge", january)
    held(space, "Island", january, time_zone="Atlantic/Reykjavik")
    held(space, "Pågår", now - timedelta(days=2), now + timedelta(days=1))
    held(space, "Over", now - timedelta(days=2), now - timedelta(days=1))
    found = get_upcoming(kari, NOTHING)
    assert [(group.first and group.first.month, [event.title for event in group.events]) for group in found.groups] == [
        (None, ["Pågår"]),
        (2, ["Norge"]),
        (1, ["Island"]),
    ]


def test_the_archive_is_newest_first_by_year(kari: User, space: Space) -> None:
    for year, month in ((2023, 5), (2024, 2), (2024, 9)):
        held(space, f"{year}-{month}", datetime(year, month, 1, 12, tzinfo=UTC))
    held(space, "nyttår", datetime(2024, 12, 31, 23, 30, tzinfo=UTC))  # 2025 already, where it is
    found = get_archive(kari, NOTHING)
    assert [(group.first and group.first.year, [event.title for event in group.events]) for group in found.groups] == [
        (2025, ["nyttår"]),
        (2024, ["2024-9", "2024-2"]),
        (2023, ["2023-5"]),
    ]


# --- choosing ------------------------------------------------------------------------------------------


def test_lists_are_cut_by_what_is_chosen_and_say_how_many(kari: User, space: Space) -> None:
    key = factories.PrincipleFactory.create(name="Fleksibilitet").translation_key
    other = factories.SpaceFactory.create(name="Annet", slug="annet")
    course = factories.EventFactory.create(space=space, title="Kurs", kind="course", county="Vestland")
    EventPrinciple.objects.create(event=course, principle_key=key)
    EventLeg.objects.create(event=course, mode="digital")
    factories.EventFactory.create(space=other, title="Møte", kind="meeting", county="Troms")
    for chosen, expected in (
        (EventFilter(kind="course"), ["Kurs"]),
        (EventFilter(county="Troms"), ["Møte"]),
        (EventFilter(mode="digital"), ["Kurs"]),
        (EventFilter(mode="physical"), ["Kurs", "Møte"]),
        (EventFilter(space="annet"), ["Møte"]),
        (EventFilter(principle=str(key)), ["Kurs"]),
        (EventFilter(principle=str(key), kind="meeting"), []),
    ):
        assert sorted(titles(get_upcoming(kari, chosen))) == expected, chosen
    facets = get_upcoming(kari, EventFilter(kind="course")).facets
    counted = {name: [(choice.label, choice.count) for choice in choices] for name, choices in facets.items()}
    assert counted == {
        "kind": [("Kurs", 1), ("Møte", 1)],
        "mode": [("Fysisk", 1), ("Digitalt", 1)],
        "county": [("Vestland", 1)],
        "space": [("Torget", 1)],
        "principle": [("Fleksibilitet", 1)],
    }


def test_an_address_that_asks_for_what_there_is_not_asks_for_nothing(browser: Client, space: Space) -> None:
    factories.EventFactory.create(space=space, title="Samlingen")
    for query in ("slag=tull", "form=telepati", "prinsipp=x", "side=99999", "side=-1", "maned=2027-13", "maned=rotte"):
        for name in ("events", "event-calendar", "event-archive"):
            response = browser.get(f"{reverse(f'forum:{name}')}?{query}")
            assert response.status_code == 200, (name, query)
            assert ("Samlingen" in response.content.decode()) == (name == "events"), (name, query)


# --- places --------------------------------------------------------------------------------------------


def test_how_the_reader_stands_to_each(browser: Client, kari: User, space: Space) -> None:
    now = timezone.now()
    status = EventSignUp.Status
    full = factories.EventFactory.create(space=space, title="Fullt", capacity=1)
    EventLeg.objects.filter(event=full).update(taken=1)
    left = factories.EventFactory.create(space=space, title="Ledige", capacity=13)
    EventLeg.objects.filter(event=left).update(taken=1)
    waiting = factories.EventFactory.create(space=space, title="Venter", capacity=1)
    for number in (1, 2, 4):  # number 3 has given up
        factories.make_sign_up(factories.UserFactory.create(), waiting, status=status.WAITING, queue_number=number)
    factories.make_sign_up(
        factories.UserFactory.create(), waiting, status=status.CANCELLED, queue_number=3, ended_at=now
    )
    factories.make_sign_up(kari, waiting, status=status.WAITING, queue_number=5)
    for title, fields in (("Plass", {}), ("Tilbud", {"status": status.OFFERED, "offered_until": now})):
        factories.make_sign_up(kari, factories.EventFactory.create(space=space, title=title), **fields)
    given_up = factories.EventFactory.create(space=space, title="Meldt av")
    factories.make_sign_up(kari, given_up, status=status.CANCELLED, ended_at=now)
    factories.EventFactory.create(space=space, title="Stengt", sign_up_closes_at=now)
    factories.EventFactory.create(space=space, title="Åpner", sign_up_opens_at=now + timedelta(days=1))
    factories.EventFactory.create(space=space, title="Uten", takes_sign_ups=False)
    cancelled = factories.EventFactory.create(space=space, title="Avlyst", status="cancelled", cancelled_at=now)
    factories.make_sign_up(kari, cancelled)
    events = events_in(get_upcoming(kari, NOTHING))
    add_standing(kari, events)
    standing = {event.title: (event.standing.kind, event.standing.number) for event in events}  # type: ignore[attr-defined]
    assert standing == {
        "Fullt": ("full", 0),
        "Ledige": ("left", 12),
        "Venter": ("waiting", 4),
        "Plass": ("has_place", 0),
        "Tilbud": ("offered", 0),
        "Meldt av": ("open", 0),
        "Stengt": ("closed", 0),
        "Åpner": ("opens", 0),
        "Uten": ("", 0),
        "Avlyst": ("", 0),
    }
    page = " ".join(browser.get(reverse("forum:events")).content.decode().split())
    for words in ("Fullt</span>", "12 ledige", "Nr. 4 på ventelista", "Du har plass", "Avlyst</span>"):
        assert page.count(words) == 1, words


def test_own_events_are_offers_first_then_by_time(kari: User, space: Space) -> None:
    now = timezone.now()
    for days, title in ((3, "Snart"), (9, "Senere")):
        factories.make_sign_up(kari, held(space, title, now + timedelta(days=days)))
    offered = held(space, "Tilbud", now + timedelta(days=20))
    factories.make_sign_up(kari, offered, status="offered", offered_until=now + timedelta(days=1))
    factories.make_sign_up(kari, held(space, "Over", now - timedelta(days=3)))
    factories.make_sign_up(kari, held(space, "Gitt opp", now + timedelta(days=3)), status="cancelled", ended_at=now)
    closed = factories.SpaceFactory.create(kind="private")
    factories.make_sign_up(kari, held(closed, "Utenfor", now + timedelta(days=3)))
    assert [each.event.title for each in get_own_events(kari)] == ["Tilbud", "Snart", "Senere"]


# --- a month -------------------------------------------------------------------------------------------


def days_of(month: Any, title: str) -> list[str]:
    return [day.day.isoformat() for week in month.weeks for day in week for event in day.events if event.title == title]


def test_an_event_stands_on_each_of_its_days(kari: User, space: Space) -> None:
    for title, zone, starts, ends in (
        ("To dager", "Europe/Oslo", "2027-03-27 10:00", "2027-03-28 15:00"),
        ("Til midnatt", "Europe/Oslo", "2027-03-10 18:00", "2027-03-11 00:00"),
        ("Sent på Island", "Atlantic/Reykjavik", "2027-03-10 23:30", "2027-03-10 23:50"),
        ("Tidlig i Finland", "Europe/Helsinki", "2027-03-12 00:15", "2027-03-12 01:00"),
        ("Over månedsskiftet", "Europe/Oslo", "2027-02-27 10:00", "2027-03-02 10:00"),
        ("I april", "Europe/Oslo", "2027-04-01 00:00", "2027-04-01 10:00"),
    ):
        begin, end = (datetime.fromisoformat(each).replace(tzinfo=ZoneInfo(zone)) for each in (starts, ends))
        held(space, title, begin, end, time_zone=zone)
    month = get_month(kari, datetime(2027, 3, 1, tzinfo=UTC).date(), NOTHING)
    assert [week[0].day.isoformat() for week in month.weeks] == [
        "2027-03-01",
        "2027-03-08",
        "2027-03-15",
        "2027-03-22",
        "2027-03-29",
    ]
    assert all(len(week) == 7 for week in month.weeks)
    assert days_of(month, "To dager") == ["2027-03-27", "2027-03-28"]
    assert days_of(month, "Til midnatt") == ["2027-03-10"]
    assert days_of(month, "Sent på Island") == ["2027-03-10"]
    assert days_of(month, "Tidlig i Finland") == ["2027-03-12"]
    assert days_of(month, "Over månedsskiftet") == ["2027-03-01", "2027-03-02"]
    assert days_of(month, "I april") == ["2027-04-01"]
    assert month.count == 5  # what stands only among the days of April is not counted
    assert [day.day.day for day in month.days_with_events] == [1, 2, 10, 12, 27, 28]


@pytest.mark.parametrize("first", ["2027-02-01", "2024-02-01", "2027-08-01", "2026-12-01", "2000-01-01", "2100-12-01"])
def test_a_month_has_whole_weeks_from_monday(kari: User, first: str) -> None:
    month = get_month(kari, datetime.fromisoformat(first).date(), NOTHING)
    days = [day.day for week in month.weeks for day in week]
    assert all(week[0].day.weekday() == 0 for week in month.weeks)
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    inside = [day.day for week in month.weeks for day in week if day.is_in_month]
    assert (inside[0].day, {each.month for each in inside}) == (1, {inside[0].month})
    assert (inside[-1] + timedelta(days=1)).day == 1


def test_today_is_said_in_words_and_months_lead_on(browser: Client, space: Space) -> None:
    today = timezone.localdate()
    here = browser.get(reverse("forum:event-calendar")).content.decode()
    assert here.count(">I dag<") == 1
    other = browser.get(reverse("forum:event-calendar"), {"maned": "2031-12", "slag": "course"}).content.decode()
    assert ">I dag<" not in other
    assert 'href="?slag=course&amp;maned=2031-11"' in other
    assert 'href="?slag=course&amp;maned=2032-01"' in other
    assert f"{today.year}" in here
    table = other.partition("<table")[2].partition("</table>")[0]
    assert "Arrangementer i desember 2031" in table
    assert table.count('<th scope="col">') == 7
    first = browser.get(reverse("forum:event-calendar"), {"maned": "2000-01"}).content.decode()
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in browser.get(reverse("forum:event-calendar"), {"maned": "2100-12"}).content.decode()


# --- what pages cost -----------------------------------------------------------------------------------

COSTS = {"forum:events": 10, "forum:event-calendar": 6, "forum:event-archive": 7}


@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("rows", [3, 300])
def test_a_page_costs_the_same_for_three_events_and_for_three_hundred(
    browser: Client, kari: User, space: Space, name: str, rows: int
) -> None:
    now = timezone.now()
    starts = now - timedelta(days=400) if name.endswith("archive") else now - timedelta(hours=1)
    key = factories.PrincipleFactory.create().translation_key
    events = Event.objects.bulk_create(
        Event(space=space, title=f"E{number}", starts_at=starts, ends_at=starts + timedelta(days=1), status="published")
        for number in range(rows)
    )
    EventPrinciple.objects.bulk_create(EventPrinciple(event=event, principle_key=key) for event in events)
    legs = EventLeg.objects.bulk_create(EventLeg(event=event, mode="physical", capacity=9) for event in events)
    EventSignUp.objects.bulk_create(
        EventSignUp(event=leg.event, leg=leg, person=kari, status="waiting", queue_number=1) for leg in legs
    )
    browser.get(reverse(name))
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(reverse(name))
    assert response.status_code == 200
    assert response.content.decode().count(">E") >= min(rows, 30)
    assert len(captured) == COSTS[name]


def test_who_is_in_no_team_is_told_so_and_who_is_not_signed_in_is_sent_to_the_door(home: Any, space: Space) -> None:
    factories.EventFactory.create(space=space, title="Samlingen")
    outsider = Client()
    outsider.force_login(factories.UserFactory.create())
    for name in ("events", "event-calendar", "event-archive"):
        response = outsider.get(reverse(f"forum:{name}"))
        assert (response.status_code, response.templates[0].name) == (200, "forum/home_no_team.html")
        assert "Samlingen" not in response.content.decode()
        assert Client().get(reverse(f"forum:{name}")).status_code == 302
        assert Client().post(reverse(f"forum:{name}")).status_code in {302, 405}
