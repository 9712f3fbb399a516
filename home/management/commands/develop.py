"""What `make run` does: prepare this machine's database and words, then serve."""

import contextlib
import os
import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from whitenoise.runserver_nostatic.management.commands.runserver import Command as RunserverCommand


class Command(RunserverCommand):
    """Every step may be interrupted and done again: each is atomic, or does nothing when it has been done."""

    help = "Prepare the database, the translations and the starter content, then serve on this machine."

    def handle(self, *args: Any, **options: Any) -> str | None:
        if not settings.DEVELOPMENT:
            raise CommandError("This is for development: set FLETT_ENV=development, or use `make run`.")
        address, port = self.split(options["addrport"] or "127.0.0.1:8000")
        is_reloaded = os.environ.get("RUN_MAIN") == "true"
        if not is_reloaded:
            require_free_port(address, port)
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
            call_command("migrate", verbosity=0, interactive=False)
            call_command("compile_translations")
            call_command("load_starter_content", if_empty=True)
        return super().handle(*args, **options)

    @staticmethod
    def split(addrport: str) -> tuple[str, int]:
        """Address and port. Raises CommandError when the port is no port."""
        address, _, port = addrport.rpartition(":")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CommandError(f"PORT must be a number from 1 to 65535; it is {port!r}.")
        return address or "127.0.0.1", int(port)

    def on_bind(self, server_port: int) -> None:
        """Say where to go, once the server listens."""
        self.stdout.write(
            f"\nFlett: http://{self.addr}:{server_port}/   editor: http://{self.addr}:{server_port}/admin/\n"
        )
        with contextlib.suppress(CommandError):  # a database of one's own has no demo people
            call_command("demo_logins", stdout=self.stdout)
        self.stdout.write("Stop with Ctrl-C.\n")


def require_free_port(address: str, port: int) -> None:
    """Raise CommandError, in one line, when another program listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Choose another: PORT={port % 65535 + 1} make run"
            ) from error
