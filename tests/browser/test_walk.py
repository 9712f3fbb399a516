"""One whole course in a real browser on a phone: every question answered, every choice of a case taken once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Locator, expect

from courses.actions import import_course_package
from courses.models import CoursePage
from courses.packages.format import Block
from courses.packages.reader import read_package
from tests import factories
from tests.browser.conftest import Watched

COURSE = settings.BASE_DIR / "home" / "starter" / "courses" / "fleksibilitet"


@pytest.fixture
def course(site_server: Any) -> CoursePage:
    """The course alone on a site."""
    factories.PrincipleFactory.create(
        principle_set=factories.PrincipleSetFactory.create(key="fact"), slug="fleksibilitet", position=1
    )
    section = factories.make_course_index()
    import_course_package(folder=COURSE, section=section.slug)
    return CoursePage.objects.get(slug="fleksibilitet")


def answer(form: Locator, block: Block) -> None:
    """Give the right answer, and be told that it is."""
    if block.type in {"quiz_single", "quiz_multiple"}:
        for given in block.value["answers"]:
            if given["correct"]:
                form.get_by_label(given["text"], exact=True).check()
    elif block.type == "quiz_ordering":
        rows = form.locator("[data-ordering-item]")
        for place, text in enumerate(block.value["items"]):
            while text not in rows.nth(place).inner_text():
                form.get_by_role("button", name=f"Flytt opp: {text}", exact=True).click()
    else:
        for pair in block.value["pairs"]:
            form.get_by_label(pair["left"], exact=True).select_option(label=pair["right"])
    form.get_by_role("button", name="Sjekk svaret").click()
    expect(form.locator(".answer-feedback .verdict-good")).to_be_visible()


def go_through(story: Locator, block: Block) -> None:
    """Take the first choice of each part that opens, to the end."""
    closing = story.locator(".case-end")
    for step in block.value["steps"]:
        part = story.locator(f"[id$='-{step['key']}'][data-case-step]")
        if part.is_hidden():
            continue
        choice = part.locator("details").first
        choice.locator("summary").click()
        expect(choice.locator(".verdict")).to_be_visible()
        choice.locator("a.case-next").click()
    expect(closing).to_be_visible()


def test_a_course_is_walked_through_on_a_phone(
    course: CoursePage, open_page: Callable[..., Watched], site_server: Any
) -> None:
    package = read_package(COURSE)
    page = open_page(width=360)
    page.goto(f"{site_server.url}{course.url}")
    found = {"course": [*page.problems(), *page.axe_violations()]}
    page.get_by_role("main").get_by_role("link", name=re.compile(re.escape(package.lessons[0].title))).first.click()
    for place, lesson in enumerate(package.lessons):
        expect(page.get_by_role("heading", level=1)).to_have_text(lesson.title)
        questions = [block for block in lesson.blocks if block.type.startswith("quiz_")]
        cases = [block for block in lesson.blocks if block.type == "case"]
        for block in questions:
            answer(page.locator(f"#b-{block.id} form"), block)
        for block in cases:
            go_through(page.locator(f"#b-{block.id} [data-case]"), block)
        found[lesson.slug] = [*page.problems(), *page.axe_violations()]
        if page.scrolls_sideways():
            found[lesson.slug].append("scrolls sideways")
        is_last = place == len(package.lessons) - 1
        page.locator("a.lesson-nav-next, .lesson-nav-skip a").click()
        if is_last:
            expect(page.page).to_have_url(f"{site_server.url}{course.url}")
    assert {place: faults for place, faults in found.items() if faults} == {}
