"""What time alone changes about events: offers nobody answered, reminders, and mails that could not be sent before."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from forum.actions.sign_up_mails import waiting_news
from forum.actions.sign_ups import events_to_settle, lapse_offers, remind_of_events
from forum.mails.sign_ups import send_sign_up_mails


class Command(BaseCommand):
    help = (
        "Offers that were not answered in time go to the next on the waiting list; who has a place is reminded two "
        "days before; mails about sign-ups that wait are sent. Run it every five minutes. Safe to run twice and at "
        "once. Names nobody."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print what is due, and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.stdout.write(f"events to settle: {len(events_to_settle())}")
            self.stdout.write(f"mails waiting: {waiting_news(timezone.now()).count()}")
            return
        self.stdout.write(f"offers that lapsed: {lapse_offers()}")
        self.stdout.write(f"reminders: {remind_of_events()}")
        outcome = send_sign_up_mails()
        self.stdout.write(f"mails sent: {outcome.sent}")
