"""People dealt out in groups: everybody once, sizes, teams and roles even, the same each time."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.grouping import SPREAD, TOGETHER, Person, choose_group, count_of_groups, deal

ROLES = st.one_of(st.none(), st.integers(1, 4))
TEAMS = st.one_of(st.none(), st.integers(1, 6))


@st.composite
def gatherings(draw: st.DrawFn) -> tuple[list[Person], int]:
    traits = draw(st.lists(st.tuples(TEAMS, ROLES), min_size=1, max_size=60))
    people = [Person(key, team, role) for key, (team, role) in enumerate(traits, start=1)]
    return people, draw(st.integers(1, len(people)))


@given(gatherings(), st.sampled_from([SPREAD, TOGETHER]))
def test_everybody_is_in_one_group_and_sizes_differ_by_one_at_most(
    gathering: tuple[list[Person], int], teams: str
) -> None:
    people, count = gathering
    groups = deal(people, count=count, teams=teams)
    assert sorted(key for group in groups for key in group) == [person.key for person in people]
    sizes = [len(group) for group in groups]
    assert (len(sizes), max(sizes) - min(sizes) <= 1, min(sizes) > 0) == (count, True, True)


@given(gatherings(), st.randoms(use_true_random=False), st.sampled_from([SPREAD, TOGETHER]))
def test_the_same_people_make_the_same_groups(
    gathering: tuple[list[Person], int], chance: random.Random, teams: str
) -> None:
    people, count = gathering
    shuffled = list(people)
    chance.shuffle(shuffled)
    assert deal(shuffled, count=count, teams=teams) == deal(people, count=count, teams=teams)


@given(gatherings())
def test_no_group_has_two_more_of_a_team_than_another(gathering: tuple[list[Person], int]) -> None:
    people, count = gathering
    team_of = {person.key: person.team for person in people}
    groups = [Counter(team_of[key] for key in group) for group in deal(people, count=count)]
    for team in {person.team for person in people} - {None}:
        there = [group[team] for group in groups]
        assert max(there) - min(there) <= 1


@given(st.lists(ROLES, min_size=1, max_size=60), st.data())
def test_roles_are_even_where_nothing_else_is_asked(roles: list[int | None], data: st.DataObject) -> None:
    people = [Person(key, None, role) for key, role in enumerate(roles, start=1)]
    count = data.draw(st.integers(1, len(people)))
    role_of = {person.key: person.role for person in people}
    groups = [Counter(role_of[key] for key in group) for group in deal(people, count=count)]
    for role in set(roles) - {None}:
        there = [group[role] for group in groups]
        assert max(there) - min(there) <= 1


@given(gatherings())
def test_the_largest_team_is_whole_where_it_fits_in_a_group(gathering: tuple[list[Person], int]) -> None:
    people, count = gathering
    sizes = Counter(person.team for person in people if person.team is not None)
    if not sizes or max(sizes.values()) > len(people) // count:
        return
    largest = min(sizes, key=lambda team: (-sizes[team], team))
    own = {person.key for person in people if person.team == largest}
    assert sum(bool(own & set(group)) for group in deal(people, count=count, teams=TOGETHER)) == 1


def test_four_teams_of_three_are_kept_together_or_spread() -> None:
    people = [Person(key, 1 + (key - 1) // 3, 1 + key % 3) for key in range(1, 13)]
    assert deal(people, count=4, teams=TOGETHER) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    spread = deal(people, count=3, teams=SPREAD)
    assert [sorted((key - 1) // 3 for key in group) for group in spread] == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize("count", [0, 4])
def test_there_is_a_person_for_each_group(count: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        deal([Person(1, None, None), Person(2, None, None), Person(3, None, None)], count=count)


@pytest.mark.parametrize(("people", "size", "count"), [(10, 5, 2), (11, 5, 3), (3, 5, 1), (0, 5, 1)])
def test_a_size_says_how_many_groups(people: int, size: int, count: int) -> None:
    assert count_of_groups(people, size=size) == count


def test_a_late_one_goes_to_the_smallest_group_with_fewest_of_the_team() -> None:
    assert choose_group({1: 4, 2: 3, 3: 3}, Counter({2: 1})) == 3
    assert choose_group({1: 3, 2: 3}, Counter()) == 1
