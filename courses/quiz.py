"""Marking of quiz answers: pure functions from a question as published and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _


class AnswerData(Protocol):
    """What a form sent: `django.http.QueryDict`, or a stand-in in tests."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def getlist(self, key: str) -> list[Any]: ...


class UnansweredError(ValueError):
    """Nothing, too little or something impossible was answered; the message says what to do."""


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """One alternative, item or pair, with what was answered and whether that was right."""

    text: str
    chosen: str
    is_chosen: bool
    is_correct: bool
    answer: str
    explanation: str


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """A marked answer. `score` is the share of the question that is right, 0–1."""

    items: tuple[MarkedItem, ...]
    score: float
    explanation: str

    @property
    def is_correct(self) -> bool:
        return self.score == 1

    @property
    def is_partly(self) -> bool:
        return 0 < self.score < 1


def mark_answer(*, kind: str, question: Mapping[str, Any], data: AnswerData) -> MarkedAnswer:
    """Mark an answer to a question kept in `LessonVersion.activities`.

    Raises UnansweredError when the answer is missing, incomplete or not one of the choices, and KeyError for
    a kind that is no question.
    """
    marker = {
        "quiz_single": _mark_choice,
        "quiz_multiple": _mark_choice,
        "quiz_ordering": _mark_ordering,
        "quiz_matching": _mark_matching,
    }[kind]
    if kind == "quiz_single" and len(data.getlist("answer")) > 1:
        raise UnansweredError(_("Velg bare ett svar."))
    return marker(question, data)


def _list(values: Any) -> list[Any]:
    """The items of a ListBlock as it is stored."""
    return [value["value"] if isinstance(value, dict) and "value" in value else value for value in values]


def _whole(raw: Any, *, below: int) -> int | None:
    text = str(raw or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) < below else None


def _mark_choice(question: Mapping[str, Any], data: AnswerData) -> MarkedAnswer:
    """Right only when exactly the right answers are chosen; partly when more right than wrong ones are."""
    answers = _list(question["answers"])
    chosen = {_whole(raw, below=len(answers)) for raw in data.getlist("answer")}
    if not chosen or None in chosen:
        raise UnansweredError(_("Velg et svar først."))
    items = tuple(
        MarkedItem(
            text=answer["text"],
            chosen="",
            is_chosen=place in chosen,
            is_correct=bool(answer["correct"]),
            answer="",
            explanation=answer["explanation"],
        )
        for place, answer in enumerate(answers)
    )
    right = sum(item.is_correct for item in items)
    hits = sum(item.is_chosen and item.is_correct for item in items)
    misses = sum(item.is_chosen and not item.is_correct for item in items)
    return MarkedAnswer(items=items, score=max(0, hits - misses) / right, explanation=question.get("explanation") or "")


def _mark_ordering(question: Mapping[str, Any], data: AnswerData) -> MarkedAnswer:
    """Each item has a place of its own; the score is the share of items in their right place."""
    texts = _list(question["items"])
    places = [_whole(data.get(f"place-{index}"), below=len(texts) + 1) for index in range(len(texts))]
    if any(not place for place in places):
        raise UnansweredError(_("Gi hvert ledd en plass først."))
    if len(set(places)) != len(places):
        raise UnansweredError(_("To ledd har fått samme plass. Gi hvert ledd sin egen."))
    items = tuple(
        MarkedItem(
            text=text,
            chosen=str(places[index]),
            is_chosen=True,
            is_correct=places[index] == index + 1,
            answer=str(index + 1),
            explanation="",
        )
        for index, text in enumerate(texts)
    )
    return _share(items, question)


def _mark_matching(question: Mapping[str, Any], data: AnswerData) -> MarkedAnswer:
    """Two pairs with the same right side accept each other's."""
    pairs = _list(question["pairs"])
    rights = [pair["right"] for pair in pairs]
    chosen = [_whole(data.get(f"match-{index}"), below=len(pairs)) for index in range(len(pairs))]
    if any(choice is None for choice in chosen):
        raise UnansweredError(_("Velg hva som hører til hvert ledd først."))
    items = tuple(
        MarkedItem(
            text=pair["left"],
            chosen=rights[chosen[index] or 0],
            is_chosen=True,
            is_correct=rights[chosen[index] or 0] == pair["right"],
            answer=pair["right"],
            explanation="",
        )
        for index, pair in enumerate(pairs)
    )
    return _share(items, question)


def _share(items: tuple[MarkedItem, ...], question: Mapping[str, Any]) -> MarkedAnswer:
    return MarkedAnswer(
        items=items,
        score=sum(item.is_correct for item in items) / len(items),
        explanation=question.get("explanation") or "",
    )
