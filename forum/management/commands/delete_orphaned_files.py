"""Delete files that were uploaded to a draft more than a week ago and never posted. Run it every day."""

from typing import Any

from django.core.management.base import BaseCommand

from forum.actions.attachments import delete_orphaned_files


class Command(BaseCommand):
    help = "Deletes files beside drafts that are older than seven days. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{delete_orphaned_files()} files deleted.")
