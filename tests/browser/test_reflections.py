"""Notes in a real browser: saved by themselves, on two devices, in two tabs, offline, and after a session has ended."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from courses.urls_of import page_path
from learning.models import Reflection
from people.models import User
from tests import factories
from tests.browser.conftest import Watched, sign_in
from tests.learning.quiz_lesson import REFLECTION, block, make_lesson
from tests.safety.test_guard import BORN_1986

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]
LABEL = "Notatet ditt"


@pytest.fixture
def kari(site_server: Any) -> User:
    return factories.UserFactory.create()


@pytest.fixture
def lesson(site_server: Any) -> str:
    """The address of a lesson with one question to think over."""
    return f"{site_server.url}{page_path(make_lesson(block('reflection', REFLECTION), title='Min læringssti'))}"


def kept_on_device(page: Watched) -> int:
    count: int = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('flett:note:')).length")
    return count


def write(page: Watched, text: str) -> None:
    page.get_by_label(LABEL).fill(text)


def test_note_saves_itself_and_is_there_on_another_device(lesson: str, open_page: Opener, kari: User) -> None:
    phone = open_page(user=kari, width=360)
    phone.goto(lesson)
    write(phone, "Jeg vil lytte.")
    expect(phone.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    assert kept_on_device(phone) == 0
    desk = open_page(user=kari)
    desk.goto(lesson)
    expect(desk.get_by_label(LABEL)).to_have_value("Jeg vil lytte.")
    assert [*phone.problems(), *desk.problems()] == []


def test_two_tabs_show_both_texts_and_let_one_choose(lesson: str, open_page: Opener, kari: User) -> None:
    first, second = open_page(user=kari), open_page(user=kari)
    for tab in (first, second):
        tab.goto(lesson)
    write(first, "Fra den første.")
    expect(first.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    write(second, "Fra den andre.")
    expect(second.locator(".reflection-conflict")).to_contain_text("Fra den første.")
    expect(second.get_by_label(LABEL)).to_have_value("Fra den andre.")
    assert Reflection.objects.get().text == "Fra den første."
    assert second.axe_violations() == []
    second.get_by_role("button", name="Behold begge").click()
    expect(second.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    expect(second.locator(".reflection-conflict")).to_be_hidden()
    assert Reflection.objects.get().text == "Fra den første.\n\nFra den andre."
    assert kept_on_device(second) == 0


def test_identity_number_is_refused_and_the_text_stays_in_the_field(lesson: str, open_page: Opener, kari: User) -> None:
    page = open_page(user=kari)
    page.goto(lesson)
    write(page, f"Nr. {BORN_1986} sa ja.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Ta bort tallet, og beskriv situasjonen")
    expect(page.get_by_label(LABEL)).to_have_value(f"Nr. {BORN_1986} sa ja.")
    assert not Reflection.objects.exists()
    write(page, "Hun sa ja.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    assert Reflection.objects.get().text == "Hun sa ja."


def test_what_is_written_offline_is_sent_later(lesson: str, open_page: Opener, kari: User) -> None:
    page = open_page(user=kari)
    page.goto(lesson)
    page.context.set_offline(True)
    write(page, "Skrevet i kjelleren.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Du er frakoblet.")
    assert kept_on_device(page) == 1
    page.context.set_offline(False)
    expect(page.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    assert Reflection.objects.get().text == "Skrevet i kjelleren."
    assert kept_on_device(page) == 0


def test_nothing_is_lost_when_the_session_ends(site_server: Any, lesson: str, open_page: Opener, kari: User) -> None:
    page = open_page(user=kari)
    page.goto(lesson)
    page.context.clear_cookies()
    write(page, "Skrevet for sent.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Du er logget ut.")
    expect(page.locator("[data-reflection-status]").get_by_role("link", name="Logg inn")).to_be_visible()
    assert not Reflection.objects.exists()
    sign_in(page.context, kari, site_server.url)
    page.goto(lesson)
    expect(page.get_by_label(LABEL)).to_have_value("Skrevet for sent.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    assert Reflection.objects.get().text == "Skrevet for sent."
    assert kept_on_device(page) == 0


def test_what_one_wrote_is_not_shown_to_the_next_on_the_same_device(
    site_server: Any, lesson: str, open_page: Opener, kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(lesson)
    page.context.clear_cookies()
    write(page, "Karis tanke.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Du er logget ut.")
    sign_in(page.context, factories.UserFactory.create(), site_server.url)
    page.goto(lesson)
    expect(page.get_by_label(LABEL)).to_have_value("")
    page.goto(f"{site_server.url}/min-laeringssti/")
    expect(page.get_by_role("main")).to_contain_text("Du har ingen notater ennå.")
    assert not Reflection.objects.exists()


def test_page_of_notes_sends_what_other_pages_could_not(
    site_server: Any, lesson: str, open_page: Opener, kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(lesson)
    page.context.clear_cookies()
    write(page, "Ventet på enheten.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Du er logget ut.")
    sign_in(page.context, kari, site_server.url)
    page.goto(f"{site_server.url}/min-laeringssti/")
    expect(page.locator(".own-note-text")).to_have_text("Ventet på enheten.")
    assert kept_on_device(page) == 0


def test_without_javascript_a_note_is_a_plain_form(lesson: str, open_page: Opener, kari: User) -> None:
    page = open_page(user=kari, java_script_enabled=False)
    page.goto(lesson)
    write(page, f"Nr. {BORN_1986}")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notatet er ikke lagret")
    expect(page.get_by_label(LABEL)).to_have_value(f"Nr. {BORN_1986}")
    write(page, "Uten nummer.")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_label(LABEL)).to_have_value("Uten nummer.")
    page.get_by_role("link", name="Min læringssti").last.click()
    expect(page.locator(".own-note-text")).to_have_text("Uten nummer.")
    page.get_by_role("link", name=re.compile("^Slett ")).click()
    page.get_by_role("button", name="Slett notatet").click()
    expect(page.get_by_role("main")).to_contain_text("Du har ingen notater ennå.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_notes_is_accessible_on_a_small_phone(
    site_server: Any, lesson: str, open_page: Opener, kari: User, scheme: str
) -> None:
    page = open_page(user=kari, width=320, color_scheme=scheme)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]

    page.goto(lesson)
    write(page, "Et notat.\n\nMed enetstoreordsomaldritarsluttogderforkanfåsidentilårullesidelengs.")
    expect(page.locator("[data-reflection-status]")).to_contain_text("Lagret ")
    look("lesson")
    page.goto(f"{site_server.url}/min-laeringssti/")
    look("notes")
    page.get_by_role("link", name=re.compile("^Endre ")).click()
    look("edit")
    page.get_by_role("link", name="Slett notatet").click()
    look("delete")
    assert found == {"lesson": [], "notes": [], "edit": [], "delete": []}
    assert page.problems() == []
