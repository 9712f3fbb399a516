"""The directory of teams, open to anyone, and the ways to one team."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.utils.translation import gettext as _

from people.alphabet import sort_key
from people.counties import TILES, Tile
from people.models import Region, Team
from people.permissions import user_can_manage_team, user_can_see_people

PAGE_SIZE = 30
MAP_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What the reader asks for; empty where they ask for nothing."""

    words: str = ""
    county: str = ""
    programme: str = ""
    region: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.county or self.programme or self.region)


@dataclass(frozen=True, slots=True)
class Option:
    """A value of a filter, and how many teams it would leave with everything else as it is chosen."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class MapTile:
    """A county on the map. `level` says how dark: 0 for no team, else 1–3."""

    tile: Tile
    count: int
    level: int


@dataclass(frozen=True, slots=True)
class MapStep:
    """A line of the map's legend."""

    level: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Directory:
    """A page of the directory and the figures around it."""

    choice: Choice
    teams: list[Team]
    total: int
    county_count: int
    unknown_phase_count: int
    page: int
    page_count: int
    counties: list[Option]
    programmes: list[Option]
    regions: list[Option]
    tiles: list[MapTile]
    steps: list[MapStep]
    off_map: list[Option]

    @property
    def tiles_by_name(self) -> list[MapTile]:
        """As the table has them."""
        return sorted(self.tiles, key=lambda tile: sort_key(tile.tile.county))

    @property
    def table_total(self) -> int:
        """Everything the map and the line below it count."""
        return sum(tile.count for tile in self.tiles) + sum(option.count for option in self.off_map)


def get_directory(choice: Choice, *, page: int = 1) -> Directory:
    """Teams that are not closed, county by county. Anyone may see them. Three queries, however many teams.

    One query counts the teams by county, programme, region and phase; every figure on the page comes from it.
    A filter's own figures leave that filter out, so that they say what another choice would give.
    """
    regions = {region.pk: region for region in Region.objects.all()}
    matching = Team.objects.listed().matching(choice.words)
    groups = list(
        matching.order_by()
        .values("county", "programme", "region", "phase")
        .annotate(count=Count("pk"))
        .values_list("county", "programme", "region", "phase", "count")
    )
    key_of = {region.key: pk for pk, region in regions.items()}
    region_pk = key_of.get(choice.region, 0) if choice.region else None
    chosen = {0: choice.county, 1: choice.programme, 2: region_pk}

    def counted(place: int, *, without: int | None) -> dict[Any, int]:
        """Teams by one of the group's columns, under every filter but one."""
        found: dict[Any, int] = {}
        for group in groups:
            if all(group[at] == value for at, value in chosen.items() if at != without and value not in ("", None)):
                found[group[place]] = found.get(group[place], 0) + group[4]
        return found

    by_county = counted(0, without=0)
    by_phase = counted(3, without=None)
    total = sum(by_phase.values())
    page_count = max(1, math.ceil(total / PAGE_SIZE))
    page = min(max(page, 1), page_count)
    teams = matching
    if choice.county:
        teams = teams.filter(county=choice.county)
    if choice.programme:
        teams = teams.filter(programme=choice.programme)
    if choice.region:
        teams = teams.filter(region=region_pk)
    tiles, steps = _map(by_county)
    return Directory(
        choice=choice,
        teams=list(teams[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        total=total,
        county_count=sum(1 for county in counted(0, without=None) if county),
        unknown_phase_count=by_phase.get(Team.Phase.UNKNOWN, 0),
        page=page,
        page_count=page_count,
        counties=_options(by_county, lambda value: value or _("Uten fylke"), order=sort_key),
        programmes=_options(
            counted(1, without=1), lambda value: str(Team.Programme(value).label), order=Team.Programme.values.index
        ),
        regions=_options(
            {regions[pk].key: count for pk, count in counted(2, without=2).items() if pk},
            lambda value: next(region.name for region in regions.values() if region.key == value),
            order=[region.key for region in regions.values()].index,
        ),
        tiles=tiles,
        steps=steps,
        off_map=_options(
            {county: count for county, count in by_county.items() if county not in {tile.county for tile in TILES}},
            lambda value: value or _("Uten fylke"),
            order=sort_key,
        ),
    )


def _options(counts: dict[str, int], label: Callable[[str], str], *, order: Callable[[str], Any]) -> list[Option]:
    return [Option(value, label(value), counts[value]) for value in sorted(counts, key=order)]


def _map(by_county: dict[str, int]) -> tuple[list[MapTile], list[MapStep]]:
    """The tiles and their legend: as many steps of equal width as the largest county needs."""
    counts = [by_county.get(tile.county, 0) for tile in TILES]
    most = max(counts)
    width = max(1, math.ceil(most / MAP_LEVELS))
    tiles = [MapTile(tile, count, math.ceil(count / width)) for tile, count in zip(TILES, counts, strict=True)]
    levels = range(1, math.ceil(most / width) + 1)
    steps = [MapStep(level, (level - 1) * width + 1, min(level * width, most)) for level in levels]
    return tiles, [MapStep(0, 0, 0), *steps] if 0 in counts else steps


def get_team(slug: str) -> Team:
    """A team's public page is anyone's, also when the team is closed. Raises Http404. One query."""
    team = Team.objects.select_related("region").filter(slug=slug).first()
    if team is None:
        raise Http404
    return team


def get_managed_team_for(user: Any, slug: str) -> Team:
    """A team whose page this person may change.

    Raises PermissionDenied for those who may see its people but not manage it, Http404 for everybody else.
    """
    team = get_team(slug)
    if user_can_manage_team(user, team):
        return team
    if user_can_see_people(user, team):
        raise PermissionDenied
    raise Http404
