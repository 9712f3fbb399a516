"""What a test database holds, kept in a folder and put back at once: what the migrations write, the starter content.

Copies of the rows themselves, because every other way is slow or frail. Loading the starter content takes a quarter
of a minute, so it is done once a run. Emptying every table after a test that commits, and making its content types
and permissions anew, takes seconds, and leaves the next test an empty database if it does not ask for them. A
transaction around a module, rolled back at its end, meets the tests that commit.

SQLite copies its own pages; PostgreSQL its tables' rows (foreign keys are looked at when the transaction ends, so
the order is no matter) and its sequences. The tables are those of the migrations in every copy.
"""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import storages
from django.db import connection, transaction
from django.test import override_settings

from home.actions import load_starter_content, make_demo_people, read_starter
from home.starter_forum import make_demo_forum
from home.starter_library import make_demo_library
from tests.once import made_once

Made = TypeVar("Made")

SQLITE_FILE = "flett.sqlite3"
MIGRATED = "test_flett_migrated"
"""On PostgreSQL the database of which the workers' own are copies."""
_standing: list[Path] = []
"""The kept content that tests stand on, the last one now."""


def create_once(folder: Path, create: Callable[..., str], **options: Any) -> str:
    """Django's `create_test_db`. The first worker migrates, which takes half a minute; the others copy its database."""
    with made_once(folder) as to_make:
        if to_make:
            name = create(**options)
            if connection.vendor == "sqlite":
                keep(folder)
            else:
                _copy_database(name, to=MIGRATED)
            return name
        name = connection.creation._get_test_db_name()
        if connection.vendor == "sqlite":
            shutil.copy(folder / SQLITE_FILE, name)
        else:
            _copy_database(MIGRATED, to=name)
        return create(**options | {"keepdb": True})


def migrations_digest() -> str:
    """Of all migrations of all apps: the same where they would write the same."""
    digest = hashlib.sha256()
    for app in sorted(apps.get_app_configs(), key=lambda config: config.name):
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def forget_created(folder: Path) -> None:
    """Leave no database behind that is nobody's own. A worker that comes later than this makes another."""
    if connection.vendor == "sqlite":
        return
    with made_once(folder), _server() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{MIGRATED}"')
    folder.with_name(f"{folder.name}.done").unlink(missing_ok=True)


def stand_on(kept: Path) -> None:
    """From now on the database holds what is kept in this folder, also after a test that commits."""
    _standing.append(kept)
    put_back()


def stand_on_made(folder: Path, make: Callable[[], Made]) -> Made:
    """`stand_on` what this makes, kept in this folder.

    As in a test of its own, what was to be done once that is committed is left undone.
    """
    with transaction.atomic():
        made = make()
        connection.run_on_commit = []
    keep(folder)
    stand_on(folder)
    return made


def step_back() -> None:
    """The database holds again what it held before the last `stand_on`."""
    _standing.pop()
    put_back()


def put_back() -> None:
    """Undo whatever was committed since the database last held what it is to hold. Files are added, not taken away."""
    kept = _standing[-1]
    assert not connection.in_atomic_block
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(kept / SQLITE_FILE)) as source:
            source.backup(connection.connection)
    else:
        _put_rows_back(kept)
    if (kept / "media").exists():
        shutil.copytree(kept / "media", settings.MEDIA_ROOT, dirs_exist_ok=True)
    if (kept / "forum").exists():
        shutil.copytree(kept / "forum", storages["forum"].path(""), dirs_exist_ok=True)
    # The tests count queries, and asking for a content type the first time in a process is one.
    ContentType.objects.clear_cache()
    ContentType.objects.get_for_models(*apps.get_models(), for_concrete_models=False)


def keep(folder: Path, *, with_media: bool = False) -> None:
    """Keep in this folder what the database holds, and the media and the forum's files if asked to."""
    folder.mkdir(exist_ok=True)
    if with_media:
        shutil.copytree(settings.MEDIA_ROOT, folder / "media", dirs_exist_ok=True)
        if Path(storages["forum"].path("")).exists():
            shutil.copytree(storages["forum"].path(""), folder / "forum", dirs_exist_ok=True)
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(folder / SQLITE_FILE)) as target:
            connection.connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, which several can read at once
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled_tables():
            with (folder / f"{table}.rows").open("wb") as file, cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                file.writelines(bytes(row) for row in rows)
        (folder / "sequences.json").write_text(json.dumps(_sequences()))


def keep_starter(folder: Path) -> None:
    """Keep the starter content in `folder/starter`, and in `folder/production` as production has it, with their films.

    Loaded by the first worker that asks.
    """
    with made_once(folder) as to_make:
        if not to_make:
            return
        try:
            with override_settings(MEDIA_ROOT=folder / "media"):
                with override_settings(DEMO_LOGINS=False):
                    load_starter_content()
                keep(folder / "production", with_media=True)
                make_demo_people(**read_starter("site.yaml")["demo"])
                make_demo_forum()
                make_demo_library()
                keep(folder / "starter", with_media=True)
        finally:
            put_back()


def _server() -> AbstractContextManager[Any]:
    """A cursor in no database of ours."""
    cursor: AbstractContextManager[Any] = connection.creation._nodb_cursor()  # type: ignore[attr-defined]
    return cursor


def _copy_database(name: str, *, to: str) -> None:
    """On PostgreSQL, which copies one that nobody is connected to."""
    connection.close()
    with _server() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{to}"')
        cursor.execute(f'CREATE DATABASE "{to}" TEMPLATE "{name}"')


def _put_rows_back(kept: Path) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled_tables():
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 – the database's own names
        for file in kept.glob("*.rows"):
            with cursor.copy(f'COPY "{file.stem}" FROM STDIN') as rows:
                rows.write(file.read_bytes())
        now = _sequences()
        for name, last in json.loads((kept / "sequences.json").read_text()).items():
            if now[name] != last:
                cursor.execute("SELECT setval(%s::regclass, %s, %s)", [f'"{name}"', last or 1, last is not None])


def _filled_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        asked = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables]  # noqa: S608
        cursor.execute(" UNION ALL ".join(asked))
        return [name for (name,) in cursor.fetchall()]


def _sequences() -> dict[str, int | None]:
    """The last number each has given out; None where it has given none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'")
        return dict(cursor.fetchall())
