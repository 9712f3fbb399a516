"""Events: making, publishing, and what the page says."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from forum.actions.events import EventDetails, cancel_event, edit_event, make_event, publish_event
from forum.actions.sign_ups import answer_questions, sign_up
from forum.models import DietaryNeed, Event, EventQuestion, ProgrammeItem, SignUpAnswer, Space
from forum.permissions import events as permissions
from forum.queries.events import get_event_for, get_event_page
from forum.queries.sign_ups import get_participants
from forum.queries.subjects import get_principle_index
from people.models import User
from tests import factories
from tests.forum.test_library import KINDS, MODERATES, READS, ROLES, make_people
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    """Somebody who arranges."""
    return factories.SpaceMembershipFactory.create(
        space=space, facilitator=True, person=factories.make_leader(factories.TeamFactory.create())
    ).person


@pytest.fixture
def member(space: Space) -> User:
    return factories.MembershipFactory.create().person


def filled(space: Space, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Fagdag",
        "kind": "gathering",
        "space": space.pk,
        "starts_on": "2027-01-12",
        "starts_clock": "09:00",
        "ends_clock": "15:30",
        "time_zone": "Europe/Oslo",
        "has_physical": "on",
        "physical_capacity": "2",
        "place": "Storsalen",
        "takes_sign_ups": "on",
        "offer_hours": "24",
        "submission": str(uuid4()),
    } | changes


def test_an_event_is_made_published_and_signed_up_for(client: Client, space: Space, host: User, member: User) -> None:
    client.force_login(host)
    made = client.post(reverse("forum:event-new"), filled(space))
    event = Event.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, event.get_absolute_url())
    assert (event.status, event.starts_at) == ("draft", datetime(2027, 1, 12, 8, tzinfo=UTC))
    client.force_login(member)
    assert client.get(event.get_absolute_url()).status_code == 404
    client.force_login(host)
    client.post(reverse("forum:event-publish", args=[event.pk]))
    client.force_login(member)
    page = client.get(event.get_absolute_url()).content.decode()
    assert "tirsdag 12. januar 2027 kl. 09.00–15.30" in page
    assert "2 av 2 plasser igjen" in page
    client.post(reverse("forum:event-sign-up", args=[event.pk]), {"mode": "physical", "submission": str(uuid4())})
    assert "Du har plass." in client.get(event.get_absolute_url()).content.decode()
    assert [(leg.mode, leg.capacity, leg.taken) for leg in event.legs.all()] == [("physical", 2, 1)]


# --- making and changing -------------------------------------------------------------------------------


def make(space: Space, host: User, **changes: Any) -> Event:
    said: dict[str, Any] = {
        "title": "Fagdag",
        "starts_at": datetime(2027, 1, 12, 8, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 12, 14, 30, tzinfo=UTC),
        "legs": {"physical": 10},
    }
    return make_event(person=host, space=space, details=EventDetails(**said | changes))


def test_the_same_form_twice_is_one_event(client: Client, space: Space, host: User) -> None:
    client.force_login(host)
    data = filled(space)
    first, second = (client.post(reverse("forum:event-new"), data) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, 'id="id_title_error"'),
        ({"ends_clock": "08:00"}, "Slutten må komme etter begynnelsen."),
        ({"has_physical": ""}, "Velg minst én måte å delta på."),
        ({"starts_on": "2027-03-28", "starts_clock": "02:30"}, "Klokka stilles den natta"),
        ({"has_digital": "on", "link": "javascript:alert(1)"}, "Lenken må være en hel nettadresse"),
        ({"source": f"Om {BORN}"}, "fødselsnummer"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    client: Client, space: Space, host: User, changes: dict[str, Any], words: str
) -> None:
    client.force_login(host)
    answer = client.post(reverse("forum:event-new"), filled(space, **changes))
    assert (answer.status_code, Event.objects.count()) == (422, 0)
    assert words in answer.content.decode()


def test_times_are_by_the_clock_where_the_event_is_through_the_change_of_clocks(
    client: Client, space: Space, host: User
) -> None:
    client.force_login(host)
    client.post(
        reverse("forum:event-new"),
        filled(space, starts_on="2027-03-27", ends_on="2027-03-28", time_zone="Europe/Helsinki"),
    )
    event = Event.objects.get()
    assert (event.starts_at, event.ends_at) == (
        datetime(2027, 3, 27, 7, tzinfo=UTC),
        datetime(2027, 3, 28, 12, 30, tzinfo=UTC),
    )
    page = client.get(event.get_absolute_url()).content.decode()
    assert "fra lørdag 27. mars 2027 kl. 09.00 til søndag 28. mars 2027 kl. 15.30" in page
    assert "(tid i Finland)" in page
    form = client.get(reverse("forum:event-edit", args=[event.pk])).content.decode()
    assert 'value="15:30"' in form


def test_sequence_grows_exactly_when_a_calendar_shows_something_else(space: Space, host: User) -> None:
    event = make(space, host)
    same = {"starts_at": event.starts_at, "ends_at": event.ends_at, "legs": {"physical": 10}}
    for changes, grows in (
        ({}, 0),
        ({"price": "Gratis", "audience": "Alle", "legs": {"physical": 5}}, 0),
        ({"title": "Ny tittel"}, 1),
        ({"title": "Ny tittel", "place": "Salen"}, 1),
        ({"title": "Ny tittel", "place": "Salen", "ends_at": event.ends_at + timedelta(hours=1)}, 1),
        ({"title": "Ny tittel", "place": "Salen", "ends_at": event.ends_at + timedelta(hours=1)}, 0),
    ):
        event.refresh_from_db()
        before = event.sequence
        edit_event(person=host, event=event, details=EventDetails(**{"title": "Fagdag"} | same | changes))
        event.refresh_from_db()
        assert event.sequence - before == grows, changes
    before = event.sequence
    publish_event(person=host, event=event)
    publish_event(person=host, event=event)
    cancel_event(person=host, event=event, note="Sykdom.")
    event.refresh_from_db()
    assert (event.sequence - before, event.status) == (2, "cancelled")


def test_programme_is_made_changed_and_shown_by_day_without_scripts(client: Client, space: Space, host: User) -> None:
    event = make(space, host, ends_at=datetime(2027, 1, 13, 14, tzinfo=UTC))
    client.force_login(host)
    url = reverse("forum:event-programme", args=[event.pk])
    empty = client.post(url, {"rows": "0", "do": "add"}).content.decode()
    assert 'name="form-0-day" value="2027-01-12"' in empty
    rows = {"rows": "2"}
    for number, (day, at, title) in enumerate(
        (("2027-01-13", "09:00", "Andre dag"), ("2027-01-12", "10:15", "Åpning"))
    ):
        rows |= {
            f"form-{number}-day": day,
            f"form-{number}-starts_clock": at,
            f"form-{number}-title": title,
            f"form-{number}-speaker_role": "Brukerspesialist",
        }
    assert client.post(url, rows | {"do": "save"}).status_code == 302
    page = client.get(event.get_absolute_url()).content.decode()
    assert page.index("tirsdag 12. januar 2027</h3>") < page.index("Åpning") < page.index("onsdag 13. januar 2027</h3>")
    assert page.index("10.15") < page.index("Andre dag")
    opening = ProgrammeItem.objects.get(title="Åpning")
    left = client.post(url, rows | {"do": "remove:0"}).content.decode()
    assert "Andre dag" not in left
    kept = {"rows": "1", "do": "save", "form-0-pk": opening.pk, "form-0-day": "2027-01-12"}
    kept |= {"form-0-starts_clock": "10:30", "form-0-title": "Åpning"}
    client.post(url, kept)
    assert [(item.pk, item.starts_at) for item in event.programme.all()] == [
        (opening.pk, datetime(2027, 1, 12, 9, 30, tzinfo=UTC))
    ]
    refused = client.post(url, kept | {"form-0-text": f"Om {BORN}"})
    assert (refused.status_code, BORN in refused.content.decode()) == (422, False)


def test_questions_are_made_moved_and_answered(client: Client, space: Space, host: User, member: User) -> None:
    event = make(space, host)
    publish_event(person=host, event=event)
    client.force_login(host)
    url = reverse("forum:event-questions", args=[event.pk])
    rows = {
        "rows": "2",
        "form-0-label": "Hotell?",
        "form-0-kind": "choice",
        "form-0-choices": "Ja",
        "form-1-label": "Annet",
        "form-1-kind": "line",
    }
    assert "trenger minst to svar" in client.post(url, rows | {"do": "save"}).content.decode()
    rows |= {"form-0-choices": "Ja\nNei", "form-0-is_required": "on"}
    moved = client.post(url, rows | {"do": "up:1"}).content.decode()
    assert moved.index("Annet") < moved.index("Hotell?")
    client.post(url, rows | {"do": "save"})
    hotel, other = event.questions.all()
    assert [(each.label, each.options, each.is_required) for each in (hotel, other)] == [
        ("Hotell?", ["Ja", "Nei"], True),
        ("Annet", [], False),
    ]
    client.force_login(member)
    answers = {"mode": "physical", "submission": str(uuid4())}
    assert client.post(reverse("forum:event-sign-up", args=[event.pk]), answers).status_code == 422
    client.post(reverse("forum:event-sign-up", args=[event.pk]), answers | {f"question_{hotel.pk}": "Nei"})
    assert event.sign_ups.get().answers.get().text == "Nei"


def test_a_cancelled_event_says_so_and_why(client: Client, space: Space, host: User, member: User) -> None:
    event = factories.EventFactory.create(space=space)
    client.force_login(host)
    client.post(reverse("forum:event-cancel", args=[event.pk]), {"note": "Snøstorm over fjellet."})
    client.force_login(member)
    page = client.get(event.get_absolute_url()).content.decode()
    assert "Avlyst" in page
    assert "Snøstorm over fjellet." in page
    assert reverse("forum:event-sign-up", args=[event.pk]) not in page


# --- who comes, for whoever arranges -------------------------------------------------------------------


def test_participants_show_who_comes_food_and_the_queue_in_order(
    client: Client, space: Space, host: User, member: User
) -> None:
    event = factories.EventFactory.create(space=space, capacity=2)
    Event.objects.filter(pk=event.pk).update(asks_dietary=True)
    event.refresh_from_db()
    people = [
        factories.MembershipFactory.create(person__first_name=name).person for name in ("Aud", "Bo", "Cato", "Dag")
    ]
    for person in people:
        dietary = "Nøtter" if person.first_name in {"Aud", "Bo"} else "Sild"
        sign_up(person=person, by=person, event=event, mode="physical", dietary=dietary)
    client.force_login(host)
    url = reverse("forum:event-participants", args=[event.pk])
    page = client.get(url).content.decode()
    assert "2 av 2 plasser tatt" in page
    assert "<li>Nøtter – 2</li>" in page  # of those with a place
    assert page.index("Cato") < page.index("Dag")
    found = client.get(url, {"q": "cato"}).content.decode()
    assert ("Cato" in found, "Dag" in found) == (True, False)
    aud, bo = event.sign_ups.order_by("pk")[:2]
    client.post(url, {"listed": [aud.pk, bo.pk], "came": [aud.pk]})
    assert list(event.sign_ups.order_by("pk").values_list("attended", flat=True)) == [True, False, None, None]
    assert "1 av 2" in client.get(url).content.decode()


def test_a_leader_signs_up_the_team_on_one_page_and_sees_status_alone(client: Client, space: Space, home: Any) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    mates = [factories.MembershipFactory.create(team=team, person__first_name=name).person for name in ("Aud", "Bo")]
    event = factories.EventFactory.create(space=space, capacity=1)
    Event.objects.filter(pk=event.pk).update(asks_dietary=True)
    client.force_login(leader)
    url = reverse("forum:event-sign-up-team", args=[event.pk])
    assert url in client.get(event.get_absolute_url()).content.decode()
    client.post(url, {"team": team.slug, "person": [mate.pk for mate in mates], "mode": "physical"})
    assert sorted(event.sign_ups.values_list("status", flat=True)) == ["confirmed", "waiting"]
    event.refresh_from_db()
    answer_questions(person=mates[0], sign_up=event.sign_ups.get(person=mates[0]), answers=[], dietary="Sellerirot")
    page = client.get(url).content.decode()
    assert ("Har plass" in page, "På venteliste" in page, "Sellerirot" in page) == (True, True, False)
    key = event.sign_ups.get(person=mates[0]).key
    client.post(reverse("forum:event-sign-up-cancel", args=[key]))
    assert event.sign_ups.get(person=mates[1]).status == "offered"
    client.force_login(mates[1])
    client.post(reverse("forum:event-sign-up-offer", args=[event.sign_ups.get(person=mates[1]).key]), {"answer": "yes"})
    assert event.sign_ups.get(person=mates[1]).status == "confirmed"


@pytest.mark.parametrize("count", [3, 30])
def test_pages_cost_the_same_however_many_come(client: Client, space: Space, host: User, count: int) -> None:
    event = factories.EventFactory.create(space=space)
    question = EventQuestion.objects.create(event=event, label="Hotell?")
    team = factories.TeamFactory.create()
    for number in range(count):
        person = factories.UserFactory.create(first_name=f"Person {number}")
        row = factories.make_sign_up(person, event, team=team)
        SignUpAnswer.objects.create(sign_up=row, question=question, text="ja")
        DietaryNeed.objects.create(sign_up=row, text="Sild")
        ProgrammeItem.objects.create(event=event, starts_at=event.starts_at, title=f"Punkt {number}")
    assert count_queries(lambda: get_participants(host, event)) == 5
    assert count_queries(lambda: get_event_page(host, get_event_for(host, event.pk))) == 6


def count_queries(work: Callable[[], Any]) -> int:
    get_principle_index(language="nb")
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


# --- who sees what -------------------------------------------------------------------------------------

STATES: dict[str, dict[str, Any]] = {
    "draft": {"status": "draft"},
    "published": {},
    "cancelled": {"status": "cancelled", "cancelled_at": datetime(2026, 1, 1, tzinfo=UTC)},
    "hidden": {"state": "hidden"},
    "deleted": {"state": "deleted"},
}
PLACES = {"page": "forum:event"} | {
    name: f"forum:event-{name}" for name in ("edit", "sign-up", "participants", "add-person")
}


def surfaces(client: Client, person: User, event: Event, wanted: dict[str, int | bool]) -> dict[str, int | bool]:
    """What the pages answer and show. What is to be refused is asked of the view alone, without a page of refusal."""
    found: dict[str, int | bool] = {"link": False}
    text = ""
    for name, address in PLACES.items():
        path = reverse(address, args=[event.pk])
        if wanted[name] in (403, 404):
            found[name] = refusal_of(person, path)
            continue
        answer = client.get(path)
        found[name] = answer.status_code
        text += answer.content.decode()
        if name == "page":
            found["link"] = "hemmelig.example" in text
    return found | {"answers": "Svar til huset" in text, "dietary": "Kumquat" in text}


def refusal_of(person: User, path: str) -> int:
    request = RequestFactory().get(path)
    request.user = person
    view, args, kwargs = resolve(path)
    try:
        view(request, *args, **kwargs)
    except Http404:
        return 404
    except PermissionDenied:
        return 403
    return 200


def expected(name: str, kind: str, state: str) -> dict[str, int | bool]:
    moderates = kind in MODERATES.get(name, set())
    sees = kind in READS[name] and (state in {"published", "cancelled"} or (state in {"draft", "hidden"} and moderates))
    arranges = sees and moderates
    outside = 404 if not sees else 403
    return {
        "page": 200 if sees else 404,
        "link": arranges and state != "cancelled",
        "edit": (403 if state == "cancelled" else 200) if arranges else outside,
        "sign-up": 200 if sees and state == "published" else outside,
        "participants": 200 if arranges else outside,
        "add-person": 200 if arranges and state == "published" else outside,
        "answers": arranges,
        "dietary": arranges,
    }


def make_world(kinds: list[str]) -> tuple[dict[str, User], dict[tuple[str, str], Event]]:
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in kinds]
    people = make_people(spaces, role)
    guest = factories.UserFactory.create()
    events: dict[tuple[str, str], Event] = {}
    for space in spaces:
        for state, fields in STATES.items():
            event = factories.EventFactory.create(
                space=space, link="https://hemmelig.example/", asks_dietary=True, **fields
            )
            question = EventQuestion.objects.create(event=event, label="Hva?")
            row = factories.make_sign_up(guest, event)
            SignUpAnswer.objects.create(sign_up=row, question=question, text="Svar til huset")
            DietaryNeed.objects.create(sign_up=row, text="Kumquat")
            events[space.kind, state] = event
    return people, events


def of_queries(person: User) -> dict[str, set[int]]:
    """The same, asked of what the pages are made of: the events each rule lets through, in one query a rule."""
    rows = {
        "page": permissions.events_visible_to(person).values_list("pk"),
        "link": permissions.links_visible_to(person).exclude(status="cancelled").values_list("pk"),
        "participants": permissions.events_arranged_by(person).values_list("pk"),
        "sign-up": permissions.events_open_to(person).values_list("pk"),
        "answers": permissions.answers_visible_to(person).values_list("sign_up__event"),
        "dietary": permissions.dietary_needs_visible_to(person).values_list("sign_up__event"),
    }
    return {rule: {number for (number,) in found} for rule, found in rows.items()}


def test_the_rules_let_each_role_see_exactly_what_it_may(home: Any) -> None:
    """Role × rule × kind of space × status and state."""
    people, events = make_world(KINDS)
    wrong = []
    for name in ROLES:
        seen = of_queries(people[name])
        for (kind, state), event in events.items():
            wanted = expected(name, kind, state)
            wrong += [
                (name, kind, state, rule)
                for rule, numbers in seen.items()
                if (event.pk in numbers) != (wanted[rule] in (200, True))
            ]
    assert wrong == []


def test_each_page_shows_each_role_exactly_what_it_may_see(home: Any, client: Client) -> None:
    """Role × page × kind of space of what is published, and × every status and state in an open and a private space."""
    people, world = make_world(KINDS)
    events = {key: event for key, event in world.items() if key[1] == "published" or key[0] in ("open", "private")}
    wrong = []
    for name in ROLES:
        client.force_login(people[name])
        for (kind, state), event in events.items():
            wanted = expected(name, kind, state)
            found = surfaces(client, people[name], event, wanted)
            wrong += [(name, kind, state, each, found[each]) for each in wanted if found[each] != wanted[each]]
    client.logout()
    for (kind, state), event in events.items():
        if state == "published":
            answers = {name: client.get(reverse(each, args=[event.pk])).status_code for name, each in PLACES.items()}
            wrong += [("anonymous", kind, name, answer) for name, answer in answers.items() if answer != 302]
    assert wrong == []


def test_predicates_and_their_twins_agree(home: Any) -> None:
    people, events = make_world(["open", "private"])
    rows = {event: event.sign_ups.get() for event in events.values()}
    spaces = {event.space for event in events.values()}
    said_yes = set()
    for person in people.values():
        for predicate, twin, things in (
            (permissions.user_can_see_event, permissions.events_visible_to, events.values()),
            (permissions.user_can_arrange, permissions.events_arranged_by, events.values()),
            (permissions.user_can_sign_up, permissions.events_open_to, events.values()),
            (permissions.user_can_see_link, permissions.links_visible_to, events.values()),
            (permissions.user_can_see_sign_up, permissions.sign_ups_visible_to, rows.values()),
            (permissions.user_can_change_sign_up, permissions.sign_ups_changed_by, rows.values()),
            (permissions.user_can_arrange_in, permissions.spaces_to_arrange_in, spaces),
        ):
            listed = set(twin(person))
            for thing in things:
                answer = predicate(person, thing)
                assert answer == (thing in listed), (predicate.__name__, person, thing)
                if answer:
                    said_yes.add(predicate.__name__)
    assert len(said_yes) == 7


def test_the_link_is_for_those_with_a_digital_place(client: Client, space: Space, host: User) -> None:
    event = make(space, host, legs={"physical": 5, "digital": 1}, link="https://hemmelig.example/rom")
    publish_event(person=host, event=event)
    physical, digital, waiting = (factories.MembershipFactory.create().person for _ in range(3))
    for person, mode in ((physical, "physical"), (digital, "digital"), (waiting, "digital")):
        sign_up(person=person, by=person, event=event, mode=mode)
    shown = []
    for person in (physical, digital, waiting, host):
        client.force_login(person)
        shown.append("hemmelig.example" in client.get(event.get_absolute_url()).content.decode())
    assert shown == [False, True, False, True]


def test_time_is_asked_for_anew_each_time(space: Space, member: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put together once a process knows no time: an event closes while the server runs."""
    event = factories.EventFactory.create(space=space)
    assert permissions.user_can_sign_up(member, event)
    monkeypatch.setattr(timezone, "now", lambda: event.ends_at + timedelta(minutes=1))
    assert not permissions.user_can_sign_up(member, event)
