"""Load the starter content of `home/starter/`."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from home.actions import load_starter_content
from home.models import HomePage


class Command(BaseCommand):
    help = "Make the site, its pages, courses, principles and learning path as home/starter/ describes them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is a front page already")

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if if_empty and HomePage.objects.exists():
            return
        logging.getLogger("wagtail").setLevel(logging.WARNING)  # it tells of each of a hundred publications
        load_starter_content(report=self.stdout.write if options["verbosity"] > 1 else lambda line: None)
        self.stdout.write("The starter content is loaded.")
