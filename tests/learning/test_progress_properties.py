"""Random histories of authoring and learning, through the real actions and Wagtail's own publishing.

Whatever editors and learners do, in whatever order: a percent is 0–100 and never falls by an edit, it is 100 only when
all is done, the summary is what a rebuild would make, and completions never change.

The suite runs a fixed set of histories. `PROGRESS_EXAMPLES=500 pytest tests/learning/test_progress_properties.py` runs
that many new ones, with a hundred steps each; `PROGRESS_SHRINK=1` with it looks for the shortest that fails.
"""

import os
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import TestCase
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from courses.models import ChangeKind, CoursePage, LessonPage
from learning.actions import (
    CannotUndoError,
    NotAvailableError,
    UnknownLessonError,
    complete_lesson,
    open_lesson,
    start_again,
    undo_completion,
)
from learning.actions.rebuild import find_drift
from learning.models import (
    Completion,
    Enrolment,
    LearningPathPage,
    LessonCompletion,
    PathStep,
    SubjectKind,
    SyllabusLesson,
)
from learning.queries.syllabuses import get_current_lessons
from tests import factories

EXAMPLES = int(os.environ.get("PROGRESS_EXAMPLES", "0"))
AGES = [timedelta(0), timedelta(minutes=5), timedelta(hours=3), timedelta(days=40), timedelta(days=-2)]

number = st.integers(min_value=0, max_value=30)
"""Which of the things there are now: counted from the first, round and round."""

pytestmark = pytest.mark.django_db


def real(page: Any) -> Any:
    """The page as it is in the database: treebeard trusts what it holds in memory."""
    return type(page).objects.get(pk=page.pk)


class Histories(RuleBasedStateMachine):
    site: dict[str, Any]

    @initialize()
    def begin(self) -> None:
        self.undo = transaction.atomic()
        self.undo.__enter__()
        self.lesson_keys = list(self.site["lesson_keys"])
        self.path_key = self.site["path"].translation_key
        self.course_keys = [course.translation_key for course in self.site["courses"]]
        self.learners = self.site["learners"]
        self.events: list[tuple[Any, uuid.UUID, uuid.UUID]] = []
        self.percents: dict[tuple[int, uuid.UUID, int], int] = {}
        self.history: dict[int, dict[str, Any]] = {}
        self.may_fall_for: int | None = None

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # -- what there is --

    def a_page(self, model: Any, place: int) -> Any:
        pages = list(model.objects.order_by("path"))
        return pages[place % len(pages)] if pages else None

    def a_key(self, place: int) -> uuid.UUID:
        return self.lesson_keys[place % len(self.lesson_keys)]

    def a_learner(self, place: int) -> Any:
        return self.learners[place % len(self.learners)]

    # -- authors --

    def publish(self, page: Any, **fields: Any) -> None:
        with TestCase.captureOnCommitCallbacks(execute=True):
            page = page.get_latest_revision_as_object()
            for name, value in fields.items():
                setattr(page, name, value)
            page.save_revision().publish()

    @rule(place=number, kind=st.sampled_from(ChangeKind.values), required=st.sampled_from([True, True, False]))
    def publish_lesson(self, place: int, kind: str, required: bool) -> None:
        lesson = self.a_page(LessonPage, place)
        if lesson:
            self.publish(lesson, change_kind=kind, is_required=required)

    @rule(place=number)
    def unpublish_lesson(self, place: int) -> None:
        lesson = self.a_page(LessonPage, place)
        if lesson:
            with TestCase.captureOnCommitCallbacks(execute=True):
                lesson.unpublish()

    @rule(place=number)
    def delete_lesson(self, place: int) -> None:
        lesson = self.a_page(LessonPage, place)
        if lesson:
            with TestCase.captureOnCommitCallbacks(execute=True):
                lesson.delete()

    @rule(place=number)
    def add_lesson(self, place: int) -> None:
        course = self.a_page(CoursePage, place)
        if course:
            with TestCase.captureOnCommitCallbacks(execute=True):
                lesson = factories.LessonPageFactory.create(
                    parent=course, body="[]", locale=course.locale, live=False, published=True
                )
            self.lesson_keys.append(lesson.translation_key)

    @rule(place=number, to=number, position=st.sampled_from(["first-child", "last-child"]))
    def move_lesson(self, place: int, to: int, position: str) -> None:
        lesson, course = self.a_page(LessonPage, place), self.a_page(CoursePage, to)
        if lesson and course and course.locale_id == lesson.locale_id:
            with TestCase.captureOnCommitCallbacks(execute=True):
                lesson.move(course, position)

    @rule(place=number)
    def translate_lesson(self, place: int) -> None:
        danish = factories.make_locale("da")
        lesson = self.a_page(LessonPage, place)
        if lesson is None or lesson.locale_id == danish.pk or lesson.has_translation(danish):
            return
        course = CoursePage.objects.ancestor_of(lesson).get()
        with TestCase.captureOnCommitCallbacks(execute=True):
            if not course.has_translation(danish):
                translated = course.copy_for_translation(danish, copy_parents=True)
                translated.save_revision().publish()
            page = lesson.copy_for_translation(danish, copy_parents=True)
            page.save_revision().publish()

    @rule(place=number, with_lessons=st.booleans())
    def unpublish_course(self, place: int, with_lessons: bool) -> None:
        course = self.a_page(CoursePage, place)
        if course:
            with TestCase.captureOnCommitCallbacks(execute=True):
                course.unpublish()
            for lesson in LessonPage.objects.child_of(course).live() if with_lessons else []:
                with TestCase.captureOnCommitCallbacks(execute=True):
                    lesson.unpublish()

    @rule(place=number)
    def publish_course(self, place: int) -> None:
        course = self.a_page(CoursePage, place)
        if course:
            self.publish(course)

    @precondition(lambda self: CoursePage.objects.count() > 1)
    @rule(place=number, sure=number)
    def delete_course(self, place: int, sure: int) -> None:
        if sure > 22:
            with TestCase.captureOnCommitCallbacks(execute=True):
                self.a_page(CoursePage, place).delete()

    @rule(order=st.lists(number, max_size=3))
    def change_path(self, order: list[int]) -> None:
        path = LearningPathPage.objects.filter(translation_key=self.path_key).first()
        courses = list(CoursePage.objects.filter(locale__language_code="nb").order_by("path"))
        if path and courses:
            chosen = dict.fromkeys(courses[place % len(courses)] for place in order)
            steps = [PathStep(course=course, sort_order=place) for place, course in enumerate(chosen)]
            self.publish(path, steps=steps)

    @rule(is_up=st.booleans())
    def publish_or_unpublish_path(self, is_up: bool) -> None:
        path = LearningPathPage.objects.get(translation_key=self.path_key)
        if is_up:
            self.publish(path)
        else:
            with TestCase.captureOnCommitCallbacks(execute=True):
                path.unpublish()

    # -- learners --

    @rule(who=number, place=number, in_path=st.booleans(), age=st.sampled_from(AGES))
    def open(self, who: int, place: int, in_path: bool, age: timedelta) -> None:
        with TestCase.captureOnCommitCallbacks(execute=True):
            open_lesson(
                learner=self.a_learner(who),
                lesson_key=self.a_key(place),
                path_key=self.path_key if in_path else None,
                age=age,
            )

    def tick_it(self, learner: Any, key: uuid.UUID, event: uuid.UUID, in_path: bool, age: timedelta) -> None:
        known = LessonCompletion.objects.filter(learner=learner, event_id=event).exists()
        rows = LessonCompletion.objects.filter(learner=learner).count()
        with TestCase.captureOnCommitCallbacks(execute=True):
            ticked = complete_lesson(
                learner=learner,
                lesson_key=key,
                event_id=event,
                path_key=self.path_key if in_path else None,
                age=age,
            )
        assert LessonCompletion.objects.filter(learner=learner).count() == rows + ticked.is_new
        assert not (known and ticked.is_new)
        self.events.append((learner, key, event))

    @rule(who=number, place=number, in_path=st.booleans(), age=st.sampled_from(AGES))
    def tick(self, who: int, place: int, in_path: bool, age: timedelta) -> None:
        self.tick_it(self.a_learner(who), self.a_key(place), uuid.uuid4(), in_path, age)

    @rule(who=number, in_path=st.booleans())
    def tick_what_is_left(self, who: int, in_path: bool) -> None:
        """Without it, chance completes too little."""
        learner = self.a_learner(who)
        attempt = Enrolment.objects.filter(learner=learner, completed_at__isnull=True).order_by("pk").first()
        if attempt:
            for key in SyllabusLesson.objects.filter(syllabus=attempt.syllabus_id).values_list("lesson_key", flat=True):
                self.tick_it(learner, key, uuid.uuid4(), in_path, timedelta(0))

    @precondition(lambda self: self.events)
    @rule(place=number, age=st.sampled_from(AGES))
    def send_an_event_again(self, place: int, age: timedelta) -> None:
        learner, key, event = self.events[place % len(self.events)]
        self.tick_it(learner, key, event, in_path=True, age=age)

    @precondition(lambda self: self.events)
    @rule(place=number, other=number)
    def send_an_event_as_another_lessons(self, place: int, other: int) -> None:
        learner, _key, event = self.events[place % len(self.events)]
        self.tick_it(learner, self.a_key(other), event, in_path=False, age=timedelta(0))

    @rule(who=number, place=number)
    def undo_a_tick(self, who: int, place: int) -> None:
        learner = self.a_learner(who)
        self.may_fall_for = learner.pk
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                undo_completion(learner=learner, lesson_key=self.a_key(place))
            except CannotUndoError:
                self.may_fall_for = None

    @rule(who=number, place=number)
    def start_anew(self, who: int, place: int) -> None:
        subjects = [(SubjectKind.COURSE, key) for key in self.course_keys] + [(SubjectKind.PATH, self.path_key)]
        kind, key = subjects[place % len(subjects)]
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                start_again(learner=self.a_learner(who), kind=kind, subject_key=key)
            except NotAvailableError:
                assert not getattr(get_current_lessons(kind=kind, subject_key=key), "required", None)

    @rule(who=number)
    def tick_a_lesson_that_never_was(self, who: int) -> None:
        with pytest.raises(UnknownLessonError):
            complete_lesson(learner=self.a_learner(who), lesson_key=uuid.uuid4())

    # -- what always holds --

    @invariant()
    def percents_hold(self) -> None:
        if not hasattr(self, "undo"):
            return
        now = {}
        for each in Enrolment.objects.all():
            assert 0 <= each.percent <= 100
            assert (each.percent == 100) == each.is_completed
            now[each.learner_id, each.subject_key, each.attempt] = each.percent
        for key, before in self.percents.items():
            assert now[key] >= before or key[0] == self.may_fall_for, key
        self.percents, self.may_fall_for = now, None

    @invariant()
    def all_is_done_where_it_says_so(self) -> None:
        if not hasattr(self, "undo"):
            return
        done: dict[tuple[int, uuid.UUID], list[Any]] = {}
        for learner, key, at in LessonCompletion.objects.filter(undone_at__isnull=True).values_list(
            "learner_id", "lesson_key", "completed_at"
        ):
            done.setdefault((learner, key), []).append(at)
        for each in Enrolment.objects.filter(completed_at__isnull=False).prefetch_related("syllabus__lessons"):
            keys = [lesson.lesson_key for lesson in each.syllabus.lessons.all()]
            assert keys
            assert all(max(done[each.learner_id, key]) >= each.counts_from for key in keys)

    @invariant()
    def history_holds(self) -> None:
        if not hasattr(self, "undo"):
            return
        now = {row["id"]: row for row in Completion.objects.values()}
        assert {pk: now.get(pk) for pk in self.history} == self.history
        assert all(row["title"] for row in now.values())
        self.history = now

    @invariant()
    def summary_is_what_a_rebuild_makes(self) -> None:
        if hasattr(self, "undo"):
            assert list(find_drift()) == []

    @invariant()
    def nobody_is_asked_for_what_they_cannot_do(self) -> None:
        """While nothing is off the site for a time, what is left to do is what is published."""
        if (
            not hasattr(self, "undo")
            or CoursePage.objects.not_live().exists()
            or LessonPage.objects.not_live().exists()
        ):
            return
        for each in Enrolment.objects.filter(completed_at__isnull=True, kind=SubjectKind.COURSE):
            current = get_current_lessons(kind=each.kind, subject_key=each.subject_key)
            if current is None:
                continue
            asked = set(SyllabusLesson.objects.filter(syllabus=each.syllabus_id).values_list("lesson_key", flat=True))
            done = LessonCompletion.objects.filter(
                learner=each.learner_id, undone_at__isnull=True, completed_at__gte=each.counts_from
            ).values_list("lesson_key", flat=True)
            assert asked - set(done) <= set(current.required)


def make_site() -> dict[str, Any]:
    courses = [factories.CoursePageFactory.create(published=True) for _ in range(2)]
    lessons = [
        factories.LessonPageFactory.create(parent=course, body="[]", published=True)
        for course in courses
        for _ in range(3)
    ]
    path = factories.LearningPathPageFactory.create(courses=courses)
    real(path).save_revision().publish()
    return {
        "courses": courses,
        "lesson_keys": [lesson.translation_key for lesson in lessons],
        "path": path,
        "learners": factories.UserFactory.create_batch(2),
    }


def test_progress_holds_through_random_histories() -> None:
    site = make_site()

    class HereHistories(Histories):
        pass

    HereHistories.site = site
    run_state_machine_as_test(
        HereHistories,
        settings=settings(
            max_examples=EXAMPLES or 12,
            stateful_step_count=100 if EXAMPLES else 40,
            derandomize=not EXAMPLES,
            database=None,
            phases=[Phase.generate, *([Phase.shrink] if "PROGRESS_SHRINK" in os.environ else [])],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
