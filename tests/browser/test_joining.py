"""From nobody to a member with a path that waits: two people in two browsers."""

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import expect

from people.models import Invitation, JoinRequest, Membership, User
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True)]

PASSWORD = "en setning jeg husker godt"


def code_in_newest_mail() -> str:
    """The code as somebody would read it out of the mail, and type it."""
    found = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4}|\d{6})$", mail.outbox[-1].body, re.MULTILINE)
    assert found is not None, mail.outbox[-1].body
    return found[1]


@pytest.fixture
def team(site_server: Any) -> Any:
    course = factories.CoursePageFactory.create()
    factories.LessonPageFactory.create(parent=course)
    factories.LearningPathPageFactory.create(
        title="Grunnopplæring: FACT", slug="grunnopplaring-fact", onboarding_for="FACT", courses=[course]
    )
    factories.TeamRoleFactory.create(key="sykepleier")
    return factories.TeamFactory.create(name="Vårt team", slug="vart", programme="FACT")


def sign_up(page: Any, email: str) -> None:
    """Fill in the form that is open, and type the code from the mail."""
    if email:
        page.get_by_label("E-postadresse").fill(email)
    page.get_by_label("Passord", exact=True).fill(PASSWORD)
    page.get_by_label("Passordet én gang til").fill(PASSWORD)
    page.get_by_role("button", name="Lag konto").click()
    page.get_by_label("Kode").fill(code_in_newest_mail())
    page.locator("main form button[type=submit]").first.click()


@pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_sign_up_ask_be_approved_and_find_the_path(site_server: Any, open_page: Any, team: Any, scripted: bool) -> None:
    leader = factories.make_leader(team, first_name="Lea", last_name="Leder")
    new, lea = open_page(java_script_enabled=scripted), open_page(user=leader, java_script_enabled=scripted)

    new.goto(f"{site_server.url}/konto/signup/?next=/team/vart/")
    sign_up(new, "ny@example.org")
    new.wait_for_url("**/team/vart/")
    new.get_by_role("link", name="Spør om å bli med").click()
    new.get_by_label("Sykepleier").check()
    new.get_by_label("Første dag i teamet").fill("2026-12-01")
    if scripted:
        assert new.axe_violations() == []
    new.get_by_role("button", name="Spør om å bli med").click()
    expect(new.get_by_text("Teamet har fått ønsket ditt.")).to_be_visible()
    assert mail.outbox[-1].to == [leader.email]

    lea.goto(f"{site_server.url}/min-side/")
    lea.get_by_role("link", name="Se ønskene").click()
    lea.get_by_role("link", name="Svar").click()
    expect(lea.get_by_label("Sykepleier")).to_be_checked()
    if scripted:
        assert lea.axe_violations() == []
    lea.get_by_role("button", name="Godkjenn").click()
    expect(lea.get_by_text("er med i teamet.")).to_be_visible()
    assert mail.outbox[-1].to == ["ny@example.org"]

    new.goto(f"{site_server.url}/min-side/")
    expect(new.get_by_role("link", name="Grunnopplæring: FACT")).to_be_visible()
    expect(new.get_by_text("Foreslått frist 1. mars 2027")).to_be_visible()
    if scripted:
        assert new.axe_violations() == []
    new.get_by_role("link", name="Start").click()
    new.wait_for_url("**/laer/grunnopplaring-fact/*/*/")
    assert JoinRequest.objects.get().outcome == "approved"
    assert Membership.objects.active().filter(person__email="ny@example.org", team=team).count() == 1
    assert new.problems() == []
    assert lea.problems() == []


def test_invited_to_the_team_from_the_mail(site_server: Any, open_page: Any, team: Any) -> None:
    leader = factories.make_leader(team)
    lea, new = open_page(user=leader), open_page()
    lea.goto(f"{site_server.url}/team/vart/invitasjoner/")
    field = lea.get_by_label("E-postadresser")
    field.fill("ny@example.org\nfeil@")
    lea.get_by_role("button", name="Send invitasjoner").click()
    expect(lea.get_by_text("«feil@» er ikke en e-postadresse.")).to_be_visible()
    assert lea.axe_violations() == []
    expect(field).to_have_value("ny@example.org\nfeil@")
    field.fill("ny@example.org")
    lea.get_by_role("button", name="Send invitasjoner").click()
    expect(lea.get_by_text("Sendte 1 invitasjon.")).to_be_visible()
    assert lea.axe_violations() == []

    link = re.search(r"/team/invitasjon/[0-9a-f-]{36}/", mail.outbox[-1].body)
    assert link is not None
    new.goto(f"{site_server.url}{link[0]}")
    assert new.axe_violations() == []
    new.get_by_role("link", name="Lag en konto").click()
    expect(new.get_by_label("E-postadresse")).to_have_value("ny@example.org")
    sign_up(new, "")
    new.wait_for_url(f"**{link[0]}")
    new.get_by_role("button", name="Bli med").click()
    expect(new.get_by_text("Du er med i Vårt team.")).to_be_visible()
    assert Invitation.objects.get().accepted_by == User.objects.get(email="ny@example.org")
    # Everything of the team's own is open to the newcomer, until the leader ends the membership.
    new.goto(f"{site_server.url}/team/vart/medlemmer/")
    expect(new.get_by_text("Teamleder", exact=True)).to_be_visible()
    lea.goto(f"{site_server.url}/team/vart/medlemmer/")
    lea.get_by_role("link", name="Endre ny@example.org").click()
    assert lea.axe_violations() == []
    lea.get_by_role("link", name="Avslutt medlemskapet").click()
    lea.get_by_role("button", name="Avslutt medlemskapet").click()
    expect(lea.get_by_text("er ikke lenger med i teamet.")).to_be_visible()
    assert new.goto(f"{site_server.url}/team/vart/medlemmer/").status == 404
    assert [problem for problem in lea.problems() if "422" not in problem] == []  # the browser's word of the bad form


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_of_membership_fit_and_are_accessible(
    site_server: Any, open_page: Any, team: Any, width: int, scheme: str
) -> None:
    leader = factories.make_leader(team, first_name="Lea", last_name="Leder")
    factories.SupportGroupMembershipFactory.create(person=leader)
    factories.TeamRoleFactory.create(key="arbeids", name="Arbeids- og utdanningsspesialist")
    person = factories.UserFactory.create(
        email="en.lang.adresse.hos.kommunen@kommunen-langt-nord.example.org", first_name="", last_name=""
    )
    asked = JoinRequest.objects.create(team=team, person=person)
    member = factories.MembershipFactory.create(team=team)
    page = open_page(user=leader, width=width, color_scheme=scheme)
    for address in (
        "/min-side/",
        "/team/vart/",
        "/team/vart/medlemmer/",
        f"/team/vart/medlemmer/{member.pk}/",
        f"/team/vart/medlemmer/{member.pk}/avslutt/",
        "/team/vart/medlemmer/tidligere/",
        "/team/vart/onsker/",
        f"/team/vart/onsker/{asked.pk}/",
        "/team/vart/invitasjoner/",
        "/konto/medlemskap/",
        "/oversikt/team/",
    ):
        page.goto(f"{site_server.url}{address}")
        assert not page.scrolls_sideways(), address
        assert page.axe_violations() == [], address
    assert page.problems() == []
