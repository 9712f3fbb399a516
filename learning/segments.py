"""Which parts of a film have been played: a union of `[start, end]` in seconds that only grows.

Merging is a closure (the same whatever the order, the repetition or the splitting of what comes in), so events may
come late, twice and in pieces.
"""

import math
from collections.abc import Iterable, Sequence

Segment = tuple[float, float]

MOST_SEGMENTS = 500
"""In one message. What is kept is bounded by the film: between two pieces there is at least a second."""
GAP = 1.0
"""Seconds between two pieces, or before the first, or after the last, that are a player's rounding and no jump."""
LEAST_TO_THE_END = 0.8
"""The share of its stated length that a file must have for its end to be the film's end."""


class BadSegmentsError(ValueError):
    """Not a list of `[start, end]` in seconds."""


def read_segments(raw: object) -> list[Segment]:
    """What a browser sent, with two decimals. Raises BadSegmentsError on anything but finite, ordered seconds."""
    if not isinstance(raw, list) or len(raw) > MOST_SEGMENTS:
        raise BadSegmentsError
    segments = []
    for pair in raw:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise BadSegmentsError
        start, end = (read_seconds(value) for value in pair)
        if start > end:
            raise BadSegmentsError
        segments.append((start, end))
    return segments


def read_seconds(raw: object) -> float:
    """A place in a film, with two decimals. Raises BadSegmentsError on what is no finite number from 0."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise BadSegmentsError
    try:
        seconds = float(raw)
    except OverflowError:
        raise BadSegmentsError from None
    if not math.isfinite(seconds) or seconds < 0:
        raise BadSegmentsError
    return round(seconds, 2)


def merge(kept: Iterable[Sequence[float]], played: Iterable[Segment], *, duration: float) -> list[list[float]]:
    """The union of both within the film, in order, without gaps that are a player's rounding."""
    pieces = sorted((min(start, duration), min(end, duration)) for start, end in [*kept, *played] if end > start)
    merged: list[list[float]] = []
    for start, end in pieces:
        if start >= end:
            continue
        if merged and start - merged[-1][1] < GAP:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([0.0 if start < GAP else start, end])
    if merged and duration - merged[-1][1] < GAP:
        merged[-1][1] = duration
    return merged


def reach_the_end(played: list[Segment], *, duration: float) -> list[Segment]:
    """The browser came to the end of the file: what was played up to there was played to the end of the film.

    A length is often stated in whole seconds, or measured on another encoding. A file that is much shorter than the
    film is stated to be is another matter, and stays as it is.
    """
    last = max((end for _start, end in played), default=0.0)
    if last < LEAST_TO_THE_END * duration:
        return played
    return [(start, max(duration, end) if end == last else end) for start, end in played]


def seconds_in(segments: Iterable[Sequence[float]]) -> float:
    """How much has been played, in seconds; never more than the film is long."""
    return math.fsum(end - start for start, end in segments)
