"""Every address of spaces, aliases and seals, for everybody: the exact status; and that nothing hidden is told."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions import aliases, seals
from forum.models import EntryRequest, Pseudonym, SealOpening, Space, SpaceMembership
from forum.urls.seals import urlpatterns as seal_patterns
from forum.urls.spaces import urlpatterns as space_patterns
from tests import factories
from tests.forum.spaces_cast import HIDDEN_NAME, ROLES, SpaceCast, make_space_cast

pytestmark = pytest.mark.django_db

TABLE = """
                                  anon inac none othr  reg  nat lead role  mem  fac form  mod  adm  inv  req
GET  restricted space-about        302  302  404  200  200  200  200  200  200  200  200  200  200  200  200
GET  private    space-about        302  302  404  404  404  404  404  404  200  200  404  404  404  404  404
GET  restricted space-members      302  302  404  403  403  403  403  403  200  200  403  200  200  403  403
GET  private    space-members      302  302  404  404  404  404  404  404  200  200  404  404  404  404  404
GET  role_network space-members    302  302  404  403  403  403  403  200  200  200  403  200  200  403  403
GET  restricted space-alias        302  302  404  403  403  403  403  403  200  200  403  200  200  403  403
POST restricted space-alias        302  302  404  403  403  403  403  403  302  302  403  302  302  403  403
POST private    space-alias        302  302  404  404  404  404  404  404  302  302  404  404  404  404  404
GET  restricted space-edit         302  302  404  403  403  403  403  403  403  200  403  200  200  403  403
GET  private    space-edit         302  302  404  404  404  404  404  404  403  200  404  404  404  404  404
POST private    space-edit         302  302  404  404  404  404  404  404  403  302  404  404  404  404  404
POST private    space-archive      302  302  404  404  404  404  404  404  403  302  404  404  404  404  404
GET  restricted space-join         302  302  404  200  200  200  200  200  200  200  200  200  200  200  200
POST restricted space-join         302  302  404  302  302  302  302  302  302  302  302  302  302  302  302
POST private    space-join         302  302  404  404  404  404  404  404  302  302  404  404  404  404  404
POST restricted space-withdraw     302  302  404  404  404  404  404  404  404  404  404  404  404  404  302
GET  restricted space-requests     302  302  404  403  403  403  403  403  403  200  403  200  200  403  403
POST restricted space-request      302  302  404  403  403  403  403  403  403  302  403  302  302  403  403
GET  private    space-invite       302  302  404  404  404  404  404  404  403  200  404  404  404  404  404
POST private    space-invite       302  302  404  404  404  404  404  404  403  302  404  404  404  404  404
GET  role_network space-invite     302  302  404  403  403  403  403  403  403  403  403  403  403  403  403
POST private    space-take-back    302  302  404  404  404  404  404  404  403  302  404  404  404  404  404
GET  role_network space-facilitators 302  302  404  403  403  403  403  403  403  200  403  200  200  403  403
GET  private    space-facilitators 302  302  404  404  404  404  404  404  403  404  404  404  404  404  404
GET  private    space-member       302  302  404  404  404  404  404  404  403  200  404  404  404  404  404
POST private    space-member       302  302  404  404  404  404  404  404  403  302  404  404  404  404  404
GET  private    space-leave        302  302  404  404  404  404  404  404  200  200  404  404  404  404  404
POST private    space-leave        302  302  404  404  404  404  404  404  302  302  404  404  404  404  404
GET  private    space-invitation   302  302  404  404  404  404  404  404  404  404  404  404  404  200  404
POST private    space-invitation   302  302  404  404  404  404  404  404  404  404  404  404  404  302  404
GET  -          space-invitations  302  302  200  200  200  200  200  200  200  200  200  200  200  200  200
GET  -          alias-openings     302  302  200  200  200  200  200  200  200  200  200  200  200  200  200
GET  -          space-new          302  302  403  200  200  200  200  200  200  200  200  200  200  200  200
POST -          space-new          302  302  403  302  302  302  302  302  302  302  302  302  302  302  302
GET  -          seal-openings      302  302  403  403  403  403  403  403  403  403  403  200  200  403  403
GET  restricted seal-ask           302  302  404  404  404  404  404  404  404  404  404  200  200  404  404
GET  private    seal-ask           302  302  404  404  404  404  404  404  404  404  404  404  404  404  404
POST restricted seal-ask           302  302  404  404  404  404  404  404  404  404  404  302  302  404  404
GET  restricted seal-opening       302  302  404  404  404  404  404  404  404  404  404  200  200  404  404
POST restricted seal-opening       302  302  404  404  404  404  404  404  404  404  404  403  302  404  404
POST restricted seal-identity      302  302  404  404  404  404  404  404  404  404  404  403  403  404  404
"""
LINES = [line.split() for line in TABLE.strip().splitlines()[1:]]

SAID = {"name": "Nytt navn", "about": "", "rules": "", "welcome": "", "confirmed": ""}
SENT: dict[str, dict[str, Any]] = {
    "space-alias": {"name": "Havørn"},
    "space-edit": SAID,
    "space-new": {**SAID, "kind": "private"},
    "space-request": {"decision": "approve"},
    "space-invite": {"who": "other_team@example.org"},
    "space-member": {"decision": "facilitator"},
    "space-invitation": {"decision": "accept"},
    "seal-ask": {"reason": "Innlegget kan tyde på at noen er i fare."},
    "seal-opening": {"decision": "refuse"},
}
ARGUMENTS: dict[str, Callable[[SpaceCast, str], list[Any]]] = {
    "space-request": lambda cast, kind: [slug_of(cast, kind), cast.requests[kind, "requester"].pk],
    "space-take-back": lambda cast, kind: [slug_of(cast, kind), cast.requests[kind, "invited"].pk],
    "space-member": lambda cast, kind: [slug_of(cast, kind), cast.memberships[kind, "space_member"].pk],
    "space-invitation": lambda cast, kind: [cast.requests[kind, "invited"].pk],
    "seal-ask": lambda cast, kind: [Pseudonym.objects.get(space=cast.spaces[kind]).pk],
    "seal-opening": lambda cast, kind: [ask_about(cast, kind).pk],
    "seal-identity": lambda cast, kind: [ask_about(cast, kind).pk],
}
"""What stands in the address; the space's own where nothing is said."""


def slug_of(cast: SpaceCast, kind: str) -> str:
    return cast.spaces[kind].slug


def ask_about(cast: SpaceCast, kind: str) -> SealOpening:
    alias = Pseudonym.objects.get(space=cast.spaces[kind])
    return SealOpening.objects.filter(pseudonym=alias).first() or seals.ask_to_open(
        pseudonym=alias, by=cast.people["moderator"], reason="Innlegget kan tyde på at noen er i fare."
    )


def make_pages_cast() -> SpaceCast:
    """`team_leader` has an alias in the restricted space, made while they were in it."""
    cast = make_space_cast(allows_pseudonyms=True)
    for kind in ("restricted", "private"):
        factories.make_pseudonym(cast.people["team_leader"], cast.spaces[kind])
        factories.SpaceMembershipFactory.create(
            space=cast.spaces[kind], person=factories.MembershipFactory.create().person, facilitator=True
        )
    return cast


def address_of(cast: SpaceCast, kind: str, name: str) -> str:
    if kind == "-":
        return reverse(f"forum:{name}")
    return reverse(f"forum:{name}", args=ARGUMENTS.get(name, lambda cast, kind: [slug_of(cast, kind)])(cast, kind))


def test_status_for_everybody(home: Any) -> None:
    cast = make_pages_cast()
    clients = {role: Client() for role in ROLES}
    for role in ROLES[1:]:
        clients[role].force_login(cast.people[role])
    wrong = []
    for method, kind, name, *codes in LINES:
        expected = dict(zip(ROLES, (int(code) for code in codes), strict=True))
        with transaction.atomic():
            address = address_of(cast, kind, name)
            found = {role: ask(clients[role], role, method, address, SENT.get(name, {})) for role in ROLES}
            transaction.set_rollback(True)
        differing = [role for role in ROLES if found[role] != expected[role]]
        wrong += [(method, kind, name, role, found[role], expected[role]) for role in differing]
    assert wrong == []


def ask(client: Client, role: str, method: str, address: str, sent: dict[str, Any]) -> int:
    """The status this role meets; whatever it changed is taken back. Who is kept out reads no hidden name."""
    with transaction.atomic():
        response = client.get(address) if method == "GET" else client.post(address, sent)
        if response.status_code == 302 and role in {"anonymous", "inactive"}:
            assert response["Location"].startswith("/konto/login/?next=")
        if response.status_code in {403, 404}:
            assert HIDDEN_NAME not in response.content.decode()
        transaction.set_rollback(True)
    return response.status_code


def test_every_address_stands_in_the_table() -> None:
    assert {pattern.name for pattern in [*space_patterns, *seal_patterns]} == {line[2] for line in LINES}


@pytest.mark.parametrize("language", ["", "/en", "/da"])
def test_seals_stand_behind_the_second_factor(home: Any, settings: Any, language: str) -> None:
    settings.REQUIRE_MFA = True
    cast = make_pages_cast()
    client = Client()
    client.force_login(cast.people["administrator"])
    names = {
        "seal-openings": "-",
        "seal-ask": "restricted",
        "seal-opening": "restricted",
        "seal-identity": "restricted",
    }
    addresses = [language + address_of(cast, kind, name) for name, kind in names.items()]
    for address in addresses:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, f"{language}/konto/totrinn/"), address


# --- what must not be told -----------------------------------------------------------------------------


def test_hidden_and_missing_spaces_answer_the_same(home: Any) -> None:
    cast = make_space_cast()
    client = Client()
    client.force_login(cast.people["administrator"])
    answers = [client.get(reverse("forum:space-about", args=[slug])) for slug in ("private", "finnes-ikke")]
    said = [re.sub(r"private|finnes-ikke", "rom", answer.content.decode()) for answer in answers]
    same = [re.sub(r'(nonce|name="csrfmiddlewaretoken" value)="[^"]*"', "", text) for text in said]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert same[0] == same[1]


def test_no_page_of_an_outsider_names_a_hidden_space(home: Any) -> None:
    """Pages of spaces, their own invitations, and the members' own profile pages."""
    cast = make_space_cast()
    for role in ("other_team", "requester", "former_member", "moderator", "administrator", "role_holder"):
        client = Client()
        client.force_login(cast.people[role])
        pages = [reverse("forum:space-invitations"), reverse("forum:space-new"), reverse("home:my-page")]
        pages += [reverse("forum:space-about", args=[kind.replace("_", "-")]) for kind in Space.LISTED]
        for page in pages:
            assert HIDDEN_NAME not in client.get(page).content.decode(), (role, page)


def test_a_name_that_a_hidden_space_has_is_free(home: Any) -> None:
    """The form neither refuses the name nor numbers the address."""
    cast = make_space_cast()
    hidden = cast.spaces["private"]
    client = Client()
    client.force_login(cast.people["moderator"])
    sent = {**SAID, "name": hidden.name, "kind": "open"}
    response = client.post(reverse("forum:space-new"), sent)
    made = Space.objects.get(name=hidden.name, kind="open")
    assert response.status_code == 302
    assert made.slug == "hemmelig-moteplass-private"


def test_an_invitation_tells_of_the_space_and_not_of_its_people(home: Any) -> None:
    cast = make_space_cast(rules="<p>Husregel én</p>", welcome="<p>Bare for oss</p>")
    client = Client()
    client.force_login(cast.people["invited"])
    page = client.get(reverse("forum:space-invitation", args=[cast.requests["private", "invited"].pk])).content.decode()
    assert HIDDEN_NAME in page
    assert "Husregel én" in page
    assert "Bare for oss" not in page
    assert "space_member" not in page


def test_members_are_named_and_their_addresses_are_not(home: Any) -> None:
    cast = make_space_cast()
    nameless = factories.MembershipFactory.create(
        person=factories.UserFactory.create(first_name="", last_name="", email="naken@example.org")
    ).person
    factories.SpaceMembershipFactory.create(space=cast.spaces["private"], person=nameless)
    client = Client()
    client.force_login(cast.people["space_member"])
    page = client.get(reverse("forum:space-members", args=["private"])).content.decode()
    assert "Uten navn" in page
    assert "@example.org" not in page


# --- what pages say and cost ---------------------------------------------------------------------------


def test_people_stand_in_norwegian_order_with_role_and_county(home: Any) -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    nurse = factories.TeamRoleFactory.create(key="sykepleier")
    team = factories.TeamFactory.create(name="FACT Bergen", county="Vestland")
    for first in ("Åse", "Bo", "Øyvind", "Anne", "Ærlig", "Zara"):
        person = factories.UserFactory.create(first_name=first, last_name="Vik")
        factories.MembershipFactory.create(person=person, team=team, roles=[nurse])
        factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=first == "Zara")
    client = Client()
    client.force_login(person)
    response = client.get(reverse("forum:space-members", args=[space.slug]))
    lines = response.context["page"].object_list
    assert [line.name.split()[0] for line in lines] == ["Zara", "Anne", "Bo", "Ærlig", "Øyvind", "Åse"]
    assert lines[1].standings == ["Sykepleier, FACT Bergen, Vestland"]


@pytest.mark.parametrize("count", [1, 30])
def test_lists_cost_the_same_for_one_and_thirty(home: Any, count: int) -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED)
    facilitator = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
    role = factories.TeamRoleFactory.create()
    for _ in range(count):
        inside, asking, invited = (factories.MembershipFactory.create(roles=[role]).person for _ in range(3))
        factories.SpaceMembershipFactory.create(space=space, person=inside)
        EntryRequest.objects.create(space=space, person=asking)
        EntryRequest.objects.create(space=space, person=invited, invited_by=facilitator)
        EntryRequest.objects.create(
            space=factories.SpaceFactory.create(kind=Space.Kind.PRIVATE), person=facilitator, invited_by=inside
        )
    client = Client()
    client.force_login(facilitator)
    cost = {}
    for name, arguments in (
        ("space-about", [space.slug]),
        ("space-members", [space.slug]),
        ("space-requests", [space.slug]),
        ("space-invite", [space.slug]),
        ("space-invitations", []),
    ):
        address = reverse(f"forum:{name}", args=arguments)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        cost[name] = len(queries)
    assert cost == {
        "space-about": 7,
        "space-members": 15,
        "space-requests": 14,
        "space-invite": 10,
        "space-invitations": 4,
    }


def test_the_form_keeps_what_was_written_and_masks_the_number(home: Any) -> None:
    member = factories.MembershipFactory.create().person
    client = Client()
    client.force_login(member)
    number = "01010" + "750160"
    response = client.post(
        reverse("forum:space-new"), {**SAID, "kind": "private", "name": "Rommet vårt", "about": f"Om {number}"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert number not in page
    assert "Rommet vårt" in page
    assert not Space.objects.exists()


def test_the_form_asks_once_about_what_may_point_somebody_out(home: Any) -> None:
    member = factories.MembershipFactory.create().person
    client = Client()
    client.force_login(member)
    sent = {**SAID, "kind": "private", "name": "Rommet vårt", "about": "Ring 912 34 567."}
    asked = client.post(reverse("forum:space-new"), sent)
    assert asked.status_code == 422
    assert 'type="checkbox" name="confirmed"' in asked.content.decode()
    assert client.post(reverse("forum:space-new"), {**sent, "confirmed": "on"}).status_code == 302
    assert Space.objects.get().about == "Ring 912 34 567."


def test_two_of_the_same_name_are_chosen_between(home: Any) -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    owner = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=owner, facilitator=True)
    twins = [
        factories.MembershipFactory.create(
            person=factories.UserFactory.create(first_name="Per", last_name="Vik")
        ).person
        for _ in range(2)
    ]
    client = Client()
    client.force_login(owner)
    address = reverse("forum:space-invite", args=[space.slug])
    asked = client.post(address, {"who": "Per Vik"})
    assert asked.status_code == 422
    assert [line.person for line in asked.context["matches"]] == twins
    stranger = factories.MembershipFactory.create().person
    assert client.post(address, {"who": "Per Vik", "person": stranger.pk}).status_code == 422
    assert client.post(address, {"who": "Per Vik", "person": twins[1].pk}).status_code == 302
    assert EntryRequest.objects.get().person == twins[1]


def test_a_learning_group_reminds_of_shared_patients_and_shows_its_days(home: Any) -> None:
    cast = make_space_cast()
    client = Client()
    client.force_login(cast.people["space_member"])
    group = client.get(reverse("forum:space-about", args=["learning-group"])).content.decode()
    other = client.get(reverse("forum:space-about", args=["private"])).content.decode()
    reminder = "kjenne de samme pasientene"
    assert (reminder in group, reminder in other) == (True, False)


def test_a_learning_group_says_when_it_starts_where_one_would_write(home: Any) -> None:
    today = timezone.localdate()
    cast = make_space_cast(starts_on=today + timedelta(days=1), ends_on=today + timedelta(days=90))
    client = Client()
    compose = reverse("forum:topic-start", args=["learning-group"])
    for role, may_write in (("space_member", False), ("facilitator", True)):
        client.force_login(cast.people[role])
        page = client.get(reverse("forum:space", args=["learning-group"])).content.decode()
        assert ("Gruppa starter" in page, compose in page) == (not may_write, may_write)


def test_the_name_behind_an_alias_is_shown_once_and_the_author_reads_why(home: Any) -> None:
    author = factories.MembershipFactory.create(
        person=factories.UserFactory.create(first_name="Synnøve", last_name="Fjeldstad")
    ).person
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    alias = aliases.choose_alias(person=author, space=space, name="Fjellrev")
    one, two = factories.make_moderator(), factories.make_moderator()
    reason = "Innlegget kan tyde på at noen er i fare."
    opening = seals.ask_to_open(pseudonym=alias, by=one, reason=reason)
    clients = {}
    for person in (one, two, author):
        clients[person] = Client()
        clients[person].force_login(person)
    page = reverse("forum:seal-opening", args=[opening.pk])
    name = reverse("forum:seal-identity", args=[opening.pk])
    assert clients[two].post(page, {"decision": "agree"}).status_code == 302
    for moderator in (one, two):
        assert "Fjeldstad" not in clients[moderator].get(page).content.decode()
        assert clients[moderator].get(name).status_code == 405
        shown = clients[moderator].post(name)
        assert "Synnøve Fjeldstad" in shown.content.decode()
        assert "no-store" in shown["Cache-Control"]
        assert clients[moderator].post(name).status_code == 403
    beside = clients[author].get(reverse("forum:space-about", args=[space.slug])).content.decode()
    assert "Aliaset ditt er åpnet" in beside
    assert reason in clients[author].get(reverse("forum:alias-openings")).content.decode()
    beside = clients[author].get(reverse("forum:space-about", args=[space.slug])).content.decode()
    assert "Aliaset ditt er åpnet" not in beside


def test_who_leaves_a_hidden_space_is_led_where_they_may_be(home: Any) -> None:
    cast = make_space_cast()
    client = Client()
    client.force_login(cast.people["space_member"])
    response = client.post(reverse("forum:space-leave", args=["private"]), follow=True)
    assert response.redirect_chain == [(reverse("forum:space-invitations"), 302)]
    assert (
        not SpaceMembership.objects.active().filter(person=cast.people["space_member"], space__slug="private").exists()
    )
