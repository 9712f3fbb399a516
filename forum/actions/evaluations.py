"""Asking those who were there how it was, so that nobody can tell who said what (docs/decisions/0019).

What is chosen is counted at once and not kept. Free texts lose their order: with each answer all of the event's are
laid anew in an order by lot. That somebody has answered is a row apart, without a time, and gone when it is closed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.arranging import lock_arranged
from forum.models import (
    EvaluationDone,
    EvaluationTally,
    EvaluationText,
    Event,
    EventEvaluation,
    EventQuestion,
)
from forum.models.events import ANSWER_MAX, LABEL_MAX
from forum.permissions.event_after import user_can_evaluate
from forum.queries.event_after import FEWEST, get_questions, options_of
from people.models import User
from safety.guard import guard_texts
from safety.text import TextRefusedError, clean_line, clean_lines

QUESTIONS_MOST = 20
OPEN_FOR = timedelta(days=21)
"""From the event's end. Then it is closed, and what was answered is shown."""
_CHANCE = random.SystemRandom()


class AlreadyAnsweredError(Exception):
    """The person has answered. What was answered cannot be found again, so it cannot be changed."""


class EvaluationBeganError(Exception):
    """Somebody has answered these questions. They stay as they are."""


class TooFewAnswersError(Exception):
    """Fewer than `FEWEST` have answered: closing now would show nothing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it is set."""

    label: str
    kind: str = EventQuestion.Kind.SCALE
    choices: str = ""
    is_required: bool = False


@sensitive_variables()
@transaction.atomic
def set_evaluation(
    *, by: User, event: Event, questions: Sequence[Asked], is_ready: bool, confirmed: bool = False
) -> EventEvaluation:
    """Say what is asked afterwards, in place of what was, and whether it opens when the event is over.

    Raises PermissionDenied, EvaluationBeganError, TextRefusedError and the guard's kinds of it.
    """
    event = lock_arranged(event, by=by)
    evaluation = _lock(event)
    if evaluation.answer_count or evaluation.closed_at is not None:
        raise EvaluationBeganError
    asked = [_read_question(each) for each in questions]
    if len(asked) > QUESTIONS_MOST:
        raise TextRefusedError(_("Du kan ha høyst %(most)d spørsmål.") % {"most": QUESTIONS_MOST})
    if is_ready and not asked:
        raise TextRefusedError(_("Skriv minst ett spørsmål."))
    guard_texts(
        {f"{place}-label": each.label for place, each in enumerate(asked)}
        | {f"{place}-choices": each.choices for place, each in enumerate(asked)},
        confirmed=confirmed,
    )
    EventQuestion.objects.filter(event=event, purpose=EventQuestion.Purpose.EVALUATION).delete()
    EventQuestion.objects.bulk_create(
        [
            EventQuestion(
                event=event,
                purpose=EventQuestion.Purpose.EVALUATION,
                kind=each.kind,
                label=each.label,
                choices=each.choices,
                is_required=each.is_required,
                position=place,
            )
            for place, each in enumerate(asked)
        ]
    )
    evaluation.is_ready = is_ready
    evaluation.save(update_fields=["is_ready"])
    return evaluation


def _read_question(asked: Asked) -> Asked:
    label = clean_line(asked.label, most=LABEL_MAX)
    choices = clean_lines(asked.choices, most=2000)
    options = list(dict.fromkeys(line for line in choices.splitlines() if line))
    if not label:
        raise TextRefusedError(_("Skriv spørsmålet."))
    kind = EventQuestion.Kind(asked.kind)
    if kind in (EventQuestion.Kind.CHOICE, EventQuestion.Kind.SEVERAL):
        if len(options) < 2:
            raise TextRefusedError(_("Skriv minst to svar å velge mellom, ett på hver linje."))
    else:
        options = []
    return Asked(label, kind, "\n".join(options), asked.is_required)


@sensitive_variables()
@transaction.atomic
def answer_evaluation(
    *, person: User, event: Event, answers: Mapping[int, Sequence[str]], confirmed: bool = False
) -> None:
    """Answer once. `answers` are by question: what was chosen, or what was written.

    Raises AlreadyAnsweredError, PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    evaluation = EventEvaluation.objects.select_for_update(no_key=True, of=("self",)).filter(event=event).first()
    if evaluation is None:
        raise PermissionDenied
    if EvaluationDone.objects.filter(evaluation=evaluation, person=person).exists():
        raise AlreadyAnsweredError
    if not user_can_evaluate(person, evaluation):
        raise PermissionDenied
    questions = get_questions(event)
    chosen: list[tuple[EventQuestion, list[str]]] = []
    written: list[tuple[EventQuestion, str]] = []
    for question in questions:
        given = _read_answer(question, answers.get(question.pk, ()))
        if not given:
            continue
        if options_of(question):
            chosen.append((question, given))
        else:
            written.append((question, given[0]))
    if not chosen and not written:
        raise TextRefusedError(_("Svar på minst ett spørsmål."))
    guard_texts({f"answer-{question.pk}": text for question, text in written}, confirmed=confirmed)
    try:
        with transaction.atomic():
            EvaluationDone.objects.create(evaluation=evaluation, person=person)
    except IntegrityError:
        raise AlreadyAnsweredError from None
    for question, given in chosen:
        _count(question, given)
    for question, _text in written:
        _count(question, [])
    _lay_anew([question.pk for question in questions], written)
    EventEvaluation.objects.filter(pk=evaluation.pk).update(answer_count=F("answer_count") + 1)


def _read_answer(question: EventQuestion, given: Sequence[str]) -> list[str]:
    """What may be counted or kept; empty where nothing was answered. Raises TextRefusedError."""
    options = options_of(question)
    if options:
        picked = list(dict.fromkeys(each for each in given if each))
        if any(each not in options for each in picked) or (
            len(picked) > 1 and question.kind != EventQuestion.Kind.SEVERAL
        ):
            raise TextRefusedError(_("Velg blant svarene som står der."))
    else:
        read = clean_line if question.kind == EventQuestion.Kind.LINE else clean_lines
        text = read(given[0] if given else "", most=ANSWER_MAX)
        picked = [text] if text else []
    if question.is_required and not picked:
        raise TextRefusedError(_("Svar på «%(question)s».") % {"question": question.label})
    return picked


def _count(question: EventQuestion, given: Sequence[str]) -> None:
    """The evaluation is locked, so nobody else counts."""
    for value in ["", *given]:
        EvaluationTally.objects.get_or_create(question=question, value=value)
        EvaluationTally.objects.filter(question=question, value=value).update(count=F("count") + 1)


@sensitive_variables()
def _lay_anew(questions: Sequence[int], written: Sequence[tuple[EventQuestion, str]]) -> None:
    """All free texts of an event under new keys, in an order by lot: neither key nor place tells which came last."""
    texts = list(EvaluationText.objects.filter(question__in=questions).values_list("question", "text"))
    texts += [(question.pk, text) for question, text in written]
    _CHANCE.shuffle(texts)
    EvaluationText.objects.filter(question__in=questions).delete()
    EvaluationText.objects.bulk_create([EvaluationText(question_id=question, text=text) for question, text in texts])


@transaction.atomic
def close_evaluation(*, by: User, event: Event) -> None:
    """Take no more answers, and show what was answered. Doing it again changes nothing.

    Raises PermissionDenied, TooFewAnswersError.
    """
    event = lock_arranged(event, by=by)
    evaluation = _lock(event)
    if evaluation.closed_at is not None:
        return
    if evaluation.answer_count < FEWEST:
        raise TooFewAnswersError
    _close(evaluation)


@transaction.atomic
def close_old_evaluations() -> int:
    """Close those that have been open for `OPEN_FOR`. Returns how many."""
    old = EventEvaluation.objects.select_for_update(no_key=True, of=("self",)).filter(
        is_ready=True, closed_at__isnull=True, event__ends_at__lte=timezone.now() - OPEN_FOR
    )
    closing = list(old)
    for evaluation in closing:
        _close(evaluation)
    return len(closing)


def _close(evaluation: EventEvaluation) -> None:
    evaluation.closed_at = timezone.now()
    evaluation.save(update_fields=["closed_at"])
    EvaluationDone.objects.filter(evaluation=evaluation).delete()


def _lock(event: Event) -> EventEvaluation:
    EventEvaluation.objects.get_or_create(event=event)
    return EventEvaluation.objects.select_for_update(no_key=True, of=("self",)).get(event=event)
