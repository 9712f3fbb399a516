"""What authors are told of whom an edit touches, before they make it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags
from wagtail.models import Page

from courses.models import CoursePage, LessonPage
from learning.actions import complete_lesson, open_lesson
from learning.models import LearningPathPage
from learning.queries.effects import get_leaving_effect, get_lesson_effect, say_how_many
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> CoursePage:
    return factories.CoursePageFactory.create(published=True)


@pytest.fixture
def lessons(course: CoursePage) -> list[LessonPage]:
    return [factories.LessonPageFactory.create(parent=course, published=True) for _ in range(3)]


@pytest.fixture
def path(course: CoursePage) -> LearningPathPage:
    return factories.LearningPathPageFactory.create(courses=[course])


def learn(count: int, *lessons: LessonPage, path: LearningPathPage | None = None) -> list[User]:
    """So many new people who complete these lessons."""
    people: list[User] = factories.UserFactory.create_batch(count)
    for person in people:
        for lesson in lessons:
            complete_lesson(
                learner=person,
                lesson_key=lesson.translation_key,
                path_key=path.translation_key if path else None,
            )
    return people


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", strip_tags(response.content.decode()))


def effect_of(lesson: LessonPage) -> tuple[str, str, str]:
    effect = get_lesson_effect([lesson.translation_key])
    return effect.done, effect.under_way, effect.finishing


@pytest.mark.parametrize(
    ("count", "said"), [(0, "ingen"), (1, "færre enn 5"), (4, "færre enn 5"), (5, "5"), (120, "120")]
)
def test_few_are_not_counted_out_loud(count: int, said: str) -> None:
    assert say_how_many(count) == said


def test_who_has_done_a_lesson_and_who_has_it_left(lessons: list[LessonPage], path: LearningPathPage) -> None:
    first, second, third = lessons
    learn(6, first, path=path)
    learn(5, first, second, path=path)
    learn(2, *lessons, path=path)
    assert effect_of(first) == ("13", "ingen", "ingen")
    assert effect_of(second) == ("7", "6", "ingen")
    assert effect_of(third) == ("færre enn 5", "11", "5")


def test_a_number_is_not_told_where_it_tells_how_few_the_others_are(lessons: list[LessonPage]) -> None:
    first, second, third = lessons
    learn(6, first, second)
    learn(1, first)
    assert effect_of(third) == ("ingen", "7", "noen")


def test_somebody_in_the_course_and_in_the_path_is_one(lessons: list[LessonPage], path: LearningPathPage) -> None:
    learn(5, lessons[0], path=path)
    assert effect_of(lessons[1]) == ("ingen", "5", "ingen")


def test_the_editor_says_what_each_choice_does(administrator_client: Client, lessons: list[LessonPage]) -> None:
    learn(6, lessons[0])
    learn(5, lessons[1], lessons[2])
    text = words(administrator_client.get(reverse("wagtailadmin_pages:edit", args=[lessons[0].pk])))
    assert "Fullført av: 6. I gang, og har den igjen: 5. Dette skjer når du publiserer:" in text
    assert "De som har fullført (6), ser «nytt siden du fullførte»" in text
    assert "De som har fullført (6), blir bedt om å ta leksjonen igjen" in text
    assert "De som har den igjen (5), slipper den" in text
    assert "det siste som er igjen (5): de har da fullført kurset eller stien" in text


def test_the_editor_of_a_new_lesson_says_who_gets_it(administrator_client: Client, course: CoursePage) -> None:
    lesson = factories.LessonPageFactory.create(parent=course, live=False)
    text = words(administrator_client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])))
    assert "Leksjonen er ikke publisert før" in text
    assert "Fullført av" not in text
    create = reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", course.pk])
    assert administrator_client.get(create).status_code == 200


def test_asking_to_unpublish_or_delete_a_lesson_says_it(
    administrator_client: Client, lessons: list[LessonPage]
) -> None:
    learn(7, lessons[0], lessons[1])
    for action in ("unpublish", "delete"):
        text = words(administrator_client.get(reverse(f"wagtailadmin_pages:{action}", args=[lessons[2].pk])))
        assert "fullført av: ingen. I gang, og har noe av dette igjen: 7." in text, action
        assert "det siste som er igjen (7): de har da fullført kurset eller stien" in text, action


def test_moving_a_lesson_says_it_only_where_it_leaves(
    administrator_client: Client, course: CoursePage, lessons: list[LessonPage]
) -> None:
    learn(7, lessons[0])
    other = factories.CoursePageFactory.create()

    def asked(to: Page) -> str:
        return words(administrator_client.get(reverse("wagtailadmin_pages:move_confirm", args=[lessons[1].pk, to.pk])))

    assert "har noe av dette igjen: 7." in asked(other)
    assert "har noe av dette igjen" not in asked(course)


def test_asking_to_take_a_course_down_says_that_it_waits(
    administrator_client: Client, course: CoursePage, lessons: list[LessonPage], path: LearningPathPage
) -> None:
    learn(5, lessons[0])
    learn(6, *lessons)
    page = reverse("wagtailadmin_pages:unpublish", args=[course.pk])
    text = words(administrator_client.get(page))
    assert "Kurs – i gang: 5. Har fullført: 6. Det de har gjort, står" in text
    assert "fjern kapittelet" not in text
    text = words(administrator_client.get(reverse("wagtailadmin_pages:delete", args=[course.pk])))
    assert "Kurs – i gang: 5. Har fullført: 6." in text
    assert "fjern kapittelet fra stien" in text
    text = words(administrator_client.get(reverse("wagtailadmin_pages:unpublish", args=[path.pk])))
    assert "Læringssti – i gang: ingen. Har fullført: ingen." in text


@pytest.mark.parametrize("action", ["unpublish", "delete", "move"])
def test_bulk_actions_say_it(administrator_client: Client, lessons: list[LessonPage], action: str) -> None:
    learn(5, lessons[0])
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", action])
    text = words(administrator_client.get(f"{url}?id={lessons[1].pk}&id={lessons[2].pk}&next=/cms/"))
    assert "har noe av dette igjen: 5." in text
    assert "det siste som er igjen (5)" in text


def test_the_paths_editor_says_what_changing_chapters_does(
    administrator_client: Client, lessons: list[LessonPage], path: LearningPathPage
) -> None:
    learn(5, lessons[0], path=path)
    text = words(administrator_client.get(reverse("wagtailadmin_pages:edit", args=[path.pk])))
    assert "I gang med stien: 5. Har fullført den: ingen." in text
    assert "Fjerner du et kapittel" in text
    create = reverse("wagtailadmin_pages:add", args=["learning", "learningpathpage", path.get_parent().pk])
    assert administrator_client.get(create).status_code == 200


def test_pages_that_hold_no_learning_say_nothing(administrator_client: Client) -> None:
    page = factories.StandardPageFactory.create()
    for action in ("unpublish", "delete"):
        text = words(administrator_client.get(reverse(f"wagtailadmin_pages:{action}", args=[page.pk])))
        assert "i gang:" not in text.lower()


def test_the_numbers_cost_the_same_for_one_and_for_thirty(
    course: CoursePage, lessons: list[LessonPage], path: LearningPathPage
) -> None:
    def cost() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as lesson_queries:
            get_lesson_effect([lessons[2].translation_key])
        pages = [*Page.objects.filter(pk__in=[each.pk for each in LessonPage.objects.all()]), course, path]
        with CaptureQueriesContext(connection) as leaving_queries:
            get_leaving_effect(pages)
        return len(lesson_queries), len(leaving_queries)

    learn(1, lessons[0], path=path)
    assert cost() == (4, 11)
    for person in learn(30, lessons[1], path=path):
        open_lesson(learner=person, lesson_key=lessons[0].translation_key)
    for _ in range(30):
        factories.LessonPageFactory.create(parent=course, published=True)
    assert cost() == (4, 11)
