"""Go through what is stored, and look for identity numbers."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from home.sweeping import PLACES, look, mend


class Command(BaseCommand):
    help = (
        "Look for national identity numbers in stored posts, titles, earlier versions, drafts, files' texts and names, "
        "the library, rooms, reports, the moderators' log, profiles and teams. Prints tables, keys and kinds, never "
        "digits. Reflections are private and only counted. With --fix what is found is masked; a post or item whose "
        "file holds a number is hidden. docs/moderation.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="mask what is found, and log it")
        parser.add_argument("--table", choices=[place.label for place in PLACES], help="this table only")
        parser.add_argument(
            "--from",
            type=int,
            default=0,
            dest="start",
            help="with --table: the key to begin with",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["start"] and not options["table"]:
            raise CommandError("--from needs --table: each table has keys of its own.")
        found_in_all = left = 0
        for place in PLACES:
            if options["table"] not in (None, place.label):
                continue
            count = 0
            for last, found in look(place, start=options["start"]):
                count += len(found)
                for row in [] if place.is_private else found:
                    self.stdout.write(f"{place.label} {row.key}: {', '.join(row.kinds)}")
                    if options["fix"]:
                        left += not mend(place, key=row.key)
                if options["verbosity"] > 1:
                    self.stdout.write(f"{place.label}: gone through to {last}")
            note = " (private: only counted)" if place.is_private else ""
            self.stdout.write(f"{place.label}: {count} found{note}")
            found_in_all += count
        self.stdout.write(f"{found_in_all} found in all.")
        if options["fix"]:
            self.stdout.write(f"{left} could not be masked.")
