"""Which figures may be shown, so that no group under five can be found: not directly, and not by subtraction.

Pure arithmetic; docs/reports.md says the rule in words. Every learner of a course stands in exactly one cell, and a
figure is a tuple of parts that exclude each other, such as (under way, completed), whose sum is a figure too.

- A number is *small* when it is 1–4. A cell is small when any of its parts is.
- In a table by one thing, small cells are withheld, and with them the next smallest until what is withheld is, part by
  part, nobody or at least five together: that is what "total minus the rest" gives.
- In a table by two things, what is withheld is a rectangle: some rows by some columns, all of them. In it each row's
  and each column's sum is nobody or at least five, part by part. More than these sums cannot be had by adding and
  subtracting the table's figures and its margins, since in a full rectangle every cell stands in a ring of four.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

LEAST = 5
"""The smallest group that is shown."""
REST = "*"
"""The value of the parts that are withheld from a table by one thing, together."""

Counts = tuple[int, ...]


def is_small(counts: Counts) -> bool:
    """Whether any part is a group that must not be seen."""
    return any(0 < count < LEAST for count in counts)


def add(cells: Iterable[Counts]) -> Counts:
    """Part by part; the empty tuple for no cells."""
    return tuple(sum(parts) for parts in zip(*cells, strict=True))


def open_values(cells: Mapping[str, Counts]) -> frozenset[str] | None:
    """The values of a table by one thing that may be shown; None where not even the total may be."""
    total = add(cells.values())
    if not total or is_small(total):
        return None
    withheld = {value for value, counts in cells.items() if is_small(counts)}
    waiting = sorted((sum(counts), value) for value, counts in cells.items() if value not in withheld and any(counts))
    while withheld and is_small(add(cells[value] for value in withheld)):
        withheld.add(waiting.pop(0)[1])
    return frozenset(cells) - withheld


def open_pairs(
    cells: Mapping[tuple[str, str], Counts], *, rows: frozenset[str], columns: frozenset[str]
) -> dict[tuple[str, str], Counts | None]:
    """The table by two things: what is shown of each, None for what is withheld.

    `rows` and `columns` are what the tables by one thing show; the others stand together as `REST`.
    """
    gathered: dict[tuple[str, str], list[Counts]] = defaultdict(list)
    for (row, column), counts in cells.items():
        gathered[row if row in rows else REST, column if column in columns else REST].append(counts)
    table = {place: add(found) for place, found in gathered.items()}
    table = {place: counts for place, counts in table.items() if any(counts)}
    high, wide = _grow(table, {place for place, counts in table.items() if is_small(counts)})
    # Nobody is told which cells of the rectangle are empty, either.
    result: dict[tuple[str, str], Counts | None] = {(row, column): None for row in high for column in wide}
    result |= {place: counts for place, counts in table.items() if place not in result}
    return result


def _grow(table: Mapping[tuple[str, str], Counts], small: set[tuple[str, str]]) -> tuple[set[str], set[str]]:
    """Rows and columns of the least rectangle around the small cells whose sums are safe. Ends: margins are safe."""
    high, wide = {row for row, _column in small}, {column for _row, column in small}
    by_row: dict[str, dict[str, Counts]] = defaultdict(dict)
    by_column: dict[str, dict[str, Counts]] = defaultdict(dict)
    for (row, column), counts in table.items():
        by_row[row][column] = counts
        by_column[column][row] = counts
    grown = True
    while grown:
        grown = _widen(by_row, high, wide) or _widen(by_column, wide, high)
    return high, wide


def _widen(lines: Mapping[str, Mapping[str, Counts]], inside: set[str], across: set[str]) -> bool:
    """Take one more crossing line in, where a line's sum in the rectangle is small."""
    for name in sorted(inside):
        line = lines[name]
        held = [counts for other, counts in line.items() if other in across]
        if not held or not is_small(add(held)):
            continue
        short = [part for part, count in enumerate(add(held)) if 0 < count < LEAST]
        helping = [
            (sum(counts), other)
            for other, counts in line.items()
            if other not in across and any(counts[part] for part in short)
        ]
        if helping:
            across.add(min(helping)[1])
            return True
    return False
