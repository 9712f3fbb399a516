"""Answers to questions, and the lesson they complete."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from courses.models import LessonVersion
from learning.actions.enrolments import take_the_line
from learning.actions.progress import Ticked, get_facts, record_completion, remember_place
from learning.models import LessonCompletion, LessonProgress, QuizAttempt
from learning.queries.answers import QuizStanding, get_standing
from people.models import User


@dataclass(frozen=True, slots=True)
class Answered:
    """Where the learner stands after an answer, and what came of it where it completed the lesson."""

    standing: QuizStanding
    ticked: Ticked | None = None


@transaction.atomic
def record_answer(
    *,
    learner: User,
    lesson_key: UUID,
    block_id: UUID,
    version: LessonVersion,
    answer: Sequence[int],
    score: float,
    event_id: UUID | None = None,
    path_key: UUID | None = None,
) -> Answered:
    """Keep an answer, and complete the lesson when its questions are passed with it.

    `score` is 0–1, `answer` what `courses.quiz.MarkedAnswer.given` says of it. The best answer to each question counts,
    so trying again never costs anything. The same answer sent twice from one form (a double click) is one; another
    answer from the same form (no JavaScript, and back) is another. Raises UnknownLessonError.
    """
    facts = get_facts(lesson_key)
    take_the_line(learner)
    now = timezone.now()
    attempt = QuizAttempt(
        learner=learner,
        lesson_key=lesson_key,
        block_id=block_id,
        version=version,
        answer=list(answer),
        score=score,
        event_id=uuid.uuid5(event_id or uuid.uuid4(), json.dumps([str(block_id), list(answer)])),
        answered_at=now,
    )
    QuizAttempt.objects.bulk_create([attempt], ignore_conflicts=True)
    remember_place(learner=learner, facts=facts, path_key=path_key, at=now)
    standing = get_standing(learner=learner, facts=facts, version=version)
    if standing.is_completed:
        return Answered(standing=standing)
    if not standing.is_passed:
        LessonProgress.objects.bulk_create(
            [LessonProgress(learner=learner, lesson_key=lesson_key, started_at=now)], ignore_conflicts=True
        )
        return Answered(standing=standing)
    ticked = record_completion(
        learner=learner,
        facts=facts,
        how=LessonCompletion.How.QUIZ,
        event_id=attempt.event_id,
        path_key=path_key,
        at=now,
    )
    return Answered(standing=replace(standing, is_completed=True), ticked=ticked)
