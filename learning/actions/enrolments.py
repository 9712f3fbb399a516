"""What a course or a path asks of a learner, and how far they have come: the summary, kept in step with the facts.

`settle` is the one place where an enrolment's counts are written and where a completion is. Everything that changes a
fact calls it in the same transaction, with the learner's line locked.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from courses.models.versions import ContentStamp
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
    StaleAttempts,
    counts_from_facts,
    get_current_lessons,
    get_path_course_keys,
    get_paths_with_course,
    get_stale_attempts,
    get_subject_title,
    with_counts,
)
from people.models import User

BATCH = 500
SETTLED = ("required_count", "done_count", "completed_at", "last_active_at", "last_lesson_key")
FEW = 3
"""A tick changes a course and a path or two: saved one by one, which is less work than one statement for all."""


class NotAvailableError(Exception):
    """The course or path is not published now."""


def keep_syllabus(*, kind: str, subject_key: UUID, lessons: dict[UUID, UUID], title: str = "") -> Syllabus:
    """The syllabus of exactly these lessons (each with its course), made if nobody was given it before."""
    digest = hashlib.sha256("\n".join(sorted(str(lesson) for lesson in lessons)).encode()).hexdigest()
    kept = Syllabus.objects.filter(subject_key=subject_key, digest=digest).first()
    if kept is not None:
        return kept
    with transaction.atomic():
        last = Syllabus.objects.filter(subject_key=subject_key).aggregate(last=Max("number"))["last"] or 0
        Syllabus.objects.bulk_create(
            [Syllabus(kind=kind, subject_key=subject_key, number=last + 1, digest=digest, title=title)],
            ignore_conflicts=True,
        )
        kept = Syllabus.objects.filter(subject_key=subject_key, digest=digest).first()
        if kept is None:
            # Somebody else took the number for other lessons just now.
            return keep_syllabus(kind=kind, subject_key=subject_key, lessons=lessons, title=title)
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
    return latest or _begin(learner=learner, kind=kind, subject_key=subject_key, at=at)


def _begin(
    *, learner: User, kind: str, subject_key: UUID, attempt: int = 1, at: datetime | None = None
) -> Enrolment | None:
    """A new attempt at what is asked for now; None where it is not published, or a new attempt has nothing to ask."""
    stamp = _content_stamp()
    current = get_current_lessons(kind=kind, subject_key=subject_key)
    if current is None or (attempt > 1 and not current.required):
        return None
    now = timezone.now()
    enrolment = Enrolment(
        learner=learner,
        kind=kind,
        subject_key=subject_key,
        attempt=attempt,
        syllabus=keep_syllabus(kind=kind, subject_key=subject_key, lessons=current.required, title=current.title),
        required_count=len(current.required),
        started_at=at or now,
        last_active_at=at or now,
    )
    if attempt > 1:
        enrolment.counts_from = enrolment.started_at
    enrolment.save()
    settle(with_counts(Enrolment.objects.filter(pk=enrolment.pk)))  # its lessons may be done in another course
    transaction.on_commit(partial(_catch_up, kind=kind, subject_key=subject_key, stamp=stamp), robust=True)
    return enrolment


def _content_stamp() -> int | None:
    return ContentStamp.objects.filter(pk=1).values_list("value", flat=True).first()


def _catch_up(*, kind: str, subject_key: UUID, stamp: int | None) -> None:
    """An edit that was published while this attempt began has not seen it, and it has not seen the edit. One query
    where there was none."""
    if _content_stamp() != stamp:
        refresh_subject(kind=kind, subject_key=subject_key)


@transaction.atomic
def start_again(*, learner: User, kind: str, subject_key: UUID) -> Enrolment:
    """Begin a new attempt at what was completed: renewal of a course certificate. What was done before stays.

    An attempt that is already open is the answer. Raises NotAvailableError where nothing is published to take.
    """
    take_the_line(learner)
    latest = Enrolment.objects.filter(learner=learner, subject_key=subject_key).order_by("-attempt").first()
    if latest is not None and not latest.is_completed:
        return latest
    begun = _begin(learner=learner, kind=kind, subject_key=subject_key, attempt=latest.attempt + 1 if latest else 1)
    if begun is None:
        raise NotAvailableError
    return begun


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
    """Write what the facts say of these open attempts, and complete those where all is done. Two queries, and some
    six more where anything is completed.

    `enrolments` carry `done_now` and `required_now` (`with_counts`). Returns the new completions.
    """
    changed = [enrolment for enrolment in enrolments if not enrolment.is_completed]
    for enrolment in changed:
        enrolment.required_count, enrolment.done_count = enrolment.required_now, enrolment.done_now  # type: ignore[attr-defined]
    completions = _complete(
        [each for each in changed if each.required_count and each.done_count == each.required_count]
    )
    if len(changed) <= FEW:
        for each in changed:
            each.save(update_fields=SETTLED)
    else:
        Enrolment.objects.bulk_update(changed, SETTLED)
    return completions


def _complete(enrolments: list[Enrolment]) -> list[Completion]:
    """Write the completions of these attempts, where all is done. The attempts are marked, not saved."""
    if not enrolments:
        return []
    kept = {
        (each.learner_id, each.subject_key, each.attempt): each
        for each in Completion.objects.filter(
            learner_id__in={each.learner_id for each in enrolments},
            subject_key__in={each.subject_key for each in enrolments},
        )
    }
    titles = {
        key: get_subject_title(kind=kind, subject_key=key)
        for kind, key in {(each.kind, each.subject_key) for each in enrolments}
    }
    now = timezone.now()
    new = [
        Completion(
            learner_id=each.learner_id,
            kind=each.kind,
            subject_key=each.subject_key,
            attempt=each.attempt,
            syllabus_id=each.syllabus_id,
            title=titles[each.subject_key] or each.syllabus.title,
            completed_at=now,
        )
        for each in enrolments
        if (each.learner_id, each.subject_key, each.attempt) not in kept
    ]
    Completion.objects.bulk_create(new)
    for completion in new:
        issue_later(completion)
    kept |= {(each.learner_id, each.subject_key, each.attempt): each for each in new}
    for enrolment in enrolments:
        completion = kept[enrolment.learner_id, enrolment.subject_key, enrolment.attempt]
        enrolment.completed_at = completion.completed_at
    return new


def refresh_subjects(*, course_keys: Iterable[UUID]) -> int:
    """Bring open attempts in step after an edit of these courses. Returns how many learners' rows were changed.

    A lesson that is gone, optional or moved away is no longer asked of those who had not done it; nothing is ever
    added, and what is done stays counted. So a percent rises or stays (ARCHITECTURE §4.3). A course or path that is not
    published now is left as it is until it is back. Safe to run twice.
    """
    keys = list(course_keys)
    changed = sum(refresh_subject(kind=SubjectKind.COURSE, subject_key=key) for key in sorted(set(keys)))
    return changed + refresh_paths(path_keys=get_paths_with_course(keys))


def refresh_paths(*, path_keys: Iterable[UUID]) -> int:
    """The same after an edit of the paths themselves."""
    return sum(refresh_subject(kind=SubjectKind.PATH, subject_key=key) for key in sorted(set(path_keys)))


def refresh_subject(*, kind: str, subject_key: UUID, learner: User | None = None) -> int:
    """Bring the open attempts at one course or path in step, or one learner's. Returns how many were changed.

    Each batch is a transaction of its own: learners are held up for as long as their batch takes.
    """
    stale = get_stale_attempts(kind=kind, subject_key=subject_key)
    if stale is None:
        return 0
    attempts = stale.attempts.filter(learner=learner) if learner else stale.attempts
    pks = list(attempts.order_by("learner_id").values_list("pk", flat=True))
    return sum(_take_out(pks[start : start + BATCH], stale=stale) for start in range(0, len(pks), BATCH))


@transaction.atomic
def _take_out(pks: list[int], *, stale: StaleAttempts) -> int:
    """Give these attempts a syllabus without the lessons that are gone and not done.

    Where nothing is left of it, and nothing was done, they begin at what is asked for now.
    """
    learner_ids = list(Enrolment.objects.filter(pk__in=pks).order_by("learner_id").values_list("learner_id", flat=True))
    # In the order of learners, so that two refreshes wait for each other and never in a ring.
    list(LearnerStamp.objects.select_for_update().filter(learner_id__in=learner_ids).order_by("learner_id"))
    attempts = list(stale.attempts.filter(pk__in=pks))  # as they stand now, when nobody else can change them
    held = [each.learner_id for each in attempts]
    LearnerStamp.objects.filter(learner_id__in=held).update(value=F("value") + 1)
    lessons: dict[int, dict[UUID, UUID]] = {}
    for syllabus_id, lesson_key, course_key in SyllabusLesson.objects.filter(
        syllabus__in={each.syllabus_id for each in attempts}
    ).values_list("syllabus_id", "lesson_key", "course_key"):
        lessons.setdefault(syllabus_id, {})[lesson_key] = course_key
    done: dict[int, dict[UUID, datetime]] = {}
    for learner_id, lesson_key, completed_at in LessonProgress.objects.filter(
        learner_id__in=held, lesson_key__in=stale.gone, completed_at__isnull=False
    ).values_list("learner_id", "lesson_key", "completed_at"):
        if completed_at is not None:
            done.setdefault(learner_id, {})[lesson_key] = completed_at
    groups: dict[tuple[int, frozenset[UUID]], list[int]] = {}
    for each in attempts:
        finished = {key for key, at in done.get(each.learner_id, {}).items() if at >= each.counts_from}
        groups.setdefault((each.syllabus_id, stale.gone - finished), []).append(each.pk)
    for (syllabus_id, out), members in groups.items():
        left = {key: course for key, course in lessons.get(syllabus_id, {}).items() if key not in out}
        syllabus = keep_syllabus(
            kind=stale.kind, subject_key=stale.subject_key, lessons=left or stale.required, title=stale.title
        )
        Enrolment.objects.filter(pk__in=members).update(syllabus=syllabus)
    changed = Enrolment.objects.filter(pk__in=[each.pk for each in attempts])
    # Done never is more than required: both in one statement.
    changed.update(**counts_from_facts())
    settle(with_counts(changed.filter(done_count=F("required_count"), required_count__gte=1)))
    return len(attempts)


def open_attempts_asking_for(*, learner: User, lesson_key: UUID) -> Q:
    """The learner's open attempts that have the lesson in their syllabus."""
    return Q(
        learner=learner,
        completed_at__isnull=True,
        syllabus__in=SyllabusLesson.objects.filter(lesson_key=lesson_key).values("syllabus"),
    )
