"""The symbol system: a ring with a dot for each principle of the set, one of them lit."""

from dataclasses import dataclass
from math import cos, pi, sin


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    r: str
    is_lit: bool


def ring_dots(*, position: int, size: int) -> list[Dot]:
    """Dots of a ring in a 40 × 40 box, clockwise from the top; the one at `position` (from 1) is lit."""
    dots = []
    for place in range(size):
        angle = 2 * pi * place / size - pi / 2
        lit = place + 1 == position
        dots.append(
            Dot(x=f"{20 + 11 * cos(angle):.2f}", y=f"{20 + 11 * sin(angle):.2f}", r="4.6" if lit else "1.9", is_lit=lit)
        )
    return dots
