"""What somebody saw when they began to change it, so that two who change the same do not undo each other unawares.

A form carries a seal of what stood there when it was opened. The action compares it with what stands there now, under
the row's lock. Whoever saves once more after having been told, means it.
"""

import json
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from django.db.models import Model


class ChangedSinceError(Exception):
    """Somebody else has changed it since it was opened. Nothing was saved. `now` is the seal of what stands there."""

    def __init__(self, now: str) -> None:
        super().__init__(now)
        self.now = now


def seal(*values: Any) -> str:
    """The same for the same values: text, numbers, times in UTC, keys, and lists of such."""
    return blake2b(json.dumps(values, default=str).encode(), digest_size=12).hexdigest()


def seal_of_rows(rows: Iterable[Model]) -> str:
    """Of all that the rows say, in their order."""
    return seal(
        *([(field.attname, getattr(row, field.attname)) for field in row._meta.concrete_fields] for row in rows)
    )


def check_seal(seen: str | None, now: str) -> None:
    """Raises ChangedSinceError where something else stands there; None has seen nothing and asks nothing."""
    if seen is not None and seen != now:
        raise ChangedSinceError(now)
