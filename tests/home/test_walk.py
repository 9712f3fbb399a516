"""The starter site walked as readers do: each path and course from its first lesson to its last, and every link."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from courses.models import CoursePage, LessonPage
from learning.models import LearningPathPage

HOST = "http://testserver"
ELSEWHERE = re.compile(r"^/(admin|documents|media|static|da|en|konto)(/|$)")
"""Not the site's own pages in Bokmål."""
REPEAT_FROM_WORDS = 8
FLETTS_OWN = {"reflection-note", "law-dates", "quiz-hint"}
"""Lines that stand under every block of their kind."""


@dataclass(frozen=True)
class Seen:
    """One page as it was answered."""

    status: int
    tree: Any

    @property
    def main(self) -> Tag:
        return self.tree.find("main") or self.tree

    def links(self, within: Any = None) -> Iterator[str]:
        for link in (within or self.tree).find_all("a", href=True):
            yield link["href"]


class Walk:
    """A reader who remembers each page, and follows redirects to where they end."""

    def __init__(self, client: Client, pages: dict[str, Seen]) -> None:
        self.client = client
        self.pages = pages

    def visit(self, path: str) -> Seen:
        if path not in self.pages:
            # A loop of redirects raises here.
            response = self.client.get(path, follow=True)
            html = b"".join(response.streaming_content) if response.streaming else response.content
            self.pages[path] = Seen(response.status_code, BeautifulSoup(html, "html.parser"))
        return self.pages[path]

    def onwards(self, path: str) -> list[str]:
        """Every lesson from this one to the last, by «Neste leksjon»."""
        way = [path]
        while next_link := self.visit(way[-1]).tree.select_one("a[rel=next]"):
            assert "Neste leksjon" in next_link.get_text()
            following = next_link["href"]
            assert following not in way, f"{following} comes twice"
            way.append(following)
        return way

    def everything(self) -> dict[str, Seen]:
        """Every page that a link leads to, from the front page on."""
        waiting, known = ["/"], {"/"}
        while waiting:
            path = waiting.pop()
            for href in self.visit(path).links():
                target = urlsplit(urldefrag(urljoin(HOST + path, href)).url)
                if target.netloc == "testserver" and not ELSEWHERE.match(target.path) and target.path not in known:
                    waiting.append(target.path)
                    known.add(target.path)
        return {path: self.pages[path] for path in known}


@pytest.fixture(scope="module")
def pages(loaded_starter: None) -> dict[str, Seen]:
    """What the tests of this module have seen of the site, which they do not change."""
    return {}


@pytest.fixture
def walk(starter: None, client: Client, pages: dict[str, Seen]) -> Walk:
    return Walk(client, pages)


def lessons_of(course: CoursePage) -> list[str]:
    return list(LessonPage.objects.child_of(course).live().order_by("path").values_list("slug", flat=True))


def test_every_path_is_walked_from_its_first_lesson_to_its_last(walk: Walk) -> None:
    paths = list(LearningPathPage.objects.live())
    assert paths
    for path in paths:
        courses = [step.course for step in path.steps.select_related("course")]
        expected = [f"{path.url}{course.slug}/{slug}/" for course in courses for slug in lessons_of(course)]
        start = next(href for href in walk.visit(path.url).links(walk.visit(path.url).main) if href == expected[0])
        assert walk.onwards(start) == expected


def test_every_course_is_walked_from_its_first_lesson_to_its_last(walk: Walk) -> None:
    courses = list(CoursePage.objects.live())
    assert courses
    for course in courses:
        expected = [f"{course.url}{slug}/" for slug in lessons_of(course)]
        assert expected[0] in set(walk.visit(course.url).links(walk.visit(course.url).main))
        assert walk.onwards(expected[0]) == expected


def test_every_page_holds(walk: Walk) -> None:
    """One walk over the whole site, since it is the walking that costs."""
    pages = walk.everything()
    lessons = {page.url for page in LessonPage.objects.live()}
    assert lessons <= set(pages)
    faults = {path: found for path, page in pages.items() if (found := list(faults_of(path, page)))}
    assert faults == {}


def faults_of(path: str, page: Seen) -> Iterator[str]:
    if page.status != 200:
        yield f"status {page.status}"
    ids = Counter(element["id"] for element in page.tree.find_all(id=True))
    yield from (f"id «{name}» {count} times" for name, count in ids.items() if count > 1)
    for href in page.links():
        target = urlsplit(href)
        if target.scheme == "http":
            yield f"not https: {href}"
        if not target.path and target.fragment and target.fragment not in ids:
            yield f"no place on the page: {href}"
    headings = page.tree.find_all("h1")
    if len(headings) != 1:
        yield f"{len(headings)} first-level headings"
    texts = Counter(
        (language_of(element), " ".join(element.get_text(" ").split()))
        for element in page.main.find_all(["p", "li", "dd", "td"])
        if not element.find(["p", "li"]) and not FLETTS_OWN & set(element.get("class", []))
    )
    for (_language, text), count in texts.items():
        if count > 1 and len(text.split()) >= REPEAT_FROM_WORDS:
            yield f"{count} times: {text}"


def language_of(element: Tag) -> str:
    told = element if element.get("lang") else element.find_parent(lang=True)
    return str(told["lang"]) if told else ""
