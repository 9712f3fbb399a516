"""Files on their way into the library in a browser: several at once, over a broken line, refused, asked about."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Route, expect

from forum.actions.library import Content, Details, add_library_file, share_item
from forum.models import LibraryFile, LibraryItem, LibraryUpload, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched, sign_in
from tests.browser.test_library import make_docx
from tests.forum.writing import BORN
from tests.safety.papers import docx, pdf, runs

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]
PIECES = re.compile(r"/opplasting/[0-9a-f-]{36}/$")


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def kari(space: Space) -> User:
    return factories.MembershipFactory.create(team__name="Team Nord").person


@pytest.fixture
def page(kari: User, open_page: Opener, site_server: Any) -> Watched:
    opened = open_page(user=kari)
    opened.goto(f"{site_server.url}{reverse('forum:library-share')}")
    return opened


@pytest.fixture
def long_text(tmp_path: Path) -> Path:
    """Three pieces."""
    path = tmp_path / "langt.txt"
    path.write_text("Vi møtes på torg og kafé. " * 55_000, encoding="utf-8")
    return path


def choose(page: Watched, *paths: Path) -> None:
    page.get_by_label("Velg filer").set_input_files(list(paths))


def break_line(page: Watched, after: int) -> list[str]:
    """Let so many pieces through, and no more. What was stopped."""
    sent: list[str] = []

    def handle(route: Route) -> None:
        sent.append(route.request.method)
        if route.request.method == "PATCH" and sent.count("PATCH") > after:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(PIECES, handle)
    return sent


def test_several_are_sent_at_once_and_shared_when_all_are_here(page: Watched, long_text: Path, tmp_path: Path) -> None:
    """The button may be pressed before they have come: it waits for them."""
    choose(page, make_docx(tmp_path / "avtale.docx", "Partene møtes."), long_text, make_docx(tmp_path / "b.docx", "To"))
    page.get_by_label("Tittel").fill("Tre filer")
    page.get_by_role("button", name="Del i biblioteket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tre filer")
    names = sorted(file.name for file in LibraryItem.objects.get().current.files.all())
    assert names == ["avtale.docx", "b.docx", "langt.txt"]
    assert LibraryUpload.objects.count() == 0
    assert page.problems() == []


def test_it_says_how_far_it_has_come_and_is_taken_away(page: Watched, long_text: Path) -> None:
    break_line(page, after=1)
    choose(page, long_text)
    bar = page.get_by_role("progressbar", name="langt.txt")
    expect(bar).to_have_attribute("value", "32")
    status = page.locator("[data-upload-status]")
    expect(status).to_have_text("Ingen forbindelse. Flett prøver igjen av seg selv.")
    assert status.get_attribute("aria-live") == "polite"
    page.get_by_role("button", name="Avbryt langt.txt").click()
    expect(bar).to_have_count(0)
    expect(status).to_have_text("langt.txt er tatt bort.")
    page.wait_until(lambda: not LibraryUpload.objects.exists())


def test_a_broken_line_goes_on_where_it_was(page: Watched, long_text: Path) -> None:
    sent = break_line(page, after=2)
    choose(page, long_text)
    page.wait_until(lambda: sent.count("PATCH") > 3)
    assert LibraryUpload.objects.get().received == 1024 * 1024
    page.unroute(PIECES)
    expect(page.get_by_role("link", name="langt.txt")).to_be_visible()
    assert LibraryFile.objects.get().file.read() == long_text.read_bytes()


def test_after_a_reload_the_same_file_goes_on_and_what_had_come_is_here(
    page: Watched, long_text: Path, tmp_path: Path
) -> None:
    choose(page, make_docx(tmp_path / "avtale.docx", "Partene møtes."))
    expect(page.get_by_role("link", name="avtale.docx")).to_be_visible()
    sent = break_line(page, after=1)
    choose(page, long_text)
    page.wait_until(lambda: sent.count("PATCH") > 1)
    page.unroute(PIECES)
    key = LibraryUpload.objects.get().key
    page.reload()
    expect(page.get_by_role("link", name="avtale.docx")).to_be_visible()
    expect(page.get_by_text("32 prosent er lastet opp. Velg filen på nytt for å fortsette.")).to_be_visible()
    choose(page, long_text)
    expect(page.get_by_role("link", name="langt.txt")).to_be_visible()
    assert LibraryFile.objects.get(name="langt.txt").key == key
    page.get_by_label("Tittel").fill("To filer")
    page.get_by_role("button", name="Del i biblioteket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("To filer")
    assert LibraryItem.objects.get().current.files.count() == 2
    page.goto(f"{page.server}{reverse('forum:library-share')}")
    page.wait_until("sessionStorage.length === 0")
    expect(page.get_by_role("link", name="avtale.docx")).to_have_count(0)


def test_refused_files_say_why_and_leave_nothing(page: Watched, tmp_path: Path) -> None:
    (tmp_path / "tegning.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (tmp_path / "tom.txt").write_bytes(b"")
    choose(page, tmp_path / "tegning.svg", tmp_path / "tom.txt", make_docx(tmp_path / "plan.docx", f"Gjelder {BORN}."))
    alerts = page.get_by_role("alert")
    expect(alerts).to_have_count(3)
    said = " ".join(alerts.all_inner_texts())
    assert "SVG-filer kan inneholde kode" in said
    assert "Filen er tom." in said
    assert "Filen inneholder et fødselsnummer" in said
    assert BORN not in said
    assert (LibraryFile.objects.count(), LibraryUpload.objects.count()) == (0, 0)
    page.get_by_role("button", name="Ta bort tom.txt").click()
    expect(alerts).to_have_count(2)


def test_a_question_is_answered_without_sending_the_file_again(page: Watched, tmp_path: Path) -> None:
    path = tmp_path / "notat.txt"
    path.write_text("Pasienten Kari Nordmann, født 15. oktober 1986, bor her.", encoding="utf-8")
    choose(page, path)
    expect(page.get_by_text("Er det i orden, kan du bekrefte og gå videre.")).to_be_visible()
    page.get_by_label("Tittel").fill("Notat")
    page.get_by_role("button", name="Del i biblioteket").click()
    expect(page.get_by_role("button", name="Ta bort notat.txt")).to_be_focused()
    before = [request for request in page.requests if PIECES.search(request)]
    page.get_by_role("button", name="Jeg har sett over filen. Ingen pasient kan kjennes igjen.").click()
    expect(page.get_by_role("link", name="notat.txt")).to_be_visible()
    assert len([request for request in page.requests if PIECES.search(request)]) == len(before) + 2


def test_a_session_that_ends_meanwhile_loses_nothing(
    page: Watched, kari: User, long_text: Path, site_server: Any
) -> None:
    sent = break_line(page, after=1)
    choose(page, long_text)
    page.wait_until(lambda: sent.count("PATCH") > 1)
    Session.objects.all().delete()
    page.unroute(PIECES)
    expect(page.get_by_text("Du er logget ut. Logg inn i en ny fane")).to_be_visible()
    expect(page.get_by_role("link", name="Logg inn i en ny fane")).to_have_attribute("target", "_blank")
    sign_in(page.page.context, kari, site_server.url)
    page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": site_server.url}])
    page.get_by_role("button", name="Prøv igjen").click()
    expect(page.get_by_role("link", name="langt.txt")).to_be_visible()
    assert LibraryFile.objects.get().file.read() == long_text.read_bytes()


def test_files_are_dropped_on_the_form(page: Watched) -> None:
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["Bare tekst"], "sluppet.txt", { type: "text/plain" }));
            document.querySelector("[data-upload]").dispatchEvent(
                new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }"""
    )
    expect(page.get_by_role("link", name="sluppet.txt")).to_be_visible()
    page.get_by_role("button", name="Ta bort sluppet.txt").click()
    expect(page.get_by_role("link", name="sluppet.txt")).to_have_count(0)
    assert not LibraryFile.objects.exists()


def test_one_hands_in_by_keyboard_alone(page: Watched, tmp_path: Path) -> None:
    path = make_docx(tmp_path / "avtale.docx", "Partene møtes.")
    page.on("filechooser", lambda _chooser: None)  # now, since Chromium is told of it later than a key comes
    page.get_by_label("Tittel").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "file":
            break
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(path)
    expect(page.get_by_role("link", name="avtale.docx")).to_be_visible()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText").startswith("Ta bort")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="avtale.docx")).to_have_count(0)
    assert page.evaluate("document.activeElement.type") == "file"
    assert page.problems() == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_what_is_shown_meanwhile_is_accessible_and_fits(
    kari: User, open_page: Opener, site_server: Any, tmp_path: Path, long_text: Path, scheme: str, width: int
) -> None:
    page = open_page(user=kari, color_scheme=scheme, width=width)
    page.goto(f"{site_server.url}{reverse('forum:library-share')}")
    question = tmp_path / "notat-med-et-svaert-langt-navn-som-ikke-har-noe-mellomrom-i-det-hele-tatt.txt"
    question.write_text("Pasienten Kari Nordmann, født 15. oktober 1986, bor her.", encoding="utf-8")
    (tmp_path / "tom.txt").write_bytes(b"")
    break_line(page, after=0)
    choose(page, long_text)
    choose(page, tmp_path / "tom.txt")
    expect(page.get_by_role("alert")).to_have_count(1)
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    page.unroute(PIECES)
    choose(page, question, make_docx(tmp_path / "avtale.docx", "Partene møtes."))
    expect(page.get_by_role("alert")).to_have_count(2)
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_previews_are_accessible_fit_and_move_nothing(
    kari: User, space: Space, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    """On an item's page and on an older version's: pages, words, and that there is nothing."""
    submission = uuid4()
    longest = "referat-med-et-svaert-langt-navn-som-ikke-har-noe-mellomrom-i-det-hele-tatt.docx"
    for name, content in (
        ("avtale.pdf", pdf("En #pagebreak() To #pagebreak() Tre")),
        (longest, docx(runs("Partene møtes. " * 300))),
        ("tom.docx", docx()),
    ):
        add_library_file(person=kari, submission=submission, file=content, name=name)
    item = share_item(person=kari, space=space, details=Details(title="Avtale"), content=Content(submission=submission))
    page = open_page(user=kari, color_scheme=scheme, width=width)
    old = reverse("forum:library-version", args=[item.current_id])
    for path in (item.get_absolute_url(), old):
        page.goto(f"{site_server.url}{path}")
        first = page.get_by_role("img", name="Side 1 av 3 av avtale.pdf")
        first.scroll_into_view_if_needed()
        page.wait_until(lambda shown=first: shown.evaluate("image => image.complete && image.naturalWidth > 0"))
        expect(page.get_by_text("3 sider")).to_be_visible()
        expect(page.get_by_text("Bare teksten, og bare begynnelsen.")).to_be_visible()
        assert page.axe_violations() == []
        assert not page.scrolls_sideways()
        height = first.evaluate("image => image.getBoundingClientRect().height / image.getBoundingClientRect().width")
        assert height == pytest.approx(1811 / 1280, rel=0.01)
    assert page.problems() == []
