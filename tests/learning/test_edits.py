"""What each kind of edit does to those who are under way. docs/decisions/0009-progress.md holds the same as a table."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from courses.models import CoursePage, ImmutableError, LessonPage, LessonVersion
from learning.actions import (
    NotMarkedByHandError,
    complete_lesson,
    open_lesson,
    refresh_subjects,
    start_again,
    undo_completion,
)
from learning.actions.rebuild import find_drift
from learning.models import Completion, Enrolment, LessonCompletion, LessonProgress, Syllabus, SyllabusLesson
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> CoursePage:
    return factories.CoursePageFactory.create(published=True)


@pytest.fixture
def lessons(course: CoursePage) -> list[LessonPage]:
    return [factories.LessonPageFactory.create(parent=course, published=True) for _ in range(4)]


def tick(learner: User, *lessons: LessonPage, **kwargs: Any) -> Any:
    for lesson in lessons:
        ticked = complete_lesson(learner=learner, lesson_key=lesson.translation_key, **kwargs)
    return ticked


def after_commit(work: Any, *args: Any, **kwargs: Any) -> Any:
    with TestCase.captureOnCommitCallbacks(execute=True):
        return work(*args, **kwargs)


def publish(page: Any, **fields: Any) -> None:
    page = type(page).objects.get(pk=page.pk).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(page, name, value)
    after_commit(page.save_revision().publish)


def now(page: Any) -> Any:
    return type(page).objects.get(pk=page.pk)


def state(learner: User) -> list[tuple[int, int]]:
    assert list(find_drift()) == []
    attempts = Enrolment.objects.filter(learner=learner).order_by("attempt")
    return [(each.done_count, each.required_count) for each in attempts]


@pytest.mark.parametrize("how", ["unpublish", "delete", "move", "optional"])
def test_a_lesson_that_goes_is_not_asked_of_those_who_have_it_left(
    learner: User, lessons: list[LessonPage], how: str
) -> None:
    done_it = factories.UserFactory.create()
    tick(learner, lessons[0])
    tick(done_it, lessons[3])
    if how == "optional":
        publish(lessons[3], is_required=False)
    elif how == "move":
        after_commit(now(lessons[3]).move, factories.CoursePageFactory.create(), "last-child")
    else:
        after_commit(getattr(now(lessons[3]), how))
    assert state(learner) == [(1, 3)]
    assert state(done_it) == [(1, 4)], "what is done stays counted"
    if how != "delete":
        publish(lessons[3], is_required=True)
        assert state(learner) == [(1, 3)], "it is not asked again"


def test_the_last_lesson_goes_and_the_course_is_completed(learner: User, lessons: list[LessonPage]) -> None:
    tick(learner, *lessons[:3])
    after_commit(now(lessons[3]).unpublish)
    assert state(learner) == [(3, 3)]
    assert Completion.objects.get(learner=learner).syllabus.lessons.count() == 3


def test_a_new_lesson_is_asked_of_those_who_begin_later(
    learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    tick(learner, lessons[0])
    after_commit(factories.LessonPageFactory.create, parent=course, published=True)
    late = factories.UserFactory.create()
    tick(late, lessons[0])
    assert (state(learner), state(late)) == ([(1, 4)], [(1, 5)])


def test_a_course_that_comes_back_page_by_page_completes_nobody(
    administrator_client: Client, learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    tick(learner, lessons[0])
    url = reverse("wagtailadmin_pages:unpublish", args=[course.pk])
    with TestCase.captureOnCommitCallbacks(execute=True):
        administrator_client.post(url, {"include_descendants": "on"})
    assert not LessonPage.objects.live().exists()
    for page in (course, *lessons):
        publish(page)
        assert state(learner) == [(1, 4)]


def test_all_lessons_taken_down_at_once_complete_nobody(
    administrator_client: Client, learner: User, lessons: list[LessonPage]
) -> None:
    tick(learner, lessons[0])
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "unpublish"])
    chosen = "&".join(f"id={lesson.pk}" for lesson in lessons)
    with TestCase.captureOnCommitCallbacks(execute=True):
        administrator_client.post(f"{url}?{chosen}&next=/cms/")
    assert not LessonPage.objects.live().exists()
    assert state(learner) == [(1, 4)]


def test_a_lesson_taken_out_while_the_course_is_back_is_gone(
    learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    tick(learner, lessons[0])
    after_commit(now(course).unpublish)
    publish(course)
    after_commit(now(lessons[1]).unpublish)
    assert state(learner) == [(1, 3)]


def test_a_course_down_in_bokmal_and_partly_translated_completes_nobody(
    learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    danish = factories.make_locale("da")
    tick(learner, lessons[0])
    translated = now(course).copy_for_translation(danish, copy_parents=True)
    publish(translated)
    publish(now(lessons[0]).copy_for_translation(danish))
    after_commit(now(course).unpublish)
    assert state(learner) == [(1, 4)]
    publish(course)
    assert state(learner) == [(1, 4)]


def test_all_is_replaced_before_anything_was_done(learner: User, course: CoursePage, lessons: list[LessonPage]) -> None:
    open_lesson(learner=learner, lesson_key=lessons[0].translation_key)
    new = after_commit(factories.LessonPageFactory.create, parent=course, published=True)
    for lesson in lessons:
        after_commit(now(lesson).delete)
    assert state(learner) == [(0, 1)], "nobody is left with a course that asks for nothing"
    tick(learner, new)
    assert state(learner) == [(1, 1)]


def test_a_course_begun_before_it_asked_for_anything(learner: User, course: CoursePage) -> None:
    lesson = factories.LessonPageFactory.create(parent=course, published=True, is_required=False)
    tick(learner, lesson)
    assert state(learner) == [(0, 0)]
    after_commit(factories.LessonPageFactory.create, parent=course, published=True)
    assert state(learner) == [(0, 1)]


def test_scheduled_unpublishing_counts_as_unpublishing(
    learner: User, lessons: list[LessonPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(learner, lessons[0])
    publish(lessons[1], expire_at=timezone.now() + timedelta(hours=1))
    soon = timezone.now() + timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: soon)
        after_commit(call_command, "publish_scheduled")
    assert now(lessons[1]).live is False
    assert state(learner) == [(1, 3)]


def test_a_copy_is_a_course_of_its_own(learner: User, course: CoursePage, lessons: list[LessonPage]) -> None:
    tick(learner, *lessons)
    copy = after_commit(
        now(course).copy, recursive=True, update_attrs={"title": "Kopi", "slug": "kopi"}, keep_live=True
    )
    copied = LessonPage.objects.child_of(copy)
    assert not {each.translation_key for each in copied} & {each.translation_key for each in lessons}
    tick(learner, copied[0])
    of_copy = Enrolment.objects.get(learner=learner, subject_key=copy.translation_key)
    assert (of_copy.done_count, of_copy.required_count) == (1, 4)


def kinds(lesson: LessonPage) -> list[tuple[str, str]]:
    versions = LessonVersion.objects.filter(lesson_key=lesson.translation_key).order_by("number")
    return list(versions.values_list("language", "change_kind"))


def test_a_choice_is_made_for_one_publication(lessons: list[LessonPage]) -> None:
    publish(lessons[0], change_kind="must_redo")
    after_commit(now(lessons[0]).unpublish)
    after_commit(now(lessons[0]).get_latest_revision().publish)
    assert kinds(lessons[0]) == [("nb", "new_content"), ("nb", "must_redo"), ("nb", "correction")]


def test_the_editor_asks_anew_for_a_lesson_that_was_taken_down(
    administrator_client: Client, lessons: list[LessonPage]
) -> None:
    publish(lessons[0], change_kind="must_redo")
    after_commit(now(lessons[0]).unpublish)
    page = administrator_client.get(reverse("wagtailadmin_pages:edit", args=[lessons[0].pk]))
    assert page.context["form"]["change_kind"].value() == "correction"


def test_a_translations_first_publication_asks_nobody_again(learner: User, lessons: list[LessonPage]) -> None:
    publish(lessons[0], change_kind="must_redo")
    tick(learner, lessons[0])
    danish = now(lessons[0]).copy_for_translation(factories.make_locale("da"), copy_parents=True)
    publish(danish)
    assert kinds(lessons[0])[-1] == ("da", "correction")
    assert tick(learner, lessons[0]).is_new is False
    publish(danish, change_kind="must_redo")
    assert kinds(lessons[0])[-1] == ("da", "must_redo"), "its author may say so afterwards"
    assert tick(learner, lessons[0]).is_new is True


def test_an_alias_in_another_language_asks_nobody_again(lessons: list[LessonPage]) -> None:
    now(lessons[0]).copy_for_translation(factories.make_locale("da"), copy_parents=True, alias=True)
    publish(lessons[0], change_kind="must_redo")
    assert [kind for language, kind in kinds(lessons[0]) if language == "da"] == ["correction"]
    assert ("nb", "must_redo") in kinds(lessons[0])


# -- late, repeated and taken back --


def test_what_was_done_before_it_was_asked_for_again_is_no_answer(
    learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    tick(learner, *lessons)
    start_again(learner=learner, kind="course", subject_key=course.translation_key)
    assert tick(learner, lessons[0], age=timedelta(hours=2)).is_new is False
    assert state(learner) == [(4, 4), (0, 4)]
    assert tick(learner, lessons[0]).is_new is True
    assert state(learner) == [(4, 4), (1, 4)]


def test_a_lesson_to_be_redone_is_not_redone_by_an_older_event(learner: User, lessons: list[LessonPage]) -> None:
    tick(learner, lessons[0])
    publish(lessons[0], change_kind="must_redo")
    assert tick(learner, lessons[0], age=timedelta(days=1)).is_new is False
    assert tick(learner, lessons[0]).is_new is True
    assert state(learner) == [(1, 4)]


def test_an_event_of_another_lesson_completes_nothing(learner: User, lessons: list[LessonPage]) -> None:
    event = uuid.uuid4()
    tick(learner, lessons[0], event_id=event)
    assert tick(learner, lessons[1], event_id=event).is_new is False
    assert state(learner) == [(1, 4)]
    assert not LessonProgress.objects.filter(lesson_key=lessons[1].translation_key).exists()


def test_a_tick_taken_back_of_a_lesson_that_is_gone_is_not_asked_again(
    learner: User, lessons: list[LessonPage]
) -> None:
    tick(learner, *lessons[:2])
    after_commit(now(lessons[1]).delete)
    assert state(learner) == [(2, 4)]
    undo_completion(learner=learner, lesson_key=lessons[1].translation_key)
    assert state(learner) == [(1, 3)]


def test_a_quiz_is_not_ticked_by_hand_while_it_is_off_the_site(learner: User, lessons: list[LessonPage]) -> None:
    publish(lessons[0], completion="quiz")
    after_commit(now(lessons[0]).unpublish)
    with pytest.raises(NotMarkedByHandError):
        tick(learner, lessons[0])


def test_completed_after_the_course_is_deleted_has_its_name(
    learner: User, course: CoursePage, lessons: list[LessonPage]
) -> None:
    tick(learner, *lessons[:3])
    after_commit(now(course).delete)
    tick(learner, lessons[3])
    assert Completion.objects.get(learner=learner).title == course.title


def test_a_second_refresh_touches_nobody(learner: User, course: CoursePage, lessons: list[LessonPage]) -> None:
    tick(learner, lessons[0], lessons[3])
    other = factories.UserFactory.create()
    tick(other, lessons[0])
    LessonPage.objects.filter(pk=lessons[3].pk).update(live=False)
    assert refresh_subjects(course_keys=[course.translation_key]) == 1
    assert refresh_subjects(course_keys=[course.translation_key]) == 0


# -- history --


def test_history_cannot_be_changed(learner: User, lessons: list[LessonPage]) -> None:
    tick(learner, *lessons)
    before = list(Completion.objects.values())
    completion = Completion.objects.get()
    for change in (
        completion.save,
        completion.delete,
        Completion.objects.all().delete,
        lambda: Completion.objects.update(title="Noe annet"),
        lambda: Completion.objects.bulk_update([completion], ["title"]),
        lambda: Completion.objects.update_or_create(pk=completion.pk, defaults={"title": "Noe annet"}),
        lambda: Syllabus.objects.update(number=9),
        lambda: SyllabusLesson.objects.all().delete(),
    ):
        with pytest.raises(ImmutableError):
            change()
    assert list(Completion.objects.values()) == before


def test_everything_goes_with_the_account(learner: User, lessons: list[LessonPage]) -> None:
    tick(learner, *lessons)
    learner.delete()
    for model in (Completion, Enrolment, LessonProgress, LessonCompletion):
        assert not model.objects.exists()
