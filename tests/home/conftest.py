"""The starter content, loaded once for all tests of a module that look at it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from home.actions import load_starter_content


@pytest.fixture(scope="module")
def loaded_starter(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        load_starter_content()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def starter(loaded_starter: None, db: None) -> None:
    """The site as `load_starter_content` makes it; what a test changes is undone."""
