"""`manage.py import_teams FILE`: put a list of teams in place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from people.team_list.actions import UnsoundListError, import_team_list
from people.team_list.plan import Plan, plan_import
from safety.files import FileRefusedError
from safety.tables import read_table


class Command(BaseCommand):
    help = "Import a list of teams (CSV or XLSX, docs/teams.md). One bad row, and nothing is changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path, help="the file")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")

    def handle(self, *args: Any, source: Path, dry_run: bool, **options: Any) -> None:
        with translation.override(translation.get_language() or "nb"):
            try:
                with source.open("rb") as file:
                    table = read_table(file, name=source.name)
                plan = plan_import(table) if dry_run else import_team_list(table=table)
            except OSError as error:
                raise CommandError(f"{source}: {error.strerror}") from error
            except FileRefusedError as error:
                raise CommandError(f"{source}: {error.message}") from error
            except UnsoundListError as error:
                plan = error.plan
            if not plan.is_sound:
                raise CommandError("\n".join([f"{source}: nothing is changed", *faults(plan)]))
            for line in told(plan) if options["verbosity"] > 0 else []:
                self.stdout.write(line)


def faults(plan: Plan) -> list[str]:
    """A line for each thing to mend."""
    return [*plan.problems, *(f"{row.number}: {problem}" for row in plan.of_kind("bad") for problem in row.problems)]


def told(plan: Plan) -> list[str]:
    """A line for each team that is new or changes, and the numbers."""
    lines = [f"{row.number}: + {row.name}" for row in plan.of_kind("new")]
    for row in plan.of_kind("changed"):
        changes = "; ".join(f"{change.label}: {change.old or '–'} → {change.new or '–'}" for change in row.changes)
        lines.append(f"{row.number}: {row.name}: {changes}")
    numbers = ", ".join(f"{count} {kind}" for kind, count in plan.counts.items())
    return [*lines, f"{numbers}, {plan.left_alone} not in the file"]
