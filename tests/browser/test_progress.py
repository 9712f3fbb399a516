"""A learner takes a path from its first lesson to the certificate: with the keyboard, and without JavaScript."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from courses.models import CoursePage, LessonPage
from learning.actions import complete_lesson
from learning.models import Certificate, Completion, LearningPathPage
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

TITLES = [("Fleksibilitet", ["Introduksjon", "Tavla i hverdagen"]), ("Recovery", ["Håp"])]


@pytest.fixture
def path(site_server: Any) -> LearningPathPage:
    """Two chapters with three lessons."""
    courses = []
    for title, lessons in TITLES:
        course = factories.CoursePageFactory.create(title=title)
        for name in lessons:
            factories.LessonPageFactory.create(parent=course, title=name, published=True)
        courses.append(CoursePage.objects.get(pk=course.pk))
    return factories.LearningPathPageFactory.create(title="Grunnopplæring", slug="fact", courses=courses)


@pytest.fixture
def learner(site_server: Any) -> User:
    return factories.UserFactory.create()


def press(page: Watched, name: str) -> None:
    """Reach a button or a link by name with the keyboard, and press it."""
    target = page.get_by_role("main").locator("a, button").filter(has_text=name).first
    target.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("java_script", [True, False])
def test_path_is_taken_from_the_first_lesson_to_the_certificate(
    path: LearningPathPage, learner: User, open_page: Callable[..., Watched], site_server: Any, java_script: bool
) -> None:
    page = open_page(user=learner, java_script_enabled=java_script)
    page.goto(f"{site_server.url}/laer/fact/")
    press(page, "Start")
    expect(page.get_by_role("heading", level=1)).to_have_text("Introduksjon")
    press(page, "Fullfør og gå videre")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tavla i hverdagen")
    side = page.get_by_role("navigation", name="Læringsstien")
    if java_script:  # without it the path is folded, and unfolds in place
        expect(side.get_by_role("link", name=re.compile("^Introduksjon ?, fullført$"))).to_be_visible()
        expect(side.get_by_role("progressbar", name="Framdrift")).to_be_visible()
    expect(page.locator(".progress [data-progress-text]")).to_have_text("33 % fullført · 1 av 3 leksjoner")
    press(page, "Fullfør og gå videre")
    expect(page.get_by_role("heading", level=1)).to_have_text("Håp")
    press(page, "Fullfør")
    expect(page.page).to_have_url(f"{site_server.url}/laer/fact/")
    expect(page.locator(".progress [data-progress-text]")).to_have_text("100 % fullført · 3 av 3 leksjoner")
    expect(page.locator(".notice")).to_have_text(
        [
            "Du har fullført «Recovery». Godt jobbet!",
            "Du har fullført «Grunnopplæring». Godt jobbet!",
        ]
    )
    expect(page.get_by_role("link", name=re.compile("^Se igjen ?: Introduksjon$"))).to_be_visible()
    assert set(Completion.objects.values_list("title", flat=True)) == {"Fleksibilitet", "Recovery", "Grunnopplæring"}
    page.goto(f"{site_server.url}/min-side/")
    proof = page.get_by_role("region", name="Kursbevis")
    with page.expect_download() as downloading:
        proof.get_by_role("link", name="PDF Grunnopplæring").click()
    assert downloading.value.suggested_filename == "kursbevis-grunnopplaering.pdf"
    assert page.problems() == []
    stranger = open_page(java_script_enabled=java_script)
    stranger.goto(f"{site_server.url}/bevis/{Certificate.objects.get().code}/")
    expect(stranger.get_by_role("heading", name="Beviset er ekte")).to_be_visible()
    expect(stranger.get_by_text(str(learner))).to_be_visible()


def test_formula_opens_with_the_keyboard(
    path: LearningPathPage, learner: User, open_page: Callable[..., Watched], site_server: Any
) -> None:
    complete_lesson(learner=learner, lesson_key=LessonPage.objects.get(title="Håp").translation_key)
    page = open_page(user=learner)
    page.goto(f"{site_server.url}{CoursePage.objects.get(title='Recovery').url}")
    page.locator(".formula summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("rundet ned")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_pages_with_progress_are_accessible_on_the_narrowest_phone(
    path: LearningPathPage, learner: User, open_page: Callable[..., Watched], site_server: Any, color_scheme: str
) -> None:
    lessons = list(LessonPage.objects.order_by("path"))
    for lesson in lessons[:2]:
        complete_lesson(learner=learner, lesson_key=lesson.translation_key, path_key=path.translation_key)
    for lesson, kind in zip(lessons[:2], ["new_content", "must_redo"], strict=True):
        lesson.change_kind, lesson.change_note = kind, "Reglene om taushetsplikt er nye"
        lesson.save_revision().publish()
    page = open_page(user=learner, width=320, color_scheme=color_scheme)
    found = {}
    first = LessonPage.objects.get(title="Introduksjon")
    addresses = ["/laer/fact/", "/laer/", "/min-side/", first.get_parent().url]
    addresses += [f"/laer/fact/{lesson.get_parent().slug}/{lesson.slug}/" for lesson in lessons]
    for address in addresses:
        page.goto(site_server.url + address)
        sideways = ["scrolls sideways"] if page.scrolls_sideways() else []
        found[address] = [*page.problems(), *page.axe_violations(), *sideways]
    page.locator(".path-sheet > summary").click()
    found["the path as a sheet"] = page.axe_violations()
    expect(page.get_by_role("link", name="Recovery")).to_be_visible()
    assert {address: faults for address, faults in found.items() if faults} == {}


def test_what_is_pressed_is_big_enough_to_hit(
    path: LearningPathPage, learner: User, open_page: Callable[..., Watched], site_server: Any
) -> None:
    lesson = LessonPage.objects.get(title="Introduksjon")
    complete_lesson(learner=learner, lesson_key=lesson.translation_key, path_key=path.translation_key)
    page = open_page(user=learner, width=320)
    page.goto(f"{site_server.url}/laer/fact/fleksibilitet/introduksjon/")
    small = page.evaluate(
        """() => [...document.querySelectorAll(".lesson-nav :is(a, button), .path-sheet > summary")]
            .map((each) => [each.textContent.trim(), each.getBoundingClientRect().height])
            .filter(([, height]) => height < 44)"""
    )
    assert small == []
