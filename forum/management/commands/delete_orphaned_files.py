"""Delete files of the forum that never came to anything. Run it every day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from forum.actions.attachments import (
    UnknownFilesError,
    delete_files_without_rows,
    delete_orphaned_files,
    files_without_rows,
    loose_files,
)


class Command(BaseCommand):
    help = (
        "Deletes files beside drafts that are older than seven days, and files a day old that no row of the database "
        "knows, such as a killed process leaves. Safe to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        said = "would go" if dry_run else "deleted"
        beside_drafts = loose_files(timezone.now()).count() if dry_run else delete_orphaned_files()
        self.stdout.write(f"{beside_drafts} files {said}.")
        try:
            unknown = len(files_without_rows()) if dry_run else delete_files_without_rows()
        except UnknownFilesError as error:
            raise CommandError(
                "The database knows none of the forum's files: they do not belong together. No file was deleted "
                "from FLETT_FILES_STORAGE. Look at DATABASE_URL and FLETT_DATA_DIR."
            ) from error
        self.stdout.write(f"{unknown} files without a row {said}.")
