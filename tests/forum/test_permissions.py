"""Who may what in the forum, said twice: about one thing, and about all of them. The two agree for everybody."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from forum import permissions
from forum.models import (
    Space,
)
from tests.forum.spaces_cast import ROLES, SpaceCast, make_space_cast

pytestmark = pytest.mark.django_db

TABLE = """
                open  restr  priv  netw  group panel
anonymous       -     -      -     -     -     -
inactive        -     -      -     -     -     -
no_team         -     -      -     -     -     -
other_team      srw   s      -     s     -     -
regional        srw   s      -     s     -     -
national        srw   s      -     s     -     -
team_leader     srw   s      -     s     -     -
role_holder     srw   s      -     srw   -     -
space_member    srw   srw    srw   srw   srw   srw
facilitator     srwm  srwm   srwm  srwm  srwm  srwm
former_member   srw   s      -     s     -     -
moderator       srwm  srwm   -     srwm  -     -
administrator   srwm  srwm   -     srwm  -     -
invited         srw   s      -     s     -     -
requester       srw   s      -     s     -     -
"""
"""s sees that it exists, r reads, w writes, m moderates."""
KINDS = ["open", "restricted", "private", "role_network", "learning_group", "youth_panel"]
MAY = {
    "s": permissions.user_can_see_space,
    "r": permissions.user_can_read_space,
    "w": permissions.user_can_write_in_space,
    "m": permissions.user_can_moderate_space,
}


def read_table(table: str) -> dict[str, dict[str, str]]:
    lines = [line.split() for line in table.strip().splitlines()[1:]]
    return {
        role: dict(zip(KINDS, ("" if cell == "-" else cell for cell in cells), strict=True)) for role, *cells in lines
    }


def what_each_may(cast: SpaceCast) -> dict[str, dict[str, str]]:
    return {
        role: {
            kind: "".join(letter for letter, may in MAY.items() if may(cast.people[role], cast.spaces[kind]))
            for kind in KINDS
        }
        for role in ROLES
    }


def test_what_each_role_may_in_each_kind(db: None) -> None:
    assert what_each_may(make_space_cast()) == read_table(TABLE)


def without_writing() -> dict[str, dict[str, str]]:
    return {
        role: {kind: may.replace("w", "") for kind, may in kinds.items()} for role, kinds in read_table(TABLE).items()
    }


def test_archived_spaces_are_read_and_moderated_and_not_written_in(db: None) -> None:
    cast = make_space_cast(archived_at=timezone.now())
    assert what_each_may(cast) == without_writing()


def test_a_group_that_is_over_is_read_and_not_written_in(db: None) -> None:
    today = timezone.localdate()
    over = make_space_cast(starts_on=today - timedelta(days=90), ends_on=today - timedelta(days=1))
    assert what_each_may(over) == without_writing()
    Space.objects.update(ends_on=today)
    assert what_each_may(over) == read_table(TABLE), "the last day is a day of the group"


def test_a_group_that_has_not_begun_is_read_and_written_in_by_whoever_facilitates_it_alone(db: None) -> None:
    today = timezone.localdate()
    ahead = make_space_cast(starts_on=today + timedelta(days=1), ends_on=today + timedelta(days=90))
    may = what_each_may(ahead)
    facilitator = may.pop("facilitator")
    expected = without_writing()
    expected.pop("facilitator")
    assert (may, facilitator) == (expected, read_table(TABLE)["facilitator"])
    for role in ROLES:
        person = ahead.people[role]
        writable = set(permissions.spaces_writable_by(person))
        assert writable == {each for each in Space.objects.all() if permissions.user_can_write_in_space(person, each)}
    Space.objects.update(starts_on=today)
    assert what_each_may(ahead) == read_table(TABLE), "the first day is a day of the group"


def test_who_reads_a_space_is_the_same_seen_from_the_space(db: None) -> None:
    """Seen from the space and from each person, but for moderators who are there by their office alone."""
    cast = make_space_cast()
    for kind, space in cast.spaces.items():
        reads = {role for role, kinds in read_table(TABLE).items() if "r" in kinds[kind]}
        if kind != "open":
            reads -= {"moderator", "administrator"}
        assert set(permissions.people_who_read(space)) == {cast.people[role] for role in reads}, kind


CREATES = {
    "open": {"national", "moderator", "administrator"},
    "restricted": {"national", "moderator", "administrator"},
    "role_network": {"national", "moderator", "administrator"},
    "youth_panel": {"national", "moderator", "administrator"},
    "private": set(ROLES) - {"anonymous", "inactive", "no_team"},
    "learning_group": set(ROLES) - {"anonymous", "inactive", "no_team"},
    "no_such_kind": set(),
}


def test_who_may_create_which_kind(db: None) -> None:
    cast = make_space_cast()
    for kind, creators in CREATES.items():
        assert {role for role in ROLES if permissions.user_can_create_space(cast.people[role], kind)} == creators, kind
        found = set(permissions.people_who_create(kind))
        assert {role for role in ROLES if cast.people[role] in found} == creators, kind


def test_who_may_be_invited_to_what(db: None) -> None:
    cast = make_space_cast()
    members = set(ROLES) - {"anonymous", "inactive", "no_team"}
    for kind, space in cast.spaces.items():
        expected = members | {"no_team"} if kind == "youth_panel" else members
        assert {role for role in ROLES if permissions.user_can_be_in_space(cast.people[role], space)} == expected
        found = set(permissions.people_who_may_be_invited(space))
        assert {role for role in ROLES if cast.people[role] in found} == expected


def test_moderators_and_members_seen_from_each_side(db: None) -> None:
    cast = make_space_cast()
    moderators, members = set(permissions.forum_moderators()), set(permissions.forum_members())
    for role in ROLES:
        person = cast.people[role]
        assert (
            permissions.user_is_moderator(person) is (role in {"moderator", "administrator"}) is (person in moderators)
        )
        expected = role not in {"anonymous", "inactive", "no_team"}
        assert permissions.user_is_member(person) is expected is (person in members)


MANAGES = {"facilitator": set(KINDS), "moderator": set(Space.LISTED), "administrator": set(Space.LISTED)}
INVITED_TO = {"restricted", "private", "learning_group", "youth_panel"}


ASKS = {
    "other_team",
    "regional",
    "national",
    "team_leader",
    "role_holder",
    "former_member",
    "moderator",
    "administrator",
}


def test_requests_and_invitations_of_each_space(db: None) -> None:
    cast = make_space_cast()

    def kinds(rows: QuerySet[Any]) -> set[str]:
        return set(rows.values_list("space__kind", flat=True))

    for role in ROLES:
        person, managed = cast.people[role], MANAGES.get(role, set())
        assert kinds(permissions.entry_requests_decided_by(person)) == managed, role
        assert kinds(permissions.space_invitations_managed_by(person)) == managed, role
        inviting = set(permissions.spaces_inviting_for(person).values_list("kind", flat=True))
        assert inviting == managed & INVITED_TO, role
        invited_to = set(KINDS) if role == "invited" else set()
        assert kinds(permissions.space_invitations_open_to(person)) == invited_to, role
        waits_for = set(KINDS) if role == "requester" else set()
        assert kinds(permissions.entry_requests_withdrawn_by(person)) == waits_for, role
        found = set(permissions.spaces_open_to_requests_of(person).values_list("kind", flat=True))
        assert found == ({"restricted"} if role in ASKS else set()), role
