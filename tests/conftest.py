"""What every test shares: a clean cache, a person per role, and tests that only PostgreSQL can answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.test import Client
from django.utils import translation

from home.models import HomePage
from people.models import User
from tests import factories


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "postgresql: a question only PostgreSQL can answer, such as a race between threads"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that commit get back what the migrations wrote, which emptying the database afterwards takes away.

    On SQLite the PostgreSQL tests are left to `test_postgresql.py`, which runs them on a server of its own. On
    PostgreSQL the tests that ask no database are left out: they would say the same again.
    """
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and marker.kwargs.get("transaction"):
            marker.kwargs.setdefault("serialized_rollback", True)
    if "postgresql" in settings.DATABASES["default"]["ENGINE"]:
        dropped = [item for item in items if not _asks_a_database(item)]
    else:
        dropped = [item for item in items if item.get_closest_marker("postgresql")]
    if dropped:
        items[:] = [item for item in items if item not in dropped]
        config.hook.pytest_deselected(items=dropped)


def _asks_a_database(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("django_db")) or "db" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Know every content type before a test empties the database: putting rows back asks for them.

    Asked for by tests that need a database, and by nothing else: without one there is no table.
    """
    with django_db_blocker.unblock():
        ContentType.objects.get_for_models(*apps.get_models(), for_concrete_models=False)


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
