"""Render again after a change of the rules: `manage.py rebake_posts`, `… --of posts --from 1 --to 200000`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from forum.actions.rendering import RENDERED, rebake


class Command(BaseCommand):
    help = (
        "Renders posts, versions in the library, events and news again by today's rules; one of them by range of "
        "primary keys. Safe to stop and to run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--of", dest="name", choices=list(RENDERED), help="Only these. All, or posts by a range.")
        parser.add_argument("--from", dest="first", type=int, help="First primary key; 1 unless told.")
        parser.add_argument("--to", dest="last", type=int, help="Last primary key; the newest unless told.")

    def handle(self, *args: Any, name: str | None, first: int | None, last: int | None, **options: Any) -> None:
        is_range = first is not None or last is not None
        for each in [name or "posts"] if name or is_range else RENDERED:
            changed = sum(rebake(each, first=first or 1, last=last))
            self.stdout.write(f"{changed} {each} rendered again.")
