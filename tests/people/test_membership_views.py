"""What people meet on the pages of membership, and on «Min side»."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from learning.actions import assign_onboarding_paths
from people import actions
from people.forms import split_addresses
from people.models import Invitation, JoinRequest, Membership, Team, User
from tests import factories
from tests.people.cast import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(home: Any) -> Team:
    return factories.TeamFactory.create(name="Vårt team", slug="vart", programme="FACT")


@pytest.fixture
def leader(team: Team) -> User:
    return factories.make_leader(team, email="leder@example.org", first_name="Lea", last_name="Leder")


@pytest.fixture
def person(home: Any) -> User:
    return make_person("kari")


def client_of(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(user)
    return client


def said(client: Client, address: str) -> str:
    """The page's text on one line."""
    html = client.get(address).content.decode()
    text = re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")])
    return " ".join(text.split())


def notices(response: Any) -> str:
    """What the page one is led to says first."""
    html = response.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", "".join(re.findall(r'<p class="notice.*?</p>', html, re.DOTALL))).split())


# --- asking ---------------------------------------------------------------------------------------------


def test_somebody_asks_waits_and_takes_it_back(team: Team, leader: User, person: User) -> None:
    client = client_of(person)
    nurse = factories.TeamRoleFactory.create()
    response = client.post("/team/vart/bli-med/", {"roles": [nurse.pk], "started_on": "2026-12-01"}, follow=True)
    assert response.redirect_chain == [("/team/vart/", 302)]
    assert notices(response) == "Teamet har fått ønsket ditt. Du får svar på e-post."
    request = JoinRequest.objects.get()
    assert (request.person, request.started_on, list(request.roles.all())) == (person, date(2026, 12, 1), [nurse])
    assert "Du spurte" in said(client, "/team/vart/")
    assert "venter på svar" in said(client, "/min-side/")

    again = client.post("/team/vart/bli-med/", follow=True)
    assert notices(again) == "Du har allerede spurt. Du får svar på e-post."
    response = client.post("/team/vart/bli-med/trekk/", follow=True)
    assert notices(response) == "Du har trukket ønsket."
    assert JoinRequest.objects.get().outcome == "withdrawn"
    assert "Spør om å bli med" in said(client, "/team/vart/")


@pytest.mark.parametrize("day", ["1989-12-31", "2031-01-01", "i morgen"])
def test_unlikely_start_is_told_at_its_field(team: Team, person: User, day: str) -> None:
    response = client_of(person).post("/team/vart/bli-med/", {"started_on": day})
    assert response.status_code == 422
    html = response.content.decode()
    assert 'id="id_started_on_error"' in html
    assert re.search(r'<input type="date"[^>]*aria-invalid="true"[^>]*>', html)
    assert re.search(r'aria-describedby="[^"]*id_started_on_error', html)
    assert not JoinRequest.objects.exists()


def test_form_for_joining_has_no_free_text(team: Team, person: User) -> None:
    html = client_of(person).get("/team/vart/bli-med/").content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    assert "<textarea" not in main
    assert set(re.findall(r'<input type="(\w+)"', main)) <= {"hidden", "date", "checkbox"}


# --- answering ------------------------------------------------------------------------------------------


def test_leader_approves_with_roles_and_start(team: Team, leader: User, person: User) -> None:
    nurse = factories.TeamRoleFactory.create()
    request = actions.ask_to_join(person=person, team=team, roles=[nurse], started_on=date(2026, 12, 1))
    client = client_of(leader)
    page = client.get(f"/team/vart/onsker/{request.pk}/").content.decode()
    assert re.search(rf'value="{nurse.pk}"[^>]*checked', page)
    assert 'value="2026-12-01"' in page
    response = client.post(
        f"/team/vart/onsker/{request.pk}/",
        {"roles": [nurse.pk], "started_on": "2026-12-08", "decision": "approve"},
        follow=True,
    )
    assert notices(response) == f"{person} er med i teamet."
    membership = Membership.objects.get(person=person)
    assert (membership.started_on, membership.admitted_by) == (date(2026, 12, 8), leader)
    late = client.post(f"/team/vart/onsker/{request.pk}/", {"decision": "refuse"}, follow=True)
    assert notices(late) == "Noen har allerede svart på dette ønsket."
    assert membership.team.memberships.active().count() == 2


def test_refusing_needs_no_valid_form(team: Team, leader: User, person: User) -> None:
    request = actions.ask_to_join(person=person, team=team)
    client_of(leader).post(f"/team/vart/onsker/{request.pk}/", {"started_on": "?", "decision": "refuse"})
    request.refresh_from_db()
    assert request.outcome == "refused"


def test_request_of_another_team_is_not_found(team: Team, leader: User, person: User) -> None:
    request = actions.ask_to_join(person=person, team=factories.TeamFactory.create())
    assert client_of(leader).post(f"/team/vart/onsker/{request.pk}/").status_code == 404
    assert client_of(leader).get(f"/team/vart/medlemmer/{request.pk + 999}/").status_code == 404


def test_member_loses_access_with_the_next_request(team: Team, leader: User, person: User) -> None:
    membership = actions.add_member(person=person, team=team)
    client = client_of(person)
    assert client.get("/team/vart/medlemmer/").status_code == 200
    response = client_of(leader).post(f"/team/vart/medlemmer/{membership.pk}/avslutt/", follow=True)
    assert response.redirect_chain == [("/team/vart/medlemmer/", 302)]
    assert client.get("/team/vart/medlemmer/").status_code == 404
    assert str(leader) not in client.get("/team/vart/").content.decode()
    assert "Vårt team" in said(client, "/konto/medlemskap/")
    assert str(person) in said(client_of(leader), "/team/vart/medlemmer/tidligere/")


def test_one_may_leave_and_is_led_to_the_public_page(team: Team, leader: User) -> None:
    membership = Membership.objects.get(person=leader)
    client = client_of(leader)
    assert "Etterpå har teamet ingen leder." in said(client, f"/team/vart/medlemmer/{membership.pk}/avslutt/")
    response = client.post(f"/team/vart/medlemmer/{membership.pk}/avslutt/")
    assert response["Location"] == "/team/vart/"


def test_leader_sets_roles_and_deadline(team: Team, leader: User, person: User) -> None:
    membership = actions.add_member(person=person, team=team)
    nurse = factories.TeamRoleFactory.create()
    address = f"/team/vart/medlemmer/{membership.pk}/"
    client_of(leader).post(address, {"roles": [nurse.pk], "onboarding_due_on": "2027-01-15"})
    membership.refresh_from_db()
    assert (list(membership.roles.all()), membership.onboarding_due_on) == ([nurse], date(2027, 1, 15))
    client_of(leader).post(address, {"roles": [nurse.pk], "onboarding_due_on": ""})
    membership.refresh_from_db()
    assert membership.onboarding_due_on is None


# --- inviting -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@example.org\nb@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org, B@Example.org;c@example.org,", ["a@example.org", "b@example.org", "c@example.org"]),
        ("Kari Nordmann <kari@example.org>\r\n\r\nkari@example.org", ["kari@example.org"]),
        (" , \n", []),
    ],
)
def test_addresses_are_read_as_people_paste_them(text: str, expected: list[str]) -> None:
    assert split_addresses(text) == expected


def test_bad_addresses_are_named_and_the_good_ones_stay(team: Team, leader: User) -> None:
    text = "god@example.org\nfeil@, uten-krøllalfa\nogså.god@example.org"
    response = client_of(leader).post("/team/vart/invitasjoner/", {"emails": text, "language": "nb"})
    assert response.status_code == 422
    html = response.content.decode()
    assert "«feil@» er ikke en e-postadresse." in html
    assert "«uten-krøllalfa» er ikke en e-postadresse." in html
    kept = re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert kept is not None and "god@example.org" in kept[1]
    assert not Invitation.objects.exists()


def test_more_than_fifty_at_once_is_refused(team: Team, leader: User) -> None:
    text = "\n".join(f"p{number}@example.org" for number in range(51))
    response = client_of(leader).post("/team/vart/invitasjoner/", {"emails": text, "language": "nb"})
    assert "Det er 51 adresser. Inviter inntil 50 om gangen." in response.content.decode()


def test_leader_is_told_what_became_of_each(team: Team, leader: User) -> None:
    client = client_of(leader)
    sent = {"emails": "ny@example.org, leder@example.org", "language": "nb"}
    response = client.post("/team/vart/invitasjoner/", sent, follow=True)
    assert notices(response) == "Sendte 1 invitasjon. Alt med i teamet: leder@example.org."
    response = client.post("/team/vart/invitasjoner/", sent, follow=True)
    assert "Har nettopp fått en invitasjon: ny@example.org." in notices(response)
    invitation = Invitation.objects.get()
    assert "ny@example.org" in said(client, "/team/vart/invitasjoner/")
    response = client.post(f"/team/vart/invitasjoner/{invitation.pk}/send/", follow=True)
    assert notices(response) == "Den ble nettopp sendt. Vent ti minutter før du sender den igjen."
    response = client.post(f"/team/vart/invitasjoner/{invitation.pk}/trekk/", follow=True)
    assert notices(response) == "Invitasjonen er trukket tilbake."
    assert client.post(f"/team/vart/invitasjoner/{invitation.pk}/trekk/").status_code == 404


def test_limit_of_a_day_is_said_at_the_field(team: Team, leader: User) -> None:
    Invitation.objects.bulk_create(
        Invitation(
            team=team, email=f"{n}@example.org", invited_by=leader, expires_at=timezone.now() + timedelta(days=1)
        )
        for n in range(actions.INVITATIONS_PER_DAY - 1)
    )
    response = client_of(leader).post(
        "/team/vart/invitasjoner/", {"emails": "a@example.org b@example.org".replace(" ", ","), "language": "nb"}
    )
    assert response.status_code == 422
    assert "Du kan sende 1 invitasjon til i dag." in response.content.decode()
    assert "a@example.org,b@example.org" in response.content.decode()


@pytest.fixture
def invitation(team: Team, leader: User) -> Invitation:
    return actions.invite(team=team, emails=["ny@example.org"], by=leader).invitations[0]


def test_invitation_leads_somebody_unknown_to_sign_up(invitation: Invitation, client: Client) -> None:
    address = f"/team/invitasjon/{invitation.key}/"
    html = client.get(address).content.decode()
    link = re.search(r'href="(/konto/signup/\?[^"]*)"', html)
    assert link is not None
    form = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert re.search(r'<input[^>]*name="email"[^>]*value="ny@example.org"', form)
    assert not re.search(r'<input[^>]*name="email"[^>]*readonly', form)
    assert f'value="{address}"' in form


def test_invitation_is_accepted_with_the_verified_address(invitation: Invitation) -> None:
    person = make_person("ny")
    client = client_of(person)
    assert "Du er invitert til Vårt team" in said(client, "/min-side/")
    assert "Bli med i Vårt team" in said(client, f"/team/invitasjon/{invitation.key}/")
    assert not Membership.objects.filter(person=person).exists(), "looking is not accepting"
    response = client.post(f"/team/invitasjon/{invitation.key}/")
    assert (response.status_code, response["Location"]) == (302, "/team/vart/")
    assert Membership.objects.get(person=person).team == invitation.team
    assert client.get(f"/team/invitasjon/{invitation.key}/")["Location"] == "/team/vart/"


def test_second_verified_address_counts_too(invitation: Invitation, person: User) -> None:
    EmailAddress.objects.create(user=person, email="NY@example.org", verified=True)
    assert client_of(person).post(f"/team/invitasjon/{invitation.key}/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_wrong_address_is_said_without_telling_the_right_one(invitation: Invitation, person: User, method: str) -> None:
    response = getattr(client_of(person), method)(f"/team/invitasjon/{invitation.key}/")
    assert response.status_code == 403
    assert "Invitasjonen gjelder en annen e-postadresse" in response.content.decode()
    assert "ny@example.org" not in response.content.decode()


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        ("used", "Invitasjonen er brukt"),
        ("revoked", "Invitasjonen er trukket tilbake"),
        ("expired", "Invitasjonen er for gammel"),
    ],
)
def test_invitation_that_no_longer_holds_says_why(
    invitation: Invitation, person: User, client: Client, state: str, heading: str
) -> None:
    now = timezone.now()
    changes: dict[str, dict[str, Any]] = {
        "used": {"accepted_at": now},
        "revoked": {"revoked_at": now},
        "expired": {"created_at": now - timedelta(days=20), "expires_at": now - timedelta(days=6)},
    }
    Invitation.objects.update(**changes[state])
    for reader in (client, client_of(person)):
        response = reader.get(f"/team/invitasjon/{invitation.key}/")
        assert response.status_code == 410
        assert heading in response.content.decode()
        assert "ny@example.org" not in response.content.decode()


def test_unknown_invitation_is_not_found(home: Any, client: Client) -> None:
    assert client.get("/team/invitasjon/00000000-0000-4000-8000-000000000000/").status_code == 404


# --- «Min side» -----------------------------------------------------------------------------------------


def test_my_page_shows_the_path_with_its_deadline(team: Team, person: User) -> None:
    course = factories.CoursePageFactory.create()
    factories.LessonPageFactory.create(parent=course)
    path = factories.LearningPathPageFactory.create(
        title="Grunnopplæring: FACT", slug="fact", onboarding_for="FACT", courses=[course]
    )
    membership = actions.add_member(person=person, team=team)
    actions.set_onboarding_deadline(membership=membership, due_on=date(2027, 4, 9))
    assign_onboarding_paths(person=person)
    client = client_of(person)
    text = said(client, "/min-side/")
    assert "Grunnopplæring: FACT" in text
    assert "Foreslått frist 9. april 2027" in text
    assert "%" not in text
    assert f'href="/laer/{path.slug}/"' in client.get("/min-side/").content.decode()
    assert "Suggested deadline 9 April 2027" in said(client, "/en/min-side/")


def test_my_page_of_somebody_new_says_where_to_begin(person: User) -> None:
    text = said(client_of(person), "/min-side/")
    assert "Du er ikke med i noe team ennå. Finn teamet ditt" in text
    assert "Når du er med i et team, venter grunnopplæringen her." in text


def test_leader_sees_on_my_page_who_waits(team: Team, leader: User, person: User) -> None:
    actions.ask_to_join(person=person, team=team)
    assert "1 person vil bli med" in said(client_of(leader), "/min-side/")
    assert str(person) not in said(client_of(leader), "/min-side/")


def test_menu_leads_to_my_page(person: User) -> None:
    assert '<a href="/min-side/">Min side</a>' in client_of(person).get("/team/").content.decode()


# --- the levels above -----------------------------------------------------------------------------------


def test_overview_gives_numbers_and_no_names(team: Team, leader: User, person: User) -> None:
    actions.add_member(person=person, team=team)
    actions.ask_to_join(person=make_person("ola"), team=team)
    national = make_person("nasjonal")
    factories.SupportGroupMembershipFactory.create(person=national)
    client = client_of(national)
    row = re.search(r"<tr>\s*<th scope=\"row\">.*?</tr>", client.get("/oversikt/team/").content.decode(), re.DOTALL)
    assert row is not None
    assert " ".join(re.sub(r"<[^>]+>", " ", row[0]).split()) == "Vårt team 2 Ja 1 –"
    assert "medlemmer/" not in row[0]
    for name in (str(leader), str(person), "ola"):
        assert name not in client.get("/oversikt/team/").content.decode()


# --- what the pages cost --------------------------------------------------------------------------------


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("count", [3, 300])
def test_lists_cost_the_same_for_three_and_for_three_hundred(team: Team, leader: User, count: int) -> None:
    nurse = factories.TeamRoleFactory.create()
    people = User.objects.bulk_create(
        User(email=f"m{number}@example.org", first_name=f"M{number}") for number in range(count * 3)
    )
    memberships = Membership.objects.bulk_create(Membership(person=one, team=team) for one in people[:count])
    requests = JoinRequest.objects.bulk_create(JoinRequest(person=one, team=team) for one in people[count : count * 2])
    former = Membership.objects.bulk_create(
        Membership(person=one, team=team, ended_at=timezone.now()) for one in people[count * 2 :]
    )
    invitations = Invitation.objects.bulk_create(
        Invitation(team=team, email=f"i{number}@example.org", expires_at=timezone.now() + timedelta(days=1))
        for number in range(count)
    )
    for model, rows in (
        (Membership.roles.through, memberships + former),
        (JoinRequest.roles.through, requests),
        (Invitation.roles.through, invitations),
    ):
        name = next(f.attname for f in model._meta.fields if f.is_relation and f.attname != "teamrole_id")
        model.objects.bulk_create(model(**{name: row.pk, "teamrole_id": nurse.pk}) for row in rows)
    client = client_of(leader)
    found = {
        name: queries_of(client, f"/team/vart/{name}/")
        for name in ("medlemmer", "onsker", "invitasjoner", "medlemmer/tidligere")
    }
    assert found == {"medlemmer": 9, "onsker": 8, "invitasjoner": 9, "medlemmer/tidligere": 8}


@pytest.mark.parametrize("count", [3, 300])
def test_my_page_and_overview_cost_the_same_for_many_teams(home: Any, count: int) -> None:
    administrator = make_person("admin", is_superuser=True)
    teams = Team.objects.bulk_create(Team(name=f"T{n}", slug=f"t{n}", programme="FACT") for n in range(count))
    Membership.objects.bulk_create(Membership(person=administrator, team=team) for team in teams)
    others = User.objects.bulk_create(User(email=f"m{number}@example.org") for number in range(count))
    JoinRequest.objects.bulk_create(JoinRequest(person=one, team=team) for one, team in zip(others, teams, strict=True))
    client = client_of(administrator)
    assert {name: queries_of(client, name) for name in ("/min-side/", "/oversikt/team/")} == {
        "/min-side/": 4,
        "/oversikt/team/": 5,
    }


def test_mails_wait_for_the_commit(team: Team, leader: User, person: User) -> None:
    """The test's own transaction never commits, so nothing leaves."""
    actions.ask_to_join(person=person, team=team)
    assert mail.outbox == []
