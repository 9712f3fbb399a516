"""The library in a browser: shared, followed by a new version, built on, compared; every page of it looked over."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from docx import Document
from playwright.sync_api import expect

from forum.actions.library import Content, Details, add_version, share_item
from forum.models import LibraryItem, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


def make_docx(path: Path, *paragraphs: str) -> Path:
    document = Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    written = BytesIO()
    document.save(written)
    path.write_bytes(written.getvalue())
    return path


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def kari(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Kari", last_name="Myrvang")
    return factories.MembershipFactory.create(person=person, team__name="Team Nord").person


@pytest.fixture
def ola(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Ola", last_name="Strand")
    return factories.MembershipFactory.create(person=person, team__name="Team Sør").person


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_agreement_is_shared_followed_built_on_and_compared(
    space: Space, kari: User, ola: User, open_page: Opener, site_server: Any, tmp_path: Path, javascript: bool
) -> None:
    page = open_page(user=kari, java_script_enabled=javascript)
    page.goto(f"{site_server.url}{reverse('forum:library')}")
    page.get_by_role("link", name="Del noe").click()
    page.get_by_label("Tittel").fill("Samarbeidsavtale")
    page.get_by_label("Slag").select_option("agreement")
    page.get_by_label("Velg filer").set_input_files(make_docx(tmp_path / "avtale.docx", "Partene møtes.", "Slutt."))
    if not javascript:
        page.get_by_role("button", name="Last opp").click()
    expect(page.get_by_label("Tittel")).to_have_value("Samarbeidsavtale")
    expect(page.get_by_role("link", name="avtale.docx")).to_be_visible()
    page.get_by_role("button", name="Del i biblioteket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Samarbeidsavtale")

    page.get_by_role("link", name="Ny versjon").click()
    page.get_by_label("Hva er nytt?").fill("Vi møtes oftere.")
    second = make_docx(tmp_path / "avtale-2.docx", "Partene møtes to ganger.", "Slutt.")
    page.get_by_label("Velg filer").set_input_files(second)
    page.get_by_role("button", name="Del versjonen").click()
    expect(page.get_by_role("heading", name="Hva er nytt i versjon 2")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned").click()
    assert download.value.suggested_filename == "avtale-2.docx"
    page.get_by_role("link", name="Sammenlign med den gjeldende").click()
    expect(page.locator("ins")).to_have_text(" to ganger")
    assert page.problems() == []

    other = open_page(user=ola, java_script_enabled=javascript, width=360)
    item = LibraryItem.objects.get()
    other.goto(f"{site_server.url}{item.get_absolute_url()}")
    other.get_by_role("button", name="Si at Team Sør bruker den").click()
    expect(other.get_by_text("1 team", exact=True)).to_be_visible()
    other.get_by_role("link", name="Bygg videre på denne").click()
    other.get_by_label("Tittel").fill("Avtale i Sør")
    third = make_docx(tmp_path / "sor.docx", "Partene møtes to ganger.", "Vi reiser sammen.", "Slutt.")
    other.get_by_label("Velg filer").set_input_files(third)
    other.get_by_role("button", name="Del i biblioteket").click()
    expect(other.get_by_text("bygger på versjon 2")).to_be_visible()
    other.get_by_role("link", name="Sammenlign «Avtale i Sør» med kilden").click()
    expect(other.locator("ins")).to_contain_text("Vi reiser sammen.")
    assert other.problems() == []


@pytest.fixture
def family(space: Space, kari: User, ola: User) -> list[LibraryItem]:
    first = share_item(
        person=kari,
        space=space,
        details=Details(
            title="Samarbeidsavtale mellom kommune og helseforetak",
            summary="Hvem som gjør hva, og hva dere gjør når dere er uenige.",
            kind="agreement",
            phase="start_up",
            programme="FACT",
            county="Vestland",
            team=kari.memberships.get().team,
            tags=("ledelse", "menneskerettighetsorganisasjonsavtale"),
        ),
        content=Content(source="Partene møtes.\n\nSlutt.", link="https://example.org/" + "svaert-lang-" * 12),
    )
    second = share_item(
        person=ola,
        space=space,
        details=Details(title="Avtale i Sør", team=ola.memberships.get().team),
        content=Content(source="Partene møtes ofte.\n\nNoe nytt."),
        based_on=first.current,
    )
    add_version(person=kari, item=first, content=Content(source="Partene møtes to ganger.", note="Oftere."))
    return [first, second]


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    family: list[LibraryItem], kari: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    first, second = family
    old, new = first.versions.order_by("number")
    pages = [
        reverse("forum:library"),
        f"{reverse('forum:library')}?q=finnes-ikke",
        reverse("forum:library-share"),
        f"{reverse('forum:library-share')}?bygg={new.pk}",
        first.get_absolute_url(),
        second.get_absolute_url(),
        reverse("forum:library-edit", args=[first.pk]),
        reverse("forum:library-new-version", args=[first.pk]),
        reverse("forum:library-delete", args=[first.pk]),
        reverse("forum:library-version", args=[old.pk]),
        reverse("forum:library-compare", args=[old.pk, new.pk]),
        reverse("forum:library-compare", args=[old.pk, second.versions.get().pk]),
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


def test_one_shares_by_keyboard_alone(space: Space, kari: User, open_page: Opener, site_server: Any) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:library-share')}")
    page.get_by_label("Tittel").focus()
    page.keyboard.type("Mandat for styringsgruppa")
    for _ in range(40):
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("trix-editor")).to_be_focused()
    page.keyboard.type("Gruppa møtes fire ganger i året.")
    expect(page.locator("trix-editor")).to_have_text("Gruppa møtes fire ganger i året.")
    page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))"
    )  # Trix sets its caret late
    page.keyboard.press("Tab")
    expect(page.get_by_role("textbox", name="Lenke")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mandat for styringsgruppa")
    expect(page.get_by_text("Gruppa møtes fire ganger i året.")).to_be_visible()
    assert page.problems() == []
