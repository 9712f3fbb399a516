"""Two devices, many learners and an editor at once about the same progress, on a database that lets them."""

import random
import uuid
from functools import partial
from typing import Any

import pytest

from courses.models import CoursePage, LessonPage
from learning.actions import (
    complete_lesson,
    open_lesson,
    refresh_subjects,
    start_again,
    undo_completion,
)
from learning.actions.enrolments import keep_syllabus
from learning.actions.rebuild import find_drift
from learning.models import (
    Completion,
    Enrolment,
    LearnerStamp,
    LessonCompletion,
    LessonProgress,
    SubjectKind,
    Syllabus,
    SyllabusLesson,
)
from people.models import User
from tests import factories
from tests.learning.racing import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

ROUNDS = 5
"""A race is run so many times: who comes first differs."""


@pytest.fixture
def course(transactional_db: None) -> CoursePage:
    return factories.CoursePageFactory.create()


@pytest.fixture
def lessons(course: CoursePage) -> list[LessonPage]:
    return [factories.LessonPageFactory.create(parent=course, body="[]", published=True) for _ in range(4)]


@pytest.fixture
def path_key(course: CoursePage) -> uuid.UUID:
    return factories.LearningPathPageFactory.create(courses=[course]).translation_key


def tick(learner: User, lesson: LessonPage, **kwargs: Any) -> Any:
    return partial(complete_lesson, learner=learner, lesson_key=lesson.translation_key, **kwargs)


def counts(learner: User) -> set[tuple[str, int, int, bool]]:
    return {
        (each.kind, each.done_count, each.required_count, each.is_completed)
        for each in Enrolment.objects.filter(learner=learner)
    }


def test_the_same_tick_ten_times_at_once(lessons: list[LessonPage], path_key: uuid.UUID) -> None:
    for learner in factories.UserFactory.create_batch(3):
        event = uuid.uuid4()
        assert at_once(*[tick(learner, lessons[0], event_id=event, path_key=path_key)] * 10) == ["done"] * 10
        assert LessonCompletion.objects.filter(learner=learner).count() == 1
        assert counts(learner) == {("course", 1, 4, False), ("path", 1, 4, False)}
    assert list(find_drift()) == []


def test_two_devices_tick_the_last_two_lessons(lessons: list[LessonPage], path_key: uuid.UUID) -> None:
    for learner in factories.UserFactory.create_batch(ROUNDS):
        for lesson in lessons[:2]:
            tick(learner, lesson, path_key=path_key)()
        assert at_once(*(tick(learner, lesson, path_key=path_key) for lesson in lessons[2:])) == ["done"] * 2
        assert counts(learner) == {("course", 4, 4, True), ("path", 4, 4, True)}
        assert sorted(Completion.objects.filter(learner=learner).values_list("kind", flat=True)) == ["course", "path"]
    assert list(find_drift()) == []


def test_a_lesson_goes_while_another_is_ticked(course: CoursePage, path_key: uuid.UUID) -> None:
    for learner in factories.UserFactory.create_batch(ROUNDS):
        first, _second, third = (
            factories.LessonPageFactory.create(parent=course, body="[]", published=True) for _ in range(3)
        )
        mine = LessonPage.objects.child_of(CoursePage.objects.get(pk=course.pk)).live().exclude(pk=third.pk)
        for lesson in mine.exclude(pk=first.pk):
            tick(learner, lesson, path_key=path_key)()
        open_lesson(learner=learner, lesson_key=third.translation_key, path_key=path_key)
        LessonPage.objects.filter(pk=third.pk).update(live=False)
        outcomes = at_once(
            tick(learner, first, path_key=path_key),
            partial(refresh_subjects, course_keys=[course.translation_key]),
            partial(refresh_subjects, course_keys=[course.translation_key]),
        )
        assert outcomes == ["done"] * 3
        size = mine.count()
        assert counts(learner) == {("course", size, size, True), ("path", size, size, True)}
        assert Completion.objects.filter(learner=learner).count() == 2
    assert list(find_drift()) == []


def test_a_lesson_goes_while_somebody_begins(course: CoursePage, path_key: uuid.UUID) -> None:
    """Whoever reads what is asked for before the edit, and is kept after it has looked for whom it concerns."""
    for learner in factories.UserFactory.create_batch(2 * ROUNDS):
        lesson, gone = (factories.LessonPageFactory.create(parent=course, body="[]", published=True) for _ in range(2))
        outcomes = at_once(tick(learner, lesson, path_key=path_key), LessonPage.objects.get(pk=gone.pk).unpublish)
        assert outcomes == ["done", "done"]
        asked = SyllabusLesson.objects.filter(syllabus__in=Enrolment.objects.filter(learner=learner).values("syllabus"))
        assert not asked.filter(lesson_key=gone.translation_key).exists()
    assert list(find_drift()) == []


def test_two_first_events_begin_once(lessons: list[LessonPage], path_key: uuid.UUID) -> None:
    for learner in factories.UserFactory.create_batch(ROUNDS):
        outcomes = at_once(
            tick(learner, lessons[0], path_key=path_key),
            partial(open_lesson, learner=learner, lesson_key=lessons[1].translation_key, path_key=path_key),
            partial(open_lesson, learner=learner, lesson_key=lessons[1].translation_key),
        )
        assert outcomes == ["done"] * 3
        assert counts(learner) == {("course", 1, 4, False), ("path", 1, 4, False)}
        assert LessonProgress.objects.filter(learner=learner).count() == 2
        assert LearnerStamp.objects.filter(learner=learner).count() == 1


def test_syllabuses_are_kept_once() -> None:
    for _round in range(ROUNDS):
        subject, course_key = uuid.uuid4(), uuid.uuid4()
        same = {uuid.uuid4(): course_key for _ in range(3)}
        other = {uuid.uuid4(): course_key for _ in range(2)}
        keep = [
            partial(keep_syllabus, kind="course", subject_key=subject, lessons=each)
            for each in (same, same, same, other, other)
        ]
        assert at_once(*keep) == ["done"] * 5
        kept = Syllabus.objects.filter(subject_key=subject).order_by("number")
        assert [each.number for each in kept] == [1, 2]
        assert sorted(each.lessons.count() for each in kept) == [2, 3]


def test_undo_against_the_tick_that_completes(lessons: list[LessonPage]) -> None:
    """Either the tick is taken back and the course goes on, or the course is completed and the tick stays."""
    for learner in factories.UserFactory.create_batch(2 * ROUNDS):
        for lesson in lessons[:3]:
            tick(learner, lesson)()
        outcomes = at_once(
            tick(learner, lessons[3]),
            partial(undo_completion, learner=learner, lesson_key=lessons[0].translation_key),
        )
        assert outcomes[0] == "done"
        if outcomes[1] == "done":
            assert counts(learner) == {("course", 3, 4, False)}
            assert not Completion.objects.filter(learner=learner).exists()
        else:
            assert outcomes[1] == "CannotUndoError()"
            assert counts(learner) == {("course", 4, 4, True)}
    assert list(find_drift()) == []


def test_a_tick_is_taken_back_once(lessons: list[LessonPage]) -> None:
    for learner in factories.UserFactory.create_batch(ROUNDS):
        tick(learner, lessons[0])()
        undo = partial(undo_completion, learner=learner, lesson_key=lessons[0].translation_key)
        assert sorted(at_once(undo, undo)) == ["CannotUndoError()", "done"]
        assert counts(learner) == {("course", 0, 4, False)}


def test_starting_again_twice_is_one_attempt(course: CoursePage, lessons: list[LessonPage]) -> None:
    for learner in factories.UserFactory.create_batch(ROUNDS):
        for lesson in lessons:
            tick(learner, lesson)()
        again = partial(start_again, learner=learner, kind=SubjectKind.COURSE, subject_key=course.translation_key)
        assert at_once(again, again, again) == ["done"] * 3
        attempts = Enrolment.objects.filter(learner=learner).order_by("attempt")
        assert [(each.attempt, each.percent) for each in attempts] == [(1, 100), (2, 0)]


def test_edits_and_many_learners_never_wait_in_a_ring(course: CoursePage, path_key: uuid.UUID) -> None:
    """Three hundred ticks of twelve learners, in threads, while three edits refresh all of them all the time."""
    keys = [
        factories.LessonPageFactory.create(parent=course, body="[]", published=True).translation_key for _ in range(16)
    ]
    learners = factories.UserFactory.create_batch(12)
    chance = random.Random(5)  # noqa: S311 – which order, no secret

    def learn() -> None:
        for _ in range(50):
            complete_lesson(
                learner=chance.choice(learners),
                lesson_key=chance.choice(keys),
                path_key=chance.choice([path_key, None]),
            )

    def edit(place: int) -> None:
        for key in keys[8 + 2 * place : 10 + 2 * place]:
            for is_live in (False, True, False):
                LessonPage.objects.filter(translation_key=key).update(live=is_live)
                for _ in range(5):
                    refresh_subjects(course_keys=[course.translation_key])

    outcomes = at_once(*[learn] * 6, *(partial(edit, place) for place in range(3)))
    assert outcomes == ["done"] * 9
    refresh_subjects(course_keys=[course.translation_key])
    assert list(find_drift()) == []
