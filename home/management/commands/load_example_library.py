"""Share the example items of `home/starter/library/` on a site in use."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from home.starter_library import load_example_library
from people.models import User


class Command(BaseCommand):
    help = "Share the example items of the library, once, as one person's. They are marked as examples."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--owner", required=True, help="the e-mail address of whoever is to own them")

    def handle(self, *args: Any, owner: str, **options: Any) -> None:
        person = User.objects.filter(email__iexact=owner, is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody has the address {owner}.")
        self.stdout.write(f"{load_example_library(owner=person)} items are shared.")
