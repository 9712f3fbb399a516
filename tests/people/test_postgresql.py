"""Times are read as Django reads them, only faster."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from people.postgresql import _loader


class Djangos(BaseTzLoader):  # type: ignore[misc]
    timezone = UTC


def read(loader: Any, written: bytes) -> Any:
    try:
        return loader(1184, None).load(written)
    except Exception as error:  # noqa: BLE001 – whatever Django's reader raises is what ours must
        return type(error), str(error)


@pytest.mark.parametrize(
    "written",
    [
        b"2026-11-23 22:16:41.919731+00",
        b"2026-11-23 22:16:41+00",
        b"2026-11-23 22:16:41.9+00",
        b"0001-01-01 00:00:00+00",
        b"9999-12-31 23:59:59.999999+00",
        b"10000-01-01 00:00:00+00",
        b"0044-03-15 12:00:00+00 BC",
        b"infinity",
        b"-infinity",
    ],
)
def test_every_time_is_read_as_django_reads_it(written: bytes) -> None:
    assert read(_loader(), written) == read(Djangos, written)


def test_a_time_is_in_utc() -> None:
    found = _loader()(1184, None).load(memoryview(b"2026-11-23 22:16:41.919731+00"))
    assert found == datetime(2026, 11, 23, 22, 16, 41, 919731, tzinfo=UTC)
    assert found.tzinfo is UTC
