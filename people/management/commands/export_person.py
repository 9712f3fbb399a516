"""Hand somebody a copy of everything about them who cannot fetch it themselves."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from people.models import User
from people.own_data.archive import write_archive


class Command(BaseCommand):
    help = "Write a zip with everything Flett holds about one person. Be sure who asked before you hand it over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("file", type=Path, help="a zip that is not there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = User.objects.get_by_natural_key(options["email"])
        except User.DoesNotExist as error:
            raise CommandError("Nobody has that address.") from error
        try:
            descriptor = os.open(options["file"], os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}") from error
        with os.fdopen(descriptor, "wb") as target:
            write_archive(person, target)
        self.stdout.write(f"Wrote {options['file']}, which only you can read.")
