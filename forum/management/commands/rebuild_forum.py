"""Compare the forum's counters with the posts and sign-ups they are made from, and mend them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from forum.actions.rebuild import find_drift, rebuild_space, rebuild_topic
from forum.actions.sign_ups import count_taken, recount_leg

SHOWN = 50
"""Rows that are named; the rest are counted."""


class Command(BaseCommand):
    help = (
        "Make the counters of topics, spaces and places at events again. With --check: only say what differs, and "
        "fail if it does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; exit with 1 where anything differs.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        topics: list[int] = []
        spaces: list[int] = []
        for count, drift in enumerate(find_drift(), start=1):
            (topics if drift.kind == "topic" else spaces).append(drift.pk)
            if count <= SHOWN:
                self.stdout.write(f"{drift.kind} {drift.pk} says {drift.says}, should say {drift.should_say}")
        legs = count_taken()
        for pk, (says, should_say) in list(legs.items())[:SHOWN]:
            self.stdout.write(f"leg {pk} says {says} taken, should say {should_say}")
        differing = len(topics) + len(spaces) + len(legs)
        if check and differing:
            raise CommandError(f"{differing} rows differ from the posts.")
        for pk in legs:
            recount_leg(leg_id=pk)
        for pk in topics:
            rebuild_topic(topic_id=pk)
        for pk in spaces:
            rebuild_space(space_id=pk)
        self.stdout.write(f"{differing} rows differed." if differing else "Nothing differs from the posts.")
