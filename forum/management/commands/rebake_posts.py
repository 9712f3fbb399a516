"""Render posts again after a change of the rules: `manage.py rebake_posts --from 1 --to 200000`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Max

from forum.actions.rendering import rebake_posts
from forum.models import Post


class Command(BaseCommand):
    help = "Renders posts again by today's rules, by range of primary keys. Safe to stop and to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", type=int, default=1, help="First primary key; 1 unless told.")
        parser.add_argument("--to", dest="last", type=int, help="Last primary key; the newest post unless told.")

    def handle(self, *args: Any, first: int, last: int | None, **options: Any) -> None:
        newest = Post.objects.aggregate(newest=Max("pk"))["newest"] or 0
        changed = sum(rebake_posts(first=first, last=newest if last is None else min(last, newest)))
        self.stdout.write(f"{changed} posts rendered again.")
