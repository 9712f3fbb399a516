"""Every page a reader can reach from the front page, in a real browser, as production serves it.

What must hold on all of them (ARCHITECTURE §6): axe finds nothing, the content policy stops nothing, nobody else is
asked for anything, 320 px is enough, and JavaScript is not needed.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urldefrag, urljoin
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE, Watched
from tests.served import serve_starter_site

NOT_PAGES = re.compile(r"^/(admin|documents|media|static|da|en)(/|$)")
LINK = re.compile(r"""<a\s[^>]*href=["']([^"'#][^"']*)""")


@dataclass(frozen=True)
class Site:
    """A running site: where it is, what readers can reach, and the addresses of one page of each kind."""

    url: str
    reachable: dict[str, int]
    sizes: dict[str, int]
    kinds: dict[str, str]
    cookie: dict[str, Any]


@pytest.fixture(scope="session")
def starter_site(browser: Browser, kept_starter: Path | None, static_root: Path) -> Iterator[Site]:
    """The browser comes first, so that a machine without one skips before the content is loaded."""
    content = kept_starter and kept_starter / "production"
    with (
        TemporaryDirectory(prefix="flett-site-") as folder,
        serve_starter_site(Path(folder), content=content, static=static_root) as (url, prepared),
    ):
        kinds = {page["name"]: page["url"] for page in prepared["pages"]}
        kinds |= {"sign-in": "/konto/login/", "missing page": "/finnes-ikke/"}
        kinds |= {"directory": "/team/?fylke=Vestland", "no team found": "/team/?sok=xyz", "team": "/team/bjorgvn/"}
        name, _, value = prepared["cookie"].partition("=")
        yield Site(url, *crawl(url), kinds, {"name": name, "value": value, "url": url})


def crawl(url: str) -> tuple[dict[str, int], dict[str, int]]:
    """Status and size of every page that links lead to from the front page, in Bokmål."""
    seen: dict[str, int] = {}
    sizes: dict[str, int] = {}
    waiting = deque(["/"])
    while waiting:
        path = waiting.popleft()
        if path in seen:
            continue
        try:
            with urlopen(url + path, timeout=PATIENCE / 1000) as answer:  # noqa: S310 – our own server
                seen[path], html = answer.status, answer.read().decode()
        except HTTPError as error:
            seen[path], html = error.code, ""
        sizes[path] = len(html)
        for link in LINK.findall(html):
            target = urldefrag(urljoin(url + path, link.replace("&amp;", "&"))).url.partition("?")[0]
            if target.startswith(url + "/") and not NOT_PAGES.match(target.removeprefix(url)):
                waiting.append(target.removeprefix(url))
    return seen, sizes


@pytest.fixture
def visit(browser: Browser, starter_site: Site) -> Iterator[Callable[..., Watched]]:
    """Open a page of the starter site in a context of its own."""
    contexts = []

    def go(path: str, *, width: int = 1280, signed_in: bool = False, **options: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="nb-NO", **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if signed_in:
            context.add_cookies([starter_site.cookie])  # type: ignore[list-item]
        watched = Watched(context.new_page(), server=starter_site.url)
        watched.listen()
        watched.goto(starter_site.url + path)
        return watched

    yield go
    for context in contexts:
        context.close()


def problems(page: Watched) -> list[str]:
    return [message for message in page.problems() if "status of 404" not in message]


def faults(page: Watched) -> list[str]:
    sideways = ["scrolls sideways"] if page.scrolls_sideways() else []
    return [*problems(page), *page.axe_violations(), *sideways]


def shape_of(page: Watched) -> frozenset[str]:
    """What a page is built of: the classes of its parts."""
    return frozenset(
        page.evaluate("[...new Set([...document.querySelectorAll('[class]')].flatMap(each => [...each.classList]))]")
    )


def test_every_link_leads_somewhere(starter_site: Site) -> None:
    assert {path: status for path, status in starter_site.reachable.items() if status != 200} == {}
    assert len(starter_site.reachable) > 40


@pytest.mark.looks
def test_every_page_is_accessible_and_asks_nobody_else(visit: Callable[..., Watched], starter_site: Site) -> None:
    """And none scrolls sideways on the narrowest phone, however long its words are.

    axe looks at one page of each shape: what it finds lies in templates, styles and scripts, and two pages built of the
    same parts share them. Headings, alternative texts and links in the text are the content lint's, on every page.
    """
    page = visit("/")
    found: dict[str, list[str]] = {}
    shapes: set[frozenset[str]] = set()
    widths = [320, 1280]
    teams = [path for path in starter_site.reachable if path.startswith("/team/") and path.count("/") > 2]
    for path in starter_site.reachable:
        if path in teams[3:]:
            continue  # ninety-eight pages of one template
        page.messages.clear()
        page.requests.clear()
        page.goto(starter_site.url + path)
        shape = shape_of(page)
        found[path] = []
        widths.reverse()  # a page opens as wide as the last one closed
        for width in widths:
            if page.viewport_size["width"] != width:
                page.set_viewport_size({"width": width, "height": 900})
                page.evaluate("new Promise(requestAnimationFrame)")  # what listens for the width has heard of it
            if page.scrolls_sideways():
                found[path].append(f"scrolls sideways at {width} px")
            if width == 1280 and shape not in shapes:
                found[path] += page.axe_violations()
        found[path] += problems(page)
        shapes.add(shape)
    assert {path: each for path, each in found.items() if each} == {}
    assert len(shapes) > 40


def test_every_guide_is_one_printed_page(visit: Callable[..., Watched], starter_site: Site) -> None:
    guides = [path for path in starter_site.reachable if path.endswith("/veiledning/")]
    page = visit("/")
    pages = {}
    for path in guides:
        page.goto(starter_site.url + path)
        pages[path] = page.pdf(prefer_css_page_size=True, format="A4").count(b"/Type /Page\n")
    assert pages == dict.fromkeys(guides, 1)
    assert len(guides) >= 20


@pytest.mark.parametrize(
    ("language", "typed", "said", "shown"),
    [
        ("", "Mestringspl", "1 ord passer", 1),
        ("", "bokmål", "Ingen ord passer. Prøv færre bokstaver, eller et annet språk.", 0),
        ("/en", "fact board", "1 word matches", 1),
        ("/en", "dansk", "No word matches. Try fewer letters, or another language.", 0),
        ("/da", "  ", "", 102),
    ],
)
def test_glossary_is_narrowed_to_what_is_typed(
    visit: Callable[..., Watched], starter_site: Site, language: str, typed: str, said: str, shown: int
) -> None:
    page = visit(f"{language}/ordliste/", width=320)
    page.locator("[data-glossary-filter]").fill(typed)
    assert page.locator("[data-glossary-entry]:visible").count() == shown
    assert page.get_by_role("main").get_by_role("status").inner_text() == said
    assert faults(page) == []


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("language", ["", "/da", "/en"])
def test_each_kind_of_page_holds_in_the_dark_and_in_each_language(
    visit: Callable[..., Watched], starter_site: Site, width: int, language: str
) -> None:
    page = visit("/", width=width, color_scheme="dark")
    found = {}
    for kind, path in starter_site.kinds.items():
        page.messages.clear()
        page.goto(starter_site.url + language + path)
        found[kind] = faults(page)
    assert {kind: each for kind, each in found.items() if each} == {}


def test_signed_in_reader_finds_the_menu_in_order(visit: Callable[..., Watched], starter_site: Site) -> None:
    page = visit(starter_site.kinds["lesson with progress"], signed_in=True)
    page.locator(".account-menu > summary").click()
    expect(page.get_by_role("button", name="Logg ut")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("width", [320, 1280])
def test_path_can_be_read_through_without_javascript(
    visit: Callable[..., Watched], starter_site: Site, width: int
) -> None:
    page = visit(starter_site.kinds["learning path"], width=width, java_script_enabled=False)
    page.locator("main a[href*='/introduksjon/']").first.click()
    titles = [page.locator("h1").inner_text()]
    for _ in range(12):
        page.get_by_role("link", name=re.compile("Neste leksjon")).click()
        titles.append(page.locator("h1").inner_text())
    assert len(set(page.context.pages)) == 1
    assert len(titles) == 13
    assert page.problems() == []


def test_keyboard_comes_past_the_header_in_one_step(visit: Callable[..., Watched], starter_site: Site) -> None:
    page = visit(starter_site.kinds["lesson, anonymous"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    expect(page.get_by_role("link", name="Hopp til innholdet")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_lesson_is_light(browser: Browser, starter_site: Site) -> None:
    """At most 150 kB travel for a lesson that nobody has read before, 25 kB of it JavaScript; films aside."""
    lessons = [path for path in starter_site.reachable if path.count("/") == 5]
    too_heavy = {}
    for path in sorted(lessons, key=lambda path: starter_site.sizes[path])[-3:]:
        context = browser.new_context(locale="nb-NO")
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        kinds: dict[str, str] = {}
        weights: dict[str, int] = {}
        session.on(
            "Network.responseReceived", lambda event, kinds=kinds: kinds.update({event["requestId"]: event["type"]})
        )
        session.on(
            "Network.loadingFinished",
            lambda event, weights=weights: weights.update({event["requestId"]: event["encodedDataLength"]}),
        )
        page.goto(starter_site.url + path, wait_until="networkidle")
        total = sum(weight for request, weight in weights.items() if kinds.get(request) != "Media")
        script = sum(weight for request, weight in weights.items() if kinds.get(request) == "Script")
        if total > 150_000 or script > 25_000:
            too_heavy[path] = (total, script)
        context.close()
    assert len(lessons) > 20
    assert too_heavy == {}
