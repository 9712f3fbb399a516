"""How many queries a page costs: the first reader after a change of content, and everybody after that."""

from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.actions import bump_content_stamp
from courses.models import ChangeKind, CoursePage, LessonPage
from courses.urls_of import page_path
from learning.actions import complete_lesson
from learning.models import FilmProgress, LearningPathPage
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _known_content_types(home) -> None:
    """A process learns these once in its life."""
    factories.StandardPageFactory.create(title="Om Flett", show_in_footer=True)
    client = Client()
    for page in (path_of(1), LessonPage.objects.get(), CoursePage.objects.get()):
        client.get(page_path(page))


def path_of(lesson_count: int) -> LearningPathPage:
    """A path whose chapters hold five lessons each."""
    courses = [factories.CoursePageFactory.create() for _ in range(-(-lesson_count // 5))]
    for number in range(lesson_count):
        factories.LessonPageFactory.create(parent=courses[number // 5])
    return factories.LearningPathPageFactory.create(courses=courses)


def count(client: Client, address: str) -> tuple[int, int]:
    """Queries of the first request after a change of content, and of the next."""
    bump_content_stamp()
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        assert response.status_code == 200
        counts.append(len(captured))
    return counts[0], counts[1]


def first_lesson(path: LearningPathPage) -> str:
    course = path.steps.first().course
    return f"{page_path(path)}{course.slug}/{course.get_children().first().slug}/"


@pytest.mark.parametrize("lessons", [10, 60])
def test_lesson_in_a_path(client: Client, lessons: int) -> None:
    assert count(client, first_lesson(path_of(lessons))) == (9, 1)


@pytest.mark.parametrize("lessons", [1, 60])
def test_lesson_in_a_path_for_a_reader_who_is_signed_in(learner_client: Client, lessons: int) -> None:
    """Two more for session and reader; the first time one for the header, kept for half a minute, and one for the
    topics about the lesson, kept for one."""
    assert count(learner_client, first_lesson(path_of(lessons))) == (13, 3)


def learn(learner: User, path: LearningPathPage) -> None:
    """All lessons of the path but the last, the first of them with something new since, and a film in each."""
    lessons = list(LessonPage.objects.exclude(pk=LessonPage.objects.order_by("pk")[0].pk).order_by("pk"))
    for lesson in lessons[:-1]:
        lesson.save_revision().publish()
        complete_lesson(learner=learner, lesson_key=lesson.translation_key, path_key=path.translation_key)
        FilmProgress.objects.create(
            learner=learner,
            lesson_key=lesson.translation_key,
            block_id=uuid4(),
            film_key=uuid4(),
            duration=502,
            position=8,
        )
    lessons[0].change_kind = ChangeKind.NEW_CONTENT
    lessons[0].save_revision().publish()


@pytest.mark.parametrize("completed", [1, 60])
def test_pages_of_a_path_for_a_learner(learner: User, learner_client: Client, completed: int) -> None:
    """One more for all that is kept of the learner, the first time after any of it changed.

    14, 16 and 20 at most were asked.
    """
    path = path_of(completed + 1)
    learn(learner, path)
    costs = {}
    for name, address in {"lesson": first_lesson(path), "path": page_path(path), "Min side": "/min-side/"}.items():
        forget_everything()
        costs[name] = count(learner_client, address)
    assert costs == {"lesson": (14, 3), "path": (12, 3), "Min side": (19, 4)}


@pytest.mark.parametrize("courses", [1, 20])
def test_my_page_of_a_learner_with_many_courses(learner: User, learner_client: Client, courses: int) -> None:
    for _ in range(courses):
        course = factories.CoursePageFactory.create(kind=CoursePage.Kind.SHORT_COURSE)
        lesson = factories.LessonPageFactory.create(parent=course, published=True)
        factories.LessonPageFactory.create(parent=course, published=True)
        complete_lesson(learner=learner, lesson_key=lesson.translation_key)
    forget_everything()
    assert count(learner_client, "/min-side/") == (16, 4)


def forget_everything() -> None:
    """As a process that has just begun."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.mark.parametrize("lessons", [10, 60])
def test_path_page(client: Client, lessons: int) -> None:
    assert count(client, page_path(path_of(lessons))) == (8, 1)


@pytest.mark.parametrize("lessons", [1, 30])
def test_lesson_of_a_course_read_on_its_own(client: Client, lessons: int) -> None:
    course = factories.CoursePageFactory.create()
    for _ in range(lessons):
        lesson = factories.LessonPageFactory.create(parent=course)
    assert count(client, page_path(lesson)) == (9, 1)


@pytest.mark.parametrize("courses", [1, 30])
def test_list_of_paths_and_courses(client: Client, courses: int) -> None:
    principle = factories.PrincipleFactory.create(position=1)
    for _ in range(courses):
        factories.CoursePageFactory.create(kind=CoursePage.Kind.SHORT_COURSE, principles=[principle])
    path_of(5)
    assert count(client, page_path(factories.make_learn_page())) == (12, 1)
