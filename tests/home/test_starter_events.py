"""Events to try the forum with: on sensible days whenever they are loaded, and never twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from forum.models import Event, EventLeg, EventSignUp, ProgrammeItem, SignUpNews
from forum.queries.event_calendar import EventFilter, events_in, get_archive, get_upcoming
from home.actions import load_people_lists
from home.starter_events import is_quiet, make_demo_events, read_events, time_of
from home.starter_forum import make_demo_forum
from people.models import TeamRole, User
from tests import factories

DESCRIBED = read_events()
STATUS = EventSignUp.Status


@pytest.mark.parametrize("start", [date(2026, 11, 23), date(2028, 2, 1)], ids=["a year", "with a leap day"])
def test_whenever_they_are_loaded_days_are_sensible(start: date) -> None:
    """Never on a Saturday or Sunday, in July or around Christmas; what is to come is to come, what is over is over."""
    for number in range(366):
        today = start + timedelta(days=number)
        for each in DESCRIBED:
            when = time_of(each, today=today)
            last = when.ends_at.date()
            assert when.first.weekday() == each["weekday"]
            assert max(when.first.weekday(), last.weekday()) < 5, (today, each["title"])
            assert not (is_quiet(when.first) or is_quiet(last)), (today, each["title"])
            assert (last - when.first).days == each.get("days", 1) - 1
            assert when.ends_at > when.starts_at
            away = (when.first - today).days
            assert -120 < away < -30 if each["weeks"] < 0 else 7 < away < 120, (today, each["title"])
            if when.closes_at is not None:
                assert today < when.closes_at.date() <= when.first, (today, each["title"])


def test_points_of_a_programme_are_in_order_and_within_the_event() -> None:
    for each in DESCRIBED:
        when = time_of(each, today=date(2026, 11, 23))
        points = [
            (when.clock(one["day"], one["from"]), when.clock(one["day"], one["to"]))
            for one in each.get("programme", [])
        ]
        ends = [end for _start, end in points]
        assert all(start < end for start, end in points)
        assert all(end <= start for end, (start, _end) in zip(ends, points[1:], strict=False))
        if points:
            assert (points[0][0], points[-1][1]) == (when.starts_at, when.ends_at), each["title"]


@pytest.fixture
def loaded(home: Any, settings: Any) -> None:
    settings.DEMO_LOGINS = True
    load_people_lists()
    for each in ("fleksibilitet", "recovery-og-brukermedvirkning", "familie-og-nettverksarbeid"):
        factories.PrincipleFactory.create(principle_set__key="fact", slug=each)
    for key in ("deltaker", "teamleder", "brukerspesialist", "redaktor", "fagredaktor", "moderator"):
        factories.MembershipFactory.create(
            person__email=f"{key}@demo.example", roles=TeamRole.objects.filter(key__in=[key, "annen"])
        )
    make_demo_forum()
    make_demo_events()


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


@pytest.mark.django_db
def test_what_is_loaded(loaded: None) -> None:
    events = {event.title: event for event in Event.objects.all()}
    assert len(events) == len(DESCRIBED) == 8
    assert all(event.is_example for event in events.values())
    assert {event.status for event in events.values()} == {"published", "cancelled"}
    national = events["Nasjonal FACT-samling"]
    assert (national.ends_at - national.starts_at) // timedelta(hours=1) == 29
    assert sorted(national.legs.values_list("mode", "capacity")) == [("digital", None), ("physical", 120)]
    assert ProgrammeItem.objects.filter(event=national).count() == 9
    full = EventLeg.objects.get(event=events["Kurs i å lede tavlemøtet"])
    assert (full.capacity, full.taken) == (4, 4)
    taken = EventSignUp.objects.filter(leg=full).order_by("created_at", "pk")
    assert [(each.person.first_name or each.person.email, each.status) for each in taken][:4] == [
        ("Liv", STATUS.CONFIRMED),
        ("Jonas", STATUS.CONFIRMED),
        ("Sidsel", STATUS.CONFIRMED),
        ("Nils", STATUS.CANCELLED),
    ]
    assert [each.status for each in taken][4:] == [STATUS.OFFERED, STATUS.WAITING, STATUS.WAITING]
    assert taken[4].person == person("deltaker")
    assert events["Temadag: Recovery i hverdagen"].time_zone == "Europe/Copenhagen"
    assert events["Kveld for nye i FACT ung"].cancel_note
    reader = person("liv")
    assert [event.title for event in events_in(get_archive(reader, EventFilter()))] == [
        "Erfaringsdag: Jobb midt i behandlingen"
    ]
    coming = [event.title for event in events_in(get_upcoming(reader, EventFilter()))]
    assert len(coming) == 5
    assert "Erfaringsdag: Jobb midt i behandlingen" not in coming
    past = events["Erfaringsdag: Jobb midt i behandlingen"]
    assert all(each.created_at < past.starts_at for each in past.sign_ups.all())
    assert past.changed_at < past.starts_at
    points = past.programme.order_by("starts_at")
    assert (points[0].starts_at, points[2].ends_at) == (past.starts_at, past.ends_at)
    assert not SignUpNews.objects.filter(claimed_at__isnull=True).exists()


@pytest.mark.django_db
def test_loading_again_on_a_later_day_makes_nothing_twice(loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[Any]:
        return [list(model.objects.order_by("pk").values()) for model in (Event, EventLeg, EventSignUp, ProgrammeItem)]

    before, later = rows(), timezone.now() + timedelta(days=40)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    make_demo_events()
    assert rows() == before
    Event.objects.filter(title="Nasjonal FACT-samling").update(state="deleted", title="Borte")
    make_demo_events()
    assert Event.objects.count() == 8


@pytest.mark.django_db
def test_every_page_of_them_can_be_read(loaded: None) -> None:
    client = Client()
    client.force_login(person("deltaker"))
    assert {
        client.get(event.get_absolute_url()).status_code
        for event in Event.objects.exclude(space__slug="nettverk-for-brukerspesialister")
    } == {200}
    text = client.get("/forum/arrangementer/").content.decode()
    assert text.count("Eksempel</span>") == 6
    assert "Du er tilbudt plass" in text


@pytest.mark.django_db
def test_production_gets_none(settings: Any) -> None:
    settings.DEMO_LOGINS = False
    with pytest.raises(ImproperlyConfigured, match="FLETT_ENV=development"):
        make_demo_events()
