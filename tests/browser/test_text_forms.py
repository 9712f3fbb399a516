"""The text of an event and of a version in the library, written in a browser: with the editor and without a script."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from forum.actions.events import EventDetails, make_event
from forum.actions.library import Content, Details, share_item
from forum.models import Event, LibraryItem, LibraryVersion, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]
FORMATTED = "<p>Ta med <strong>kalender</strong>.</p><ul><li>Kopper</li><li>Kaffe</li></ul>"


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Hedda", last_name="Vik")
    factories.MembershipFactory.create(person=person, team__name="Team Nord")
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=person).person


@pytest.fixture
def event(space: Space, host: User) -> Event:
    starts = timezone.now().replace(microsecond=0) + timedelta(days=30)
    details = EventDetails(
        title="Fagdag",
        starts_at=starts,
        ends_at=starts + timedelta(hours=5),
        legs={"physical": 10},
        source=FORMATTED,
        source_format="html",
    )
    return make_event(person=host, space=space, details=details)


@pytest.fixture
def item(space: Space, host: User) -> LibraryItem:
    content = Content(source=FORMATTED, source_format="html")
    return share_item(person=host, space=space, details=Details(title="Sjekkliste"), content=content)


def select(page: Watched, start: int, end: int) -> None:
    """Mark from one place to another. The end of all there is stands as -1."""
    page.evaluate(
        """([start, end]) => {
          const { editor } = document.querySelector("trix-editor");
          const last = editor.getDocument().getLength() - 1;
          editor.setSelectedRange([start < 0 ? last : start, end < 0 ? last : end]);
        }""",
        [start, end],
    )


def write_by_keyboard(page: Watched) -> None:
    """A paragraph with a word in bold and a list, in an empty editor that has the focus."""
    page.keyboard.type("Ta med kalender")
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Punktliste":
            break
    page.keyboard.press("Enter")
    page.locator("trix-editor").focus()
    page.keyboard.type("Kopper")
    page.keyboard.press("Enter")
    page.keyboard.type("Kaffe")
    expect(page.locator("trix-editor li")).to_have_text(["Kopper", "Kaffe"])
    select(page, 0, 2)
    page.keyboard.press("Control+b")
    expect(page.locator("trix-editor strong")).to_have_text("Ta")


def unforeseen(page: Watched) -> list[str]:
    """Problems of the page but the refusals, which the browser counts among them."""
    return [each for each in page.problems() if "422" not in each]


WRITTEN = "<p><strong>Ta</strong> med kalender</p><ul><li>Kopper</li><li>Kaffe</li></ul>"


def test_an_events_text_is_written_refused_and_written_again(
    space: Space, host: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=host)
    page.goto(f"{site_server.url}{reverse('forum:event-new')}")
    editor = page.get_by_label("Tekst", exact=True)
    page.get_by_text("Tekst", exact=True).click()
    expect(page.locator("trix-editor")).to_be_focused()
    write_by_keyboard(page)
    page.get_by_label("Første dag").fill("2027-01-12")
    page.get_by_label("Begynner kl.").fill("09:00")
    page.get_by_label("Slutter kl.").fill("15:30")
    page.get_by_role("button", name="Lagre kladden").click()
    expect(page.locator("#id_title_error")).to_be_visible()
    assert editor.locator("strong").inner_text() == "Ta"
    page.get_by_label("Tittel").fill("Fagdag")
    editor.focus()
    select(page, -1, -1)
    page.keyboard.type(f" til {BORN}")
    page.get_by_role("button", name="Lagre kladden").click()
    expect(editor).to_have_attribute("aria-invalid", "true")
    expect(editor).to_have_accessible_description("Tallet er tatt bort. Resten av teksten er som du skrev den.")
    expect(editor.locator("li")).to_have_count(2)
    assert BORN not in page.content()
    page.evaluate(f"document.querySelector('trix-editor').editor.loadHTML({WRITTEN!r})")
    page.get_by_role("button", name="Lagre kladden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fagdag")
    expect(page.locator(".event-part.prose strong")).to_have_text("Ta")
    made = Event.objects.get()
    assert (made.html, made.source_format) == (WRITTEN, "html")
    page.goto(f"{site_server.url}{reverse('forum:event-edit', args=[made.pk])}")
    page.locator("trix-editor").wait_for()
    page.get_by_role("button", name="Lagre", exact=True).click()
    expect(page.get_by_text("Endringen er lagret.")).to_be_visible()
    made.refresh_from_db()
    assert (made.html, made.sequence) == (WRITTEN, 0)
    assert unforeseen(page) == []


def test_a_version_is_written_shared_and_followed_by_another(
    space: Space, host: User, open_page: Opener, site_server: Any, tmp_path: Path
) -> None:
    page = open_page(user=host, width=360)
    page.goto(f"{site_server.url}{reverse('forum:library-share')}")
    page.get_by_label("Tittel").fill("Sjekkliste")
    page.get_by_text("Tekst eller lenke i stedet for fil").click()
    assert page.locator("trix-editor").count() == 0
    page.get_by_label("Tekst", exact=True).focus()
    expect(page.locator("trix-editor")).to_be_focused()
    write_by_keyboard(page)
    note = tmp_path / "liste.txt"
    note.write_text("Kopper", encoding="utf-8")
    page.get_by_label("Velg filer").set_input_files(note)
    expect(page.get_by_role("link", name="liste.txt")).to_be_visible()
    page.get_by_role("button", name="Del i biblioteket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sjekkliste")
    first = LibraryVersion.objects.get()
    assert (first.html, first.source_format, first.files.count()) == (WRITTEN, "html", 1)
    page.get_by_role("link", name="Ny versjon").click()
    expect(page.locator("trix-editor li")).to_have_text(["Kopper", "Kaffe"])
    page.get_by_role("button", name="Del versjonen").click()
    expect(page.locator("#id_note_error")).to_be_visible()
    page.get_by_label("Hva er nytt?").fill("Te også")
    page.locator("trix-editor").focus()
    select(page, -1, -1)
    page.keyboard.press("Enter")
    page.keyboard.type("Te")
    page.get_by_role("button", name="Del versjonen").click()
    expect(page.get_by_role("heading", name="Hva er nytt i versjon 2")).to_be_visible()
    second = LibraryVersion.objects.get(number=2)
    assert second.html == WRITTEN.replace("</ul>", "<li>Te</li></ul>")
    page.get_by_role("link", name="Sammenlign med den gjeldende").click()
    expect(page.locator("ins")).to_have_text("Lagt til: - Te")
    assert unforeseen(page) == []


def test_a_file_dropped_on_the_editor_lies_beside_the_form(
    item: LibraryItem, host: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=host)
    page.goto(f"{site_server.url}{reverse('forum:library-new-version', args=[item.pk])}")
    page.locator("trix-editor").wait_for()
    page.evaluate(
        "() => document.querySelector('trix-editor').editor.insertFile(new File(['A'], 'a.txt', {type: 'text/plain'}))"
    )
    expect(page.get_by_role("link", name="a.txt")).to_be_visible()
    assert page.locator("trix-editor figure").count() == 0
    assert page.problems() == []


def test_without_a_script_formatting_is_told_of_and_stays(
    event: Event, item: LibraryItem, host: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=host, java_script_enabled=False)
    page.goto(f"{site_server.url}{reverse('forum:event-edit', args=[event.pk])}")
    area = page.get_by_label("Tekst", exact=True)
    expect(area).to_have_value("Ta med kalender.\n\n- Kopper\n- Kaffe")
    expect(page.get_by_text("Teksten har formatering.")).to_be_visible()
    page.get_by_label("Tittel").fill("Ny fagdag")
    page.get_by_role("button", name="Lagre", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny fagdag")
    expect(page.locator(".event-part.prose strong")).to_have_text("kalender")
    page.goto(f"{site_server.url}{reverse('forum:library-new-version', args=[item.pk])}")
    page.get_by_label("Hva er nytt?").fill("Enkel tekst")
    page.get_by_label("Tekst", exact=True).fill("Bare <dette>")
    page.get_by_role("button", name="Del versjonen").click()
    expect(page.get_by_role("heading", name="Hva er nytt i versjon 2")).to_be_visible()
    newest = LibraryVersion.objects.get(number=2)
    assert (newest.source, newest.source_format) == ("Bare <dette>", "text")


def test_whoever_writes_before_the_editor_has_come_goes_on_where_they_were(
    host: User, open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=host)
    held: list[Any] = []
    page.route("**/trix*.js", lambda route: held.append(route))
    page.goto(f"{site_server.url}{reverse('forum:library-share')}")
    page.get_by_text("Tekst eller lenke i stedet for fil").click()
    page.get_by_label("Tekst", exact=True).focus()
    page.keyboard.type("Gruppa møtes")
    page.wait_for_timeout(200)
    for each in held:
        each.continue_()
    page.locator("trix-editor").wait_for()
    page.keyboard.type(" fire ganger")
    expect(page.locator("trix-editor")).to_have_text("Gruppa møtes fire ganger")
    assert len(held) == 1


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_the_forms_are_accessible_and_fit(
    event: Event, item: LibraryItem, host: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    page = open_page(user=host, color_scheme=scheme, width=width)
    found = {}
    for path in (
        reverse("forum:event-edit", args=[event.pk]),
        reverse("forum:library-new-version", args=[item.pk]),
        f"{reverse('forum:library-share')}?bygg={item.current_id}",
        reverse("forum:news-publish"),
    ):
        page.goto(f"{site_server.url}{path}")
        page.locator("trix-editor").wait_for()
        page.locator("trix-editor").focus()
        page.keyboard.type(BORN)
        wrong = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
        page.locator("form.team-form .button-row .ds-button").first.click()
        page.locator(".form-errors, .form-error").first.wait_for()
        page.locator("trix-editor").wait_for()
        wrong += [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
        if wrong:
            found[path] = wrong
    assert found == {}
    assert unforeseen(page) == []
