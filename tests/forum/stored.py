"""Everything that is written down anywhere, as text: to see that something is not."""

import re
from pathlib import Path

from django.contrib.sessions.models import Session
from django.core.files.storage import storages
from django.db import connection

from tests.forum.writing import BORN


def everything_stored() -> str:
    """Every cell of every table as text, sessions opened, and every file of the forum."""
    said = [str(session.get_decoded()) for session in Session.objects.all()]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 – the database's own names
            said += [f"{table}: {row}" for row in cursor.fetchall()]
    root = Path(storages["forum"].location)
    said += [file.read_bytes().decode(errors="replace") for file in root.rglob("*") if file.is_file()]
    return "\n".join(said)


def holds_the_number(text: str) -> bool:
    """`tests.forum.writing.BORN` in whatever way it is written, and also its end alone."""
    return BORN in re.sub(r"[\W_]", "", text) or BORN[6:] in text
