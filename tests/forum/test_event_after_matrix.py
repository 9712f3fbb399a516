"""Who meets what comes with an event: every role at every surface, and predicates that agree with their twins."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from forum.actions.evaluations import Asked, set_evaluation
from forum.actions.event_lists import export_list
from forum.models import (
    DietaryNeed,
    EventEvaluation,
    EventExport,
    EventGroup,
    EventMaterial,
    EventQuestion,
    EventSignUp,
    SignUpAnswer,
)
from forum.permissions import event_after as permissions
from people.models import User
from tests import factories
from tests.forum.event_cast import ROLES, Cast, make_arranger, make_cast, make_event, sign_up

pytestmark = pytest.mark.django_db

ARRANGING = {"arranger", "moderator", "administrator"}
MEMBERS = {"member", "leader", "participant", "waiting", "given_up"} | ARRANGING


@pytest.fixture
def cast(home: Any) -> Cast:
    cast = make_cast(is_over=True)
    event = cast.event
    group = EventGroup.objects.create(event=event, number=1)
    for name in ("participant", "inactive", "given_up"):
        EventSignUp.objects.filter(pk=cast.sign_ups[name].pk).update(group=group, attended=True)
    EventMaterial.objects.create(event=event, title="Åpent", link="https://example.org/1")
    EventMaterial.objects.create(event=event, title="Lukket", link="https://example.org/2", for_participants=True)
    set_evaluation(by=cast.people["arranger"], event=event, questions=[Asked("Hvordan?")], is_ready=True)
    return cast


def answer(client: Client, person: Any, address: str, *, post: dict[str, Any] | None = None) -> int:
    if person.is_authenticated:
        client.force_login(person)
    response = client.get(address) if post is None else client.post(address, post)
    if response.status_code == 302 and "/konto/" in response.headers["Location"]:
        return 401
    return int(response.status_code)


def expected(role: str, *, right: set[str], code: int = 200) -> int:
    if role in ("anonymous", "inactive"):
        return 401
    if role == "outsider":
        return 404
    return code if role in right else 403


PAGES: dict[str, tuple[set[str], dict[str, Any] | None, int]] = {
    "event-groups": (ARRANGING | {"participant"}, None, 200),
    "event-letters": (ARRANGING, None, 200),
    "event-exports": (ARRANGING, None, 200),
    "event-materials": (MEMBERS, None, 200),
    "event-evaluation": ({"participant"}, None, 200),
    "event-evaluation-questions": (ARRANGING, None, 200),
    "event-evaluation-results": (ARRANGING, None, 200),
    "event-certificate": ({"participant"}, None, 200),
    "event-certificate-pdf": ({"participant"}, None, 200),
    "event-certificates-issue": (ARRANGING, {}, 302),
}
CHANGES: dict[str, dict[str, Any]] = {
    "event-groups": {"do": "late"},
    "event-letters": {"do": "preview", "audience": "place", "subject": "Hei", "text": "Hei", "submission": "x"},
    "event-materials": {"link": "https://example.org/3"},
    "event-evaluation-results": {},
}


@pytest.mark.parametrize("role", ROLES)
def test_every_page_is_for_those_it_is_for(client: Client, cast: Cast, role: str) -> None:
    found, wanted = {}, {}
    for name, (right, post, code) in PAGES.items():
        address = reverse(f"forum:{name}", args=[cast.event.pk])
        found[name] = answer(Client(), cast.people[role], address, post=post)
        wanted[name] = expected(role, right=right, code=code)
    for kind in ("csv", "xlsx"):
        address = reverse("forum:event-export", args=[cast.event.pk, kind])
        found[kind] = answer(Client(), cast.people[role], address, post={"what": "people"})
        wanted[kind] = expected(role, right=ARRANGING)
    assert found == wanted


@pytest.mark.parametrize("role", ROLES)
def test_every_form_is_for_those_who_arrange(cast: Cast, role: str) -> None:
    found, wanted = {}, {}
    for name, sent in CHANGES.items():
        found[name] = answer(Client(), cast.people[role], reverse(f"forum:{name}", args=[cast.event.pk]), post=sent)
        code = 422 if name == "event-letters" else 302
        wanted[name] = expected(role, right=ARRANGING, code=code)
    assert found == wanted


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kept", ["draft", "hidden", "deleted", "private"])
def test_what_comes_with_an_event_is_as_hidden_as_the_event(cast: Cast, role: str, kept: str) -> None:
    """But for the certificate, which is about its holder."""
    event = cast.event
    if kept == "draft":
        event.status = "draft"
    elif kept == "private":
        event.space.kind = "private"
        event.space.save()
    else:
        event.state = kept
    event.save()
    sees = {"deleted": set(), "private": {"arranger"}}.get(kept, ARRANGING)
    for name in ("event-groups", "event-letters", "event-exports", "event-materials", "event-evaluation-questions"):
        found = answer(Client(), cast.people[role], reverse(f"forum:{name}", args=[event.pk]))
        assert (name, found) == (name, 401 if role in ("anonymous", "inactive") else 200 if role in sees else 404)


@pytest.mark.parametrize("role", ROLES)
def test_materials_for_participants_are_theirs(cast: Cast, role: str) -> None:
    titles = set(permissions.materials_visible_to(cast.people[role]).values_list("title", flat=True))
    if role in ARRANGING | {"participant"}:
        assert titles == {"Åpent", "Lukket"}
    else:
        assert titles == ({"Åpent"} if role in MEMBERS else set())


TWINS = [
    (permissions.events_with_place_of, permissions.user_has_place, lambda cast: cast.event),
    (permissions.groups_visible_to, permissions.user_can_see_group, lambda cast: EventGroup.objects.get()),
    (
        permissions.materials_visible_to,
        permissions.user_can_see_material,
        lambda cast: EventMaterial.objects.get(for_participants=True),
    ),
    (permissions.evaluations_open_to, permissions.user_can_evaluate, lambda cast: EventEvaluation.objects.get()),
    (
        permissions.sign_ups_certified_for,
        permissions.user_can_have_certificate,
        lambda cast: cast.sign_ups["participant"],
    ),
]


@pytest.mark.parametrize("role", ROLES)
def test_each_predicate_agrees_with_its_twin(cast: Cast, role: str) -> None:
    person = cast.people[role]
    for queryset, predicate, find in TWINS:
        thing = find(cast)
        assert queryset(person).filter(pk=thing.pk).exists() == predicate(person, thing), queryset.__name__


@pytest.mark.parametrize("name", ["event-material", "event-groups"])
def test_what_there_is_not_is_not_found(client: Client, cast: Cast, name: str) -> None:
    client.force_login(cast.people["participant"])
    argument = uuid4() if name == "event-material" else cast.event.pk + 999
    assert client.get(reverse(f"forum:{name}", args=[argument])).status_code == 404


@pytest.mark.parametrize(("kind", "what"), [("pdf", "people"), ("csv", "all"), ("csv", "")])
def test_no_other_list_is_taken_out(client: Client, cast: Cast, kind: str, what: str) -> None:
    client.force_login(cast.people["arranger"])
    address = reverse("forum:event-export", args=[cast.event.pk, kind])
    assert client.post(address, {"what": what}).status_code == 404
    assert not EventExport.objects.exists()


# --- lists ---------------------------------------------------------------------------------------------


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return [line.split(";") for line in content.decode("utf-8-sig").splitlines()]


def test_a_list_of_participants_says_who_comes_and_what_they_answered(home: Any) -> None:
    event = make_event()
    arranger = make_arranger(event.space)
    question = EventQuestion.objects.create(event=event, label="Hotell?")
    role = factories.TeamRoleFactory.create(name="Psykolog")
    own = sign_up("kari", event)
    membership = own.person.memberships.get()
    membership.roles.add(role)
    membership.team.county = "Vestland"
    membership.team.save()
    SignUpAnswer.objects.create(sign_up=own, question=question, text="Ja\nTo netter")
    DietaryNeed.objects.create(sign_up=own, text="Nøtter")
    factories.make_sign_up(
        factories.UserFactory.create(email="=1+1@example.org", first_name="=HYPERLINK(1)", last_name="@x"),
        event,
        status="waiting",
        queue_number=1,
    )
    sign_up("gone", event, status="cancelled", ended_at=timezone.now())
    content = export_list(by=arranger, event=event, what="people", file_format="csv")
    rows = rows_of(content)
    assert rows[0] == [
        *["Status", "Fornavn", "Etternavn", "E-post", "Team", "Roller", "Fylke", "Hvordan", "Gruppe", "Møtte"],
        "Hotell?",
    ]
    team = membership.team.name
    assert rows[1] == [
        *["Har plass", "Kari", "Dal", "kari@example.org", team, "Psykolog", "Vestland", "Fysisk", "", ""],
        "Ja, To netter",
    ]
    assert rows[2][:4] == ["På venteliste", "'=HYPERLINK(1)", "'@x", "'=1+1@example.org"]
    assert (len(rows), b"N\xc3\xb8tter" in content) == (3, False)
    kept = EventExport.objects.get()
    assert (kept.by, kept.what, kept.file_format, kept.row_count) == (arranger, "people", "csv", 2)


def test_what_people_can_not_eat_is_counted_without_names(home: Any) -> None:
    event = make_event()
    arranger = make_arranger(event.space)
    for name, text in (("kari", "nøtter"), ("ola", "Nøtter"), ("per", "=Fisk")):
        DietaryNeed.objects.create(sign_up=sign_up(name, event), text=text)
    waits = sign_up("waits", event, status="waiting", queue_number=1)
    DietaryNeed.objects.create(sign_up=waits, text="Melk")
    content = export_list(by=arranger, event=event, what="dietary", file_format="xlsx")
    sheet = load_workbook(BytesIO(content)).active
    assert sheet is not None
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [
        ["Matbehov", "Antall"],
        ["Nøtter", "2"],
        ["'=fisk", "1"],
    ]


@pytest.mark.parametrize("count", [3, 30])
def test_a_list_costs_the_same_for_three_and_thirty(home: Any, count: int, django_assert_num_queries: Any) -> None:
    event = make_event()
    arranger: User = make_arranger(event.space)
    for number in range(count):
        sign_up(f"p{number}", event)
    with django_assert_num_queries(10):
        export_list(by=arranger, event=event, what="people", file_format="csv")
