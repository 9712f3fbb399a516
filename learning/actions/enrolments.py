"""What a course or a path asks of a learner, and how far they have come: the summary, kept in step with the facts.

`settle` is the one place where an enrolment's counts are written and where a completion is. Everything that changes a
fact calls it in the same transaction, with the learner's line locked.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from learning.actions.certificates import issue_later
from learning.actions.line import take_the_line as take_the_line
from learning.models import (
    Completion,
    Enrolment,
    LearnerStamp,
    LessonProgress,
    PathAssignment,
    SubjectKind,
    Syllabus,
    SyllabusLesson,
)
from learning.queries.syllabuses import (
    CurrentLessons,
    get_current_lessons,
    get_path_course_keys,
    get_paths_with_course,
    with_counts,
)
from people.models import User

BATCH = 500


class NotAvailableError(Exception):
    """The course or path is not published now."""


def keep_syllabus(*, kind: str, subject_key: UUID, lessons: dict[UUID, UUID]) -> Syllabus:
    """The syllabus of exactly these lessons (each with its course), made if nobody was given it before."""
    lines = sorted(str(lesson) for lesson in lessons)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    kept = Syllabus.objects.filter(subject_key=subject_key, digest=digest).first()
    if kept is not None:
        return kept
    with transaction.atomic():
        last = Syllabus.objects.filter(subject_key=subject_key).aggregate(last=Max("number"))["last"] or 0
        Syllabus.objects.bulk_create(
            [Syllabus(kind=kind, subject_key=subject_key, number=last + 1, digest=digest)], ignore_conflicts=True
        )
        kept = Syllabus.objects.filter(subject_key=subject_key, digest=digest).first()
        if kept is None:
            # Somebody else took the number for other lessons just now.
            return keep_syllabus(kind=kind, subject_key=subject_key, lessons=lessons)
        SyllabusLesson.objects.bulk_create(
            [SyllabusLesson(syllabus=kept, lesson_key=key, course_key=course) for key, course in lessons.items()],
            ignore_conflicts=True,
        )
    return kept


def enrol(*, learner: User, kind: str, subject_key: UUID, at: datetime | None = None) -> Enrolment | None:
    """The learner's latest attempt, begun now if there is none. Call with the line taken.

    None where the course or path is not published, so that nobody knows what it asks for.
    """
    latest = Enrolment.objects.filter(learner=learner, subject_key=subject_key).order_by("-attempt").first()
    if latest is not None:
        return latest
    current = get_current_lessons(kind=kind, subject_key=subject_key)
    if current is None:
        return None
    return _begin(learner=learner, kind=kind, subject_key=subject_key, current=current, at=at)


def _begin(
    *,
    learner: User,
    kind: str,
    subject_key: UUID,
    current: CurrentLessons,
    attempt: int = 1,
    at: datetime | None = None,
) -> Enrolment:
    now = timezone.now()
    enrolment = Enrolment(
        learner=learner,
        kind=kind,
        subject_key=subject_key,
        attempt=attempt,
        syllabus=keep_syllabus(kind=kind, subject_key=subject_key, lessons=current.required),
        required_count=len(current.required),
        started_at=at or now,
        last_active_at=at or now,
    )
    if attempt > 1:
        enrolment.counts_from = enrolment.started_at
    enrolment.save()
    settle(with_counts(Enrolment.objects.filter(pk=enrolment.pk)))  # its lessons may be done in another course
    return enrolment


@transaction.atomic
def start_again(*, learner: User, kind: str, subject_key: UUID) -> Enrolment:
    """Begin a new attempt at what was completed: renewal of a course certificate. What was done before stays.

    An attempt that is already open is the answer. Raises NotAvailableError where nothing is published to take.
    """
    take_the_line(learner)
    latest = Enrolment.objects.filter(learner=learner, subject_key=subject_key).order_by("-attempt").first()
    if latest is not None and not latest.is_completed:
        return latest
    current = get_current_lessons(kind=kind, subject_key=subject_key)
    if current is None or not current.required:
        raise NotAvailableError
    attempt = latest.attempt + 1 if latest else 1
    return _begin(learner=learner, kind=kind, subject_key=subject_key, current=current, attempt=attempt)


def enrol_in_what_holds(
    *, learner: User, course_key: UUID, path_key: UUID | None = None, at: datetime | None = None
) -> None:
    """Begin the course, the path it is read in, and the paths of the learner's team that it is a chapter of.

    Three queries where all is begun already: most of the time.
    """
    begun = set(Enrolment.objects.filter(learner=learner).values_list("subject_key", flat=True))
    new_course = course_key not in begun
    if new_course:
        enrol(learner=learner, kind=SubjectKind.COURSE, subject_key=course_key, at=at)
    wanted: set[UUID] = set()
    if path_key is not None and path_key not in begun and course_key in get_path_course_keys([path_key])[path_key]:
        wanted.add(path_key)
    if new_course:
        assigned = set(PathAssignment.objects.filter(person=learner).values_list("path_key", flat=True)) - begun
        wanted |= assigned & get_paths_with_course([course_key]) if assigned else set()
    for key in sorted(wanted):
        enrol(learner=learner, kind=SubjectKind.PATH, subject_key=key, at=at)


def settle(enrolments: Iterable[Enrolment]) -> list[Completion]:
    """Write what the facts say of these open attempts, and complete those where all is done. Two queries, and three
    for each that is completed.

    `enrolments` carry `done_now` and `required_now` (`with_counts`). Returns the new completions.
    """
    changed, completions = [], []
    for enrolment in enrolments:
        if enrolment.is_completed:
            continue
        enrolment.required_count, enrolment.done_count = enrolment.required_now, enrolment.done_now  # type: ignore[attr-defined]
        if enrolment.required_count and enrolment.done_count == enrolment.required_count:
            completion = _complete(enrolment)
            enrolment.completed_at = completion.completed_at
            completions.append(completion)
        changed.append(enrolment)
    Enrolment.objects.bulk_update(
        changed, ["required_count", "done_count", "completed_at", "last_active_at", "last_lesson_key"]
    )
    return completions


def _complete(enrolment: Enrolment) -> Completion:
    current = get_current_lessons(kind=enrolment.kind, subject_key=enrolment.subject_key)
    completion, _made = Completion.objects.get_or_create(
        learner_id=enrolment.learner_id,
        subject_key=enrolment.subject_key,
        attempt=enrolment.attempt,
        defaults={
            "kind": enrolment.kind,
            "syllabus_id": enrolment.syllabus_id,
            "title": current.title if current else "",
            "completed_at": timezone.now(),
        },
    )
    issue_later(completion)
    return completion


def refresh_subjects(*, course_keys: Iterable[UUID]) -> int:
    """Bring open attempts in step after an edit of these courses. Returns how many learners' rows were changed.

    A lesson that is gone, optional or moved away is no longer asked of those who had not done it; nothing is ever
    added, and what is done stays counted. So a percent rises or stays (ARCHITECTURE §4.3). A course or path that is not
    published now is left as it is until it is back. Safe to run twice.
    """
    keys = list(course_keys)
    changed = 0
    for key in keys:
        changed += _refresh(kind=SubjectKind.COURSE, subject_key=key)
    paths = get_paths_with_course(keys)
    for key in paths:
        changed += _refresh(kind=SubjectKind.PATH, subject_key=key)
    return changed


def refresh_paths(*, path_keys: Iterable[UUID]) -> int:
    """The same after an edit of the paths themselves."""
    return sum(_refresh(kind=SubjectKind.PATH, subject_key=key) for key in path_keys)


def _refresh(*, kind: str, subject_key: UUID) -> int:
    open_attempts = Enrolment.objects.filter(subject_key=subject_key, completed_at__isnull=True)
    syllabuses = list(open_attempts.values_list("syllabus_id", flat=True).distinct())
    if not syllabuses:
        return 0
    current = get_current_lessons(kind=kind, subject_key=subject_key)
    if current is None:
        return 0
    changed = 0
    for syllabus_id in syllabuses:
        lessons = dict(SyllabusLesson.objects.filter(syllabus_id=syllabus_id).values_list("lesson_key", "course_key"))
        gone = {key for key, course in lessons.items() if key not in current.required and course not in current.paused}
        if not gone:
            continue
        pks = list(open_attempts.filter(syllabus_id=syllabus_id).order_by("learner_id").values_list("pk", flat=True))
        for start in range(0, len(pks), BATCH):
            changed += _take_out(
                pks[start : start + BATCH], kind=kind, subject_key=subject_key, lessons=lessons, gone=gone
            )
    return changed


@transaction.atomic
def _take_out(pks: list[int], *, kind: str, subject_key: UUID, lessons: dict[UUID, UUID], gone: set[UUID]) -> int:
    """Give these attempts a syllabus without the lessons that are gone and not done."""
    learner_ids = list(Enrolment.objects.filter(pk__in=pks).order_by("learner_id").values_list("learner_id", flat=True))
    # In the order of learners, so that two refreshes wait for each other and never in a ring.
    list(LearnerStamp.objects.select_for_update().filter(learner_id__in=learner_ids).order_by("learner_id"))
    LearnerStamp.objects.filter(learner_id__in=learner_ids).update(value=F("value") + 1)
    enrolments = list(Enrolment.objects.filter(pk__in=pks, completed_at__isnull=True))
    done: dict[int, dict[UUID, datetime]] = {}
    for learner_id, lesson_key, completed_at in LessonProgress.objects.filter(
        learner_id__in=learner_ids, lesson_key__in=gone, completed_at__isnull=False
    ).values_list("learner_id", "lesson_key", "completed_at"):
        if completed_at is not None:
            done.setdefault(learner_id, {})[lesson_key] = completed_at
    kept: dict[frozenset[UUID], Syllabus] = {}
    changed = []
    for enrolment in enrolments:
        finished = {key for key, at in done.get(enrolment.learner_id, {}).items() if at >= enrolment.counts_from}
        out = frozenset(gone - finished)
        if not out:
            continue
        if out not in kept:
            kept[out] = keep_syllabus(
                kind=kind,
                subject_key=subject_key,
                lessons={key: course for key, course in lessons.items() if key not in out},
            )
        enrolment.syllabus = kept[out]
        changed.append(enrolment)
    Enrolment.objects.bulk_update(changed, ["syllabus"])
    settle(with_counts(Enrolment.objects.filter(pk__in=[each.pk for each in changed])))
    return len(changed)


def open_attempts_asking_for(*, learner: User, lesson_key: UUID) -> Q:
    """The learner's open attempts that have the lesson in their syllabus."""
    return Q(
        learner=learner,
        completed_at__isnull=True,
        syllabus__in=SyllabusLesson.objects.filter(lesson_key=lesson_key).values("syllabus"),
    )
