"""Delete what the forum has kept for as long as it may. docs/moderation.md says how long that is."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from forum.actions import retention
from forum.actions.attachments import loose_files

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Empty posts hidden for 180 days, and delete old reports, pauses, lines of the moderators' log, drafts and "
        "files that never came into a post, and what people can not eat two weeks after an event. "
        "Run it once a day. Safe to run twice. Names nobody: posts have numbers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        posts = [retention.hidden_too_long(now), retention.deleted_and_not_emptied()]
        due = [pk for rows in posts for pk in rows.order_by("pk").values_list("pk", flat=True)]
        if options["dry_run"]:
            rest = [*retention.old_rows(now), ("drafts", retention.old_drafts(now))]
            counts = {name: rows.count() for name, rows in rest}
            counts["loose files"] = loose_files(now).count()
            self.tell(f"would empty posts: {len(due)}", {f"would delete {name}": n for name, n in counts.items()})
            self.stdout.write("Nothing was changed.")
            return
        emptied = failed = 0
        for pk in due:
            try:
                emptied += retention.empty_old_post(pk=pk)
            except Exception:
                failed += 1
                logger.exception("post %d was not emptied", pk)
        self.tell(f"emptied posts: {emptied}", {f"deleted {name}": n for name, n in retention.forget_rest().items()})
        if failed:
            raise CommandError(f"{failed} posts could not be emptied; the log says why. Run it again.")

    def tell(self, first: str, counts: dict[str, int]) -> None:
        self.stdout.write(first)
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")
