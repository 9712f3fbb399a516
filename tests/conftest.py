"""What every test shares: a clean cache and database, a person per role, and who of several workers runs what."""

import gc
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import translation
from xdist.scheduler import LoadScopeScheduling

from forum.actions import pace
from home.models import HomePage
from people.models import User
from tests import databases, factories

ON_POSTGRESQL = "tests/test_postgresql.py"

WITHOUT_DATABASE = "what asks no database"
LONGEST_FIRST = (
    "tests/browser/test_pages.py",
    ON_POSTGRESQL,
    WITHOUT_DATABASE,
    "tests/browser/test_accounts.py",
    "tests/browser/",
    "tests/home/test_walk.py",
    "tests/home/",
    "",
)
"""In this order, so that no worker is left with a long test when the others are done.

While the first worker migrates, the others do what asks no database.
"""

WHOLE = (
    "tests/browser/test_pages.py",
    "tests/browser/test_accounts.py",
    "tests/forum/test_surfaces.py",
    "tests/home/test_glossary.py",
    "tests/home/test_pages.py",
    "tests/home/test_starter.py",
    "tests/home/test_starter_forum.py",
    "tests/home/test_walk.py",
    "tests/people/test_accounts_openid.py",
)
"""Modules whose tests share what is dear to make: one worker runs all of such a module."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "postgresql: a question only PostgreSQL can answer, such as a race between threads"
    )
    config.addinivalue_line("markers", "looks: how a page looks and reads, which no database changes")
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """What stands now stands to the end: the collector need not look through a hundred thousand objects for each test.

    It looks seldom (`pytest_configure`), because what a migration or a page makes is mostly still in use.
    """
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On SQLite the PostgreSQL tests are left to `test_postgresql.py`, which runs them on a server of its own.

    With FLETT_POSTGRESQL_FOLLOWS=1 to the run on PostgreSQL that whoever says so makes next (`.ci/run`).
    On PostgreSQL the tests that ask no database are left out: they would say the same again. So are, with
    FLETT_SQLITE_WENT_BEFORE=1, the long walks that look at pages in a browser.
    """
    items.sort(key=_place)
    if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
        dropped = [item for item in items if not _asks_a_database(item)]
        if os.environ.get("FLETT_SQLITE_WENT_BEFORE") == "1":
            dropped += [item for item in items if item.get_closest_marker("looks")]
    else:
        dropped = [item for item in items if item.get_closest_marker("postgresql")]
        if os.environ.get("FLETT_POSTGRESQL_FOLLOWS") == "1":
            dropped += [item for item in items if item.nodeid.startswith(ON_POSTGRESQL)]
    if dropped:
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=dropped)


def _place(item: pytest.Item) -> int:
    for place, start in enumerate(LONGEST_FIRST):
        if item.nodeid.startswith(start) or (start == WITHOUT_DATABASE and not _needs_one(item)):
            return place
    raise AssertionError("the last place is everybody's")


def _needs_one(item: pytest.Item) -> bool:
    """A database, or a browser, which shows what is in one; or others of its module do, and it stays with them."""
    module = item.nodeid.partition("::")[0]
    return _asks_a_database(item) or module.startswith("tests/browser/") or module in WHOLE


class WholeModules(LoadScopeScheduling):
    """Deals out test by test, except the modules of `WHOLE`, in the order of collection.

    xdist's own `xdist_group` does nothing with pytest 9.2: the groups' names no longer reach the tests' ids.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if module in WHOLE else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeModules:
    config.option.loadscopereorder = False
    return WholeModules(config, log)


def _asks_a_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db", "live_server"}.intersection(getattr(item, "fixturenames", ()))
    return bool(asked or item.get_closest_marker("django_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
    shared_folder: Path,
) -> Iterator[None]:
    """Of several workers one migrates; with FLETT_KEEP_MIGRATED=<folder> only the first since a migration changed."""
    kept = os.environ.get("FLETT_KEEP_MIGRATED") if connection.vendor == "sqlite" else None
    if not kept and not hasattr(request.config, "workerinput"):
        yield
        return
    created = Path(kept) / databases.migrations_digest() if kept else shared_folder / "created"
    creation = connection.creation
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(creation, "create_test_db", partial(databases.create_once, created, creation.create_test_db))
        yield
    with django_db_blocker.unblock():
        databases.forget_created(created)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path | None]:
    """After each test that commits, the database holds again what the migrations wrote, or the module's own start.

    Yields the folder where it is kept as the migrations wrote it; None where no test asks a database, and there is
    none.
    """
    if not any(_asks_a_database(item) for item in request.session.items):
        yield None
        return
    migrated = tmp_path_factory.mktemp("migrated")
    with django_db_blocker.unblock():
        databases.keep(migrated)
        databases.stand_on(migrated)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: databases.put_back())
        yield migrated


@pytest.fixture(scope="session")
def shared_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this run; see `tests.once`."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if hasattr(request.config, "workerinput") else folder


@pytest.fixture(scope="session")
def kept_starter(django_db_setup: Path | None, django_db_blocker: Any, shared_folder: Path) -> Path | None:
    """The folder of `databases.keep_starter`, loaded once a run; None where there is no database."""
    if django_db_setup is None:
        return None
    with django_db_blocker.unblock():
        databases.keep_starter(shared_folder / "starter")
    return shared_folder / "starter"


@pytest.fixture(autouse=True)
def _start_anew() -> Iterator[None]:
    """Kept pages are keyed by a stamp that a rolled-back test would use again; a request leaves its language behind."""
    for cache in caches.all(initialized_only=True):
        cache.clear()
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture
def home(db: None) -> HomePage:
    """The front page of a site with Bokmål, Danish and English, and nothing else."""
    return factories.make_home()


@pytest.fixture
def learner(db: None) -> User:
    """A person with no rights but their own."""
    return factories.UserFactory.create()


@pytest.fixture
def administrator(db: None) -> User:
    return factories.UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def learner_client(client: Client, learner: User) -> Client:
    client.force_login(learner)
    return client


@pytest.fixture
def administrator_client(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


@pytest.fixture
def any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which one person writes more in the forum in a second than anybody may in a day."""
    for name in ("NEW_PEOPLE", "OTHERS"):
        monkeypatch.setattr(pace, name, pace.Pace(topics_a_day=100_000, posts_an_hour=100_000))
