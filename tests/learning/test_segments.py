"""What counts as played: whatever comes, in whatever order, the union only grows and stays within the film."""

import math
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.segments import (
    MOST_SEGMENTS,
    BadSegmentsError,
    Segment,
    merge,
    reach_the_end,
    read_seconds,
    read_segments,
    seconds_in,
)

DURATIONS = st.integers(1, 60_000).map(lambda hundredths: hundredths / 100)
SEGMENTS = st.tuples(st.integers(0, 70_000), st.integers(0, 70_000)).map(
    lambda pair: (min(pair) / 100, max(pair) / 100)
)
LISTS = st.lists(SEGMENTS, max_size=12)


def take(parts: list[list[Segment]], duration: float) -> list[list[float]]:
    """What is kept when the parts come one after the other."""
    kept: list[list[float]] = []
    for part in parts:
        kept = merge(kept, part, duration=duration)
    return kept


@given(st.lists(LISTS, max_size=5), DURATIONS, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference(parts: list[list[Segment]], duration: float, random: Any) -> None:
    again = [*parts, *parts]
    random.shuffle(again)
    assert take(again, duration) == take(parts, duration) == merge([], list(chain(*parts)), duration=duration)


@given(LISTS, st.lists(st.integers(0, 70_000), max_size=4), DURATIONS)
def test_a_piece_that_comes_in_two_is_the_same_piece(segments: list[Segment], cuts: list[int], duration: float) -> None:
    pieces = segments
    for cut in (each / 100 for each in cuts):
        pieces = [
            half
            for start, end in pieces
            for half in ([(start, cut), (cut, end)] if start < cut < end else [(start, end)])
        ]
    assert take([[piece] for piece in pieces], duration) == merge([], segments, duration=duration)


@given(LISTS, LISTS, DURATIONS)
def test_the_union_stays_within_the_film_and_never_shrinks(
    first: list[Segment], second: list[Segment], duration: float
) -> None:
    before = merge([], first, duration=duration)
    after = merge(before, second, duration=duration)
    assert seconds_in(before) - 1e-6 <= seconds_in(after) <= duration + 1e-6
    for start, end in before:
        assert any(left <= start and end <= right for left, right in after)
    for (_start, end), (start, _end) in pairwise(after):
        assert start - end >= 1
    assert len(after) <= duration + 1


@given(st.integers(0, 50), st.integers(0, 50), st.integers(2, 400))
def test_what_was_jumped_over_is_not_counted(before: int, after: int, jump: int) -> None:
    """Play, jump, play: what was played is counted, and no more."""
    duration = float(before + jump + after)
    segments = [(0.0, float(before)), (float(before + jump), duration)]
    counted = seconds_in(merge([], segments, duration=duration))
    # Before and after the first piece there may be a second's rounding; here each begins where the film does, or ends.
    assert counted == before + after


@pytest.mark.parametrize(
    ("played", "kept"),
    [
        ([(0.4, 10.0)], [[0.0, 10.0]]),
        ([(1.0, 10.0)], [[1.0, 10.0]]),
        ([(0.0, 10.0), (10.9, 20.0)], [[0.0, 20.0]]),
        ([(0.0, 10.0), (11.0, 20.0)], [[0.0, 10.0], [11.0, 20.0]]),
        ([(5.0, 59.5)], [[5.0, 60.0]]),
        ([(5.0, 400.0)], [[5.0, 60.0]]),
        ([(61.0, 400.0)], []),
        ([(7.0, 7.0)], []),
    ],
)
def test_small_gaps_are_rounding_and_a_film_has_an_end(played: list[Segment], kept: list[list[float]]) -> None:
    assert merge([], played, duration=60) == kept


@pytest.mark.parametrize(
    ("end", "reached"),
    [(53.9, 60), (48.0, 60), (47.9, 47.9), (61.0, 61.0)],
)
def test_the_end_of_the_file_is_the_end_of_the_film_unless_it_is_much_too_short(end: float, reached: float) -> None:
    assert reach_the_end([(0.0, end)], duration=60) == [(0.0, reached)]


def test_only_the_piece_that_ended_reaches_the_end() -> None:
    assert reach_the_end([(0.0, 5.0), (50.0, 59.0)], duration=60) == [(0.0, 5.0), (50.0, 60)]
    assert reach_the_end([], duration=60) == []


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "0,10",
        {"0": 10},
        [[0]],
        [[0, 1, 2]],
        [["0", "1"]],
        [[0, None]],
        [[True, 2]],
        [[5, 4]],
        [[-1, 4]],
        [[0, math.nan]],
        [[0, math.inf]],
        [[-math.inf, 4]],
        [[0, 10**400]],
        [0, 1],
        [[0, 1]] * (MOST_SEGMENTS + 1),
    ],
)
def test_what_is_no_list_of_seconds_is_refused(raw: object) -> None:
    with pytest.raises(BadSegmentsError):
        read_segments(raw)


def test_seconds_are_kept_with_two_decimals() -> None:
    assert read_segments([[0, 9.999999], [12.344, 1e9]]) == [(0.0, 10.0), (12.34, 1e9)]
    assert read_seconds(3) == 3.0
