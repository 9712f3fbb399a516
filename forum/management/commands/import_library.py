"""Take a folder or a zip with a list into the library of a space."""

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from forum.actions.library_import import COMMAND_LIMITS, import_library, opened_import, plan_import
from forum.models import Space
from people.models import User
from safety.files import FileRefusedError


class Command(BaseCommand):
    help = "Take a folder or a zip with a list (docs/library.md) into a space's library. The same list twice is once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="a folder, or a zip of one")
        parser.add_argument("--space", required=True, help="the space's address: the last word of it")
        parser.add_argument(
            "--owner", required=True, help="the e-mail of whoever is to own it, who looks after the space"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument(
            "--confirm", action="append", default=[], metavar="ID", help="an item whose questions you have answered"
        )
        parser.add_argument(
            "--confirm-all", action="store_true", help="you have looked through all that is asked about"
        )

    def handle(self, *args: Any, source: Path, space: str, owner: str, dry_run: bool, **options: Any) -> None:
        place = Space.objects.filter(slug=space).first()
        person = User.objects.filter(email__iexact=owner, is_active=True).first()
        if place is None:
            raise CommandError(f"There is no space {space}.")
        if person is None:
            raise CommandError(f"Nobody has the address {owner}.")
        act = plan_import if dry_run else import_library
        try:
            with opened_import(source, limits=COMMAND_LIMITS) as folder:
                plan = act(
                    person=person,
                    space=place,
                    folder=folder,
                    limits=COMMAND_LIMITS,
                    confirmed=options["confirm"],
                    everything=options["confirm_all"],
                )
        except PermissionDenied as error:
            raise CommandError(f"{owner} does not look after {space}, or nobody may write there now.") from error
        except FileRefusedError as error:
            raise CommandError(error.message) from error
        for item in plan.items:
            self.stdout.write(f"{item.outcome:8} row {item.row} ({item.id}): {item.title}")
            for message in [*item.problems, *item.questions, *item.notices]:
                self.stdout.write(f"           {message}")
        for message in plan.notices:
            self.stdout.write(message)
        counts = {name: len(plan.of(name)) for name in ("made", "new", "there", "asks", "refused")}
        self.stdout.write(", ".join(f"{name} {count}" for name, count in counts.items() if count))
        if counts["refused"] or counts["asks"]:
            raise CommandError("Some are not taken in." if not dry_run else "Some would not be taken in.")
