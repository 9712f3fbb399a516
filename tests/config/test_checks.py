"""System checks: each broken invariant is told by its number, and the project as it is has none."""

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from home import checks
from people.models import User
from tests import factories


def ids(messages) -> list[str]:
    return [message.id for message in messages]


def test_the_project_passes_its_own_checks() -> None:
    assert [message for message in run_checks() if message.id.startswith("flett.")] == []


def test_missing_content_policy_is_told(settings) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != checks.POLICY]
    assert ids(checks.check_middleware(None)) == ["flett.E001"]


def test_missing_slots_are_told(settings) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != checks.SLOTS]
    assert ids(checks.check_middleware(None)) == ["flett.E002"]


@pytest.mark.parametrize("name", checks.BEFORE_SLOTS)
def test_slots_before_the_reader_is_known_are_told(settings, name: str) -> None:
    settings.MIDDLEWARE = [*[other for other in settings.MIDDLEWARE if other != name], name]
    assert ids(checks.check_middleware(None)) == ["flett.E003"]


def test_demo_logins_outside_development_are_told() -> None:
    with override_settings(DEVELOPMENT=False, DEMO_LOGINS=True):
        assert ids(checks.check_demo_logins(None)) == ["flett.E004"]


def test_shared_page_cache_is_told(settings) -> None:
    settings.CACHES = {**settings.CACHES, "pages": {"BACKEND": "django.core.cache.backends.redis.RedisCache"}}
    assert ids(checks.check_page_cache(None)) == ["flett.E005"]


@pytest.mark.django_db
def test_demo_people_in_production_are_told() -> None:
    factories.UserFactory.create(email="leder@demo.example")
    factories.UserFactory.create(email="gammel@demo.example", is_active=False)
    with override_settings(DEVELOPMENT=False):
        messages = checks.check_demo_people(None, databases=["default"])
    assert [(message.id, message.msg) for message in messages] == [
        ("flett.E006", "This database has 1 demo people, whose password is public.")
    ]
    assert checks.check_demo_people(None, databases=["default"]) == []


@pytest.mark.django_db
def test_new_database_without_tables_can_be_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """`migrate` runs the checks before it makes the first table."""
    monkeypatch.setattr(User._meta, "db_table", "not_made_yet")
    with override_settings(DEVELOPMENT=False):
        assert checks.check_demo_people(None, databases=["default"]) == []
