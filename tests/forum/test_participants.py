"""Who comes, in pages; somebody added by an arranger; a team's own list."""

from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from forum.actions import event_lists, sign_ups
from forum.models import DietaryNeed, Event, EventExport, EventLeg, EventQuestion, EventSignUp, Notice, SignUpAnswer
from forum.queries import sign_ups as queries
from forum.queries.sign_ups import Wanted, get_participants
from people.models import Profile, User
from safety.text import TextRefusedError
from tests import factories
from tests.forum.event_cast import ROLES, Cast, make_arranger, make_cast, make_event, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(home: Any) -> Event:
    cache.clear()
    return make_event(title="Samling i mars", capacity=1)


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def signed_in(person: User) -> Client:
    client = Client()
    if person.is_authenticated:
        client.force_login(person)
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


# --- adding somebody -----------------------------------------------------------------------------------


def add(by: User, event: Event, address: str, **fields: Any) -> Any:
    data = {"address": address, "mode": "physical", "submission": "6f1d7f0e-7d5f-4c0e-9b8e-0d6f0e7d5f4c", **fields}
    return signed_in(by).post(reverse("forum:event-add-person", args=[event.pk]), data)


def test_an_arranger_adds_somebody_who_is_told_and_can_decline(
    event: Event, arranger: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    Event.objects.update(asks_dietary=True)
    kari = make_member("kari")
    with django_capture_on_commit_callbacks(execute=True):
        answers = [add(arranger, event, address) for address in (" KARI@example.org ", "kari@example.org")]
    assert [answer.status_code for answer in answers] == [302, 302]
    made = EventSignUp.objects.get()
    assert (made.person, made.made_by, made.status, made.team) == (kari, arranger, "confirmed", None)
    assert [message.to for message in mailoutbox] == [["kari@example.org"]]
    assert "Du er meldt på av dem som arrangerer, og du har plass. Kan du ikke likevel" in mailoutbox[0].body
    assert list(Notice.objects.values_list("person", "kind", "event")) == [(kari.pk, "place", event.pk)]
    assert "Svarene dine til arrangøren" in text_of(signed_in(kari).get(event.get_absolute_url()))
    signed_in(kari).post(reverse("forum:event-sign-up-cancel", args=[made.key]))
    assert EventSignUp.objects.get().status == "cancelled"


def test_who_is_added_when_all_is_taken_waits(event: Event, arranger: User) -> None:
    factories.make_sign_up(make_member("holder"), event)
    make_member("kari")
    add(arranger, event, "kari@example.org")
    added = EventSignUp.objects.get(person__email="kari@example.org")
    assert (added.status, added.queue_number) == ("waiting", 1)
    answer = add(arranger, event, "kari@example.org", submission="0b1d7f0e-7d5f-4c0e-9b8e-0d6f0e7d5f4c")
    assert (answer.status_code, "Personen er påmeldt fra før." in answer.content.decode()) == (422, True)


def test_who_has_no_account_and_who_may_not_come_get_the_same_answer(home: Any) -> None:
    cache.clear()
    event = make_event(factories.SpaceFactory.create(kind="private", name="Rommet"))
    arranger = make_arranger(event.space)
    make_member("outside")
    for name in ("closed", "leaving"):
        factories.SpaceMembershipFactory.create(space=event.space, person=make_member(name))
    User.objects.filter(email="closed@example.org").update(is_active=False)
    leaving = User.objects.get(email="leaving@example.org")
    Profile.objects.update_or_create(
        person=leaving, defaults={"deletion_requested_at": timezone.now(), "deletion_due_at": timezone.now()}
    )
    pages = set()
    for name in ("nobody", "outside", "closed", "leaving"):
        answer = add(arranger, event, f"{name}@example.org")
        assert answer.status_code == 422
        page = text_of(answer).replace(f"{name}@example.org", "")
        pages.add(page[page.index("<h1") : page.index("</main>")].partition("csrfmiddlewaretoken")[2][100:])
        assert "Vi kan ikke melde på den adressen. Under står det hva du kan gjøre." in page
        assert f"http://testserver{event.get_absolute_url()}" in page
        assert "De må være med i «Rommet» først." in page
    assert len(pages) == 1
    assert not EventSignUp.objects.exists()


def test_addresses_are_not_tried_by_the_hundred(event: Event, arranger: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.views.sign_ups.ADDED", {"add_to_event": "1/h/user"})
    assert [add(arranger, event, "nobody@example.org").status_code for _ in range(2)] == [422, 429]


def test_nobody_is_added_after_the_deadline_by_another_or_by_oneself(event: Event, arranger: User) -> None:
    kari = make_member("kari")
    with pytest.raises(TextRefusedError):
        sign_ups.sign_up_by_address(by=arranger, event=event, address=arranger.email, mode="physical")
    with pytest.raises(PermissionDenied):
        sign_ups.sign_up_by_address(by=kari, event=event, address=arranger.email, mode="physical")
    Event.objects.update(sign_up_closes_at=timezone.now())
    with pytest.raises(PermissionDenied):
        sign_ups.sign_up_by_address(by=arranger, event=event, address=kari.email, mode="physical")
    assert add(arranger, event, kari.email).status_code == 403


# --- the list in pages ---------------------------------------------------------------------------------


@pytest.fixture
def many(event: Event, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Five with a place, two in each queue, one who gave up; three a page."""
    monkeypatch.setattr(queries, "PEOPLE_A_PAGE", 3)
    EventLeg.objects.update(capacity=None)
    digital = EventLeg.objects.create(event=event, mode="digital", capacity=9)
    team = factories.TeamFactory.create(name="Østre team")
    for name in ("Åse", "Bo", "Aud", "Cato", "Dag"):
        made = make_member(name.lower().replace("å", "aa"))
        User.objects.filter(pk=made.pk).update(first_name=name)
        factories.make_sign_up(made, event, **({"team": team} if name == "Dag" else {}))
    for number, name in enumerate(("per", "pia", "pal", "pim"), 1):
        there = {"leg": digital} if name in ("pia", "pim") else {}
        factories.make_sign_up(make_member(name), event, status="waiting", queue_number=number, **there)
    factories.make_sign_up(make_member("gone"), event, status="cancelled", ended_at=timezone.now())
    return event


def names(event: Event, arranger: User, **wanted: str) -> list[tuple[str, list[str], int]]:
    found = get_participants(arranger, event, Wanted.of(wanted))
    return [(str(part.shown), [each.name.split()[0] for each in part.people], part.count) for part in found.parts]


def test_each_stands_on_one_page_in_order(many: Event, arranger: User) -> None:
    assert names(many, arranger) == [("plass", ["Aud", "Bo", "Cato"], 5)]
    assert names(many, arranger, side="2") == [("plass", ["Dag", "Åse"], 5), ("venteliste", ["Per"], 4)]
    assert names(many, arranger, side="3") == [("venteliste", ["Pal", "Pia", "Pim"], 4)]
    assert names(many, arranger, side="4") == [("avmeldt", ["Gone"], 1)]
    assert names(many, arranger, side="99") == names(many, arranger, side="4")
    assert [len(people) for _part, people, _count in names(many, arranger, side="alle")] == [5, 4, 1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "ase"}, ["Åse"]),
        ({"q": "ostre"}, ["Dag"]),
        ({"q": "dal pi"}, ["Pia", "Pim"]),
        ({"form": "digital"}, ["Pia", "Pim"]),
        ({"status": "avmeldt"}, ["Gone"]),
        ({"status": "venteliste", "form": "physical"}, ["Per", "Pal"]),
        ({"q": "finnes ikke"}, []),
        ({"form": "tull", "status": "tull", "side": "-1"}, ["Aud", "Bo", "Cato"]),
    ],
)
def test_it_is_searched_by_name_and_team_and_narrowed(
    many: Event, arranger: User, query: dict[str, str], expected: list[str]
) -> None:
    assert [name for _part, people, _count in names(many, arranger, **query) for name in people] == expected


def test_everybody_has_the_number_in_line_they_see_themselves(many: Event, arranger: User) -> None:
    found = get_participants(arranger, many, Wanted.of({"status": "venteliste", "side": "alle"}))
    assert [(each.name.split()[0], each.place_in_queue) for each in found.parts[0].people] == [
        ("Per", 1),
        ("Pal", 2),
        ("Pia", 1),
        ("Pim", 2),
    ]
    last = get_participants(arranger, many, Wanted.of({"q": "pim"}))
    assert last.parts[0].people[0].place_in_queue == 2


def test_attendance_is_kept_for_the_page_alone_and_one_stays_there(many: Event, arranger: User) -> None:
    client = signed_in(arranger)
    url = reverse("forum:event-participants", args=[many.pk])
    page = client.get(url, {"status": "plass", "side": "2"})
    assert 'action="?status=plass&amp;side=2"' in text_of(page)
    listed = [each.sign_up.pk for each in page.context["participants"].parts[0].people]
    assert len(listed) == 2
    answer = client.post(f"{url}?status=plass&side=2", {"listed": listed, "came": listed[:1]})
    assert (answer.status_code, answer["Location"]) == (302, f"{url}?status=plass&side=2")
    kept = dict(EventSignUp.objects.filter(status="confirmed").values_list("pk", "attended"))
    assert [kept.pop(key) for key in listed] == [True, False]
    assert set(kept.values()) == {None}
    text = text_of(client.get(url, {"side": "1"}))
    assert "Side 1 av 4" in text
    assert 'href="?side=2"' in text
    assert 'href="?side=alle"' in text


def test_food_of_all_who_come_is_counted_whatever_the_page(many: Event, arranger: User) -> None:
    for row in EventSignUp.objects.exclude(status="cancelled"):
        DietaryNeed.objects.create(sign_up=row, text="Nøtter")
    found = get_participants(arranger, many, Wanted.of({"side": "4"}))
    assert (found.dietary, found.place_count) == ([("Nøtter", 5)], 5)
    client = signed_in(arranger)
    url = reverse("forum:event-participants", args=[many.pk])
    shown = ["<li>Nøtter – 5</li>" in text_of(client.get(url, query)) for query in ({}, {"side": "2"}, {"q": "dal"})]
    assert shown == [True, False, False]


def test_three_and_three_hundred_cost_the_same(event: Event, arranger: User) -> None:
    EventLeg.objects.update(capacity=None)
    question = EventQuestion.objects.create(event=event, label="Hotell?")
    client, counts = signed_in(arranger), []
    url = reverse("forum:event-participants", args=[event.pk])
    leg = event.legs.get()
    for count in (3, 297):
        people = User.objects.bulk_create(
            User(email=f"{count}-{number}@example.org", first_name=f"P{number}") for number in range(count)
        )
        rows = EventSignUp.objects.bulk_create(
            EventSignUp(event=event, leg=leg, person=person, status="confirmed") for person in people
        )
        SignUpAnswer.objects.bulk_create(SignUpAnswer(sign_up=row, question=question, text="ja") for row in rows)
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            text = client.get(url).content.decode()
        counts.append((len(captured), text.count('name="listed"')))
    assert counts[0][0] == counts[1][0]
    assert [shown for _queries, shown in counts] == [3, 50]


# --- a team's own list ---------------------------------------------------------------------------------


@pytest.fixture
def cast(home: Any) -> Cast:
    cast = make_cast(title="Samling")
    own = cast.sign_ups["participant"]
    User.objects.filter(pk=own.person_id).update(first_name="=cmd()")
    question = EventQuestion.objects.create(event=cast.event, label="Hotell?")
    for row in cast.sign_ups.values():
        SignUpAnswer.objects.create(sign_up=row, question=question, text="Hemmelig svar")
        DietaryNeed.objects.create(sign_up=row, text="Hemmelig mat")
    former = factories.MembershipFactory.create(team=own.team, ended_at=timezone.now()).person
    factories.make_sign_up(former, cast.event, team=own.team)
    factories.make_sign_up(factories.MembershipFactory.create(team=own.team).person, cast.event)  # not for the team
    return cast


def ask(cast: Cast, role: str, file_format: str = "csv", team: Any = None) -> Any:
    team = team or cast.sign_ups["participant"].team
    url = reverse("forum:event-export-team", args=[cast.event.pk, file_format])
    return signed_in(cast.people[role]).post(url, {"team": team.slug})


def test_a_leader_takes_out_the_rows_of_the_team_and_nothing_more(cast: Cast) -> None:
    team = cast.sign_ups["participant"].team
    answer = ask(cast, "leader")
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Status;Fornavn;Etternavn;Team;Hvordan",
        f"Har plass;'=cmd();Dal;{team.name};Fysisk",
    ]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="ett-team-samling.csv"'
    sheet = load_workbook(BytesIO(ask(cast, "leader", "xlsx").content)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["Har plass", "'=cmd()", "Dal", team.name, "Fysisk"]
    ]
    assert list(EventExport.objects.order_by("pk").values_list("by", "what", "file_format", "row_count")) == [
        (cast.people["leader"].pk, "team", "csv", 1),
        (cast.people["leader"].pk, "team", "xlsx", 1),
    ]
    page = text_of(signed_in(cast.people["leader"]).get(reverse("forum:event-sign-up-team", args=[cast.event.pk])))
    assert reverse("forum:event-export-team", args=[cast.event.pk, "xlsx"]) in page


def test_who_may_take_out_a_teams_list(cast: Cast) -> None:
    found = {role: ask(cast, role).status_code for role in ROLES}
    expected = dict.fromkeys(ROLES, 404) | {"anonymous": 302, "inactive": 302, "leader": 200, "administrator": 200}
    assert found == expected
    assert ask(cast, "leader", team=cast.sign_ups["waiting"].team).status_code == 404
    assert ask(cast, "leader", "exe").status_code == 404
    with pytest.raises(PermissionDenied):
        event_lists.export_team_list(
            by=cast.people["leader"], event=cast.event, team=cast.sign_ups["waiting"].team, file_format="csv"
        )
    with pytest.raises(ValueError, match="manages"):
        event_lists.export_list(by=cast.people["arranger"], event=cast.event, what="team", file_format="csv")


def test_a_leader_who_does_not_see_the_event_gets_no_list(cast: Cast) -> None:
    cast.event.space.kind = "private"
    cast.event.space.save()
    assert ask(cast, "leader").status_code == 404
