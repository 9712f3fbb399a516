"""`rebuild_progress`: finds what differs from the facts, says nothing about people, and mends it."""

import os
import random
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from courses.models import LessonPage
from learning.actions import CannotUndoError, complete_lesson, open_lesson, start_again, undo_completion
from learning.actions.rebuild import find_drift
from learning.models import (
    Completion,
    Enrolment,
    LessonCompletion,
    LessonProgress,
    SubjectKind,
    Syllabus,
)
from people.models import User
from tests import factories

EVENTS = int(os.environ.get("PROGRESS_EVENTS", "250"))
"""`PROGRESS_EVENTS=10000 pytest tests/learning/test_progress_rebuild.py` for the size the issue names."""


@pytest.fixture
def lessons(db: None) -> list[LessonPage]:
    course = factories.CoursePageFactory.create(title="Samarbeid")
    made = [factories.LessonPageFactory.create(parent=course, body="[]", published=True) for _ in range(3)]
    factories.LearningPathPageFactory.create(courses=[course])
    return made


@pytest.fixture
def half_done(learner: User, lessons: list[LessonPage]) -> User:
    for lesson in lessons[:2]:
        complete_lesson(learner=learner, lesson_key=lesson.translation_key)
    return learner


@pytest.fixture
def all_done(half_done: User, lessons: list[LessonPage]) -> User:
    complete_lesson(learner=half_done, lesson_key=lessons[2].translation_key)
    return half_done


def run(*options: str) -> str:
    out = StringIO()
    call_command("rebuild_progress", *options, stdout=out)
    return out.getvalue()


def summary(person: User) -> list[list[Any]]:
    lessons = LessonProgress.objects.filter(learner=person).order_by("lesson_key")
    attempts = Enrolment.objects.filter(learner=person).order_by("attempt")
    return [
        list(lessons.values_list("lesson_key", "completed_at", "completed_version")),
        list(attempts.values_list("syllabus", "required_count", "done_count", "completed_at")),
        list(Completion.objects.filter(learner=person).values()),
    ]


def has_lost_a_tick(person: User) -> None:
    LessonProgress.objects.filter(learner=person, completed_at__isnull=False)[:1].get().delete()


def says_undone(person: User) -> None:
    row = LessonProgress.objects.filter(learner=person, completed_at__isnull=False).first()
    LessonProgress.objects.filter(pk=row.pk).update(completed_at=None, completed_version=None)


def says_done_without_a_tick(person: User) -> None:
    lesson = LessonPage.objects.order_by("-path").first()
    LessonProgress.objects.update_or_create(
        learner=person,
        lesson_key=lesson.translation_key,
        defaults={"completed_at": timezone.now(), "completed_version": 1},
    )


def says_another_version(person: User) -> None:
    LessonProgress.objects.filter(learner=person).update(completed_version=7)


def says_another_time(person: User) -> None:
    LessonProgress.objects.filter(learner=person).update(completed_at=F("completed_at") - timedelta(days=1))


def counts_too_few(person: User) -> None:
    Enrolment.objects.filter(learner=person).update(done_count=0, completed_at=None)


def asks_too_many(person: User) -> None:
    Enrolment.objects.filter(learner=person).update(required_count=30, done_count=2, completed_at=None)


@pytest.mark.parametrize(
    "tamper",
    [
        has_lost_a_tick,
        says_undone,
        says_done_without_a_tick,
        says_another_version,
        says_another_time,
        counts_too_few,
        asks_too_many,
    ],
)
def test_what_differs_is_found_and_mended(half_done: User, tamper: Callable[[User], None]) -> None:
    before = summary(half_done)
    lesson = LessonPage.objects.order_by("-path").first()
    assert run("--check") == "Nothing differs from the facts.\n"
    tamper(half_done)
    with pytest.raises(CommandError, match="differ from the facts"):
        run("--check")
    assert summary(half_done) != before, "--check changes nothing"
    assert "differed" in run()
    after = summary(half_done)
    after[0] = [row for row in after[0] if row[0] != lesson.translation_key]
    assert after == before
    assert run("--check") == "Nothing differs from the facts.\n"


def forgets_it_was_completed(person: User) -> None:
    Enrolment.objects.filter(learner=person).update(completed_at=None)


def is_gone(person: User) -> None:
    Enrolment.objects.filter(learner=person).delete()


def has_another_syllabus(person: User) -> None:
    other = Syllabus.objects.create(kind="course", subject_key=uuid.uuid4(), number=1, digest="x")
    Enrolment.objects.filter(learner=person).update(syllabus=other)


def says_completed_at_another_time(person: User) -> None:
    Enrolment.objects.filter(learner=person).update(completed_at=F("completed_at") - timedelta(days=1))


def says_another_size(person: User) -> None:
    Enrolment.objects.filter(learner=person).update(done_count=9, required_count=9)


@pytest.mark.parametrize(
    "tamper",
    [
        counts_too_few,
        forgets_it_was_completed,
        is_gone,
        has_another_syllabus,
        says_completed_at_another_time,
        says_another_size,
    ],
)
def test_what_history_says_is_found_and_mended(all_done: User, tamper: Callable[[User], None]) -> None:
    before = summary(all_done)
    tamper(all_done)
    with pytest.raises(CommandError, match="differ from the facts"):
        run("--check")
    run()
    assert summary(all_done) == before
    assert run("--check") == "Nothing differs from the facts.\n"


def test_completed_without_history_is_opened(half_done: User) -> None:
    before = summary(half_done)
    Enrolment.objects.filter(learner=half_done).update(done_count=3, required_count=3, completed_at=timezone.now())
    with pytest.raises(CommandError, match="1 rows differ"):
        run("--check")
    run()
    assert summary(half_done) == before
    assert not Completion.objects.exists()


def test_an_edit_that_never_reached_somebody_is_made_up_for(half_done: User, lessons: list[LessonPage]) -> None:
    """The server was stopped after the lesson was taken down and before anybody's progress was brought in step."""
    LessonPage.objects.filter(pk=lessons[2].pk).update(live=False)
    with pytest.raises(CommandError, match="1 rows differ"):
        run("--check")
    assert "asks for lessons that are gone" in run()
    assert Enrolment.objects.get(learner=half_done).percent == 100
    assert Completion.objects.get(learner=half_done).title == "Samarbeid"
    assert run("--check") == "Nothing differs from the facts.\n"


def test_the_output_names_nobody(half_done: User) -> None:
    Enrolment.objects.filter(learner=half_done).update(done_count=0)
    out = run()
    assert f"learner {half_done.pk}: course" in out
    assert re.search(r"says open, 0/3, syllabus \d+, should say open, 2/3", out)
    for private in (half_done.email, half_done.first_name, half_done.last_name):
        assert private not in out


def test_only_the_first_fifty_are_named(lessons: list[LessonPage]) -> None:
    for person in factories.UserFactory.create_batch(60):
        complete_lesson(learner=person, lesson_key=lessons[0].translation_key)
    Enrolment.objects.update(done_count=0)
    out = run().splitlines()
    assert len(out) == 51
    assert out[-1] == "60 rows differed."
    assert set(Enrolment.objects.values_list("done_count", flat=True)) == {1}


def test_random_events_leave_no_drift(lessons: list[LessonPage]) -> None:
    course_key = lessons[0].get_parent().specific.translation_key
    chance = random.Random(11)  # noqa: S311 – which order, no secret
    learners = factories.UserFactory.create_batch(max(10, EVENTS // 40))
    keys = [lesson.translation_key for lesson in lessons]
    sent: list[dict[str, Any]] = []
    for _number in range(EVENTS):
        learner, key, what = chance.choice(learners), chance.choice(keys), chance.random()
        age = timedelta(minutes=chance.choice([0, 0, 0, -10, 3, chance.randint(1, 5000)]))
        event = {"learner": learner, "lesson_key": key, "age": age}
        if what < 0.2:
            open_lesson(**event)
        elif what < 0.7:
            sent.append({**event, "event_id": uuid.uuid4()})
            complete_lesson(**sent[-1])
        elif what < 0.8 and sent:
            complete_lesson(**chance.choice(sent))
        elif what < 0.9:
            try:
                undo_completion(learner=learner, lesson_key=key)
            except CannotUndoError:
                continue
        else:
            start_again(learner=learner, kind=SubjectKind.COURSE, subject_key=course_key)
    assert list(find_drift()) == []
    assert LessonCompletion.objects.filter(undone_at__isnull=False).exists()
    assert Completion.objects.exists()
    assert LessonCompletion.objects.count() > EVENTS / 10
    assert run("--check") == "Nothing differs from the facts.\n"
