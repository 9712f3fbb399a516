"""A peer specialist writes, is stopped, mends and posts under alias: with scripts, without, and signed out."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from forum.models import Draft, Post, Space, Topic
from people.models import User
from tests import factories
from tests.browser.conftest import Watched, sign_in
from tests.forum.pasted import PASTE_IN_TRIX, WORD, WORD_CLEAN
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


def paste(page: Watched, html: str) -> None:
    page.locator("trix-editor").focus()
    page.evaluate(PASTE_IN_TRIX, [html])


def test_a_peer_specialist_pastes_is_stopped_mends_and_posts_under_alias(
    site_server: Any, open_page: Opener, network: Space, kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:topic-start', args=[network.slug])}")
    page.get_by_label("Tittel").fill("Når noen mister håpet")
    paste(page, WORD)
    editor = page.get_by_role("textbox", name="Tekst")
    expect(editor).to_contain_text("Kopper")
    assert page.locator("trix-editor ul > li > ol > li").all_inner_texts() == ["Kopper"]
    page.keyboard.press("Control+End")
    page.keyboard.type(f" Han er født {BORN}.")
    page.get_by_role("radio", name=re.compile("Fjellrev")).check()
    status = page.locator("[data-compose-status]")
    expect(status).to_contain_text("fødselsnummer («01•••••••••»")
    assert page.axe_violations() == []
    page.get_by_role("button", name="Legg ut").click()
    expect(page.get_by_role("alert").first).to_contain_text("fødselsnummer")
    expect(editor).to_contain_text("Han er født [fødselsnummer fjernet].")
    draft = Draft.objects.get()
    assert BORN not in draft.source
    assert Topic.objects.count() == 0
    page.locator("trix-editor").focus()
    page.evaluate(
        """() => {
          const { editor } = document.querySelector("trix-editor");
          const text = editor.getDocument().toString();
          const start = text.indexOf(" Han er født");
          editor.setSelectedRange([start, text.length - 1]);
          editor.deleteInDirection("backward");
        }"""
    )
    page.get_by_role("button", name="Legg ut").click()
    page.wait_for_url(re.compile(r"/forum/trad/"))
    post = Post.objects.get()
    assert post.html == WORD_CLEAN
    assert (post.author, post.pseudonym.name if post.pseudonym else "") == (None, "Fjellrev")
    assert Draft.objects.count() == 0
    expect(page.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('flett:draft:'))") == []
    page.goto(f"{site_server.url}{reverse('forum:post-edit', args=[post.pk])}")
    expect(page.locator("trix-editor h3")).to_have_text("Overskrift")
    page.get_by_role("button", name="Lagre endringen").click()
    page.wait_for_url(re.compile(r"/forum/trad/"))
    assert Post.objects.get().edited_at is None
    assert [line for line in page.problems() if "422" not in line] == []


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
    page.keyboard.press("Enter")
    expect(bold).to_have_attribute("aria-pressed", "true")
    for name in ("Kursiv", "Lenke", "Overskrift", "Sitat", "Punktliste", "Nummerert liste"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == name
