"""Changes to the whole list of teams: all of a file, or nothing of it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import IO

from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from people.alphabet import fold
from people.models import Region, Team, TeamListUpload, User
from people.signals import teams_added
from people.team_list.columns import COLUMNS, KEY, read_cell, read_key
from people.team_list.plan import CHANGED, NEW, Plan, PlannedRow, plan_import
from safety.tables import Row, read_table

UPLOAD_LIVES = timedelta(hours=24)
"""How long a file waits for its second step."""


class UnsoundListError(Exception):
    """The file has a bad row. Nothing was changed; `plan` says which and why."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class ListChangedError(Exception):
    """The teams have changed since the dry run. Nothing was changed; `plan` is what the file would do now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


class AlreadyAppliedError(Exception):
    """The file has been applied, or has waited too long."""


@transaction.atomic
def hand_in_team_list(*, file: IO[bytes], name: str, by: User) -> tuple[TeamListUpload | None, Plan]:
    """Say what the file would change, and keep it where that is something that can be done. Changes no team.

    Files that nobody applied are thrown away here after a day. Raises FileRefusedError.
    """
    file.seek(0)
    content = file.read()
    plan = plan_import(read_table(ContentFile(content), name=name))
    TeamListUpload.objects.filter(applied_at=None, uploaded_at__lt=timezone.now() - UPLOAD_LIVES).delete()
    if not (plan.is_sound and plan.changes_anything):
        return None, plan
    return TeamListUpload.objects.create(name=name[-200:], content=content, uploaded_by=by), plan


def plan_of_upload(upload: TeamListUpload) -> Plan:
    """What the file would change now. Raises AlreadyAppliedError."""
    if upload.applied_at or upload.uploaded_at < timezone.now() - UPLOAD_LIVES:
        raise AlreadyAppliedError
    return plan_import(read_table(ContentFile(bytes(upload.content)), name=upload.name))


@transaction.atomic
def apply_team_list(*, upload: TeamListUpload, fingerprint: str) -> Plan:
    """Do what the dry run of this file said: no more, no less. `fingerprint` is of the plan that was shown.

    One list at a time; the second of two waits, and then finds that the file is used or that the teams have changed.
    Raises AlreadyAppliedError and ListChangedError, which leave everything as it was.
    """
    wait_for_the_list()
    locked = TeamListUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    plan = plan_of_upload(locked)
    if not plan.is_sound or plan.fingerprint != fingerprint:
        raise ListChangedError(plan)
    _carry_out(plan)
    locked.applied_at = timezone.now()
    locked.content = b""
    locked.save(update_fields=["applied_at", "content"])
    return plan


@transaction.atomic
def import_team_list(*, table: list[Row]) -> Plan:
    """Import a file in one step, for a command. Raises UnsoundListError."""
    wait_for_the_list()
    plan = plan_import(table)
    if not plan.is_sound:
        raise UnsoundListError(plan)
    _carry_out(plan)
    return plan


@transaction.atomic
def add_missing_teams(*, table: list[Row]) -> int:
    """Add the file's teams whose key nobody has; what is there stays as it is. Returns how many were added.

    For the starter content: the list is the administrators' from then on. Expects a complete and sound file.
    """
    wait_for_the_list()
    headings = table[0].cells
    known = set(Team.objects.values_list("key", flat=True))
    identities = set(Team.objects.values_list("country", "county", "name"))
    regions = {region.key: region for region in Region.objects.all()}
    rows = []
    for row in table[1:]:
        cells = dict(zip(headings, (*row.cells, *[""] * len(headings)), strict=False))
        key = read_key(cells.pop(KEY))
        values = {column.name: read_cell(column.name, cells.get(column.name, ""), regions) for column in COLUMNS}
        planned = PlannedRow(row.number, values["name"], NEW, key=key, values=values)
        if key not in known and planned.identity not in identities:
            rows.append(planned)
    _carry_out(Plan(rows=rows))
    return len(rows)


def wait_for_the_list() -> None:
    """Until the transaction ends, nobody else changes the list (the one row that stands for it) or a team of it."""
    of_team = ContentType.objects.get_for_model(Team)
    ContentType.objects.select_for_update(no_key=True).get(pk=of_team.pk)
    list(Team.objects.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _carry_out(plan: Plan) -> None:
    regions = {region.key: region for region in Region.objects.all()}
    changed = plan.of_kind(CHANGED)
    _step_aside(changed)
    for row in changed:
        assert row.team is not None  # noqa: S101 – what "changed" means
        _fill(row.team, row, regions)
        row.team.save()
    slugs = set(Team.objects.values_list("slug", flat=True))
    added = []
    for row in plan.of_kind(NEW):
        team = Team(slug=make_slug(row.values["name"], county=row.values["county"], taken=slugs))
        if row.key:
            team.key = row.key
        slugs.add(team.slug)
        _fill(team, row, regions)
        added.append(team)
    Team.objects.bulk_create(added, batch_size=500)
    keys = [team.key for team in added]
    numbers = list(Team.objects.filter(key__in=keys).values_list("pk", flat=True))
    transaction.on_commit(partial(teams_added.send, sender=Team, team_ids=numbers))


def _step_aside(changed: list[PlannedRow]) -> None:
    """Teams that trade names pass through a name of their own, which nobody else can have."""
    moving = [row.team for row in changed if row.team and row.identity != _identity(row.team)]
    held = {_identity(team) for team in moving}
    if any(row.identity in held for row in changed):
        for team in moving:
            Team.objects.filter(pk=team.pk).update(name=str(team.key))


def _identity(team: Team) -> tuple[str, str, str]:
    return (team.country, team.county, team.name)


def _fill(team: Team, row: PlannedRow, regions: dict[str, Region]) -> None:
    for name, value in row.values.items():
        setattr(team, name, (regions[value] if value else None) if name == "region" else value)


def make_slug(name: str, *, county: str, taken: Iterable[str]) -> str:
    """An address for a team: its name, with the county and then a number where that is taken."""
    used = set(taken)
    plain = slugify(fold(name))[:100] or "team"
    with_county = slugify(fold(f"{name} {county}"))[:110] if county else plain
    numbered = (f"{with_county}-{number}" for number in range(2, len(used) + 3))
    return next(slug for slug in (plain, with_county, *numbered) if slug not in used)
