"""Compare everybody's progress with the facts it is made from, and mend it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.actions.rebuild import find_drift, rebuild_learner
from people.models import User

SHOWN = 50
"""Rows that are named; the rest are counted."""


class Command(BaseCommand):
    help = "Make everybody's progress again from the facts. With --check: only say what differs, and fail if it does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; exit with 1 where anything differs.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        learners: set[int] = set()
        count = 0
        for count, drift in enumerate(find_drift(), start=1):
            learners.add(drift.learner_id)
            if count <= SHOWN:
                self.stdout.write(
                    f"learner {drift.learner_id}: {drift.row} says {drift.says}, should say {drift.should_say}"
                )
        if check and count:
            raise CommandError(f"{count} rows differ from the facts.")
        for pk in sorted(learners):
            learner = User.objects.filter(pk=pk).first()
            if learner is not None:
                rebuild_learner(learner=learner)
        self.stdout.write(f"{count} rows differed." if count else "Nothing differs from the facts.")
