"""A learner's answers to questions. Asked for by the learner alone: nobody else sees an answer (ARCHITECTURE §4.8)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Q, Subquery
from django.db.models.functions import Coalesce

from courses.models import LessonPage, LessonVersion
from courses.models.versions import ChangeKind
from courses.queries import LessonFacts, get_version_to_read
from courses.quiz import MarkedAnswer, mark_given, words_of_question
from learning.models import Enrolment, LessonProgress, QuizAttempt
from learning.models.enrolments import EVER
from people.models import User


@dataclass(frozen=True, slots=True)
class BestAnswer:
    """The best answer to a question that counts now, 0–1, and how many times it was answered at all."""

    score: float | None
    times: int

    @property
    def percent(self) -> int:
        """0–100, floored."""
        return int(100 * (self.score or 0) + 1e-9)


@dataclass(frozen=True, slots=True)
class QuizStanding:
    """Where a learner stands with the questions of a lesson.

    `score` is the mean of the best answers, 0–1; a question without an answer counts 0. `pass_percent` is None where
    the lesson is not completed by its questions.
    """

    asked: int
    right: int
    score: float
    pass_percent: int | None
    is_completed: bool
    best: dict[UUID, BestAnswer]

    @property
    def percent(self) -> int:
        """0–100, floored."""
        return int(100 * self.score + 1e-9)

    @property
    def has_partly_right(self) -> bool:
        return self.score * self.asked > self.right + 1e-9

    @property
    def is_passed(self) -> bool:
        return self.pass_percent is not None and bool(self.asked) and 100 * self.score + 1e-9 >= self.pass_percent


def counts_now(field: str, *, learner: User, lesson_key: UUID) -> Q:
    """Rows whose time in `field` is after the author last asked for the lesson to be redone, and within the learner's
    open attempt at a course or path that asks for it.

    By time, not by version: a translation that was published before a «must be redone» is still what is read.
    """
    redone = (
        LessonVersion.objects.filter(lesson_key=lesson_key, change_kind=ChangeKind.MUST_REDO)
        .order_by("-number")
        .values("created_at")[:1]
    )
    attempt = (
        Enrolment.objects.filter(learner=learner, completed_at__isnull=True, syllabus__lessons__lesson_key=lesson_key)
        .order_by("-counts_from")
        .values("counts_from")[:1]
    )
    return Q(
        (f"{field}__gte", Coalesce(Subquery(redone), EVER)),
        (f"{field}__gte", Coalesce(Subquery(attempt), EVER)),
    )


def get_best_answers(*, learner: User, lesson_key: UUID) -> dict[UUID, BestAnswer]:
    """The learner's best answer to each question of a lesson they have answered. One query."""
    rows = (
        QuizAttempt.objects.filter(learner=learner, lesson_key=lesson_key)
        .order_by()
        .values_list("block_id")
        .annotate(
            best=Max("score", filter=counts_now("answered_at", learner=learner, lesson_key=lesson_key)),
            times=Count("pk"),
        )
    )
    return {block_id: BestAnswer(score=best, times=times) for block_id, best, times in rows}


def get_standing(*, learner: User, facts: LessonFacts, version: LessonVersion) -> QuizStanding:
    """Where the learner stands with the questions of this version. Two queries."""
    best = get_best_answers(learner=learner, lesson_key=facts.key)
    scores = [(best[key].score or 0.0) if key in best else 0.0 for key in version.question_ids]
    completed = LessonProgress.objects.filter(
        counts_now("completed_at", learner=learner, lesson_key=facts.key), learner=learner, lesson_key=facts.key
    )
    return QuizStanding(
        asked=len(scores),
        right=sum(score == 1 for score in scores),
        score=sum(scores) / len(scores) if scores else 0.0,
        pass_percent=facts.pass_percent if facts.completion == LessonPage.Completion.QUIZ else None,
        is_completed=completed.exists(),
        best=best,
    )


@dataclass(frozen=True, slots=True)
class OwnAttempt:
    """An answer with the question as it was worded then."""

    answered_at: datetime
    question: str
    kind: str
    marked: MarkedAnswer
    was_worded_otherwise: bool


@dataclass(slots=True)
class OwnQuestion:
    """A question the learner has answered; `wording` is today's, or the last one where it is gone."""

    block_id: UUID
    wording: str
    is_asked_now: bool
    attempts: list[OwnAttempt] = field(default_factory=list)

    @property
    def best(self) -> MarkedAnswer:
        return max((attempt.marked for attempt in self.attempts), key=lambda marked: marked.score)


def get_own_answers(*, learner: User, lesson_key: UUID, language: str) -> list[OwnQuestion]:
    """Every answer the learner has given in a lesson, question by question in today's order, the latest first.

    Questions that are no longer asked come last. Two queries.
    """
    attempts = (
        QuizAttempt.objects.filter(learner=learner, lesson_key=lesson_key)
        .select_related("version")
        .order_by("-answered_at", "-pk")
    )
    current = get_version_to_read(lesson_key, language=language)
    asked_now = current.question_ids if current else []
    questions: dict[UUID, OwnQuestion] = {}
    for attempt in attempts:
        activity = attempt.version.activity(attempt.block_id)
        if activity is None:
            continue
        today = current.activity(attempt.block_id) if current else None
        question = questions.setdefault(
            attempt.block_id,
            OwnQuestion(
                block_id=attempt.block_id,
                wording=(today or activity)["value"]["question"],
                is_asked_now=attempt.block_id in asked_now,
            ),
        )
        question.attempts.append(
            OwnAttempt(
                answered_at=attempt.answered_at,
                question=activity["value"]["question"],
                kind=activity["type"],
                marked=mark_given(kind=activity["type"], question=activity["value"], given=attempt.answer),
                was_worded_otherwise=_words(activity) != _words(today) if today else False,
            )
        )
    order = {block_id: place for place, block_id in enumerate(asked_now)}
    return sorted(questions.values(), key=lambda question: order.get(question.block_id, len(order)))


def _words(activity: dict[str, Any]) -> list[str]:
    """The words a learner reads before answering, without the ids of their places."""
    return list(words_of_question(activity["value"]))


def get_answer_texts(attempt: QuizAttempt) -> tuple[str, tuple[str, ...]]:
    """The question and what was answered, in the words of then. The attempt carries its version; no query."""
    activity = attempt.version.activity(attempt.block_id)
    if activity is None:
        return "", ()
    marked = mark_given(kind=activity["type"], question=activity["value"], given=attempt.answer)
    return activity["value"]["question"], marked.in_words
