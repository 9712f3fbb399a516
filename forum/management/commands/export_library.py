"""Write all a space's library holds into a zip."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.models import Space
from forum.permissions.library_bulk import user_can_export_from
from forum.queries.library_export import write_library_zip
from people.models import User


class Command(BaseCommand):
    help = "Write a space's library into a zip that import_library takes in again: what this person may see of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="the zip to write; it must not be there already")
        parser.add_argument("--space", required=True, help="the space's address: the last word of it")
        parser.add_argument("--reader", required=True, help="the e-mail of somebody who looks after the space")

    def handle(self, *args: Any, target: Path, space: str, reader: str, **options: Any) -> None:
        place = Space.objects.filter(slug=space).first()
        person = User.objects.filter(email__iexact=reader, is_active=True).first()
        if place is None:
            raise CommandError(f"There is no space {space}.")
        if person is None or not user_can_export_from(person, place):
            raise CommandError(f"{reader} does not look after {space}.")
        try:
            with target.open("xb") as sink:
                count = write_library_zip(person, place, sink)
        except FileExistsError as error:
            raise CommandError(f"{target} is there already.") from error
        self.stdout.write(f"{count} items are in {target}.")
