"""The guide to a team meeting on paper, and a film's manuscript as a reader meets it."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.urls_of import page_path
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

SENTENCE = "<p>Alle leser casen hver for seg, og skriver ned hva de selv ville gjort først og hvorfor.</p>"


def guide_of(words: int) -> Any:
    """A guide as authors write them: steps, questions and paragraphs under headings."""
    steps = [
        {"title": f"Trinn {number} (6 minutter)", "text": "<p>" + "Dere snakker sammen to og to. " * 4 + "</p>"}
        for number in range(5)
    ]
    prose = "<h2>Forbered deg</h2>" + SENTENCE * 2
    prose += "<ul>" + "<li>Hva ville dere gjort i vårt team?</li>" * 3 + "</ul>"
    body = [("text", prose), ("steps", {"title": "De 30 minuttene", "items": steps})]
    count = 45 + 5 * 27
    while count < words:
        body.append(("text", "<h2>Følg med på</h2>" + SENTENCE * 2))
        count += 37
    course = factories.CoursePageFactory.create(title="Fleksibilitet")
    return factories.FacilitatorGuidePageFactory.create(
        parent=course, summary="Til den som leder møtet, og som har en halvtime.", body=factories.make_body(*body)
    )


def test_the_guide_fits_one_printed_page(site_server: Any, open_page: Callable[..., Any]) -> None:
    guide = guide_of(360)
    page = open_page()
    page.goto(f"{site_server.url}{page_path(guide)}")
    words = len(page.inner_text("main").split())
    assert 390 <= words <= 460
    assert page.pdf(prefer_css_page_size=True, format="A4").count(b"/Type /Page\n") == 1
    assert page.problems() == []


@pytest.mark.parametrize("width", [320, 1280])
def test_a_film_that_is_not_recorded_is_read_instead(
    site_server: Any, open_page: Callable[..., Any], width: int
) -> None:
    film = factories.MediaFactory.create(is_placeholder=True, transcript="Plassholder.")
    scene = {
        "scene": "Bilen utenfor en blokk, tidlig morgen",
        "picture": "En kvinne setter i gang bilen.",
        "lines": [{"speaker": "Teamleder", "text": "Jeg prøver å snakke sist."}],
    }
    value = {
        "film": film.pk, "title": "Rollefilm: teamleder", "intro": "", "name_plate": {}, "role": "Teamleder",
        "script": [scene],
    }  # fmt: skip
    lesson = factories.LessonPageFactory.create(
        title="Rollefilm: teamleder", kind="role_film", body=factories.make_body(("role_film", value))
    )
    guide = factories.FacilitatorGuidePageFactory.create(parent=lesson.get_parent())
    page = open_page(width=width)
    page.goto(f"{site_server.url}{page_path(lesson)}")
    assert page.get_by_text("Jeg prøver å snakke sist.").is_visible()
    assert page.locator("main").get_by_role("heading", level=2).all_inner_texts() == [
        "Bilen utenfor en blokk, tidlig morgen",
        "Bruk i praksis",
    ]
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    page.goto(f"{site_server.url}{page_path(guide)}")
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    assert page.problems() == []
