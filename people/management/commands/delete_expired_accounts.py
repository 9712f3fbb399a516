"""Delete what has been kept for as long as it may be. docs/operations.md says how long that is."""

import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.own_data import retention

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Delete accounts whose owners have asked for it and those nobody uses, warn those who are next, and delete old "
        "invitations, requests and copies. Run it once a day. Safe to run twice. Names nobody: accounts have numbers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what would happen, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for step in retention.plan_accounts():
                self.stdout.write(f"would {step}")
            for what, count in self.count_rest():
                self.stdout.write(f"would delete {what}: {count}")
            self.stdout.write("Nothing was changed.")
            return
        failed = self.carry_out()
        for what, count in self.count_rest():
            self.stdout.write(f"delete {what}: {count}")
        retention.old_invitations().delete()
        retention.old_requests().delete()
        retention.delete_old_exports()
        retention.delete_files(retention.orphans())
        if failed:
            raise CommandError(f"{failed} accounts could not be dealt with; the log says why. Run it again.")

    def carry_out(self) -> int:
        """Every account on its own; returns how many failed."""
        failed = 0
        for step in retention.plan_accounts():
            try:
                if retention.carry_out(step):
                    self.stdout.write(str(step))
            except Exception:
                failed += 1
                logger.exception("account %d was not dealt with", step.account)
        return failed

    @staticmethod
    def count_rest() -> list[tuple[str, int]]:
        return [
            ("old invitations", retention.old_invitations().count()),
            ("old requests", retention.old_requests().count()),
            ("old copies", retention.old_exports().count()),
            ("files of copies without a row", len(retention.orphans())),
        ]
