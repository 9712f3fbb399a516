"""Questions in a real browser: passed by keyboard alone, put in order by buttons, and told apart by words."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from courses.urls_of import page_path
from learning.models import LessonCompletion, QuizAttempt
from people.models import User
from tests import factories
from tests.browser.conftest import Watched
from tests.learning.quiz_lesson import MATCHING, ORDERING, SINGLE, block, make_lesson

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@pytest.fixture
def kari(site_server: Any) -> User:
    return factories.UserFactory.create()


@pytest.fixture
def lesson(site_server: Any) -> Any:
    return make_lesson(
        block("quiz_single", SINGLE),
        block("quiz_ordering", ORDERING),
        block("quiz_matching", MATCHING),
        completion="quiz",
        pass_percent=80,
        title="Oppsummering",
    )


def forms(page: Watched) -> list[Locator]:
    return [page.locator("form.quiz").nth(place) for place in range(3)]


def tab_to(page: Watched, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


def test_questions_are_passed_by_keyboard_alone(site_server: Any, open_page: Opener, kari: User, lesson: Any) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lesson)}")
    page.evaluate("document.addEventListener('flett:progress', event => { window.news = event.detail.ticked; })")
    single, ordering, matching = forms(page)

    tab_to(page, single.get_by_role("radio").first)
    while not single.get_by_label("Samme team, færre besøk").is_checked():
        page.keyboard.press("ArrowDown")
    tab_to(page, single.get_by_role("button", name="Sjekk svaret"))
    page.keyboard.press("Enter")
    expect(single.get_by_role("status")).to_contain_text("1 av 3 riktig så langt. Du trenger 80 %.")
    expect(single.locator(".quiz-own")).to_contain_text("Du har svart riktig på dette.")

    for place, text in enumerate(ORDERING["items"]):
        up = ordering.get_by_role("button", name=f"Flytt opp: {text}")
        tab_to(page, ordering.get_by_role("button", name="Flytt ned:").first) if place == 0 else None
        row = ordering.locator("[data-ordering-item]")
        while text not in row.nth(place).inner_text():
            up.focus()
            page.keyboard.press("Enter")
            expect(up).to_be_focused()
    expect(ordering.locator("[data-ordering-status]")).to_contain_text("plass")
    tab_to(page, ordering.get_by_role("button", name="Sjekk svaret"))
    page.keyboard.press("Enter")
    expect(ordering.locator(".answer-feedback")).to_contain_text("2 av 3 riktig så langt.")

    for pair in MATCHING["pairs"]:
        choice = matching.get_by_label(pair["left"], exact=True)
        tab_to(page, choice)
        page.keyboard.type(pair["right"][:6])
        expect(choice.locator("option:checked")).to_have_text(pair["right"])
    tab_to(page, matching.get_by_role("button", name="Sjekk svaret"))
    page.keyboard.press("Enter")
    expect(matching.locator(".answer-feedback")).to_contain_text("Leksjonen er fullført.")
    assert page.evaluate("window.news") == [str(lesson.translation_key)]
    assert LessonCompletion.objects.get(learner=kari).how == "quiz"
    assert page.problems() == []

    page.reload()
    expect(page.locator(".quiz-own", has_text="Du har svart riktig på dette.")).to_have_count(3)


def test_trying_again_is_one_more_answer_and_a_double_click_is_not(
    site_server: Any, open_page: Opener, kari: User, lesson: Any
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lesson)}")
    single = forms(page)[0]
    single.get_by_label("Utskriving").check()
    single.get_by_role("button", name="Sjekk svaret").dblclick()
    expect(single.locator(".verdict")).to_contain_text("Ikke riktig ennå")
    expect(single.get_by_role("button", name="Sjekk svaret")).to_be_enabled()
    assert QuizAttempt.objects.count() == 1
    for _ in range(2):
        with page.expect_response("**/svar/**"):
            single.get_by_role("button", name="Sjekk svaret").click()
        expect(single.get_by_role("button", name="Sjekk svaret")).to_be_enabled()
    assert QuizAttempt.objects.count() == 3


def test_without_javascript_each_answer_is_a_page(site_server: Any, open_page: Opener, kari: User, lesson: Any) -> None:
    page = open_page(user=kari, java_script_enabled=False)
    page.goto(f"{site_server.url}{page_path(lesson)}")
    ordering = forms(page)[1]
    for place, text in enumerate(ORDERING["items"], start=1):
        ordering.get_by_label(text, exact=True).select_option(str(place))
    ordering.get_by_role("button", name="Sjekk svaret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Svaret ditt")
    expect(page.get_by_role("main")).to_contain_text("1 av 3 riktig så langt. Du trenger 80 %.")
    page.get_by_role("link", name="Tilbake til leksjonen").click()
    expect(page.locator(".quiz-own", has_text="Du har svart riktig på dette.")).to_have_count(1)
    page.get_by_role("link", name="Se svarene dine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Svarene dine")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_questions_and_own_answers_are_accessible_on_a_small_phone(
    site_server: Any, open_page: Opener, kari: User, lesson: Any, scheme: str
) -> None:
    page = open_page(user=kari, width=320, color_scheme=scheme)
    page.goto(f"{site_server.url}{page_path(lesson)}")
    single, ordering, _matching = forms(page)
    single.get_by_label("Utskriving").check()
    for form in (single, ordering):
        form.get_by_role("button", name="Sjekk svaret").click()
        expect(form.locator(".quiz-standing")).to_be_visible()
    found = {"lesson": page.axe_violations(), "sideways": page.scrolls_sideways()}
    small = page.evaluate(
        """[...document.querySelectorAll("main button:not([hidden])")].filter(button => {
            const box = button.getBoundingClientRect();
            return box.width && (box.width < 43.5 || box.height < 43.5);
        }).map(button => button.outerHTML.slice(0, 80))"""
    )
    single.get_by_role("link", name="Se svarene dine").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Svarene dine")
    found |= {"answers": page.axe_violations(), "answers sideways": page.scrolls_sideways()}
    assert found == {"lesson": [], "sideways": False, "answers": [], "answers sideways": False}
    assert small == []
    assert page.problems() == []
