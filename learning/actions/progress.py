"""What a learner does in a lesson: opening it, ticking it, taking the tick back.

Every event may come late, twice and out of order (a phone in a car park): each has an id, and merging never takes
anything away.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, QuerySet
from django.utils import timezone

from courses.models import LessonPage, LessonVersion
from courses.models.versions import ChangeKind
from courses.queries import LessonFacts, films_have_text, get_lesson_facts
from learning.actions.enrolments import (
    enrol_in_what_holds,
    open_attempts_asking_for,
    settle,
    take_the_line,
)
from learning.models import Completion, Enrolment, LessonCompletion, LessonProgress
from learning.queries.syllabuses import with_counts
from people.models import User

UNDO_WINDOW = timedelta(hours=1)
"""«Within the visit»: how long a tick can be taken back."""
LATEST_AGE = timedelta(days=30)
"""An event that says it is older than this is as old as this."""


class UnknownLessonError(LookupError):
    """No lesson with this key was ever published."""


class NotMarkedByHandError(Exception):
    """The lesson is completed by its film or its questions."""


class CannotUndoError(Exception):
    """There is no tick to take back, it is too old, or a completed course rests on it."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """What came of completing a lesson. `is_new` is False where the event, or the completion, was there already.

    `enrolments` are those whose figures it changed.
    """

    progress: LessonProgress
    is_new: bool
    completions: list[Completion] = field(default_factory=list)
    enrolments: list[Enrolment] = field(default_factory=list)


def happened_at(age: timedelta) -> datetime:
    """When an event of this age happened, by our own clock: devices' clocks are not believed, what they count is."""
    return timezone.now() - min(max(age, timedelta(0)), LATEST_AGE)


def get_facts(lesson_key: UUID) -> LessonFacts:
    """Raises UnknownLessonError."""
    facts = get_lesson_facts(lesson_key)
    if facts is None:
        raise UnknownLessonError
    return facts


@transaction.atomic
def open_lesson(
    *, learner: User, lesson_key: UUID, path_key: UUID | None = None, age: timedelta = timedelta(0)
) -> LessonProgress:
    """Remember that the learner is in this lesson, for «Fortsett der du slapp».

    An event older than the place that is remembered moves nothing. Raises UnknownLessonError.
    """
    facts = get_facts(lesson_key)
    at = happened_at(age)
    take_the_line(learner)
    progress, _made = LessonProgress.objects.get_or_create(
        learner=learner, lesson_key=lesson_key, defaults={"started_at": at}
    )
    remember_place(learner=learner, facts=facts, path_key=path_key, at=at)
    return progress


def remember_place(*, learner: User, facts: LessonFacts, path_key: UUID | None, at: datetime) -> None:
    """Let this be where the learner is, in the course and in the path. Call with the line taken."""
    if facts.course_key is None:
        return
    enrol_in_what_holds(learner=learner, course_key=facts.course_key, path_key=path_key, at=at)
    subjects = [key for key in (facts.course_key, path_key) if key]
    Enrolment.objects.filter(learner=learner, subject_key__in=subjects, last_active_at__lte=at).update(
        last_active_at=at, last_lesson_key=facts.key
    )


@transaction.atomic
def complete_lesson(
    *,
    learner: User,
    lesson_key: UUID,
    how: str = LessonCompletion.How.MARKED,
    event_id: UUID | None = None,
    path_key: UUID | None = None,
    age: timedelta = timedelta(0),
) -> Ticked:
    """Complete a lesson, and with it whatever course and path it was the last of.

    A lesson that is completed already stays as it is, unless it is asked for again: its content must be redone, or a
    new attempt needs it. The same event twice changes nothing. A film may be read as text (`how=TRANSCRIPT`) where
    every film of the lesson has one. Raises UnknownLessonError; NotMarkedByHandError where a tick by hand is not how
    the author lets the lesson be completed.
    """
    facts = get_facts(lesson_key)
    if how == LessonCompletion.How.MARKED and facts.completion != LessonPage.Completion.MARKED:
        raise NotMarkedByHandError
    if how == LessonCompletion.How.TRANSCRIPT and not (
        facts.completion == LessonPage.Completion.FILM and films_have_text(lesson_key)
    ):
        raise NotMarkedByHandError
    at = happened_at(age)
    take_the_line(learner)
    return record_completion(
        learner=learner, facts=facts, how=how, event_id=event_id or uuid.uuid4(), path_key=path_key, at=at
    )


def record_completion(
    *, learner: User, facts: LessonFacts, how: str, event_id: UUID, path_key: UUID | None, at: datetime
) -> Ticked:
    """Write the completion. Call with the line taken, when it is known that the lesson is completed."""
    seen = LessonCompletion.objects.filter(learner=learner, event_id=event_id)
    found = (
        LessonProgress.objects.filter(learner=learner, lesson_key=facts.key).annotate(is_repeated=Exists(seen)).first()
    )
    if found is not None and found.is_repeated:
        return Ticked(progress=found, is_new=False)
    if facts.course_key is not None:
        enrol_in_what_holds(learner=learner, course_key=facts.course_key, path_key=path_key, at=at)
    asking = Enrolment.objects.filter(open_attempts_asking_for(learner=learner, lesson_key=facts.key))
    progress: LessonProgress = found or LessonProgress(learner=learner, lesson_key=facts.key, started_at=at)
    if progress.completed_at is not None:
        if not _is_asked_again(progress, asking):
            return Ticked(progress=progress, is_new=False)
        at = timezone.now()  # asked again: what happened before that is no answer
    LessonCompletion.objects.create(
        learner=learner, lesson_key=facts.key, version=facts.version, how=how, event_id=event_id, completed_at=at
    )
    progress.completed_at, progress.completed_version = at, facts.version
    progress.save()
    enrolments = list(with_counts(asking))
    for enrolment in enrolments:
        if enrolment.last_active_at <= at:
            enrolment.last_active_at, enrolment.last_lesson_key = at, facts.key
    return Ticked(progress=progress, is_new=True, completions=settle(enrolments), enrolments=enrolments)


def _is_asked_again(progress: LessonProgress, asking: QuerySet[Enrolment]) -> bool:
    """Whether a completed lesson is to be completed once more. Two queries at most."""
    if asking.filter(counts_from__gt=progress.completed_at).exists():
        return True
    return must_be_redone(lesson_key=progress.lesson_key, since_version=progress.completed_version or 0)


def must_be_redone(*, lesson_key: UUID, since_version: int) -> bool:
    """Whether the author has asked for the lesson again after this version. One query."""
    last = LessonVersion.objects.filter(lesson_key=lesson_key, change_kind=ChangeKind.MUST_REDO).aggregate(
        last=Max("number")
    )["last"]
    return bool(last and last > since_version)


@transaction.atomic
def undo_completion(*, learner: User, lesson_key: UUID) -> LessonProgress:
    """Take back the last tick made by hand in this visit. What stood before it stands again.

    Raises CannotUndoError where it is not the learner's own fresh tick, or a completed course or path rests on it:
    completions are history.
    """
    take_the_line(learner)
    now = timezone.now()
    last = (
        LessonCompletion.objects.filter(learner=learner, lesson_key=lesson_key, undone_at__isnull=True)
        .order_by("-completed_at", "-pk")
        .first()
    )
    if last is None or last.how != LessonCompletion.How.MARKED or last.completed_at < now - UNDO_WINDOW:
        raise CannotUndoError
    if rests_a_completion_on(last):
        raise CannotUndoError
    last.undone_at = now
    last.save(update_fields=["undone_at"])
    progress = LessonProgress.objects.get(learner=learner, lesson_key=lesson_key)
    _take_standing(progress)
    progress.save()
    settle(with_counts(Enrolment.objects.filter(open_attempts_asking_for(learner=learner, lesson_key=lesson_key))))
    return progress


def rests_a_completion_on(completion: LessonCompletion) -> bool:
    """Whether a course or path that asked for this lesson was completed at or after it. One query."""
    return Completion.objects.filter(
        learner_id=completion.learner_id,
        completed_at__gte=completion.completed_at,
        syllabus__lessons__lesson_key=completion.lesson_key,
    ).exists()


def _take_standing(progress: LessonProgress) -> None:
    """Let the row say what the last completion that stands says. One query."""
    standing = (
        LessonCompletion.objects.filter(
            learner_id=progress.learner_id, lesson_key=progress.lesson_key, undone_at__isnull=True
        )
        .order_by("-completed_at", "-pk")
        .first()
    )
    progress.completed_at = standing.completed_at if standing else None
    progress.completed_version = standing.version if standing else None


@transaction.atomic
def mark_news_read(*, learner: User, lesson_key: UUID) -> None:
    """Say that the learner has read what is new in a lesson they completed. Raises UnknownLessonError.

    It completes nothing, and a lesson that must be redone still must.
    """
    version = get_facts(lesson_key).version
    take_the_line(learner)
    LessonProgress.objects.filter(learner=learner, lesson_key=lesson_key, seen_version__lt=version).update(
        seen_version=version
    )
