"""What a file would change, row by row, without changing anything."""

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from people.models import Region, Team
from people.team_list.columns import (
    BY_NAME,
    COLUMNS,
    KEY,
    CellError,
    Regions,
    column_of_heading,
    read_cell,
    read_key,
    settle_county,
    shown,
    values_of,
    write_cell,
)
from safety.tables import Row

NEW, CHANGED, UNCHANGED, BAD = "new", "changed", "unchanged", "bad"

Identity = tuple[str, str, str]
"""Country, county and name: no two teams share all three."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that gets another value, as people read it."""

    label: str
    old: str
    new: str


@dataclass(slots=True)
class PlannedRow:
    """What becomes of one row. `values` is complete: what the file does not say is the team's own, or empty."""

    number: int
    name: str
    kind: str = UNCHANGED
    team: Team | None = None
    key: uuid.UUID | None = None
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def identity(self) -> Identity:
        return (self.values["country"], self.values["county"], self.values["name"])


@dataclass(slots=True)
class Plan:
    """The dry run. `problems` are of the file as a whole."""

    rows: list[PlannedRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left_alone: int = 0
    """Teams that are not in the file: nothing happens to them."""

    def of_kind(self, kind: str) -> list[PlannedRow]:
        return [row for row in self.rows if row.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(row.kind for row in self.rows)
        return {kind: found[kind] for kind in (NEW, CHANGED, UNCHANGED, BAD)}

    @property
    def sections(self) -> list[tuple[str, list[PlannedRow]]]:
        """The rows by kind, what needs looking at first."""
        kinds = (BAD, CHANGED, NEW, UNCHANGED)
        return [(kind, rows) for kind in kinds if (rows := self.of_kind(kind))]

    @property
    def is_sound(self) -> bool:
        """No fault anywhere: one bad row stops the whole file."""
        return not self.problems and not self.counts[BAD]

    @property
    def changes_anything(self) -> bool:
        return bool(self.counts[NEW] or self.counts[CHANGED])

    @property
    def fingerprint(self) -> str:
        """The same only where the same would happen to the same teams."""
        told = [
            [row.kind, str(row.key), _written(row.values), _written(values_of(row.team)) if row.team else []]
            for row in self.rows
            if row.kind in {NEW, CHANGED}
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _written(values: dict[str, Any]) -> list[str]:
    return [write_cell(value) for value in values.values()]


def plan_import(table: list[Row]) -> Plan:
    """Compare the file with the teams there are. Two queries, however many rows."""
    plan = Plan()
    headings = _read_headings(table[0], plan)
    if plan.problems:
        return plan
    regions = {region.key: region for region in Region.objects.all()}
    teams = list(Team.objects.select_related("region").order_by("pk"))
    by_key = {team.key: team for team in teams}
    by_identity = {(team.country, team.county, team.name): team for team in teams}
    plan.rows = [_plan_row(row, headings, regions, by_key, by_identity) for row in table[1:]]
    if not plan.rows:
        plan.problems.append(_("Lista har overskrifter, men ingen rader."))
    _refuse_repeats(plan.rows)
    _refuse_taken_names(plan.rows, teams)
    for row in plan.rows:
        _compare(row, regions)
    touched = {row.team.pk for row in plan.rows if row.team}
    plan.left_alone = sum(1 for team in teams if team.pk not in touched)
    return plan


def _read_headings(row: Row, plan: Plan) -> list[str | None]:
    headings = [column_of_heading(cell) if cell else None for cell in row.cells]
    for cell, name in zip(row.cells, headings, strict=True):
        if cell and name is None:
            plan.problems.append(_("Kolonnen «%s» finnes ikke. Rett overskriften, eller ta kolonnen bort.") % cell[:60])
    for name, count in Counter(name for name in headings if name).items():
        if count > 1:
            plan.problems.append(_("Kolonnen «%s» står flere ganger.") % name)
    if not plan.problems and "name" not in headings and KEY not in headings:
        plan.problems.append(_("Første rad må ha overskriftene, og «name» eller «key» må være en av dem."))
    return headings


def _plan_row(
    row: Row,
    headings: list[str | None],
    regions: Regions,
    by_key: dict[uuid.UUID, Team],
    by_identity: dict[Identity, Team],
) -> PlannedRow:
    cells = {name: cell for name, cell in zip(headings, row.cells, strict=False) if name}
    given = {name for name in headings if name and name != KEY}
    planned = PlannedRow(row.number, cells.get("name", ""))
    if any(row.cells[place] for place in range(len(row.cells)) if place >= len(headings) or not headings[place]):
        planned.problems.append(_("Raden har tekst i en kolonne uten overskrift."))
    if cells.get(KEY):
        try:
            planned.key = read_key(cells[KEY])
        except CellError as error:
            planned.problems.append(str(error))
    planned.team = by_key.get(planned.key) if planned.key else None
    read: dict[str, Any] = {}
    for name in (column.name for column in COLUMNS if column.name in given):
        try:
            read[name] = read_cell(name, cells.get(name, ""), regions)
        except CellError as error:
            planned.problems.append(f"{BY_NAME[name].label}: {error}")
    empty = {column.name: column.empty for column in COLUMNS}
    planned.values = {**(values_of(planned.team) if planned.team else empty), **read}
    try:
        settle_county(planned.values)
    except CellError as error:
        planned.problems.append(f"{BY_NAME['county'].label}: {error}")
    if planned.key is None and "county" not in given:
        planned.problems.append(_("Uten nøkkel må raden si hvilket fylke teamet er i."))
    if planned.team is None and planned.key is None and not planned.problems:
        planned.team = by_identity.get(planned.identity)
        if planned.team:
            planned.values = {**values_of(planned.team), **read, "county": planned.values["county"]}
    if not planned.values["name"]:
        planned.problems.append(_("Teamet mangler navn."))
    planned.name = planned.values["name"] or (planned.team.name if planned.team else "")
    return planned


def _refuse_repeats(rows: list[PlannedRow]) -> None:
    """The same team twice in the file: neither row is better than the other, so the later one says so."""
    seen: dict[Any, int] = {}
    for row in rows:
        mark = row.team.pk if row.team else row.key
        if mark is None:
            continue
        if mark in seen:
            row.problems.append(_("Teamet står også i rad %d.") % seen[mark])
        seen.setdefault(mark, row.number)


def _refuse_taken_names(rows: list[PlannedRow], teams: Iterable[Team]) -> None:
    """Afterwards no two teams of a county may have the same name. Teams may trade names within the file."""
    moved = {row.team.pk for row in rows if row.team}
    holders: dict[Identity, str] = {
        (team.country, team.county, team.name): _("Et annet team i Flett heter dette i samme fylke. Bruk nøkkelen.")
        for team in teams
        if team.pk not in moved
    }
    for row in rows:
        if row.problems:
            continue
        if row.identity in holders:
            row.problems.append(holders[row.identity])
        else:
            holders[row.identity] = _("Rad %d gir et team i samme fylke dette navnet.") % row.number


def _compare(row: PlannedRow, regions: Regions) -> None:
    if row.problems:
        row.kind = BAD
        return
    old = values_of(row.team) if row.team else {column.name: column.empty for column in COLUMNS}
    row.changes = [
        Change(column.label, shown(column.name, old[column.name], regions), shown(column.name, new, regions))
        for column in COLUMNS
        if (new := row.values[column.name]) != old[column.name]
    ]
    row.kind = (CHANGED if row.changes else UNCHANGED) if row.team else NEW
