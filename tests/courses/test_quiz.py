"""Marking of quiz answers."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from courses.blocks.quiz import shuffled
from courses.quiz import UnansweredError, mark_answer

SINGLE = {
    "question": "Hva er nedtrapping?",
    "answers": [
        {"type": "item", "id": "a", "value": {"text": "Samme team", "correct": True, "explanation": "Ja."}},
        {"type": "item", "id": "b", "value": {"text": "Utskriving", "correct": False, "explanation": "Nei."}},
        {"type": "item", "id": "c", "value": {"text": "Nytt team", "correct": False, "explanation": "Nei."}},
    ],
    "explanation": "<p>Samme team.</p>",
}
MULTIPLE = {
    "question": "Hvem kan be om tavla?",
    "answers": [
        {"text": "Personen", "correct": True, "explanation": "Ja."},
        {"text": "Pårørende", "correct": True, "explanation": "Ja."},
        {"text": "Avisen", "correct": False, "explanation": "Nei."},
    ],
}
ORDERING = {"question": "Rekkefølge?", "items": ["en", "to", "tre", "fire"]}
MATCHING = {
    "question": "Hva hører sammen?",
    "pairs": [{"left": "A", "right": "1"}, {"left": "B", "right": "2"}, {"left": "C", "right": "1"}],
}


@pytest.mark.parametrize(
    ("kind", "question", "answer", "score"),
    [
        ("quiz_single", SINGLE, "answer=0", 1),
        ("quiz_single", SINGLE, "answer=1", 0),
        ("quiz_multiple", MULTIPLE, "answer=0&answer=1", 1),
        ("quiz_multiple", MULTIPLE, "answer=0", 0.5),
        ("quiz_multiple", MULTIPLE, "answer=0&answer=2", 0),
        ("quiz_multiple", MULTIPLE, "answer=0&answer=1&answer=2", 0.5),
        ("quiz_ordering", ORDERING, "place-0=1&place-1=2&place-2=3&place-3=4", 1),
        ("quiz_ordering", ORDERING, "place-0=2&place-1=1&place-2=3&place-3=4", 0.5),
        ("quiz_matching", MATCHING, "match-0=0&match-1=1&match-2=2", 1),
        ("quiz_matching", MATCHING, "match-0=2&match-1=1&match-2=0", 1),
        ("quiz_matching", MATCHING, "match-0=1&match-1=0&match-2=0", 1 / 3),
    ],
)
def test_score_is_the_share_that_is_right(kind, question, answer, score):
    marked = mark_answer(kind=kind, question=question, data=QueryDict(answer))
    assert marked.score == pytest.approx(score)
    assert marked.is_correct is (score == 1)
    assert marked.is_partly is (0 < score < 1)


@pytest.mark.parametrize(
    ("kind", "question", "answer", "message"),
    [
        ("quiz_single", SINGLE, "", "Velg et svar først."),
        ("quiz_single", SINGLE, "answer=9", "Velg et svar først."),
        ("quiz_single", SINGLE, "answer=²", "Velg et svar først."),
        ("quiz_single", SINGLE, "answer=-1", "Velg et svar først."),
        ("quiz_single", SINGLE, "answer=0&answer=1", "Velg bare ett svar."),
        ("quiz_ordering", ORDERING, "place-0=1", "Gi hvert ledd en plass først."),
        ("quiz_ordering", ORDERING, "place-0=0&place-1=2&place-2=3&place-3=4", "Gi hvert ledd en plass først."),
        (
            "quiz_ordering",
            ORDERING,
            "place-0=1&place-1=1&place-2=3&place-3=4",
            "To ledd har fått samme plass. Gi hvert ledd sin egen.",
        ),
        ("quiz_matching", MATCHING, "match-0=0", "Velg hva som hører til hvert ledd først."),
    ],
)
def test_incomplete_or_impossible_answer_says_what_to_do(kind, question, answer, message):
    with pytest.raises(UnansweredError, match=message):
        mark_answer(kind=kind, question=question, data=QueryDict(answer))


def test_every_alternative_keeps_its_explanation():
    marked = mark_answer(kind="quiz_single", question=SINGLE, data=QueryDict("answer=1"))
    assert [(item.is_chosen, item.is_correct, item.explanation) for item in marked.items] == [
        (False, True, "Ja."),
        (True, False, "Nei."),
        (False, False, "Nei."),
    ]
    assert marked.explanation == "<p>Samme team.</p>"


@given(st.lists(st.integers(), min_size=2, max_size=8, unique=True), st.text())
def test_shuffled_keeps_every_item_and_never_the_given_order(items, seed):
    order = shuffled(items, seed)
    assert sorted(order) == sorted(items)
    assert order != items
    assert order == shuffled(items, seed)
