"""Finding events in a browser: list, month and archive on a phone and by keyboard, and one's own calendar."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from playwright.sync_api import expect

from forum.models import EventLeg, EventPrinciple, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]
OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis i teamet", slug="praksis")


@pytest.fixture
def kari(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Kari", last_name="Myrvang")
    return factories.MembershipFactory.create(person=person, team__name="Team Nord").person


@pytest.fixture
def events(space: Space, kari: User) -> dict[str, Any]:
    """In January 2031: two days, a full one, a long name, a cancelled one; and one that is on now, one that is over."""
    now = timezone.now()
    principle = factories.PrincipleFactory.create(name="Tverrfaglig teamtilnærming")

    def held(title: str, day: int, days: int = 1, **fields: Any) -> Any:
        starts = datetime(2031, 1, day, 9, tzinfo=OSLO)
        ends = starts + timedelta(days=days - 1, hours=6)
        return factories.EventFactory.create(space=space, title=title, starts_at=starts, ends_at=ends, **fields)

    found = {
        "two days": held("Nasjonal FACT-samling", 14, 2, place="Trondheim", summary="To dager.", county="Trøndelag"),
        "full": held("Kurs i tavleledelse", 15, kind="course", capacity=1, is_example=True),
        "long": held("Menneskerettighetsorganisasjonssamarbeidsmøte om oppfølging i kommunene", 21),
        "cancelled": held("Avlyst møte", 22, status="cancelled", cancelled_at=now),
        "today": factories.EventFactory.create(
            space=space, title="I dag", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
        ),
        "past": factories.EventFactory.create(
            space=space, title="Erfaringsdag", starts_at=now - timedelta(days=40), ends_at=now - timedelta(days=39)
        ),
    }
    EventLeg.objects.create(event=found["two days"], mode="digital")
    EventPrinciple.objects.create(event=found["two days"], principle_key=principle.translation_key)
    EventLeg.objects.filter(event=found["full"]).update(taken=1)
    factories.make_sign_up(kari, found["two days"])
    return found


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360), ("light", 320)])
def test_every_page_is_accessible_and_fits(
    events: Any, kari: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    address = {name: reverse(f"forum:{name}") for name in ("events", "event-calendar", "event-archive")}
    pages = [
        address["events"],
        f"{address['events']}?slag=course",
        f"{address['events']}?slag=webinar",
        f"{address['event-calendar']}?maned=2031-01",
        address["event-calendar"],
        f"{address['event-calendar']}?maned=2044-05",
        address["event-archive"],
        f"{address['event-archive']}?slag=course",
        reverse("forum:event-subscription"),
        reverse("forum:home"),
        reverse("home:my-page"),
    ]
    page = open_page(user=kari, color_scheme=scheme, width=width)
    found = {}
    for path in pages:
        page.goto(f"{site_server.url}{path}")
        wrong = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
        if wrong:
            found[path] = wrong
    assert found == {}
    assert page.problems() == []


def test_a_month_is_a_table_where_there_is_room_and_a_list_on_a_phone(
    events: Any, kari: User, open_page: Opener, site_server: Any
) -> None:
    address = f"{site_server.url}{reverse('forum:event-calendar')}"
    wide = open_page(user=kari)
    wide.goto(f"{address}?maned=2031-01")
    table = wide.get_by_role("table", name="Arrangementer i januar 2031")
    expect(table.get_by_role("columnheader")).to_have_count(7)
    expect(table.get_by_role("link", name="Nasjonal FACT-samling")).to_have_count(2)
    expect(table.get_by_role("cell", name="15")).to_contain_text("fortsetter")
    wide.goto(address)
    expect(wide.get_by_role("cell").filter(has_text="I dag").first).to_be_visible()

    phone = open_page(user=kari, width=360, java_script_enabled=False)
    phone.goto(f"{address}?maned=2031-01")
    expect(phone.get_by_role("table")).to_have_count(0)
    expect(phone.locator("main h2")).to_have_text(
        ["Tirsdag 14. januar", "Onsdag 15. januar", "Tirsdag 21. januar", "Onsdag 22. januar"]
    )
    expect(phone.get_by_role("link", name="Nasjonal FACT-samling")).to_have_count(2)
    expect(phone.locator(".calendar-list").get_by_text("Du har plass")).to_have_count(2)
    assert phone.problems() == []


def tab_to(page: Watched, name: str, times: int = 60) -> None:
    """Go on by keyboard to what begins with these words."""
    for _ in range(times):
        page.keyboard.press("Tab")
        if str(page.evaluate("document.activeElement.innerText || ''")).strip().startswith(name):
            return
    pytest.fail(f"{name} is not reached by keyboard", pytrace=False)


def test_one_finds_ones_way_by_keyboard_alone(events: Any, kari: User, open_page: Opener, site_server: Any) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:events')}")
    expect(page.locator("main h2")).to_have_text(["Pågår nå", "Januar 2031"])
    tab_to(page, "Velg arrangementer")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Kurs")
    tab_to(page, "Vis")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=3)).to_have_text(["Kurs i tavleledelse"])
    expect(page.get_by_text("Fullt", exact=True)).to_be_visible()
    tab_to(page, "Nullstill")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=3)).to_have_count(5)
    page.goto(f"{site_server.url}{reverse('forum:event-calendar')}?maned=2030-12")
    tab_to(page, "Januar 2031")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Januar 2031")
    tab_to(page, "09.00")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nasjonal FACT-samling")
    with page.expect_download() as download:
        page.get_by_role("link", name="Legg i kalenderen (.ics)").click()
    assert download.value.suggested_filename == f"flett-{events['two days'].pk}.ics"
    (written,) = Calendar.from_ical(download.value.path().read_bytes()).events
    assert written["summary"] == "Nasjonal FACT-samling"
    assert page.problems() == []


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_ones_own_calendar_is_made_read_and_stopped(
    events: Any, kari: User, open_page: Opener, site_server: Any, javascript: bool
) -> None:
    page = open_page(user=kari, width=360, java_script_enabled=javascript)
    page.goto(f"{site_server.url}{reverse('forum:events')}")
    page.get_by_role("link", name="I din egen kalender").click()
    page.get_by_label("Alle arrangementer jeg kan se").check()
    page.get_by_role("button", name="Lag en adresse").click()
    address = page.get_by_label("Kopier adressen nå").input_value()
    expect(page.get_by_role("link", name="Åpne i kalenderen")).to_have_attribute(
        "href", address.replace("http:", "webcal:")
    )
    with urlopen(address, timeout=20) as answer:  # noqa: S310 – our own server
        titles = {str(each["summary"]) for each in Calendar.from_ical(answer.read()).events}
    assert {"Nasjonal FACT-samling", "Kurs i tavleledelse", "Avlyst: Avlyst møte"} <= titles
    page.goto(f"{site_server.url}{reverse('forum:event-subscription')}")
    expect(page.get_by_label("Kopier adressen nå")).to_have_count(0)
    expect(page.get_by_label("Alle arrangementer jeg kan se")).to_be_checked()
    page.get_by_role("button", name="Slå av adressen").click()
    expect(page.get_by_text("Du har ingen adresse ennå.")).to_be_visible()
    assert page.problems() == []
