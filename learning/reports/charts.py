"""Geometry of charts that templates draw as SVG. Units of the drawing; what they mean stands in the table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

HEIGHT = 160
STEP = 46
"""Width of a month."""
BAR = 14
GAP = 2


class HasMonth(Protocol):
    """What a column is drawn of."""

    @property
    def short(self) -> str: ...
    @property
    def began(self) -> int: ...
    @property
    def completed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Column:
    """One month: two bars side by side, and where its name stands."""

    x: int
    label_x: int
    label: str
    began_y: int
    began_height: int
    completed_x: int
    completed_y: int
    completed_height: int


@dataclass(frozen=True, slots=True)
class Columns:
    """A chart of months. `top` is the number its upper line stands for."""

    width: int
    height: int
    top: int
    columns: tuple[Column, ...]


def make_columns(months: Sequence[HasMonth]) -> Columns | None:
    """None where there is nothing to draw."""
    top = round_up(max((number for month in months for number in (month.began, month.completed)), default=0))
    if not top:
        return None
    columns = []
    for place, month in enumerate(months):
        x = place * STEP + (STEP - 2 * BAR - GAP) // 2
        began, completed = (ceil(HEIGHT * number / top) for number in (month.began, month.completed))
        columns.append(
            Column(
                x=x,
                label_x=place * STEP + STEP // 2,
                label=month.short,
                began_y=HEIGHT - began,
                began_height=began,
                completed_x=x + BAR + GAP,
                completed_y=HEIGHT - completed,
                completed_height=completed,
            )
        )
    return Columns(width=len(months) * STEP, height=HEIGHT, top=top, columns=tuple(columns))


def round_up(number: int) -> int:
    """To 1, 2 or 5 and noughts: what an axis ends at. 0 stays 0."""
    if number <= 0:
        return 0
    size = 10 ** (len(str(number)) - 1)
    return next(step * size for step in (1, 2, 5, 10) if step * size >= number)
