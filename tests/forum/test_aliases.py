"""The name somebody writes under in a space: whose it may be, and that it tells nothing."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from forum.actions import aliases
from forum.models import Pseudonym, Space
from people.models import User
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db

BIRTH_NUMBER = "01010" + "750160"


@pytest.fixture
def space(db: None) -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


def make_member(first: str = "Ola", last: str = "Hansen") -> User:
    return factories.MembershipFactory.create(
        person=factories.UserFactory.create(first_name=first, last_name=last)
    ).person


def test_an_alias_is_chosen_once_and_stays(space: Space) -> None:
    member = make_member()
    alias = aliases.choose_alias(person=member, space=space, name="  Fjell  rev ")
    assert (alias.name, alias.name_folded) == ("Fjell rev", "flellrev")
    with pytest.raises(aliases.HasAliasError):
        aliases.choose_alias(person=member, space=space, name="Havørn")
    assert Pseudonym.objects.count() == 1


def test_no_column_of_an_alias_points_at_the_person(space: Space) -> None:
    member = make_member()
    alias = aliases.choose_alias(person=member, space=space, name="Fjellrev")
    assert not [field.name for field in Pseudonym._meta.get_fields() if field.related_model is User]
    row = " ".join(str(value) for value in Pseudonym.objects.filter(pk=alias.pk).values_list().get())
    assert member.email not in row
    assert member.first_name not in row
    assert len(alias.owner) == 64
    other_space = factories.SpaceFactory.create(allows_pseudonyms=True)
    assert aliases.choose_alias(person=member, space=other_space, name="Fjellrev").sealed != alias.sealed


@pytest.mark.parametrize(
    "name",
    [
        "fjellrev",
        "FJELLREV",
        "Fjell rev",
        "Fjell-rev",
        "Fjéllrev",
        "Fje11rev",
        "F.jellrev",
        "Ｆｊｅｌｌｒｅｖ",
        "Fjellr3v",
        "Fiellrev",
        "Fjell\u200brev",
        "Fjell\u00adrev",
    ],
)
def test_a_name_that_looks_like_anothers_is_taken(space: Space, name: str) -> None:
    aliases.choose_alias(person=make_member(), space=space, name="Fjellrev")
    with pytest.raises(TextRefusedError):
        aliases.choose_alias(person=make_member(), space=space, name=name)
    assert Pseudonym.objects.count() == 1


def test_the_same_name_may_be_anothers_in_another_space(space: Space) -> None:
    aliases.choose_alias(person=make_member(), space=space, name="Fjellrev")
    elsewhere = factories.SpaceFactory.create(allows_pseudonyms=True)
    assert aliases.choose_alias(person=make_member(), space=elsewhere, name="Fjellrev").space == elsewhere


@pytest.mark.parametrize(
    "name",
    [
        "Moderator",
        "m0derat0r",
        "Forum-moderatoren",
        "M o d e r a t o r",
        "Modérator",
        "ADMIN",
        "Rådgiver Per",
        "radgiver",
        "Flett",
        "Tidligere medlem",
    ],
)
def test_nobody_is_taken_for_somebody_in_charge(space: Space, name: str) -> None:
    with pytest.raises(TextRefusedError, match="ansvar"):
        aliases.choose_alias(person=make_member(), space=space, name=name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "ab",
        "12345",
        "--- ---",
        "x" * 41,
        "Fjеllrev",  # a Cyrillic «е»
        "Φjellrev",
        "<b>rev</b>",
        "rev@fjell",
        "Rev\u202efjell\u202dx!",
        "Rev 🦊🦊",
    ],
)
def test_what_is_no_plain_name_is_refused(space: Space, name: str) -> None:
    with pytest.raises(TextRefusedError):
        aliases.choose_alias(person=make_member(), space=space, name=name)
    assert not Pseudonym.objects.exists()


def test_an_identity_number_is_no_name(space: Space) -> None:
    with pytest.raises(PatientDataError):
        aliases.choose_alias(person=make_member(), space=space, name=f"Rev {BIRTH_NUMBER}")


def test_nobody_writes_under_the_name_of_somebody_who_reads_it(space: Space) -> None:
    make_member("Østein", "Åsen Lie")
    for name in ("Østein Åsen Lie", "ostein asen lie", "Åsen Lie Østein", "ØsteinÅsenLie"):
        with pytest.raises(TextRefusedError, match="noen som er med"):
            aliases.choose_alias(person=make_member("Per", "Vik"), space=space, name=name)


@pytest.mark.parametrize("name", ["Solveig", "Solveig 2", "fru Brattbakk", "s0lveig"])
def test_ones_own_name_is_no_alias(space: Space, name: str) -> None:
    with pytest.raises(TextRefusedError, match="navnet ditt"):
        aliases.choose_alias(person=make_member("Solveig", "Brattbakk"), space=space, name=name)


def test_only_where_it_is_allowed_and_one_may_write(space: Space) -> None:
    def choose(person: User, where: Space) -> None:
        aliases.choose_alias(person=person, space=where, name="Fjellrev")

    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, allows_pseudonyms=True)
    archived = factories.SpaceFactory.create(allows_pseudonyms=True, archived_at=timezone.now())
    for where in (factories.SpaceFactory.create(), closed, archived):
        with pytest.raises(PermissionDenied):
            choose(make_member(), where)
    with pytest.raises(PermissionDenied):
        choose(factories.UserFactory.create(), space)


def test_without_the_key_nobody_gets_an_alias(space: Space, settings: Any) -> None:
    settings.PSEUDONYM_KEY = ""
    with pytest.raises(PermissionDenied):
        aliases.choose_alias(person=make_member(), space=space, name="Fjellrev")
