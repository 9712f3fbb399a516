"""The library's examples on a site in use, where nobody invented is."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from forum.models import LibraryFile, LibraryItem
from home.actions import load_people_lists
from home.starter_forum import load_spaces
from home.starter_library import load_example_library, make_demo_library, read_library
from tests import factories


def test_a_site_in_use_gets_them_as_one_persons_when_it_asks(
    db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage = read_library()[:3]
    monkeypatch.setattr("home.starter_library.read_library", lambda: lineage)
    settings.DEMO_LOGINS = False
    with pytest.raises(ImproperlyConfigured):
        make_demo_library()
    load_people_lists()
    load_spaces()
    owner = factories.MembershipFactory.create().person
    said = StringIO()
    call_command("load_example_library", owner=owner.email.upper(), stdout=said)
    assert said.getvalue() == "3 items are shared.\n"
    assert set(LibraryItem.objects.values_list("owner", "team", "team_count")) == {(owner.pk, None, 0)}
    assert LibraryItem.objects.get(based_on__item__based_on__isnull=False).title.endswith("i bygda")
    assert load_example_library(owner=owner) == 0
    with pytest.raises(CommandError, match="Nobody"):
        call_command("load_example_library", owner="ingen@example.org")


def test_items_of_spaces_the_owner_may_not_write_in_are_left_out(db: None) -> None:
    load_people_lists()
    load_spaces()
    assert load_example_library(owner=factories.UserFactory.create()) == 0
    assert not LibraryFile.objects.exists()
