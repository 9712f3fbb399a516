"""The check of the key that seals aliases."""

from typing import Any

import pytest

from forum import checks
from forum.models import Pseudonym
from tests import factories

pytestmark = pytest.mark.django_db


def ids() -> list[str | None]:
    return [message.id for message in checks.check_pseudonym_key(None, databases=["default"])]


def test_aliases_without_a_key_are_told(settings: Any) -> None:
    factories.SpaceFactory.create()
    settings.PSEUDONYM_KEY = ""
    assert ids() == [], "nobody has an alias, and none is allowed"
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    assert ids() == ["forum.E001"]
    assert checks.check_pseudonym_key(None) == [], "no database is asked unless it is named"
    settings.PSEUDONYM_KEY = "k" * 50
    assert ids() == []
    factories.make_pseudonym(factories.UserFactory.create(), space)
    space.allows_pseudonyms = False
    space.save()
    settings.PSEUDONYM_KEY = ""
    assert ids() == ["forum.E001"], "those there are can be neither used nor opened"


def test_a_key_that_is_another_is_told(settings: Any) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    factories.make_pseudonym(factories.UserFactory.create(), space)
    assert ids() == []
    settings.PSEUDONYM_KEY = "another-key-" * 5
    assert ids() == ["forum.E002"]


def test_a_new_database_without_tables_can_be_migrated(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """`migrate` runs the checks before it makes the first table."""
    settings.PSEUDONYM_KEY = ""
    monkeypatch.setattr(Pseudonym._meta, "db_table", "not_made_yet")
    assert ids() == []
