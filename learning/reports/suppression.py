"""Which figures may be shown, so that no group under five can be found: not directly, and not by subtraction.

Pure arithmetic; docs/reports.md says the rule in words. Every learner of a course stands in exactly one cell, and a
figure is a tuple of parts that exclude each other, such as (under way, completed), whose sum is a figure too.

- A number is *small* when it is 1–4. A cell is small when any of its parts is.
- In a table by one thing, small cells are withheld, and with them the next smallest until what is withheld is, part by
  part, nobody or at least five together: that is what "total minus the rest" gives.
- In a table by two things whose margins are shown, what is withheld has to stand in rings (row, column, row, column …).
  What can be had of a withheld cell by adding and subtracting is the least sum of withheld cells around it that row and
  column sums cut out; that is a smallest cut, and a largest flow says how large it is. Cells with nobody are taken to
  be known: readers know where there is no team.
- What comes in an order (months, lessons) is joined with its neighbours until nothing in it is small.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

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


Place = tuple[str, str]
"""Row and column."""


def open_pairs(
    cells: Mapping[Place, Counts], *, rows: frozenset[str], columns: frozenset[str]
) -> dict[Place, Counts | None] | None:
    """The table by two things: what is shown of each cell, None for what is withheld. Cells with nobody are left out.

    `rows` and `columns` are what the tables by one thing show; the others stand together as `REST`. None in place of
    the table where the margins alone give too much away: then one of them must not be shown.
    """
    gathered: dict[Place, list[Counts]] = defaultdict(list)
    for (row, column), counts in cells.items():
        gathered[row if row in rows else REST, column if column in columns else REST].append(counts)
    table = {place: summed for place, found in gathered.items() if any(summed := add(found))}
    withheld = {place for place, counts in table.items() if is_small(counts)}
    while (exposed := find_exposed(table, withheld)) is not None:
        ring = _find_ring(table, withheld, *exposed)
        if ring is None:
            return None
        withheld |= ring
    return {place: None if place in withheld else counts for place, counts in table.items()}


def find_exposed(table: Mapping[Place, Counts], withheld: set[Place]) -> tuple[Place, int] | None:
    """A withheld cell, and which part of it, that can be had with fewer than five people around it."""
    for place in sorted(withheld):
        for part, count in enumerate(table[place]):
            if 0 < count < LEAST and _flow(table, withheld, place, part) < LEAST:
                return place, part
    return None


def _flow(table: Mapping[Place, Counts], withheld: set[Place], place: Place, part: int) -> int:
    """The least sum that margins cut out around the cell; counted up to LEAST.

    From its row to its column: through a cell from row to column as many as it has people, back freely.
    """
    room = {other: table[other][part] for other in withheld if table[other][part]}
    used: dict[Place, int] = defaultdict(int)
    flow = 0
    while flow < LEAST:
        route = _find_route(room, used, place)
        if route is None:
            break
        step = min([room[cell] - used[cell] for cell, forward in route if forward] + [LEAST])
        for cell, forward in route:
            if forward:
                used[cell] += step
        flow += step
    return flow


def _find_route(room: Mapping[Place, int], used: Mapping[Place, int], place: Place) -> list[tuple[Place, bool]] | None:
    """The shortest way from the cell's row to its column. A way back costs nothing, so no flow is ever undone by it."""
    start, goal = ("row", place[0]), ("column", place[1])
    came: dict[tuple[str, str], tuple[tuple[str, str], Place, bool]] = {}
    waiting, seen = [start], {start}
    for node in waiting:
        side, name = node
        for cell, people in room.items():
            if side == "row" and cell[0] == name and people > used[cell]:
                following, forward = ("column", cell[1]), True
            elif side == "column" and cell[1] == name:
                following, forward = ("row", cell[0]), False
            else:
                continue
            if following in seen:
                continue
            seen.add(following)
            came[following] = (node, cell, forward)
            waiting.append(following)
    if goal not in came:
        return None
    route = []
    node = goal
    while node != start:
        node, cell, forward = came[node]
        route.append((cell, forward))
    return route


def _find_ring(table: Mapping[Place, Counts], withheld: set[Place], place: Place, part: int) -> set[Place] | None:
    """Three more corners with the fewest people that are not withheld yet, all with somebody in the part."""
    row, column = place
    best: tuple[int, set[Place]] | None = None
    for other in sorted(table):
        corners = {(row, other[1]), (other[0], column), other}
        if row == other[0] or column == other[1] or corners <= withheld:
            continue
        if not all(corner in table and table[corner][part] for corner in corners):
            continue
        cost = sum(sum(table[corner]) for corner in corners - withheld)
        if best is None or cost < best[0]:
            best = (cost, corners)
    return best[1] if best else None


def join_neighbours(counts: Sequence[Counts], *, running: Callable[[Counts], Counts] | None = None) -> list[int]:
    """Where each group of neighbours ends, so that no part of any group is small; nor what `running` says of everything
    up to its end. Empty where even all of them together are small.
    """
    ends: list[int] = []
    so_far: list[Counts] = []

    def is_safe(start: int, end: int) -> bool:
        held = add(counts[start : end + 1])
        return not is_small(held) and (running is None or not is_small(running(so_far[end])))

    start = 0
    for end in range(len(counts)):
        so_far.append(add([*so_far[-1:], counts[end]]))
        if is_safe(start, end):
            ends.append(end)
            start = end + 1
    if start < len(counts):
        last = len(counts) - 1
        while ends:
            ends.pop()
            if is_safe(ends[-1] + 1 if ends else 0, last):
                return [*ends, last]
        return []
    return ends
