"""The starter content, for the tests of a module that look at it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import databases


@pytest.fixture(scope="module")
def loaded_starter(kept_starter: Path, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        databases.stand_on(kept_starter / "starter")
    yield
    with django_db_blocker.unblock():
        databases.step_back()


@pytest.fixture
def starter(loaded_starter: None, db: None) -> None:
    """The site as `load_starter_content` makes it; what a test changes is undone."""
