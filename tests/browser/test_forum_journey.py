"""A week in the forum: written, stopped by the guard, mended, posted under alias, answered, and found on a phone."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import connection
from django.db.models import DateTimeField, F
from django.urls import reverse
from playwright.sync_api import expect

from forum.models import Draft, Post, Space, Topic
from home.search.actions import index_posts
from people.models import User
from tests import factories
from tests.browser.clipboard import paste
from tests.browser.conftest import Watched
from tests.forum.pasted import WORD, WORD_CLEAN
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]
SPACED = f"{BORN[:6]} {BORN[6:]}"
"""As one writes it."""
REFUSED = "the server responded with a status of 422"
"""What the browser itself says of a text that was refused; everything else in its console is a fault."""


@pytest.fixture
def network(site_server: Any) -> Space:
    role = factories.TeamRoleFactory.create(key="brukerspesialist")
    return factories.SpaceFactory.create(
        kind=Space.Kind.ROLE_NETWORK, role=role, allows_pseudonyms=True, slug="nettverk", name="Nettverket"
    )


@pytest.fixture
def kari(network: Space) -> User:
    person = factories.UserFactory.create(first_name="Kari", last_name="Myrvang")
    factories.MembershipFactory.create(person=person, roles=[network.role])
    factories.make_pseudonym(person, network, name="Fjellrev")
    return person


@pytest.fixture
def ola(network: Space) -> User:
    person = factories.UserFactory.create(first_name="Ola", last_name="Strand")
    return factories.MembershipFactory.create(person=person, roles=[network.role]).person


def look_over(page: Watched) -> None:
    """What every page met keeps."""
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    assert [line for line in page.problems() if REFUSED not in line] == []


def everything_stored() -> str:
    """Every cell of every table as text, sessions opened, and every file of the forum."""
    said = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 – the database's own names
            said += [f"{table}: {row}" for row in cursor.fetchall()]
    root = Path(storages["forum"].location)
    said += [file.read_bytes().decode(errors="replace") for file in root.rglob("*") if file.is_file()]
    return "\n".join(said)


def holds_the_number(text: str) -> bool:
    """In whatever way it is written, and also its end alone."""
    return BORN in re.sub(r"[\W_]", "", text) or BORN[6:] in text


def let_a_week_pass() -> None:
    """Everything in the forum happened seven days earlier."""
    for model in apps.get_app_config("forum").get_models():
        times = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
        if times:
            model._default_manager.update(**{name: F(name) - timedelta(days=7) for name in times})
    index_posts(numbers=list(Post.objects.values_list("pk", flat=True)))
    forget_what_is_kept()


def forget_what_is_kept() -> None:
    """The bell is kept for half a minute, other parts of pages for one."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


def take_out(page: Watched, start: str) -> None:
    """Mark from these words to the end of the text, and delete it."""
    place = page.evaluate(
        "(start) => document.querySelector('trix-editor').editor.getDocument().toString().indexOf(start)", start
    )
    assert place > 0
    page.locator("trix-editor").focus()
    page.evaluate(
        """(place) => {
          const { editor } = document.querySelector("trix-editor");
          editor.setSelectedRange([place, editor.getDocument().toString().length - 1]);
        }""",
        place,
    )
    page.keyboard.press("Backspace")
    expect(page.locator("trix-editor")).not_to_contain_text(start)


def test_a_topic_is_written_stopped_mended_posted_answered_and_found(
    site_server: Any, open_page: Opener, network: Space, kari: User, ola: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:home')}")
    look_over(page)
    page.get_by_role("link", name="Nettverket").first.click()
    page.get_by_role("link", name="Ny tråd").first.click()

    # She writes, and pastes from Word.
    page.get_by_label("Tittel").fill("Når noen mister håpet")
    paste(page, WORD)
    editor = page.get_by_role("textbox", name="Tekst")
    assert page.locator("trix-editor ul > li > ol > li").all_inner_texts() == ["Kopper"]
    look_over(page)

    # The guard speaks up while she writes, and stops her when she posts.
    page.keyboard.press("Control+End")
    page.keyboard.type(f" Han er født {SPACED}.")
    page.get_by_role("radio", name=re.compile("Fjellrev")).check()
    expect(page.locator("[data-compose-status]")).to_contain_text("fødselsnummer («01•••••••••»")
    page.get_by_role("button", name="Legg ut").click()
    expect(page.get_by_role("alert").first).to_contain_text("fødselsnummer («01•••••••••»")
    expect(editor).to_contain_text("Han er født [fødselsnummer fjernet].")
    look_over(page)
    assert not Topic.objects.exists()
    draft = Draft.objects.get()
    assert (draft.title, draft.as_pseudonym) == ("Når noen mister håpet", True)
    assert "Han er født [fødselsnummer fjernet]." in draft.source
    assert not holds_the_number(everything_stored())

    # She mends, and posts under her alias.
    take_out(page, "Han er født")
    expect(page.get_by_role("radio", name=re.compile("Fjellrev"))).to_be_checked()
    page.get_by_role("button", name="Legg ut").click()
    page.wait_for_url(re.compile(r"/forum/trad/"))
    expect(page.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    look_over(page)
    post = Post.objects.get()
    assert (post.html, post.author) == (WORD_CLEAN, None)
    assert post.pseudonym is not None and post.pseudonym.name == "Fjellrev"
    assert not Draft.objects.exists()

    # A colleague reads it, does not see who wrote, and answers.
    other = open_page(user=ola)
    other.goto(f"{site_server.url}{reverse('forum:topic', args=[post.topic_id])}")
    expect(other.get_by_text("Fjellrev").first).to_be_visible()
    assert "Myrvang" not in other.content()
    other.get_by_role("textbox", name="Svaret ditt").click()
    expect(other.locator("trix-editor")).to_be_focused()
    other.keyboard.type("Vi går en tur først.")
    other.get_by_role("button", name="Svar", exact=True).click()
    expect(other.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    look_over(other)

    # She is told, half a minute later at most.
    forget_what_is_kept()
    page.goto(f"{site_server.url}{reverse('forum:home')}")
    page.get_by_role("link", name="1 nytt varsel").click()
    expect(page.get_by_role("heading", name="Når noen mister håpet")).to_be_visible()
    look_over(page)
    page.get_by_role("link", name="Ola Strand svarte deg").click()
    expect(page.get_by_text("Vi går en tur først.")).to_be_visible()

    # A week later she looks for it on her phone.
    let_a_week_pass()
    phone = open_page(user=kari, width=360, height=740, has_touch=True)
    phone.goto(f"{site_server.url}{reverse('forum:home')}")
    look_over(phone)
    phone.get_by_role("link", name="Søk").first.tap()
    phone.get_by_role("searchbox", name="Hva leter du etter?").fill("håp")
    phone.keyboard.press("Enter")
    expect(phone.get_by_role("heading", name=re.compile(r"treff på «håp»"))).to_be_visible()
    look_over(phone)
    phone.get_by_role("link", name="Når noen mister håpet").tap()
    phone.wait_for_url(re.compile(rf"/forum/trad/{post.topic_id}/"))
    expect(phone.get_by_text("Vi går en tur først.")).to_be_visible()
    expect(phone.locator("article.post").first.get_by_role("heading", name="Overskrift")).to_be_visible()
    expect(phone.get_by_role("link", name=re.compile("nytt varsel"))).to_have_count(0)
    look_over(phone)

    # The number was nowhere written down.
    stored = everything_stored()
    assert "Når noen mister håpet" in stored
    assert not holds_the_number(stored)
    assert f"Unprocessable Entity: {reverse('forum:topic-start', args=[network.slug])}" in caplog.text
    assert not holds_the_number(caplog.text)


def test_the_same_without_scripts(
    site_server: Any, open_page: Opener, network: Space, kari: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = open_page(user=kari, width=360, java_script_enabled=False)
    page.goto(f"{site_server.url}{reverse('forum:space', args=[network.slug])}")
    page.get_by_role("link", name="Ny tråd").first.click()
    page.get_by_label("Tittel").fill(f"Om {SPACED}")
    page.get_by_label("Tekst").fill(f"Han er født {SPACED}.\n\nHva gjør dere?")
    page.get_by_label(re.compile("Fjellrev")).check()
    page.get_by_role("button", name="Legg ut").click()
    expect(page.get_by_role("alert")).to_contain_text("fødselsnummer («01•••••••••»")
    expect(page.get_by_label("Tittel")).to_have_value("Om [fødselsnummer fjernet]")
    expect(page.get_by_label("Tekst")).to_have_value("Han er født [fødselsnummer fjernet].\n\nHva gjør dere?")
    assert not Topic.objects.exists()
    assert not holds_the_number(everything_stored() + caplog.text)
    page.get_by_label("Tittel").fill("Når noen mister håpet")
    page.get_by_label("Tekst").fill("Hva gjør dere?")
    page.get_by_role("button", name="Legg ut").click()
    expect(page.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    post = Post.objects.select_related("topic", "pseudonym").get()
    assert (post.topic.title, post.html) == ("Når noen mister håpet", "<p>Hva gjør dere?</p>")
    assert (post.author, str(post.pseudonym)) == (None, "Fjellrev")
    assert not holds_the_number(everything_stored() + caplog.text)
