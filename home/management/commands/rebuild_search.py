"""Compare what search keeps with the things themselves, and mend it."""

import itertools
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from home.search.actions import Drift, find_drift, rebuild

SHOWN = 50
"""Documents that are named; the rest are counted."""
AT_ONCE = 2_000


class Command(BaseCommand):
    help = "Make what search keeps again where it differs. With --check: only say what differs, and fail if it does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; exit with 1 where anything differs.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        drifts = find_drift()
        counts: Counter[str] = Counter()
        while batch := list(itertools.islice(drifts, AT_ONCE)):
            self.tell(batch, already=counts.total())
            counts.update(drift.fault for drift in batch)
            if not check:
                rebuild(drifts=batch)
        if check and counts:
            raise CommandError(f"{counts.total()} documents differ.")
        said = ", ".join(f"{count} {fault}" for fault, count in sorted(counts.items()))
        self.stdout.write(f"Made again: {said}." if counts else "Nothing differs.")

    def tell(self, batch: list[Drift], *, already: int) -> None:
        for drift in batch[: max(0, SHOWN - already)]:
            self.stdout.write(f"{drift.source} {drift.number}: {drift.fault}")
