"""The summary made again from the facts, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery

from learning.actions.enrolments import refresh_subject, settle, take_the_line
from learning.models import Completion, Enrolment, LessonCompletion, LessonProgress, SyllabusLesson
from learning.queries.syllabuses import get_stale_attempts, with_counts
from people.models import User


@dataclass(frozen=True, slots=True)
class Drift:
    """A row of the summary that does not say what the facts say. Holds no names."""

    learner_id: int
    row: str
    says: str
    should_say: str


def find_drift(*, learner: User | None = None) -> Iterator[Drift]:
    """Compare the whole summary, or one learner's, with the facts, and open attempts with what is published.

    Six queries, and some eight for each course and path that somebody is under way in, however many rows there are.
    Rows are read in batches, so memory is flat.
    """
    own = Q(learner=learner) if learner else Q()
    yield from _lessons_that_differ(own)
    yield from _attempts_that_differ(own)
    for kind, subject_key in sorted(
        Enrolment.objects.filter(own, completed_at__isnull=True).values_list("kind", "subject_key").distinct()
    ):
        stale = get_stale_attempts(kind=kind, subject_key=subject_key)
        if stale is not None:
            for attempt in stale.attempts.filter(own).iterator():
                yield Drift(attempt.learner_id, str(attempt), "asks for lessons that are gone", "what is left")


def _lessons_that_differ(own: Q) -> Iterator[Drift]:
    standing = LessonCompletion.objects.filter(
        learner=OuterRef("learner"), lesson_key=OuterRef("lesson_key"), undone_at__isnull=True
    ).order_by("-completed_at", "-pk")
    rows = LessonProgress.objects.filter(own).annotate(
        standing_at=Subquery(standing.values("completed_at")[:1]),
        standing_version=Subquery(standing.values("version")[:1]),
    )
    # Spelt out: what is compared with NULL is neither equal nor unequal.
    for row in rows.filter(
        Q(completed_at__isnull=True, standing_at__isnull=False)
        | Q(completed_at__isnull=False)
        & (
            Q(standing_at__isnull=True)
            | ~Q(completed_at=F("standing_at"))
            | ~Q(completed_version=F("standing_version"))
        )
    ).iterator():
        yield Drift(row.learner_id, f"lesson {row.lesson_key}", str(row.completed_at), str(row.standing_at))
    progress = LessonProgress.objects.filter(learner=OuterRef("learner"), lesson_key=OuterRef("lesson_key"))
    for ticked in LessonCompletion.objects.filter(~Exists(progress), own, undone_at__isnull=True).iterator():
        yield Drift(ticked.learner_id, f"lesson {ticked.lesson_key}", "nothing", str(ticked.completed_at))


def _attempts_that_differ(own: Q) -> Iterator[Drift]:
    """Counted once a row by the database and compared here: as a filter it would count each row several times."""
    completion = Completion.objects.filter(
        learner=OuterRef("learner"), subject_key=OuterRef("subject_key"), attempt=OuterRef("attempt")
    )
    attempts = with_counts(Enrolment.objects.filter(own).order_by()).annotate(
        in_history=Subquery(completion.values("completed_at")[:1]),
        completed_syllabus=Subquery(completion.values("syllabus")[:1]),
    )
    for each in attempts.iterator():
        says = f"{each.completed_at or 'open'}, {each.done_count}/{each.required_count}, syllabus {each.syllabus_id}"
        if each.in_history is not None:
            size = each.required_now  # type: ignore[attr-defined]
            should = f"{each.in_history}, {size}/{size}, syllabus {each.completed_syllabus}"
        else:
            should = f"open, {each.done_now}/{each.required_now}, syllabus {each.syllabus_id}"  # type: ignore[attr-defined]
            if each.required_now and each.done_now == each.required_now:  # type: ignore[attr-defined]
                should = f"completed, {should}"
        if says != should:
            yield Drift(each.learner_id, str(each), says, should)
    attempt = Enrolment.objects.filter(
        learner=OuterRef("learner"), subject_key=OuterRef("subject_key"), attempt=OuterRef("attempt")
    )
    for missing in Completion.objects.filter(~Exists(attempt), own).iterator():
        row = f"{missing.kind} {missing.subject_key} ({missing.attempt})"
        yield Drift(missing.learner_id, row, "nothing", str(missing.completed_at))


@transaction.atomic
def rebuild_learner(*, learner: User) -> None:
    """Write one learner's summary again from the facts. Completions are facts and stay."""
    take_the_line(learner)
    _rebuild_lessons(learner)
    _rebuild_completed(learner)
    settle(with_counts(Enrolment.objects.filter(learner=learner, completed_at__isnull=True)))
    for kind, subject_key in sorted(
        Enrolment.objects.filter(learner=learner, completed_at__isnull=True).values_list("kind", "subject_key")
    ):
        refresh_subject(kind=kind, subject_key=subject_key, learner=learner)


def _rebuild_lessons(learner: User) -> None:
    standing: dict[UUID, LessonCompletion] = {}
    for ticked in LessonCompletion.objects.filter(learner=learner, undone_at__isnull=True).order_by(
        "completed_at", "pk"
    ):
        standing[ticked.lesson_key] = ticked
    rows = {row.lesson_key: row for row in LessonProgress.objects.filter(learner=learner)}
    for key, ticked in standing.items():
        row = rows.setdefault(key, LessonProgress(learner=learner, lesson_key=key, started_at=ticked.completed_at))
        row.completed_at, row.completed_version = ticked.completed_at, ticked.version
    for key, row in rows.items():
        if key not in standing:
            row.completed_at = row.completed_version = None
        row.save()


def _rebuild_completed(learner: User) -> None:
    """Let the attempts say what history says: open, or completed with the lessons they were completed with."""
    history = {(each.subject_key, each.attempt): each for each in Completion.objects.filter(learner=learner)}
    for enrolment in with_counts(Enrolment.objects.filter(learner=learner).order_by("completed_at", "pk")):
        completion = history.pop((enrolment.subject_key, enrolment.attempt), None)
        if completion is None and enrolment.completed_at is not None:
            enrolment.completed_at = None
            enrolment.required_count = enrolment.required_now  # type: ignore[attr-defined]
            enrolment.done_count = enrolment.done_now  # type: ignore[attr-defined]
            enrolment.save()
        elif completion is not None:
            _let_be_completed(enrolment, completion)
    for completion in history.values():
        enrolment = Enrolment(
            learner=learner,
            kind=completion.kind,
            subject_key=completion.subject_key,
            attempt=completion.attempt,
            started_at=completion.completed_at,
            last_active_at=completion.completed_at,
        )
        _let_be_completed(enrolment, completion)


def _let_be_completed(enrolment: Enrolment, completion: Completion) -> None:
    enrolment.completed_at, enrolment.syllabus_id = completion.completed_at, completion.syllabus_id
    size = SyllabusLesson.objects.filter(syllabus=completion.syllabus_id).count()
    enrolment.required_count = enrolment.done_count = size
    enrolment.save()
