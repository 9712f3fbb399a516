"""The summary made again from the facts, and what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from learning.actions.enrolments import settle, take_the_line
from learning.models import Completion, Enrolment, LessonCompletion, LessonProgress
from learning.queries.syllabuses import with_counts
from people.models import User


@dataclass(frozen=True, slots=True)
class Drift:
    """A row of the summary that does not say what the facts say. Holds no names."""

    learner_id: int
    row: str
    says: str
    should_say: str


def find_drift(*, learner: User | None = None) -> Iterator[Drift]:
    """Compare the whole summary, or one learner's, with the facts. Five queries, however many rows."""
    own = Q(learner=learner) if learner else Q()
    standing = LessonCompletion.objects.filter(
        learner=OuterRef("learner"), lesson_key=OuterRef("lesson_key"), undone_at__isnull=True
    ).order_by("-completed_at", "-pk")
    rows = LessonProgress.objects.filter(own).annotate(
        standing_at=Subquery(standing.values("completed_at")[:1]),
        standing_version=Subquery(standing.values("version")[:1]),
    )
    same = Q(completed_at=F("standing_at"), completed_version=F("standing_version")) | Q(
        completed_at__isnull=True, standing_at__isnull=True
    )
    for row in rows.exclude(same).iterator():
        yield Drift(row.learner_id, f"lesson {row.lesson_key}", str(row.completed_at), str(row.standing_at))
    progress = LessonProgress.objects.filter(learner=OuterRef("learner"), lesson_key=OuterRef("lesson_key"))
    for ticked in (
        LessonCompletion.objects.filter(own, undone_at__isnull=True)
        .annotate(progress=Subquery(progress.values("pk")[:1]))
        .filter(progress__isnull=True)
        .iterator()
    ):
        yield Drift(ticked.learner_id, f"lesson {ticked.lesson_key}", "nothing", str(ticked.completed_at))
    for enrolment in (
        with_counts(Enrolment.objects.filter(own, completed_at__isnull=True))
        .exclude(required_count=F("required_now"), done_count=F("done_now"))
        .iterator()
    ):
        yield Drift(
            enrolment.learner_id,
            str(enrolment),
            f"{enrolment.done_count}/{enrolment.required_count}",
            f"{enrolment.done_now}/{enrolment.required_now}",  # type: ignore[attr-defined]
        )
    completion = Completion.objects.filter(
        learner=OuterRef("learner"), subject_key=OuterRef("subject_key"), attempt=OuterRef("attempt")
    )
    for enrolment in (
        Enrolment.objects.filter(own)
        .annotate(in_history=Subquery(completion.values("completed_at")[:1]))
        .exclude(Q(completed_at__isnull=True, in_history__isnull=True) | Q(completed_at=F("in_history")))
        .iterator()
    ):
        yield Drift(
            enrolment.learner_id,
            str(enrolment),
            str(enrolment.completed_at),
            str(enrolment.in_history),
        )


@transaction.atomic
def rebuild_learner(*, learner: User) -> None:
    """Write one learner's summary again from the facts. Completions are facts and stay."""
    take_the_line(learner)
    standing: dict[UUID, LessonCompletion] = {}
    for ticked in LessonCompletion.objects.filter(learner=learner, undone_at__isnull=True).order_by(
        "completed_at", "pk"
    ):
        standing[ticked.lesson_key] = ticked
    rows = {row.lesson_key: row for row in LessonProgress.objects.filter(learner=learner)}
    for key, ticked in standing.items():
        row = rows.setdefault(
            ticked.lesson_key, LessonProgress(learner=learner, lesson_key=key, started_at=ticked.completed_at)
        )
        row.completed_at, row.completed_version = ticked.completed_at, ticked.version
    for key, row in rows.items():
        if key not in standing:
            row.completed_at = row.completed_version = None
        row.save()
    history = {
        (each.subject_key, each.attempt): each.completed_at for each in Completion.objects.filter(learner=learner)
    }
    for enrolment in with_counts(Enrolment.objects.filter(learner=learner)):
        completed_at = history.get((enrolment.subject_key, enrolment.attempt))
        if enrolment.completed_at == completed_at:
            continue
        enrolment.completed_at = completed_at
        if completed_at is not None:
            enrolment.required_count = enrolment.done_count = max(enrolment.required_count, 1)
        enrolment.save()
    settle(with_counts(Enrolment.objects.filter(learner=learner, completed_at__isnull=True)))
