"""Reminders, weekly digests and news of certificates that go out: everything that is due now."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from learning import tasks
from learning.actions import forget_old_notices
from learning.mails.planning import PLANNED, plan, plan_asked
from learning.models import SentNotice

BATCH = 50
REPORTED = timedelta(days=8)
"""How long a lost mail is told of."""


def in_batches(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


class Command(BaseCommand):
    help = (
        "Send the mails about learning that are due: reminders, weekly digests, certificates that go out. Run it once "
        "a day or more often: nobody gets a mail twice. Without a worker they are sent at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Send nothing: list what is due, with account numbers, no addresses."
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        for kind in PLANNED:
            letters = plan(kind, day=timezone.localdate())
            self.tell(kind, len(letters), dry_run=dry_run)
            for letter in letters if dry_run else ():
                self.stdout.write(f"  account {letter.person.pk}: {letter.occasion}")
            for batch in [] if dry_run else in_batches([letter.person.pk for letter in letters]):
                tasks.send_letters.enqueue(str(kind), batch)
        waiting = plan_asked(SentNotice.objects.all())
        self.tell(SentNotice.Kind.LEADER_REMINDER, len(waiting), dry_run=dry_run)
        for notice, letter in waiting if dry_run else ():
            self.stdout.write(f"  account {notice.person_id}: {letter.occasion}")
        for batch in [] if dry_run else in_batches([notice.pk for notice, _letter in waiting]):
            tasks.send_asked.enqueue(batch)
        if not dry_run:
            forget_old_notices()
        self.report_lost()

    def tell(self, kind: str, count: int, *, dry_run: bool) -> None:
        self.stdout.write(f"{kind}: {count} {'due' if dry_run else 'handed over'}")

    def report_lost(self) -> None:
        """Mails whose worker died while it sent them. They are not sent again."""
        lost = SentNotice.objects.lost().filter(claimed_at__gt=timezone.now() - REPORTED).order_by("pk")
        for notice in lost:
            self.stderr.write(
                f"never finished: {notice.kind} to account {notice.person_id}, {notice.occasion}, "
                f"claimed {notice.claimed_at:%Y-%m-%d %H:%M} UTC"
            )
