"""iCalendar: valid by two libraries, right through summer time, and no more than its reader may see."""

import hashlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from forum.actions.event_calendar import READS_AN_HOUR, make_calendar_token
from forum.actions.watching import make_feed_token
from forum.models import CalendarToken, Event, EventLeg, EventPrinciple, EventSignUp, Space
from forum.rendering import render, text_with_links
from people.models import User
from safety.guard.reports import MaskingFormatter
from tests import factories

pytestmark = pytest.mark.django_db
STATUS = EventSignUp.Status


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


def feed_of(person: User, *, holds_all: bool = False) -> str:
    return reverse("forum:event-feed", args=[make_calendar_token(person=person, holds_all=holds_all)])


def fetched(address: str, **headers: str) -> Any:
    return Client(headers=headers).get(address)


def read(content: bytes) -> list[Any]:
    """The events in it, after all that RFC 5545 asks has been asked: two libraries read it, and its lines are right."""
    text = content.decode()
    assert text.endswith("\r\n")
    lines = text.split("\r\n")
    assert "\n" not in "".join(lines)
    assert "\r" not in "".join(lines)
    assert all(len(line.encode()) <= 75 for line in lines)
    assert len(IcsCalendarStream.from_ics(text).calendars) == 1
    calendar = Calendar.from_ical(content)
    assert (calendar["version"], calendar["method"], calendar["prodid"]) == (
        "2.0",
        "PUBLISH",
        "-//Flett//FACT Forum//NO",
    )
    for each in calendar.walk():
        assert each.errors == []
    assert not calendar.get_missing_tzids()
    assert {zone["tzid"] for zone in calendar.timezones} == calendar.get_used_tzids()
    for event in calendar.events:
        for name in ("uid", "dtstamp", "dtstart", "dtend", "sequence", "status", "summary", "last-modified"):
            assert not isinstance(event[name], list), name
        for name in ("dtstamp", "last-modified", "created"):
            assert event[name].to_ical().endswith(b"Z")
    assert len({event["uid"] for event in calendar.events}) == len(calendar.events)
    return list(calendar.events)


# --- one event -----------------------------------------------------------------------------------------


def test_a_file_of_an_event_says_all_there_is_to_say(browser: Client, space: Space) -> None:
    key = factories.PrincipleFactory.create(name="Fleksibilitet").translation_key
    event = factories.EventFactory.create(
        space=space,
        title="Samling; med alt, også \\ og 🌱 – " + "blåbærsyltetøy" * 8,
        summary="Først\nså",
        html='<p>Les <a href="https://example.org/a?b=1&amp;c=2">programmet</a>, takk.</p><ul><li>Én</li></ul>',
        starts_at=datetime(2027, 1, 14, 8, tzinfo=UTC),
        ends_at=datetime(2027, 1, 15, 14, 30, tzinfo=UTC),
        place="Tromsø",
        address="Storgata 1, 2. etasje; sal B",
        contact="Sekretariatet",
        sequence=4,
        may_change=True,
    )
    EventPrinciple.objects.create(event=event, principle_key=key)
    response = browser.get(reverse("forum:event-ics", args=[event.pk]))
    assert response["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert response["Content-Disposition"] == f'attachment; filename="flett-{event.pk}.ics"'
    (written,) = read(response.content)
    assert written["uid"] == f"{event.key}@127.0.0.1"
    assert written["summary"] == event.title
    assert (written["sequence"], written["status"], written["transp"], written["class"]) == (
        4,
        "CONFIRMED",
        "TRANSPARENT",
        "PUBLIC",
    )
    assert written["dtstart"].to_ical() == b"20270114T090000"
    assert (written["dtstart"].params["TZID"], written["dtend"].to_ical()) == ("Europe/Oslo", b"20270115T153000")
    assert written["location"] == "Tromsø, Storgata 1, 2. etasje; sal B"
    assert written["contact"] == "Sekretariatet"
    assert written["categories"].cats == ["Fleksibilitet"]
    assert written["url"].endswith(f"/forum/arrangementer/{event.pk}/")
    description = str(written["description"])
    assert "Les programmet (https://example.org/a?b=1&c=2), takk.\n\n- Én" in description
    assert "Med forbehold om endringer." in description
    assert "<" not in description
    (again,) = IcsCalendarStream.calendar_from_ics(response.content.decode()).events
    assert (again.summary, again.description) == (written["summary"], description)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p><a href="https://a.no">https://a.no</a></p>', "https://a.no"),
        ('<p>Se <a href="https://a.no" rel="x">den <strong>her</strong></a>.</p>', "Se den her (https://a.no)."),
        ("<p>Én &amp; to</p><p>Tre</p>", "Én & to\n\nTre"),
        ("", ""),
    ],
)
def test_text_is_plain_with_addresses_of_links(html: str, text: str) -> None:
    assert text_with_links(render(html, source_format="html").html) == text


def test_what_somebody_writes_makes_no_lines_of_its_own(browser: Client, space: Space) -> None:
    """A line break in a title or place must not become a property, whatever it is written with."""
    hostile = "Møte\r\nATTENDEE:mailto:x@example.org\nEND:VEVENT\u2028BEGIN:VALARM"
    event = factories.EventFactory.create(
        space=space, title=hostile, place=hostile, address=hostile, contact=hostile, summary=hostile
    )
    content = browser.get(reverse("forum:event-ics", args=[event.pk])).content
    (written,) = read(content)
    assert {line.partition(b":")[0].partition(b";")[0] for line in content.splitlines() if line[:1].isalpha()} <= {
        *(name.encode() for name in ("BEGIN", "END", "VERSION", "PRODID", "METHOD", "CALSCALE", "TZID", "TZNAME")),
        *(name.encode() for name in ("DTSTART", "RRULE", "TZOFFSETFROM", "TZOFFSETTO", "UID", "SEQUENCE", "DTSTAMP")),
        *(name.encode() for name in ("LAST-MODIFIED", "CREATED", "DTEND", "STATUS", "SUMMARY", "TRANSP", "CLASS")),
        *(name.encode() for name in ("URL", "LOCATION", "CONTACT", "DESCRIPTION")),
    }
    assert written.get("attendee") is None


# --- time zones ----------------------------------------------------------------------------------------

ZONES = [str(zone) for zone in Event.TimeZone]


@pytest.mark.parametrize("zone", ZONES)
def test_the_hour_is_right_through_the_year_by_two_libraries(browser: Client, space: Space, zone: str) -> None:
    """Each program reckons by the VTIMEZONE in the file. `ical` and `icalendar` must come to what Python's own says."""
    place = ZoneInfo(zone)
    moments = [
        datetime(year, month, day, hour, 30, tzinfo=UTC)
        for year in (2027, 2035)
        for month, day in ((1, 10), (3, 27), (3, 28), (3, 29), (7, 1), (10, 30), (10, 31), (11, 1))
        for hour in (0, 1, 2, 12)
    ]
    address = feed_of(factories.MembershipFactory.create().person, holds_all=True)
    wanted = {
        str(
            factories.EventFactory.create(space=space, starts_at=at, ends_at=at + timedelta(days=2), time_zone=zone).key
        ): at
        for at in moments
    }
    content = fetched(address).content
    assert len(read(content)) == len(moments)
    zones = {str(each["tzid"]): each.to_tz(lookup_tzid=False) for each in Calendar.from_ical(content).timezones}
    for event in Calendar.from_ical(content).events:
        at = wanted[str(event["uid"]).partition("@")[0]]
        assert event.start.astimezone(UTC) == at
        if zone in zones and not at.astimezone(place).fold:
            assert event["dtstart"].params["TZID"] == zone
            assert event.start.replace(tzinfo=zones[zone]).astimezone(UTC) == at
    for each in IcsCalendarStream.calendar_from_ics(content.decode()).events:
        at = wanted[str(each.uid).partition("@")[0]]
        assert isinstance(each.dtstart, datetime)
        assert each.dtstart.astimezone(UTC) == at


# --- the feed ------------------------------------------------------------------------------------------


def statuses(address: str) -> dict[str, str]:
    return {str(each["summary"]): str(each["status"]) for each in read(fetched(address).content)}


def test_a_feed_holds_ones_own_with_how_one_stands(kari: User, space: Space) -> None:
    now = timezone.now()
    make = factories.EventFactory.create
    factories.make_sign_up(kari, make(space=space, title="Plass"))
    factories.make_sign_up(
        kari, make(space=space, title="Tilbud"), status=STATUS.OFFERED, offered_until=now + timedelta(hours=9)
    )
    factories.make_sign_up(kari, make(space=space, title="Kø"), status=STATUS.WAITING, queue_number=3)
    factories.make_sign_up(kari, make(space=space, title="Gitt opp"), status=STATUS.CANCELLED, ended_at=now)
    factories.make_sign_up(kari, make(space=space, title="For sent"), status=STATUS.LAPSED, ended_at=now)
    long_ago = now - timedelta(days=61)
    factories.make_sign_up(kari, make(space=space, title="Glemt"), status=STATUS.CANCELLED, ended_at=long_ago)
    factories.make_sign_up(kari, make(space=space, title="Fest", status="cancelled", cancelled_at=now))
    factories.make_sign_up(kari, make(space=space, title="Gammel", status="cancelled", cancelled_at=long_ago))
    factories.make_sign_up(factories.UserFactory.create(), make(space=space, title="Andres"))
    make(space=space, title="Ingens")
    expected = {
        "Plass": "CONFIRMED",
        "Svar på tilbudet: Tilbud": "TENTATIVE",
        "Venteliste: Kø": "TENTATIVE",
        "Gitt opp": "CANCELLED",
        "For sent": "CANCELLED",
        "Avlyst: Fest": "CANCELLED",
    }
    assert statuses(feed_of(kari)) == expected
    others = dict.fromkeys(("Gitt opp", "For sent", "Glemt", "Andres", "Ingens"), "CONFIRMED")
    assert statuses(feed_of(kari, holds_all=True)) == expected | others


def test_a_feed_says_how_often_it_is_to_be_read(kari: User) -> None:
    content = fetched(feed_of(kari)).content
    assert read(content) == []
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in content
    assert b"X-PUBLISHED-TTL:PT1H\r\n" in content
    assert b"X-WR-CALNAME:Arrangementer i Flett\r\n" in content


def test_only_time_takes_a_place_in_the_day_for_who_comes(kari: User, space: Space) -> None:
    factories.make_sign_up(kari, factories.EventFactory.create(space=space, title="Plass"))
    factories.EventFactory.create(space=space, title="Ingens")
    events = {
        str(each["summary"]): str(each["transp"]) for each in read(fetched(feed_of(kari, holds_all=True)).content)
    }
    assert events == {"Plass": "OPAQUE", "Ingens": "TRANSPARENT"}


def test_every_change_of_ones_own_sign_up_is_a_later_version(kari: User, space: Space) -> None:
    """RFC 5545 §3.8.7.4: a program that keeps the greatest SEQUENCE must end with what is so."""
    address = feed_of(kari, holds_all=False)
    event = factories.EventFactory.create(space=space, sequence=2)
    now = timezone.now()
    seen = []

    def look() -> None:
        (written,) = read(fetched(address).content)
        seen.append((int(written["sequence"]), str(written["status"])))

    first = factories.make_sign_up(kari, event, status=STATUS.WAITING, queue_number=1)
    look()
    for fields in (
        {"status": STATUS.OFFERED, "offered_until": now},
        {"status": STATUS.CONFIRMED, "offered_until": None, "confirmed_at": now},
        {"status": STATUS.CANCELLED, "ended_at": now},
    ):
        EventSignUp.objects.filter(pk=first.pk).update(**fields)
        look()
    factories.make_sign_up(kari, event)
    look()
    Event.objects.filter(pk=event.pk).update(sequence=3, status="cancelled", cancelled_at=now)
    look()
    assert seen == [
        (3, "TENTATIVE"),
        (4, "TENTATIVE"),
        (5, "CONFIRMED"),
        (6, "CANCELLED"),
        (9, "CONFIRMED"),
        (10, "CANCELLED"),
    ]


def test_a_file_of_what_one_gave_up_is_of_the_event_that_is_held(browser: Client, kari: User, space: Space) -> None:
    event = factories.EventFactory.create(space=space, sequence=2)
    factories.make_sign_up(kari, event, status=STATUS.CANCELLED, ended_at=timezone.now())
    (written,) = read(browser.get(reverse("forum:event-ics", args=[event.pk])).content)
    assert (written["status"], written["sequence"]) == ("CONFIRMED", 6)


def test_the_link_is_for_those_with_a_place_on_the_screen(kari: User, space: Space) -> None:
    link = "https://video.example/rom"
    people = {"on the screen": kari, "in the room": factories.MembershipFactory.create().person}
    people["waits"] = factories.MembershipFactory.create().person
    people["not signed up"] = factories.MembershipFactory.create().person
    people["arranges"] = factories.make_moderator()
    event = factories.EventFactory.create(space=space, link=link)
    screen = EventLeg.objects.create(event=event, mode="digital", capacity=1)
    factories.make_sign_up(people["on the screen"], event, leg=screen)
    factories.make_sign_up(people["in the room"], event)
    factories.make_sign_up(people["waits"], event, leg=screen, status=STATUS.WAITING, queue_number=1)
    found = {}
    for name, person in people.items():
        client = Client()
        client.force_login(person)
        file = client.get(reverse("forum:event-ics", args=[event.pk])).content
        feed = fetched(feed_of(person, holds_all=True)).content
        found[name] = (link.encode() in file, link.encode() in feed)
        if found[name][0]:
            (written,) = read(feed)
            assert str(written["conference"]) == link
    assert found == {name: (name in {"on the screen", "arranges"},) * 2 for name in people}


@pytest.mark.parametrize(
    ("kind", "summary", "says_place"),
    [
        ("open", "Samlingen", True),
        ("restricted", "Samlingen", True),
        ("private", "Arrangement i et rom du er med i", False),
        ("learning_group", "Arrangement i et rom du er med i", False),
        ("youth_panel", "Arrangement i et rom du er med i", False),
    ],
)
def test_a_feed_says_no_more_of_a_closed_room_than_may_be_said_outside(
    kari: User, kind: str, summary: str, says_place: bool
) -> None:
    space = factories.SpaceFactory.create(name="Rommet", kind=kind)
    factories.SpaceMembershipFactory.create(space=space, person=kari)
    event = factories.EventFactory.create(
        space=space,
        title="Samlingen",
        summary="Kort",
        html="<p>Teksten</p>",
        place="Bodø",
        link="https://video.example",
    )
    leg = EventLeg.objects.create(event=event, mode="digital")
    factories.make_sign_up(kari, event, leg=leg)
    content = fetched(feed_of(kari)).content
    (written,) = read(content)
    assert written["summary"] == summary
    text = content.decode()
    assert ("Kort" in text, "Teksten" in text) == (kind == "open",) * 2
    assert ("Bodø" in text, "video.example" in text) == (says_place,) * 2
    assert "Rommet" not in text
    assert written["class"] == ("PUBLIC" if kind == "open" else "PRIVATE")


def test_what_one_may_not_see_any_more_is_gone_at_the_next_reading(kari: User) -> None:
    space = factories.SpaceFactory.create(kind="restricted")
    membership = factories.SpaceMembershipFactory.create(space=space, person=kari)
    event = factories.EventFactory.create(space=space)
    factories.make_sign_up(kari, event)
    address = feed_of(kari, holds_all=True)
    assert len(read(fetched(address).content)) == 1
    for change in ({"state": "hidden"}, {"state": "deleted"}, {"state": "normal", "status": "draft"}):
        Event.objects.filter(pk=event.pk).update(**change)
        assert read(fetched(address).content) == [], change
    Event.objects.filter(pk=event.pk).update(state="normal", status="published")
    assert len(read(fetched(address).content)) == 1
    membership.ended_at = timezone.now()
    membership.save()
    assert read(fetched(address).content) == []


def test_headers_keep_the_address_secret_and_what_is_unchanged_is_not_sent_again(kari: User, space: Space) -> None:
    event = factories.EventFactory.create(space=space)
    factories.make_sign_up(kari, event)
    address = feed_of(kari)
    first = fetched(address)
    assert (first.status_code, first["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert first["Referrer-Policy"] == "no-referrer"
    assert first["X-Robots-Tag"] == "noindex, nofollow"
    assert set(first["Cache-Control"].split(", ")) == {"private", "no-cache"}
    assert "Set-Cookie" not in first.headers
    assert address.rpartition("/")[2].removesuffix(".ics").encode() not in first.content
    for known in (first["ETag"], f"W/{first['ETag']}", f'"x", {first["ETag"]}'):
        again = fetched(address, **{"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    Event.objects.filter(pk=event.pk).update(sequence=1)
    assert fetched(address, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_the_secret_is_kept_as_a_digest_and_a_new_one_ends_the_old(kari: User) -> None:
    old, new = make_calendar_token(person=kari, holds_all=False), make_calendar_token(person=kari, holds_all=True)
    kept = CalendarToken.objects.get()
    assert (kept.digest, kept.holds_all) == (hashlib.sha256(new.encode()).hexdigest(), True)
    tokens = (old, new, make_feed_token(person=kari), "x" * 43)
    answers = [fetched(reverse("forum:event-feed", args=[token])).status_code for token in tokens]
    assert answers == [404, 200, 404, 404]
    User.objects.filter(pk=kari.pk).update(is_active=False)
    assert fetched(reverse("forum:event-feed", args=[new])).status_code == 404


def test_no_log_holds_a_secret(kari: User, caplog: pytest.LogCaptureFixture) -> None:
    token = make_calendar_token(person=kari, holds_all=False)
    address = reverse("forum:event-feed", args=[token])
    cache.set(f"forum-calendar-reads:{CalendarToken.objects.get().digest}", READS_AN_HOUR - 1, 3600)
    with caplog.at_level(logging.DEBUG):
        answers = [fetched(address) for _ in range(2)]
        User.objects.filter(pk=kari.pk).update(is_active=False)
        answers.append(fetched(address))
    assert [answer.status_code for answer in answers] == [200, 429, 404]
    assert answers[1]["Retry-After"] == "3600"
    assert token not in caplog.text


def test_not_even_a_fault_writes_a_secret_in_the_log(kari: User) -> None:
    """Django writes the address of what goes wrong; the formatter of all our logs takes the secret out of it."""
    token = make_calendar_token(person=kari, holds_all=False)
    for name in ("event-feed", "feed"):
        text = f"Internal Server Error: {reverse(f'forum:{name}', args=[token])}"
        record = logging.LogRecord("django.request", logging.ERROR, "", 0, text, (), None)
        assert token not in MaskingFormatter().format(record)
        assert "Internal Server Error: /forum/" in MaskingFormatter().format(record)


def test_who_is_signed_in_changes_nothing(kari: User, space: Space) -> None:
    factories.make_sign_up(kari, factories.EventFactory.create(space=space))
    address = feed_of(kari)
    client = Client()
    client.force_login(factories.make_moderator())
    assert client.get(address).content == fetched(address).content


@pytest.mark.parametrize("rows", [3, 300])
def test_a_feed_costs_the_same_for_three_events_and_for_three_hundred(kari: User, space: Space, rows: int) -> None:
    starts = timezone.now() + timedelta(days=1)
    events = Event.objects.bulk_create(
        Event(space=space, title=f"E{number}", starts_at=starts, ends_at=starts + timedelta(1), status="published")
        for number in range(rows)
    )
    legs = EventLeg.objects.bulk_create(EventLeg(event=event, mode="physical") for event in events)
    EventSignUp.objects.bulk_create(
        EventSignUp(event=leg.event, leg=leg, person=kari, status=STATUS.CONFIRMED) for leg in legs
    )
    address = feed_of(kari)
    fetched(address)
    with CaptureQueriesContext(connection) as captured:
        response = fetched(address)
    assert (len(read(response.content)), len(captured)) == (rows, 5)


# --- the page ------------------------------------------------------------------------------------------


def test_an_address_is_made_shown_once_changed_and_stopped(browser: Client, kari: User) -> None:
    page, make, stop = (
        reverse(f"forum:{name}") for name in ("event-subscription", "event-feed-make", "event-feed-revoke")
    )
    assert browser.get(make).status_code == 405
    made = browser.post(make, {"holds": "own"})
    assert (made.status_code, made["Referrer-Policy"]) == (200, "no-referrer")
    assert "no-store" in made["Cache-Control"]
    text = made.content.decode()
    token = text.split("testserver/forum/arrangementer/kalender/")[1].split(".ics")[0]
    assert f'href="webcal://testserver/forum/arrangementer/kalender/{token}.ics"' in text
    assert CalendarToken.objects.get(person=kari).digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in browser.get(page).content.decode()
    browser.post(make, {"holds": "all", "do": "choose"})
    kept = CalendarToken.objects.get(person=kari)
    assert (kept.holds_all, kept.digest) == (True, hashlib.sha256(token.encode()).hexdigest())
    browser.post(stop)
    browser.post(stop)
    assert not CalendarToken.objects.exists()
    assert fetched(reverse("forum:event-feed", args=[token])).status_code == 404
    browser.post(make, {"holds": "all", "do": "choose"})
    assert not CalendarToken.objects.exists()


def test_nobody_who_is_not_signed_in_makes_or_stops_a_feed(kari: User) -> None:
    make_calendar_token(person=kari, holds_all=False)
    for name in ("event-feed-make", "event-feed-revoke", "event-subscription"):
        response = Client().post(reverse(f"forum:{name}"))
        assert (response.status_code, "/konto/login/" in response["Location"]) == (302, True)
    assert Client(enforce_csrf_checks=True).post(reverse("forum:event-feed-make")).status_code in {302, 403}
    assert CalendarToken.objects.count() == 1
