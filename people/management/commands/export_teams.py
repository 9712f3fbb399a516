"""`manage.py export_teams FILE`: write the list of teams as CSV or XLSX, by the file's name."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.team_list.export import export_team_list
from safety.tables import TABLE_EXTENSIONS


class Command(BaseCommand):
    help = "Write every team to a file, which `import_teams` reads again (docs/teams.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, help="a file that ends in .csv or .xlsx; one that exists is replaced")

    def handle(self, *args: Any, target: Path, **options: Any) -> None:
        kind = target.suffix.lower().removeprefix(".")
        if kind not in TABLE_EXTENSIONS:
            raise CommandError("The file's name must end in .csv or .xlsx.")
        try:
            target.write_bytes(export_team_list(kind=kind))
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}") from error
