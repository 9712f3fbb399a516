"""Dealing people out in groups. Pure: the same people give the same groups, in whatever order they come.

Sizes differ by one at most. Spread: those of a team stand in as many groups as can be, so that no group has two more of
a team than another. Together: a team is split only where no group has room for it. Within that, roles are evened out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

SPREAD, TOGETHER = "spread", "together"


@dataclass(frozen=True, slots=True)
class Person:
    """`key` is the sign-up's; `team` and `role` are None where they are not known."""

    key: int
    team: int | None
    role: int | None


@dataclass(slots=True)
class _Group:
    number: int
    room: int
    keys: list[int] = field(default_factory=list)
    teams: Counter[int] = field(default_factory=Counter)
    roles: Counter[int] = field(default_factory=Counter)

    def take(self, person: Person) -> None:
        self.keys.append(person.key)
        self.room -= 1
        if person.team is not None:
            self.teams[person.team] += 1
        if person.role is not None:
            self.roles[person.role] += 1

    def need_of(self, person: Person) -> tuple[int, int, int]:
        """Lowest where the person evens most out: few of the role, then much room, then the first."""
        return (self.roles[person.role] if person.role is not None else 0, -self.room, self.number)


def count_of_groups(people: int, *, size: int) -> int:
    """How many groups there are where none is larger than `size`."""
    return max(1, -(-people // size))


def deal(people: Collection[Person], *, count: int, teams: str = SPREAD) -> list[list[int]]:
    """The keys of each of `count` groups, in order. Raises ValueError for fewer than one group, or more than people."""
    if not 1 <= count <= len(people):
        raise ValueError("There is at least one group, and at least one person in each.")
    small, larger = divmod(len(people), count)
    groups = [_Group(number, small + (number < larger)) for number in range(count)]
    by_team: dict[int | None, list[Person]] = defaultdict(list)
    for person in sorted(people, key=lambda each: each.key):
        by_team[person.team].append(person)
    alone = by_team.pop(None, [])
    for team in [team for team, members in by_team.items() if len(members) == 1]:
        alone += by_team.pop(team)
    largest_first = sorted(by_team.items(), key=lambda each: (-len(each[1]), each[0] or 0))
    place = 0
    for _team, members in largest_first:
        if teams == TOGETHER:
            _seat_together(members, groups)
        else:
            _seat(members, _next_places(groups, place, len(members)))
            place += len(members)
    _seat(alone, {group.number: (group, group.room) for group in groups})
    return [sorted(group.keys) for group in groups]


def _next_places(groups: list[_Group], place: int, wanted: int) -> dict[int, tuple[_Group, int]]:
    """The next places, group by group around: with how many of them are in each."""
    numbers = Counter((place + step) % len(groups) for step in range(wanted))
    return {number: (groups[number], many) for number, many in numbers.items()}


def _by_role(people: Iterable[Person]) -> list[Person]:
    """Those whose role many have first."""
    people = list(people)
    many = Counter(person.role for person in people)
    return sorted(people, key=lambda each: (each.role is None, -many[each.role], each.role or 0, each.key))


def _seat(people: Iterable[Person], places: dict[int, tuple[_Group, int]]) -> None:
    """Give each a place where their role is rarest."""
    left = {number: many for number, (_group, many) in places.items()}
    for person in _by_role(people):
        group = min((places[number][0] for number, many in left.items() if many), key=lambda each: each.need_of(person))
        left[group.number] -= 1
        group.take(person)


def _seat_together(members: list[Person], groups: list[_Group]) -> None:
    """All in the group with the least room that is enough; where there is none, as many as can be where most is."""
    waiting = _by_role(members)
    while waiting:
        enough = [group for group in groups if group.room >= len(waiting)]
        if enough:
            group = min(enough, key=lambda each: (each.room, each.number))
        else:
            group = min(groups, key=lambda each: (-each.room, each.number))
        seated, waiting = waiting[: group.room], waiting[group.room :]
        for person in seated:
            group.take(person)


def choose_group(sizes: dict[int, int], of_team: Counter[int]) -> int:
    """The group a late one is put in: the smallest, then that with the fewest of the team, then the first."""
    return min(sizes, key=lambda each: (sizes[each], of_team[each], each))
