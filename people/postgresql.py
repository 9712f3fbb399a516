"""Times as PostgreSQL writes them, read by Python's own reader.

Django replaces psycopg's compiled reader of times with one in Python, which costs as much for a hundred times as asking
for them does; a list of posts or hits has as many. Here a time in UTC is read by `datetime.fromisoformat`, and whatever
that does not read (before our era, infinite) is left to Django's.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.backends.signals import connection_created
from django.dispatch import receiver


@cache
def _loader() -> Any:
    from django.db.backends.postgresql.psycopg_any import BaseTzLoader  # psycopg is for PostgreSQL alone

    class UtcLoader(BaseTzLoader):
        timezone = UTC
        """Django asks for this, and takes its own reader where a connection has another zone."""

        def load(self, data: Any) -> Any:
            text = bytes(data)
            if text.endswith(b"+00"):
                try:
                    return datetime.fromisoformat(text.decode())
                except ValueError:
                    pass
            return super().load(data)

    return UtcLoader


@receiver(connection_created, dispatch_uid="people.read_times")
def read_times(connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", _loader())
