"""What builds on what, as a drawing: boxes in columns by generation, and lines between them. Pure functions."""

from dataclasses import dataclass

from forum.queries.library import Family, Relative

COLUMN, ROW = 238, 76
BOX_WIDTH, BOX_HEIGHT = 214, 56
EDGE = 8
TITLE_MOST, FACT_MOST = 24, 28
DRAWN_MOST = 40
"""A larger family is told as a list alone."""


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    title: str
    fact: str
    url: str
    is_here: bool
    is_behind: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lengths are units of the picture's own. `lines` are SVG path data."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[str, ...]


def draw(family: Family) -> Drawing | None:
    """None where there are too many to see anything."""
    if len(family.members) > DRAWN_MOST:
        return None
    places: dict[int, tuple[int, float]] = {}
    children: dict[int | None, list[Relative]] = {}
    for each in family.members:
        children.setdefault(each.parent, []).append(each)
    next_row = 0

    def place(relative: Relative) -> float:
        """A box stands in the middle of those that build on it. Returns its row."""
        nonlocal next_row
        rows = [place(each) for each in children.get(relative.item.pk, [])]
        if rows:
            row = (rows[0] + rows[-1]) / 2
        else:
            row = float(next_row)
            next_row += 1
        places[relative.item.pk] = (relative.depth, row)
        return row

    for first in children.get(None, []):
        place(first)
    boxes, lines = [], []
    for each in family.members:
        depth, row = places[each.item.pk]
        x, y = EDGE + depth * COLUMN, EDGE + round(row * ROW)
        boxes.append(
            Box(
                x=x,
                y=y,
                title=_short(each.item.team.name if each.item.team else each.item.title, TITLE_MOST),
                fact=_short(each.item.title, FACT_MOST),
                url=each.item.get_absolute_url(),
                is_here=each.is_here,
                is_behind=each.behind > 0,
            )
        )
        if each.parent is not None:
            _depth, parent_row = places[each.parent]
            start_x, start_y = x - COLUMN + BOX_WIDTH, EDGE + round(parent_row * ROW) + BOX_HEIGHT // 2
            end_y, bend = y + BOX_HEIGHT // 2, (COLUMN - BOX_WIDTH) // 2
            lines.append(f"M{start_x} {start_y}C{start_x + bend} {start_y} {x - bend} {end_y} {x} {end_y}")
    depth = max((each.depth for each in family.members), default=0)
    return Drawing(
        width=2 * EDGE + depth * COLUMN + BOX_WIDTH,
        height=2 * EDGE + max(next_row - 1, 0) * ROW + BOX_HEIGHT,
        boxes=tuple(boxes),
        lines=tuple(lines),
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
