"""Marking of quiz answers: pure functions from a question as published and what was answered."""

from collections.abc import Iterator, Mapping, Sequence
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
    """A marked answer. `score` is the share of the question that is right, 0–1.

    `given` is the answer in numbers, as `mark_given` takes it: what is kept of it. `in_words` is the same to be read.
    """

    items: tuple[MarkedItem, ...]
    score: float
    explanation: str
    given: tuple[int, ...]
    in_words: tuple[str, ...]

    @property
    def is_correct(self) -> bool:
        return self.score == 1

    @property
    def is_partly(self) -> bool:
        return 0 < self.score < 1

    @property
    def percent(self) -> int:
        """0–100, floored."""
        return int(100 * self.score + 1e-9)


def mark_answer(*, kind: str, question: Mapping[str, Any], data: AnswerData) -> MarkedAnswer:
    """Mark an answer to a question kept in `LessonVersion.activities`.

    Raises UnansweredError when the answer is missing, incomplete or not one of the choices, and KeyError for
    a kind that is no question.
    """
    return mark_given(kind=kind, question=question, given=_READERS[kind](question, data))


def mark_given(*, kind: str, question: Mapping[str, Any], given: Sequence[int]) -> MarkedAnswer:
    """Mark an answer that was read before, against the question as it was then.

    Choices: the places of the chosen answers. Ordering: the place, from 1, that each item was given. Matching: for each
    pair, which pair's right side was chosen. Raises KeyError for a kind that is no question.
    """
    return _MARKERS[kind](question, tuple(given))


def words_of_question(question: Mapping[str, Any]) -> Iterator[str]:
    """What somebody reads before they answer: the question and its alternatives, without ids and explanations."""
    yield question["question"]
    for answer in _list(question.get("answers") or ()):
        yield answer["text"]
    yield from _list(question.get("items") or ())
    for pair in _list(question.get("pairs") or ()):
        yield from (pair["left"], pair["right"])


def _list(values: Any) -> list[Any]:
    """The items of a ListBlock as it is stored."""
    return [value["value"] if isinstance(value, dict) and "value" in value else value for value in values]


def _whole(raw: Any, *, below: int) -> int | None:
    text = str(raw or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) < below else None


def _read_one(question: Mapping[str, Any], data: AnswerData) -> tuple[int, ...]:
    if len(data.getlist("answer")) > 1:
        raise UnansweredError(_("Velg bare ett svar."))
    return _read_several(question, data)


def _read_several(question: Mapping[str, Any], data: AnswerData) -> tuple[int, ...]:
    answers = _list(question["answers"])
    chosen = {_whole(raw, below=len(answers)) for raw in data.getlist("answer")}
    found = {place for place in chosen if place is not None}
    if not found or found != chosen:
        raise UnansweredError(_("Velg et svar først."))
    return tuple(sorted(found))


def _read_places(question: Mapping[str, Any], data: AnswerData) -> tuple[int, ...]:
    """Each item has a place of its own."""
    texts = _list(question["items"])
    places = [_whole(data.get(f"place-{index}"), below=len(texts) + 1) or 0 for index in range(len(texts))]
    if not all(places):
        raise UnansweredError(_("Gi hvert ledd en plass først."))
    if len(set(places)) != len(places):
        raise UnansweredError(_("To ledd har fått samme plass. Gi hvert ledd sin egen."))
    return tuple(places)


def _read_matches(question: Mapping[str, Any], data: AnswerData) -> tuple[int, ...]:
    pairs = _list(question["pairs"])
    chosen = [_whole(data.get(f"match-{index}"), below=len(pairs)) for index in range(len(pairs))]
    found = [choice for choice in chosen if choice is not None]
    if len(found) != len(pairs):
        raise UnansweredError(_("Velg hva som hører til hvert ledd først."))
    return tuple(found)


def _mark_choice(question: Mapping[str, Any], given: tuple[int, ...]) -> MarkedAnswer:
    """Right only when exactly the right answers are chosen; partly when more right than wrong ones are."""
    items = tuple(
        MarkedItem(
            text=answer["text"],
            chosen="",
            is_chosen=place in given,
            is_correct=bool(answer["correct"]),
            answer="",
            explanation=answer["explanation"],
        )
        for place, answer in enumerate(_list(question["answers"]))
    )
    right = sum(item.is_correct for item in items)
    hits = sum(item.is_chosen and item.is_correct for item in items)
    misses = sum(item.is_chosen and not item.is_correct for item in items)
    return MarkedAnswer(
        items=items,
        score=max(0, hits - misses) / right,
        explanation=question.get("explanation") or "",
        given=given,
        in_words=tuple(item.text for item in items if item.is_chosen),
    )


def _mark_ordering(question: Mapping[str, Any], given: tuple[int, ...]) -> MarkedAnswer:
    """The score is the share of items in their right place."""
    items = tuple(
        MarkedItem(
            text=text,
            chosen=str(place),
            is_chosen=True,
            is_correct=place == right,
            answer=str(right),
            explanation="",
        )
        for right, (text, place) in enumerate(zip(_list(question["items"]), given, strict=True), start=1)
    )
    in_order = sorted(zip(given, items, strict=True), key=lambda pair: pair[0])
    return _share(items, question, given, [f"{place}. {item.text}" for place, item in in_order])


def _mark_matching(question: Mapping[str, Any], given: tuple[int, ...]) -> MarkedAnswer:
    """Two pairs with the same right side accept each other's."""
    pairs = _list(question["pairs"])
    items = tuple(
        MarkedItem(
            text=pair["left"],
            chosen=pairs[choice]["right"],
            is_chosen=True,
            is_correct=pairs[choice]["right"] == pair["right"],
            answer=pair["right"],
            explanation="",
        )
        for pair, choice in zip(pairs, given, strict=True)
    )
    return _share(items, question, given, [f"{item.text}: {item.chosen}" for item in items])


def _share(
    items: tuple[MarkedItem, ...], question: Mapping[str, Any], given: tuple[int, ...], in_words: list[str]
) -> MarkedAnswer:
    return MarkedAnswer(
        items=items,
        score=sum(item.is_correct for item in items) / len(items),
        explanation=question.get("explanation") or "",
        given=given,
        in_words=tuple(in_words),
    )


_READERS = {
    "quiz_single": _read_one,
    "quiz_multiple": _read_several,
    "quiz_ordering": _read_places,
    "quiz_matching": _read_matches,
}
_MARKERS = {
    "quiz_single": _mark_choice,
    "quiz_multiple": _mark_choice,
    "quiz_ordering": _mark_ordering,
    "quiz_matching": _mark_matching,
}
