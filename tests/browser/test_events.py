"""Events in a browser: made, published, filled, a waiting list that moves; every page of it looked over."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from forum.actions.sign_ups import cancel_sign_up, sign_up
from forum.models import DietaryNeed, Event, EventQuestion, EventSignUp, ProgrammeItem, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Hedda", last_name="Vik")
    factories.MembershipFactory.create(person=person)
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=person).person


def make_member(first: str, last: str) -> User:
    return factories.MembershipFactory.create(person__first_name=first, person__last_name=last).person


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_event_is_made_filled_and_its_waiting_list_moves(
    space: Space, host: User, open_page: Opener, site_server: Any, javascript: bool
) -> None:
    page = open_page(user=host, java_script_enabled=javascript)
    page.goto(f"{site_server.url}{reverse('forum:event-new')}")
    page.get_by_label("Tittel").fill("Fagdag om brukermedvirkning")
    page.get_by_label("Første dag").fill("2027-01-12")
    page.get_by_label("Begynner kl.").fill("09:00")
    page.get_by_label("Slutter kl.").fill("15:30")
    page.get_by_label("Plasser fysisk").fill("1")
    page.get_by_label("Sted", exact=True).fill("Storsalen")
    page.get_by_role("button", name="Lagre kladden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fagdag om brukermedvirkning")
    page.get_by_role("link", name="Program", exact=True).click()
    page.get_by_role("button", name="Legg til punkt").click()
    page.get_by_label("Fra kl.").fill("09:15")
    page.get_by_label("Tittel").fill("Åpning")
    page.get_by_role("button", name="Lagre", exact=True).click()
    expect(page.get_by_role("heading", name="tirsdag 12. januar 2027")).to_be_visible()
    page.get_by_role("button", name="Publiser").click()
    assert page.problems() == []

    url = f"{site_server.url}{Event.objects.get().get_absolute_url()}"
    readers = []
    for first, said in (("Kari", "Du har plass."), ("Ola", "Du står som nr. 1 på ventelista.")):
        reader = open_page(user=make_member(first, "Strand"), java_script_enabled=javascript, width=360)
        reader.goto(url)
        reader.locator(".event-action .ds-button").click()
        reader.get_by_role("button", name="Meld på").click()
        expect(reader.get_by_text(said).last).to_be_visible()
        readers.append(reader)
    placed, waiting = readers
    placed.get_by_role("link", name="Meld av").click()
    placed.get_by_role("button", name="Meld av").click()
    expect(placed.get_by_text("Du er meldt av.")).to_be_visible()
    waiting.reload()
    expect(waiting.get_by_text("Du er tilbudt plass. Svar innen")).to_be_visible()
    waiting.get_by_role("button", name="Ja, jeg tar plassen").click()
    expect(waiting.get_by_text("Du har plass.")).to_be_visible()
    assert placed.problems() + waiting.problems() == []


def test_signing_up_by_keyboard_alone(space: Space, open_page: Opener, site_server: Any) -> None:
    event = factories.EventFactory.create(space=space, title="Fagdag")
    page = open_page(user=make_member("Kari", "Strand"))
    page.goto(f"{site_server.url}{event.get_absolute_url()}")
    for leads_to in ("**/meld-pa/", f"**{event.get_absolute_url()}"):
        for _ in range(40):
            page.keyboard.press("Tab")
            focused = page.evaluate(
                "document.activeElement.closest('main') && document.activeElement.textContent.trim()"
            )
            if focused == "Meld på":
                break
        page.keyboard.press("Enter")
        page.wait_for_url(leads_to)
    expect(page.locator(".event-status")).to_contain_text("Du har plass.")
    assert page.problems() == []


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    space: Space, host: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    event = factories.EventFactory.create(
        space=space,
        capacity=1,
        title="Nasjonal samling for brukermedvirkningsrepresentanter",
        summary="To dager om å lytte.",
        place="Storsalen",
        audience="Alle i teamene",
        asks_dietary=True,
        may_change=True,
        is_example=True,
    )
    EventQuestion.objects.create(event=event, label="Trenger du hotell?", kind="choice", choices="Ja\nNei")
    ProgrammeItem.objects.create(event=event, starts_at=event.starts_at, title="Åpning", speaker_role="Leder")
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team, first_name="Lea", last_name="Dahl")
    mate = factories.MembershipFactory.create(team=team, person__first_name="Mia").person
    factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=leader)
    rows = [sign_up(person=each, by=each, event=event, mode="physical") for each in (mate, leader, host)]
    DietaryNeed.objects.create(sign_up=rows[0], text="Nøtter")
    off = factories.EventFactory.create(
        space=space, status="cancelled", cancelled_at=event.starts_at, cancel_note="Snøstorm over fjellet."
    )
    open_event = factories.EventFactory.create(space=space, asks_dietary=True)
    EventQuestion.objects.create(event=open_event, label="Dager", kind="several", choices="Mandag\nTirsdag")
    names = ("edit", "programme", "questions", "cancel", "delete", "participants", "sign-up-team", "answers")
    pages = [reverse("forum:event-new"), event.get_absolute_url(), off.get_absolute_url()]
    pages += [reverse(f"forum:event-{name}", args=[event.pk]) for name in names]
    pages.append(reverse("forum:event-sign-up", args=[open_event.pk]))
    pages.append(reverse("forum:event-sign-up-cancel", args=[EventSignUp.objects.get(person=leader).key]))
    page = open_page(user=leader, color_scheme=scheme, width=width)
    found = {}
    for path in pages:
        page.goto(f"{site_server.url}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[path] = [*page.problems(), *page.axe_violations(), *(["sideways"] if wide else [])]
    cancel_sign_up(by=mate, sign_up=rows[0])
    page.goto(f"{site_server.url}{event.get_absolute_url()}")
    expect(page.get_by_role("button", name="Ja, jeg tar plassen")).to_be_visible()
    found["offered"] = page.axe_violations()
    assert {path: faults for path, faults in found.items() if faults} == {}
