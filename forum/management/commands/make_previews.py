"""Make pictures of the library's files where there are none: after a restore, or when LibreOffice is installed."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.actions.previews import files_without_previews, make_preview

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Makes previews of files in the library that have none. Safe to stop and to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        made = failed = 0
        for file_id in list(files_without_previews()):
            try:
                made += make_preview(file_id=file_id)
            except Exception:
                failed += 1
                logger.exception("library file %d has no preview", file_id)
        self.stdout.write(f"{made} previews made.")
        if failed:
            raise CommandError(f"{failed} files failed; the log says why. Run it again.")
