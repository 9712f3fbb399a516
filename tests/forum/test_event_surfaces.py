"""Where events show up beside their own pages, and who sees which of them where."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from forum.actions.event_calendar import make_calendar_token
from forum.models import Event, EventPrinciple, EventSignUp, Space, State
from forum.queries import event_calendar
from people.models import User
from tests import factories
from tests.forum.test_library import KINDS, MODERATES, READS, ROLES, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Torget", slug="torget")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(client: Client, address: str) -> str:
    caches["learners"].clear()
    return " ".join(client.get(address).content.decode().split())


# --- role × surface × kind of space × status -----------------------------------------------------------

STATES = {
    "published": {},
    "cancelled": {"status": "cancelled", "cancelled_at": timezone.now()},
    "draft": {"status": "draft"},
    "hidden": {"state": State.HIDDEN},
    "deleted": {"state": State.DELETED},
}
TO_ALL = {"published", "cancelled"}
TO_ARRANGERS = {"published", "cancelled", "draft", "hidden"}

MONTH = {"maned": f"{timezone.localdate() + timedelta(days=30):%Y-%m}"}


def page(name: str, **query: str) -> Callable[[Client, User | None], str]:
    return lambda client, person: client.get(reverse(f"forum:{name}"), query).content.decode()


def feed(client: Client, person: User | None) -> str:
    if person is None:
        return ""
    address = reverse("forum:event-feed", args=[make_calendar_token(person=person, holds_all=True)])
    uids = {str(each["uid"]).partition("@")[0] for each in Calendar.from_ical(Client().get(address).content).events}
    return " ".join(Event.objects.filter(key__in=uids).values_list("title", flat=True))


SURFACES: dict[str, Callable[[Client, User | None], str]] = {
    "list": page("events"),
    "calendar": page("event-calendar", **MONTH),
    "archive": page("event-archive"),
    "feed": feed,
    "home": page("home"),
}


@pytest.fixture
def world(home: Any) -> tuple[dict[str, User], dict[tuple[str, str, str], Event]]:
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    now = timezone.now()
    events = {}
    for space in spaces:
        for name, fields in STATES.items():
            for time, starts in (("coming", now + timedelta(days=30)), ("past", now - timedelta(days=30))):
                title = f"{space.kind.replace('_', '')}{name}{time}"
                events[space.kind, name, time] = factories.EventFactory.create(
                    space=space, title=title, starts_at=starts, ends_at=starts + timedelta(minutes=5), **fields
                )
    return people, events


def shown_to(role: str, kind: str, status: str) -> bool:
    return kind in READS[role] and status in (TO_ARRANGERS if kind in MODERATES.get(role, set()) else TO_ALL)


@pytest.mark.usefixtures("all_on_one_page")
def test_each_surface_shows_each_role_exactly_what_it_may_see(world: Any) -> None:
    people, events = world
    wrong = []
    for role in [*ROLES, "anonymous"]:
        person = people.get(role)
        client = signed_in(person) if person else Client()
        texts = {name: surface(client, person) for name, surface in SURFACES.items()}
        for (kind, status, time), event in events.items():
            shown = person is not None and shown_to(role, kind, status)
            told = shown and status in TO_ALL
            wanted = {
                "list": shown and time == "coming",
                "calendar": shown and time == "coming",
                "archive": shown and time == "past",
                "feed": told,
                "home": shown and status == "published" and time == "coming",
            }
            found = {name: event.title in text for name, text in texts.items()}
            file = client.get(reverse("forum:event-ics", args=[event.pk]))
            wanted["file"], found["file"] = told, file.status_code == 200
            if not told and person is not None:
                assert file.status_code == 404
            wrong += [(role, kind, status, time, name) for name in wanted if wanted[name] != found[name]]
    assert wrong == []


@pytest.fixture
def all_on_one_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """How many are shown is built into the query of the next ones."""
    monkeypatch.setattr(event_calendar, "EVENTS_A_PAGE", 100)
    monkeypatch.setattr(event_calendar, "NEXT_EVENTS", 100)
    event_calendar._next._compiled.clear()
    yield
    event_calendar._next._compiled.clear()


# --- elsewhere -----------------------------------------------------------------------------------------


def test_the_forums_front_page_shows_the_next_three(kari: User, space: Space) -> None:
    now = timezone.now()
    for number in (4, 1, 3, 2):
        at = now + timedelta(days=number)
        factories.EventFactory.create(space=space, title=f"Samling {number}", starts_at=at, ends_at=at + timedelta(1))
    factories.EventFactory.create(space=space, title="Avlyst", status="cancelled", cancelled_at=now)
    past = now - timedelta(days=2)
    factories.EventFactory.create(space=space, title="Over", starts_at=past, ends_at=past + timedelta(hours=1))
    text = words(signed_in(kari), reverse("forum:home"))
    places = [text.index(f"Samling {number}<") for number in (1, 2, 3)]
    assert places == sorted(places)
    assert not any(title in text for title in ("Samling 4<", "Avlyst", ">Over<"))
    assert f'<a href="{reverse("forum:events")}">Alle arrangementer</a>' in text


def test_a_space_leads_to_its_events(kari: User, space: Space) -> None:
    factories.EventFactory.create(space=space, title="Her")
    factories.EventFactory.create(title="Der")
    client = signed_in(kari)
    address = f"{reverse('forum:events')}?rom=torget"
    assert f'href="{address}"' in words(client, space.get_absolute_url())
    text = words(client, address)
    assert ("Her</a>" in text, "Der</a>" in text) == (True, False)


def test_a_principle_lists_its_next_events_to_those_who_may_see_them(kari: User, space: Space) -> None:
    principle, other = factories.PrincipleFactory.create(), factories.PrincipleFactory.create()
    closed = factories.SpaceFactory.create(kind="private")
    past = timezone.now() - timedelta(days=2)
    for title, about, where, fields in (
        ("Om dette", principle, space, {}),
        ("Om noe annet", other, space, {}),
        ("Lukket", principle, closed, {}),
        ("Over", principle, space, {"starts_at": past, "ends_at": past + timedelta(hours=1)}),
    ):
        event = factories.EventFactory.create(space=where, title=title, **fields)
        EventPrinciple.objects.create(event=event, principle_key=about.translation_key)
    cache.clear()
    address = principle.get_absolute_url()
    text = words(signed_in(kari), address)
    assert [f"{title}</a>" in text for title in ("Om dette", "Om noe annet", "Lukket", "Over")] == [True] + [False] * 3
    assert f"/forum/arrangementer/?prinsipp={principle.translation_key}" in text
    for client in (Client(), signed_in(factories.UserFactory.create())):
        assert "Om dette" not in words(client, address)


def asked_of_events(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return sum('"forum_event' in query["sql"] for query in captured)


def test_a_principle_costs_an_anonymous_reader_nothing_and_a_member_a_query_where_there_is_something(
    kari: User, space: Space
) -> None:
    principle, other = factories.PrincipleFactory.create(), factories.PrincipleFactory.create()
    event = factories.EventFactory.create(space=space)
    EventPrinciple.objects.create(event=event, principle_key=principle.translation_key)
    client = signed_in(kari)
    for each in (principle, other):
        client.get(each.get_absolute_url())
    cache.clear()
    address = principle.get_absolute_url()
    assert [asked_of_events(Client(), address), asked_of_events(client, address), asked_of_events(client, address)] == [
        0,
        2,
        1,
    ]
    assert asked_of_events(client, other.get_absolute_url()) == 0


def test_my_page_shows_own_events_and_what_waits_for_an_answer(kari: User, space: Space) -> None:
    now = timezone.now()
    client = signed_in(kari)
    assert "Arrangementene dine" not in words(client, "/min-side/")
    for title, fields in (
        ("Plass", {}),
        ("Tilbud", {"status": "offered", "offered_until": now + timedelta(days=1)}),
        ("Kø", {"status": "waiting", "queue_number": 1}),
    ):
        factories.make_sign_up(kari, factories.EventFactory.create(space=space, title=title), **fields)
    text = words(client, "/min-side/")
    titles = [text.index(f">{title}</a>") for title in ("Tilbud", "Plass", "Kø")]
    assert titles == sorted(titles)
    assert text.count("Svar på tilbudet") == 1
    for said in ("Du er tilbudt plass. Svar innen", "Du har plass", "Nr. 1 på ventelista"):
        assert text.count(said) == 1
    EventSignUp.objects.update(status="cancelled", offered_until=None, ended_at=now)
    assert "Arrangementene dine" not in words(client, "/min-side/")


def test_my_page_asks_for_events_of_nobody_who_has_none(kari: User, space: Space) -> None:
    """The header asks whether there are any, in the query it asks anyway, twice a minute."""
    client = signed_in(kari)
    client.get("/min-side/")
    assert asked_of_events(client, "/min-side/") == 0
    for _ in range(5):
        factories.make_sign_up(kari, factories.EventFactory.create(space=space))
    caches["learners"].clear()
    client.get("/min-side/")
    assert asked_of_events(client, "/min-side/") == 1
