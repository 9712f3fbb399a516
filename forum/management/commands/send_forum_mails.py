"""Mails at once, to those who moderate, and digests: everything from the forum that is due now."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from forum import tasks
from forum.actions.event_mails import ask_for_evaluations
from forum.actions.event_receivers import letters_to_send
from forum.actions.library_notices import items_to_review, remind_of_reviews
from forum.actions.mails import forget_old_mails
from forum.actions.notices import forget_old_news, note_what_is_read
from forum.mails.planning import accounts_due, people_with_cases, posts_to_tell_of
from forum.models import SentMail

BATCH = 50


def in_batches(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]


class Command(BaseCommand):
    help = (
        "Remind owners of what they should look through in the library, and send the forum's mails that are due: "
        "mentions and answers, cases for those who moderate, and digests. Run it every ten minutes: nobody is told or "
        "gets a mail twice. Without a worker they are sent at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Send nothing: say how much may be due. No names.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        done = "may be due" if dry_run else "handed over"
        reviews = items_to_review().count() if dry_run else remind_of_reviews()
        self.stdout.write(f"reviews: {reviews} items {'may be due' if dry_run else 'reminded of'}")
        posts = posts_to_tell_of()
        self.stdout.write(f"at once: {len(posts)} posts {done}")
        for batch in [] if dry_run else in_batches(posts):
            tasks.send_at_once.enqueue(batch)
        if not dry_run:
            ask_for_evaluations()
        letters = letters_to_send()
        self.stdout.write(f"letters of events: {len(letters)} {done}")
        for letter in [] if dry_run else letters:
            tasks.send_letters.enqueue(letter)
        today = timezone.localdate()
        moderating = people_with_cases().count()
        self.stdout.write(f"cases: {moderating} people who moderate {done}")
        if moderating and not dry_run:
            tasks.send_cases.enqueue(today.isoformat())
        for day, missed in ((today, False), (today - timedelta(days=1), True)):
            accounts = list(accounts_due(day=day, missed=missed).values_list("pk", flat=True))
            self.stdout.write(f"digests of {day}: {len(accounts)} people {done}")
            for batch in [] if dry_run else in_batches(accounts):
                tasks.send_digests.enqueue(day.isoformat(), batch, missed)
        if not dry_run:
            note_what_is_read()
            forget_old_news()
            forget_old_mails()
        self.report_lost()

    def report_lost(self) -> None:
        """Mails whose worker died while it sent them. They are not sent again."""
        for mail in SentMail.objects.lost().order_by("pk"):
            to = "" if mail.person_id is None else f" to account {mail.person_id}, {mail.occasion}"
            self.stderr.write(f"never finished: {mail.kind}{to}, claimed {mail.claimed_at:%Y-%m-%d %H:%M} UTC")
