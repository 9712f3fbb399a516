"""Writing: pasted from office programs, without scripts, signed out, by keyboard. The whole way: test_forum_journey."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from forum.models import Draft, Post, Space
from people.models import User
from tests import factories
from tests.browser.clipboard import paste
from tests.browser.conftest import Watched, sign_in
from tests.forum.pasted import (
    GOOGLE,
    GOOGLE_CLEAN,
    OUTLOOK,
    OUTLOOK_CLEAN,
    TEAMS,
    TEAMS_CLEAN,
    WORD,
    WORD_CLEAN,
)
from tests.forum.writing import BORN, make_topic

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@pytest.fixture
def network(site_server: Any) -> Space:
    role = factories.TeamRoleFactory.create(key="brukerspesialist")
    return factories.SpaceFactory.create(
        kind=Space.Kind.ROLE_NETWORK, role=role, allows_pseudonyms=True, slug="nettverk", name="Nettverk"
    )


@pytest.fixture
def kari(network: Space) -> User:
    person = factories.MembershipFactory.create(roles=[network.role]).person
    factories.make_pseudonym(person, network, name="Fjellrev")
    return person


@pytest.mark.parametrize(
    ("pasted", "clean"),
    [(WORD, WORD_CLEAN), (OUTLOOK, OUTLOOK_CLEAN), (TEAMS, TEAMS_CLEAN), (GOOGLE, GOOGLE_CLEAN)],
    ids=["Word", "Outlook", "Teams", "Google"],
)
def test_what_is_pasted_is_posted_as_clean_text(
    site_server: Any, open_page: Opener, network: Space, kari: User, pasted: str, clean: str
) -> None:
    """From the clipboard, by the keys. Opened again to be changed, and left alone, it stays as it is."""
    topic = make_topic(author=kari, space=network)
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:reply', args=[topic.pk])}")
    paste(page, pasted)
    page.get_by_role("button", name="Svar", exact=True).click()
    page.wait_for_url(re.compile(r"/forum/trad/"))
    post = topic.posts.get(number=2)
    assert post.html == clean
    expect(page.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    # What lay on the device is asked about, and taken away.
    page.wait_until("!Object.keys(localStorage).some((key) => key.startsWith('flett:draft:'))")
    expect(page.get_by_role("textbox", name="Svaret ditt")).to_be_empty()
    page.goto(f"{site_server.url}{reverse('forum:post-edit', args=[post.pk])}")
    page.locator("trix-editor").wait_for()
    page.get_by_role("button", name="Lagre endringen").click()
    page.wait_for_url(re.compile(r"/forum/trad/"))
    post.refresh_from_db()
    assert (post.html, post.edited_at) == (clean, None)
    assert page.problems() == []


def test_the_same_without_scripts(site_server: Any, open_page: Opener, network: Space, kari: User) -> None:
    page = open_page(user=kari, width=320, java_script_enabled=False)
    page.goto(f"{site_server.url}{reverse('forum:topic-start', args=[network.slug])}")
    page.get_by_label("Tittel").fill("Når noen mister håpet")
    page.get_by_label("Tekst").fill(f"Han er født {BORN}.\n\nHva gjør dere?")
    page.get_by_label(re.compile("Fjellrev")).check()
    page.get_by_role("button", name="Legg ut").click()
    expect(page.get_by_role("alert")).to_contain_text("fødselsnummer («01•••••••••»")
    expect(page.get_by_label("Tekst")).to_have_value("Han er født [fødselsnummer fjernet].\n\nHva gjør dere?")
    page.get_by_text("Filer og bilder").click()
    page.get_by_label("Velg fil").set_input_files({"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Plan\n"})
    page.get_by_role("button", name="Legg til fil").click()
    expect(page.get_by_role("link", name="plan.txt")).to_be_visible()
    page.get_by_label("Tekst").fill("Hva gjør dere?")
    page.get_by_role("button", name="Legg ut").click()
    post = Post.objects.get()
    assert (post.html, post.author, post.attachments.get().uploader) == ("<p>Hva gjør dere?</p>", None, None)


def test_what_is_written_in_an_expired_session_is_not_lost(
    site_server: Any, open_page: Opener, network: Space, kari: User
) -> None:
    topic = make_topic(author=kari, space=network)
    address = f"{site_server.url}{reverse('forum:reply', args=[topic.pk])}"
    page = open_page(user=kari)
    page.goto(address)
    editor = page.get_by_role("textbox", name="Svaret ditt")
    editor.wait_for()
    Session.objects.all().delete()
    editor.click()
    page.keyboard.type("Et langt svar.")
    status = page.locator("[data-compose-status]")
    expect(status).to_contain_text("Du er logget ut.")
    expect(status.get_by_role("link", name="Logg inn")).to_be_visible()
    sign_in(page.page.context, kari, site_server.url)
    page.goto(address)
    expect(editor).to_contain_text("Et langt svar.")
    expect(status).to_contain_text("Utkast lagret")
    assert Draft.objects.get().source == "<p>Et langt svar.</p>"


def test_without_scripts_the_text_comes_back_after_signing_in(
    site_server: Any, open_page: Opener, network: Space, kari: User
) -> None:
    topic = make_topic(author=kari, space=network)
    page = open_page(user=kari, java_script_enabled=False)
    page.goto(f"{site_server.url}{reverse('forum:reply', args=[topic.pk])}")
    Session.objects.all().delete()
    page.get_by_label("Svaret ditt").fill("Et langt svar.")
    page.get_by_role("button", name="Svar", exact=True).click()
    expect(page.get_by_role("heading", name="Du er logget ut")).to_be_visible()
    expect(page.get_by_label("Det du skrev")).to_have_value("Et langt svar.")
    sign_in(page.page.context, kari, site_server.url)
    page.get_by_role("button", name="Hent fram teksten").click()
    expect(page.get_by_label("Svaret ditt")).to_have_value("Et langt svar.")
    page.get_by_role("button", name="Svar", exact=True).click()
    assert topic.posts.get(number=2).text == "Et langt svar."


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_the_pages_for_writing_are_accessible_and_fit(
    site_server: Any, open_page: Opener, network: Space, kari: User, width: int, scheme: str
) -> None:
    topic = make_topic(author=kari, space=network)
    post = topic.posts.get()
    page = open_page(user=kari, width=width, color_scheme=scheme)
    for name, arguments in [
        ("topic-start", [network.slug]),
        ("reply", [topic.pk]),
        ("post-edit", [post.pk]),
        ("post-delete", [post.pk]),
        ("post-history", [post.pk]),
        ("drafts", []),
    ]:
        page.goto(f"{site_server.url}{reverse(f'forum:{name}', args=arguments)}")
        if name in {"topic-start", "reply", "post-edit"}:
            page.locator("trix-editor").wait_for()
        assert (name, page.axe_violations(), page.scrolls_sideways()) == (name, [], False)
    assert page.problems() == []


def test_the_editor_is_reached_and_used_by_keyboard(
    site_server: Any, open_page: Opener, network: Space, kari: User
) -> None:
    topic = make_topic(author=kari, space=network)
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:reply', args=[topic.pk])}")
    page.locator("trix-editor").wait_for()
    bold = page.get_by_role("button", name="Fet skrift")
    bold.focus()
    for name in ("Kursiv", "Lenke", "Overskrift", "Sitat", "Punktliste", "Nummerert liste"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == name
    bold.focus()
    page.keyboard.press("Enter")
    expect(bold).to_have_attribute("aria-pressed", "true")
    expect(page.locator("trix-editor")).to_be_focused()
    page.keyboard.type("Viktig")
    expect(page.locator("trix-editor strong")).to_have_text("Viktig")
