"""Each stylesheet of the forum is loaded where a page uses it, and nowhere else."""

import re

import pytest
from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
STYLES = settings.BASE_DIR / "static" / "css"
FORUM = (
    "forum.css",
    "forum-event-after.css",
    "forum-library.css",
    "forum-library-bulk.css",
    "forum-moderation.css",
    "forum-news.css",
    "forum-notices.css",
    "forum-spaces.css",
    "writing.css",
)
EVERYWHERE = ("base.css", "components.css", "layout.css", "print.css", "tokens.css")

_PARTS = re.compile(r"""{%\s*(?:include|extends)\s+"([^"]+)\"""")
_LOADED = re.compile(r"static 'css/([\w-]+\.css)'")
_CLASSES = re.compile(r'class="((?:[^"{]|{{.*?}}|{%.*?%})*)"')
_TAGS = re.compile(r"{%.*?%}|{{.*?}}")
_HEAD = re.compile(r"([^{}]+){")


def parts_of(name: str) -> dict[str, str]:
    """A template with all it extends and includes, by name."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = (TEMPLATES / each).read_text(encoding="utf-8")
            waiting += _PARTS.findall(found[each])
    return found


def classes_in(html: str) -> set[str]:
    return {word for value in _CLASSES.findall(html) for word in _TAGS.sub(" ", value).split()}


def heads_of(sheet: str) -> list[str]:
    rules = re.sub(r"/\*.*?\*/", "", (STYLES / sheet).read_text(encoding="utf-8"), flags=re.DOTALL)
    return [head.strip() for head in _HEAD.findall(rules) if not head.strip().startswith("@")]


def classes_of(sheet: str) -> set[str]:
    return {name for head in heads_of(sheet) for name in re.findall(r"\.([a-z][\w-]*)", head)}


def bare_classes_of(sheet: str) -> set[str]:
    """Those that have a rule of their own, whatever they stand in."""
    outside = (re.sub(r"\([^()]*\)", "()", head) for head in heads_of(sheet))
    selectors = {selector.strip() for head in outside for selector in head.split(",")}
    return {selector for selector in selectors if re.fullmatch(r"\.[a-z][\w-]*", selector)}


COMMON = set().union(*(classes_of(sheet) for sheet in EVERYWHERE))
OWN = {sheet: classes_of(sheet) - COMMON for sheet in FORUM}
AROUND_EVENTS = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in (TEMPLATES / "forum" / "events").glob("*.html")
    if 'extends "forum/events/base_after.html"' in path.read_text(encoding="utf-8")
)
PAGES = AROUND_EVENTS + sorted(
    path.relative_to(TEMPLATES).as_posix()
    for pattern in ("*.html", "library/*.html", "news/*.html")
    for path in (TEMPLATES / "forum").glob(pattern)
    if "{% extends" in path.read_text(encoding="utf-8")
    and path.name
    not in {
        "base_forum.html",
        "base_writing.html",
        "space_base.html",
        "base_library.html",
        "base_library_form.html",
        "base_news.html",
    }
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_the_forums_styles_it_uses_and_no_others(page: str) -> None:
    parts = parts_of(page)
    used = set().union(*(classes_in(html) for html in parts.values()))
    loaded = {sheet for html in parts.values() for sheet in _LOADED.findall(html)} & set(FORUM)
    elsewhere = {path.name: classes_of(path.name) for path in STYLES.glob("*.css")}
    reached = set().union(*(elsewhere[sheet] for html in parts.values() for sheet in _LOADED.findall(html)))
    missing = {(sheet, name) for sheet, names in OWN.items() for name in names & used if name not in reached}
    assert missing == set()
    assert {sheet for sheet in loaded if not OWN[sheet] & used} == set()


@pytest.mark.parametrize("part", sorted(path.name for path in (TEMPLATES / "forum" / "parts").glob("*.html")))
def test_a_part_loads_no_styles(part: str) -> None:
    """A page may show a part twenty times; its styles are the page's to load, in its head."""
    assert 'rel="stylesheet"' not in (TEMPLATES / "forum" / "parts" / part).read_text(encoding="utf-8")


@pytest.mark.parametrize("sheet", FORUM)
def test_the_forums_styles_share_no_name_with_others(sheet: str) -> None:
    """Such as the footer's `.crisis`: a rule of this name here would change the footer."""
    others = {path.name: bare_classes_of(path.name) for path in STYLES.glob("*.css") if path.name != sheet}
    mine = bare_classes_of(sheet)
    assert {name: mine & there for name, there in others.items() if mine & there} == {}
