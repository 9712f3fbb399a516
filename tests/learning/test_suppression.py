"""No group under five can be found in the reports by adding and subtracting whatever they show.

The attacker knows every figure that can be had, where nobody is, and how the tables hang together; a group is found
when its count is a sum and difference of figures. That is linear algebra, so it is asked of linear algebra.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.models import ReportFigure, ReportRun
from learning.reports.figures import LESSON, MONTH, months_between, publish
from learning.reports.suppression import LEAST, REST, join_neighbours, open_pairs, open_values

REGIONS, PROGRAMMES, ROLES = ("midt", "nord", "vest"), ("ACT", "FACT", "UNG"), ("lege", "leder", "sykepleier")
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04")
ORDER = [UUID(int=number) for number in range(1, 4)]
SUBJECT = ("course", UUID(int=99))


@dataclass(frozen=True)
class Person:
    region: str
    programme: str
    role: str
    began: str
    finished: str | None
    last: int
    """The last lesson they have completed, counted from 1; 0 for none."""


def published(people: Iterable[Person]) -> list[ReportFigure]:
    """Everything the reports can show of these people."""
    cells: Counter[tuple[str, str, str, int]] = Counter()
    lessons: dict[str, list[list[int]]] = {}
    began: Counter[tuple[str, str]] = Counter()
    finished: Counter[tuple[str, str]] = Counter()
    for person in people:
        done = int(person.finished is not None)
        cells[person.region, person.programme, person.role, done] += 1
        began[person.region, person.began] += 1
        if person.finished:
            finished[person.region, person.finished] += 1
        lessons.setdefault(person.region, [[0, 0] for _ in range(len(ORDER) + 1)])[person.last][done] += 1
    places = {cell[:3] for cell in cells}
    run = ReportRun(pk=1)
    return list(
        publish(
            run,
            SUBJECT,
            cells={place: (cells[*place, 0], cells[*place, 1]) for place in places},
            began=began,
            finished=finished,
            order=ORDER,
            lessons={region: [(line[0], line[1]) for line in lines] for region, lines in lessons.items()},
        )
    )


Kind = Person
Says = tuple[Callable[[Kind], bool], int]
"""Whom a figure counts, and how many they are."""


def read(figures: list[ReportFigure]) -> Iterator[Says]:
    """Each number of each figure as the attacker reads it."""
    withheld = {
        group: {
            row.split_value for row in figures if not row.filter_by and row.split_by == group and row.started is None
        }
        for group in ("region", "programme", "role")
    }
    lesson_ends = sorted(row.place for row in figures if not row.filter_by and row.split_by == LESSON)
    for row in figures:
        if row.started is None:
            continue

        def inside(kind: Kind, row: ReportFigure = row) -> bool:
            if row.filter_by and getattr(kind, row.filter_by) != row.filter_value:
                return False
            if row.split_by in withheld:
                own = getattr(kind, row.split_by)
                return own in withheld[row.split_by] if row.split_value == REST else own == row.split_value
            if row.split_by == LESSON:
                before = [end for end in lesson_ends if end < row.place]
                return (before[-1] if before else -1) < kind.last <= row.place
            return True

        if row.split_by == MONTH:
            first, last = row.split_value.split("/")
            months = months_between(first, last)
            assert row.completed is not None and row.under_way is not None
            yield (lambda kind, inside=inside, months=months: inside(kind) and kind.began in months), row.started
            yield (lambda kind, inside=inside, months=months: inside(kind) and kind.finished in months), row.completed
            yield (
                lambda kind, inside=inside, last=last: (
                    inside(kind) and kind.began <= last and (kind.finished is None or kind.finished > last)
                ),
                row.under_way,
            )
        elif row.split_by == LESSON:
            yield inside, row.started
        else:
            assert row.completed is not None and row.under_way is not None
            yield (lambda kind, inside=inside: inside(kind) and kind.finished is None), row.under_way
            yield (lambda kind, inside=inside: inside(kind) and kind.finished is not None), row.completed


class Span:
    """What can be had by adding, subtracting and multiplying rows."""

    def __init__(self) -> None:
        self.rows: dict[int, list[Fraction]] = {}

    def rest_of(self, vector: list[Fraction]) -> list[Fraction]:
        left = list(vector)
        for place, row in self.rows.items():
            if left[place]:
                factor = left[place]
                left = [one - factor * other for one, other in zip(left, row, strict=True)]
        return left

    def add(self, vector: list[Fraction]) -> None:
        left = self.rest_of(vector)
        place = next((number for number, value in enumerate(left) if value), None)
        if place is None:
            return
        left = [value / left[place] for value in left]
        for other, row in list(self.rows.items()):
            if row[place]:
                factor = row[place]
                self.rows[other] = [one - factor * two for one, two in zip(row, left, strict=True)]
        self.rows[place] = left

    def holds(self, vector: list[Fraction]) -> bool:
        return not any(self.rest_of(vector))


def all_kinds() -> list[Kind]:
    """Every way to be, so far as it is possible: nobody completes before they begin."""
    return [
        Person(region, programme, role, began, finished, last)
        for region, programme, role in product(REGIONS, PROGRAMMES, ROLES)
        for began in MONTHS[:2]
        for finished in (None, *MONTHS[:2])
        for last in (0, len(ORDER))
        if finished is None or finished >= began
    ]


def groups() -> Iterator[tuple[str, Callable[[Kind], bool]]]:
    """Every group the page has words for, each with each."""
    states: list[tuple[str, Callable[[Kind], bool]]] = [
        ("all", lambda kind: True),
        ("under way", lambda kind: kind.finished is None),
        ("completed", lambda kind: kind.finished is not None),
    ]
    for region, programme, role in product(("", *REGIONS), ("", *PROGRAMMES), ("", *ROLES)):

        def inside(kind: Kind, region: str = region, programme: str = programme, role: str = role) -> bool:
            return (
                (not region or kind.region == region)
                and (not programme or kind.programme == programme)
                and (not role or kind.role == role)
            )

        for word, state in states:
            yield (
                f"{region}/{programme}/{role} {word}",
                lambda kind, inside=inside, state=state: inside(kind) and state(kind),
            )
            if region and (programme or role):

                def beside(kind: Kind, region: str = region, programme: str = programme, role: str = role) -> bool:
                    """In the region, and not what the rest of the words say."""
                    return kind.region == region and not (
                        (not programme or kind.programme == programme) and (not role or kind.role == role)
                    )

                yield (
                    f"{region} but {programme}/{role} {word}",
                    lambda kind, beside=beside, state=state: beside(kind) and state(kind),
                )

    moments: list[tuple[str, Callable[[Kind], bool]]] = []
    for month in MONTHS[:2]:
        moments += [
            (f"began {month}", lambda kind, month=month: kind.began == month),
            (f"finished {month}", lambda kind, month=month: kind.finished == month),
            (
                f"under way after {month}",
                lambda kind, month=month: kind.began <= month and (kind.finished is None or kind.finished > month),
            ),
        ]
    for last in (0, len(ORDER)):
        for word, state in states:
            moments.append(
                (
                    f"stopped after {last}, {word}",
                    lambda kind, last=last, state=state: kind.last == last and state(kind),
                )
            )
    for region in ("", *REGIONS):
        for word, moment in moments:
            yield (
                f"{region} {word}",
                lambda kind, region=region, moment=moment: (not region or kind.region == region) and moment(kind),
            )


def found_groups(people: list[Person]) -> list[tuple[str, int]]:
    """Small groups whose number can be had."""
    figures = published(people)
    empty_teams = {(r, p) for r in REGIONS for p in PROGRAMMES} - {(each.region, each.programme) for each in people}
    kinds = [kind for kind in all_kinds() if (kind.region, kind.programme) not in empty_teams]
    said = list(read(figures))
    known_empty = [whom for whom, count in said if count == 0]
    kinds = [kind for kind in kinds if not any(whom(kind) for whom in known_empty)]
    span = Span()
    # Kinds that no figure tells apart are one column.
    for whom, count in said:
        assert count == sum(1 for person in people if whom(person)), "a figure says what is not so"
        span.add([Fraction(whom(kind)) for kind in kinds])
    return [
        (word, count)
        for word, whom in groups()
        if 0 < (count := sum(1 for person in people if whom(person))) < LEAST
        and span.holds([Fraction(whom(kind)) for kind in kinds])
    ]


people = st.builds(
    Person,
    region=st.sampled_from(REGIONS),
    programme=st.sampled_from(PROGRAMMES),
    role=st.sampled_from(ROLES),
    began=st.sampled_from(MONTHS[:2]),
    finished=st.sampled_from((None, None, MONTHS[1])),
    last=st.sampled_from((0, len(ORDER))),
)
crowds = st.lists(st.tuples(people, st.integers(1, 12)), min_size=1, max_size=14).map(
    lambda drawn: [person for person, count in drawn for _ in range(count)]
)


def test_the_attacker_finds_what_is_not_withheld() -> None:
    """The same search finds a group in figures that hide only the small cell itself."""
    span = Span()
    cells = [Fraction(number) for number in (1, 0, 0)]
    span.add([Fraction(1)] * 3)
    span.add([Fraction(0), Fraction(1), Fraction(0)])
    assert not span.holds(cells)
    span.add([Fraction(0), Fraction(0), Fraction(1)])
    assert span.holds(cells)


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ({"a": (9, 6), "b": (7, 8)}, {"a", "b"}),
        ({"a": (9, 6), "b": (7, 9), "c": (3, 0)}, {"b"}),  # 3 alone would be the total minus the rest
        ({"a": (9, 6), "b": (7, 8), "c": (3, 0), "d": (4, 0)}, {"a", "b"}),  # together they are seven
        ({"a": (9, 6), "b": (0, 0), "c": (9, 9)}, {"a", "b", "c"}),  # nobody is no group
        ({"a": (3, 9), "b": (3, 9)}, set()),
        ({"a": (3, 0)}, None),
        ({}, None),
    ],
)
def test_table_by_one_thing(cells: dict[str, tuple[int, int]], shown: set[str] | None) -> None:
    assert open_values(cells) == (None if shown is None else frozenset(shown))


def test_table_by_two_things_withholds_a_ring() -> None:
    cells = {
        ("a", "x"): (3,),
        ("a", "y"): (20,),
        ("a", "z"): (30,),
        ("b", "x"): (9,),
        ("b", "y"): (8,),
        ("b", "z"): (40,),
    }
    found = open_pairs(cells, rows=frozenset("ab"), columns=frozenset("xyz"))
    assert found == {
        ("a", "x"): None,
        ("a", "y"): None,
        ("a", "z"): (30,),
        ("b", "x"): None,
        ("b", "y"): None,
        ("b", "z"): (40,),
    }


def test_margins_that_give_too_much_away_are_said_so() -> None:
    """Nobody in b has x, so a's x is x itself, and what is left of b's row is a's y."""
    cells = {("a", "x"): (6,), ("a", "y"): (3,), ("b", "y"): (6,)}
    assert open_pairs(cells, rows=frozenset("ab"), columns=frozenset("xy")) is None


@pytest.mark.parametrize(
    ("counts", "ends"),
    [
        ([(5,), (7,)], [0, 1]),
        ([(0,), (3,), (2,), (9,)], [0, 2, 3]),
        ([(9,), (0,), (3,)], [2]),
        ([(9,), (3,)], [1]),
        ([(3,)], []),
        ([], []),
    ],
)
def test_neighbours_are_joined_until_nothing_is_small(counts: list[tuple[int]], ends: list[int]) -> None:
    assert join_neighbours(counts) == ends


@settings(max_examples=60, deadline=None)
@given(crowd=crowds)
def test_no_small_group_can_be_had_by_subtraction(crowd: list[Person]) -> None:
    assert found_groups(crowd) == []
