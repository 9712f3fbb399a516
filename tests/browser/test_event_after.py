"""Around an event in a browser: groups without JavaScript, an evaluation by keyboard, a certificate to be checked."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from forum.actions import sign_ups
from forum.actions.evaluations import Asked, answer_evaluation, close_evaluation, set_evaluation
from forum.actions.event_groups import make_groups
from forum.models import Event, EventGroup, EventMailing, EventMaterial, EventSignUp
from forum.queries.event_after import fingerprint, get_questions, get_seats
from people.models import User
from tests.browser.conftest import Watched
from tests.factories import make_leader
from tests.forum.event_cast import make_arranger, make_event, sign_up

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@pytest.fixture
def event(site_server: Any) -> Event:
    """Over since two days, seven people with a place."""
    event = make_event(is_over=True, title="Nasjonal samling", place="Bergen", contact="post@example.org")
    for number in range(7):
        sign_up(f"deltaker{number}", event)
    return event


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def first_of(event: Event) -> EventSignUp:
    return EventSignUp.objects.filter(event=event).select_related("person").order_by("pk")[0]


def test_groups_are_made_and_changed_without_javascript(
    event: Event, arranger: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=arranger, java_script_enabled=False, width=360)
    page.goto(f"{site_server.url}{event.get_absolute_url()}")
    page.get_by_role("link", name="Grupper").click()
    page.get_by_label("Så mange grupper").check()
    page.get_by_label("Tall").fill("3")
    page.get_by_label("Spres på gruppene").check()
    page.get_by_role("button", name="Se hvordan det blir").click()
    expect(page.get_by_role("heading", name="Slik blir gruppene")).to_be_visible()
    page.get_by_role("button", name="Lagre gruppene").click()
    expect(page.get_by_role("heading", level=3)).to_have_text(["Gruppe 1 (3)", "Gruppe 2 (2)", "Gruppe 3 (2)"])
    page.get_by_text("Flytt folk, og gi gruppene navn").click()
    page.get_by_label("Navn på gruppe 1").fill("Blå")
    page.get_by_label("Deltaker0 Dal").select_option("Gruppe 2")
    page.get_by_label("Deltaker1 Dal").select_option("Ingen gruppe")
    page.get_by_role("button", name="Lagre endringene").click()
    expect(page.get_by_text("1 person har plass, men ingen gruppe.")).to_be_visible()
    page.get_by_role("button", name="Fordel dem på de minste gruppene").click()
    assert not EventSignUp.objects.filter(event=event, group__isnull=True).exists()
    page.get_by_role("button", name="Lag et rom i forumet for gruppa Blå").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Blå – Nasjonal samling")
    assert page.problems() == []


def test_an_evaluation_is_set_answered_by_keyboard_and_read(
    event: Event, arranger: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=arranger)
    page.goto(f"{site_server.url}{reverse('forum:event-evaluation-questions', args=[event.pk])}")
    page.get_by_label("Spørsmål", exact=True).first.fill("Hvordan var programmet?")
    page.get_by_label("Spørsmål", exact=True).nth(1).fill("Hva tar du med deg?")
    page.get_by_label("Slags svar").nth(1).select_option("text")
    page.get_by_label("Åpne når arrangementet er slutt").check()
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Spørsmålene er lagret.")).to_be_visible()

    own = open_page(user=first_of(event).person)
    own.goto(f"{site_server.url}{event.get_absolute_url()}")
    own.get_by_role("link", name="Svar på evalueringen").focus()
    own.keyboard.press("Enter")
    own.get_by_role("radio", name="1 – dårlig").focus()
    own.keyboard.press("Space")
    for _ in range(4):
        own.keyboard.press("ArrowRight")
    own.keyboard.press("Tab")
    own.keyboard.type("Vi ringer hverandre.")
    own.keyboard.press("Tab")
    own.keyboard.press("Enter")
    expect(own.get_by_role("heading", level=1)).to_have_text("Takk for svaret")
    assert own.problems() == []

    scale, text = get_questions(event)
    for each in EventSignUp.objects.filter(event=event).order_by("pk")[1:5]:
        given = {scale.pk: ["4"], text.pk: ["Fint"]}
        answer_evaluation(person=each.person, event=event, answers=given)
    page.goto(f"{site_server.url}{reverse('forum:event-evaluation-results', args=[event.pk])}")
    expect(page.get_by_text("5 av 7 har svart.")).to_be_visible()
    page.get_by_role("button", name="Lukk den nå").click()
    expect(page.get_by_text("gjennomsnitt 4,2")).to_be_visible()
    expect(page.get_by_text("Vi ringer hverandre.")).to_be_visible()
    assert page.problems() == []


def test_who_is_said_to_have_come_gets_a_certificate_that_can_be_checked(
    event: Event, arranger: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=arranger)
    page.goto(f"{site_server.url}{reverse('forum:event-participants', args=[event.pk])}")
    page.get_by_label("Deltaker0 Dal").check()
    page.get_by_role("button", name="Lagre oppmøte").click()
    page.get_by_role("button", name="Utsted deltakerbevis til alle som møtte").click()
    expect(page.get_by_text("1 deltakerbevis er utstedt.")).to_be_visible()

    own = open_page(user=first_of(event).person, width=360)
    own.goto(f"{site_server.url}{event.get_absolute_url()}")
    own.get_by_role("link", name="Hent deltakerbeviset ditt").click()
    with own.expect_download() as download:
        own.get_by_role("link", name="Last ned som PDF").click()
    assert download.value.suggested_filename == "deltakerbevis-nasjonal-samling.pdf"
    address = own.get_by_role("link", name="-").get_attribute("href")

    anybody = open_page()
    anybody.goto(f"{site_server.url}{address}")
    expect(anybody.get_by_role("heading", level=1)).to_have_text("Beviset er ekte")
    expect(anybody.get_by_text("Deltaker0 Dal")).to_be_visible()
    assert [*page.problems(), *own.problems(), *anybody.problems()] == []


def test_a_long_list_is_gone_through_without_javascript(
    event: Event, arranger: User, open_page: Opener, site_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.queries.sign_ups.PEOPLE_A_PAGE", 3)
    page = open_page(user=arranger, java_script_enabled=False, width=360)
    page.goto(f"{site_server.url}{reverse('forum:event-participants', args=[event.pk])}")
    page.get_by_label("Navn eller team").fill("dal")
    page.get_by_label("Status").select_option("Har plass")
    page.get_by_role("button", name="Finn").click()
    page.get_by_role("link", name="Neste side").click()
    page.get_by_label("Deltaker4 Dal").check()
    page.get_by_role("button", name="Lagre oppmøte").click()
    expect(page.get_by_text("Oppmøtet er lagret.")).to_be_visible()
    expect(page.get_by_text("Side 2 av 3")).to_be_visible()
    expect(page.get_by_label("Status")).to_have_value("plass")
    expect(page.get_by_label("Deltaker4 Dal")).to_be_checked()
    assert list(EventSignUp.objects.order_by("pk").values_list("attended", flat=True)) == [
        *[None] * 3,
        False,
        True,
        False,
        None,
    ]
    assert page.problems() == []


@pytest.fixture
def full(event: Event, arranger: User) -> Event:
    """With groups, letters, materials and an evaluation that is closed; nothing short."""
    EventSignUp.objects.filter(event=event).update(attended=True)
    make_groups(by=arranger, event=event, count=3, teams="spread", shown=fingerprint(get_seats(event)))
    EventGroup.objects.filter(event=event, number=1).update(name="Menneskerettighetsorganisasjonsavtalegruppa")
    EventMailing.objects.create(event=event, audience="place", subject="Svært langt emne " * 8, written_by=arranger)
    link = "https://example.org/" + "svaert-lang-" * 12
    EventMaterial.objects.create(event=event, title="Opptaksmenneskerettighetsavtale" * 3, link=link)
    questions = [
        Asked("Hvordan?"),
        Asked("Velg", "choice", "Ja\nNei"),
        Asked("Flere", "several", "A\nB"),
        Asked("Hva?", "text"),
    ]
    set_evaluation(by=arranger, event=event, questions=questions, is_ready=True)
    scale, *_rest, text = get_questions(event)
    for each in EventSignUp.objects.filter(event=event).order_by("pk")[1:6]:
        answer_evaluation(person=each.person, event=event, answers={scale.pk: ["4"], text.pk: ["Fint" * 60]})
    return event


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    full: Event, arranger: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    def look(person: User | None, *paths: str) -> dict[str, list[str]]:
        page = open_page(user=person, color_scheme=scheme, width=width)
        found = {}
        for path in paths:
            page.goto(f"{site_server.url}{path}")
            wrong = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
            if wrong:
                found[path] = wrong
        assert page.problems() == []
        return found

    def address(name: str, *arguments: Any) -> str:
        return reverse(f"forum:{name}", args=arguments or [full.pk])

    own = first_of(full)
    found = look(
        own.person,
        full.get_absolute_url(),
        address("event-groups"),
        address("event-evaluation"),
        address("event-certificate"),
        address("event-materials"),
    )
    found |= look(None, address("attendance-check", own.certificates.get().code))
    User.objects.filter(pk=own.person_id).update(first_name="Menneskerettighetsorganisasjonsnavn")
    found |= look(own.person, reverse("learning:certificates"), address("event-certificate"))
    close_evaluation(by=arranger, event=full)
    fresh = make_event(full.space, starts_at=timezone.now() + timedelta(days=9))
    found |= look(
        arranger,
        address("event-groups"),
        f"{address('event-groups')}?by=antall&number=2&teams=together",
        address("event-letters"),
        address("event-exports"),
        address("event-materials"),
        address("event-evaluation-results"),
        address("event-evaluation-questions", fresh.pk),
        address("event-groups", fresh.pk),
        address("event-letters", fresh.pk),
        address("event-participants"),
        f"{address('event-participants')}?q=dal&status=plass&side=2",
        address("event-add-person", fresh.pk),
    )
    sign_ups.sign_up(person=own.person, event=fresh, mode="physical", by=arranger)
    leader = make_leader(own.person.memberships.get().team)
    EventSignUp.objects.filter(event=fresh).update(team=own.person.memberships.get().team)
    found |= look(leader, address("event-sign-up-team", fresh.pk))
    found |= look(own.person, reverse("forum:notices"))
    assert found == {}
