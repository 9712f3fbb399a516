"""The starter content, for the tests that look at it."""

from typing import Any

import pytest

from tests.starter_site import STARTER_SITE


@pytest.fixture(scope="module")
def loaded_starter(django_db_setup: None, django_db_blocker: Any) -> None:
    """The site stands, from this module on to the first test that does not ask for it (tests/conftest.py)."""
    STARTER_SITE.enter(django_db_blocker)


@pytest.fixture
def starter(loaded_starter: None, db: None) -> None:
    """The site as `load_starter_content` makes it; what a test changes is undone."""
