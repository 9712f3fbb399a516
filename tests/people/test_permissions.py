"""Who may what, said twice: about one thing, and about all of them. The two agree for everybody."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model, QuerySet

from people import permissions
from people.models import Invitation, JoinRequest, Membership, Team, User
from tests import factories
from tests.people.cast import ROLES, Cast, make_cast, make_person

pytestmark = pytest.mark.django_db

TWINS: list[tuple[Callable[..., bool], Callable[[Any], QuerySet[Any]], type[Model]]] = [
    (permissions.user_can_see_people, permissions.teams_with_people_visible_to, Team),
    (permissions.user_can_manage_team, permissions.teams_managed_by, Team),
    (permissions.user_has_team_in_care, permissions.teams_in_care_of, Team),
    (permissions.user_can_ask_to_join, permissions.teams_open_to, Team),
    (permissions.user_can_see_membership, permissions.memberships_visible_to, Membership),
    (permissions.user_can_change_membership, permissions.memberships_changed_by, Membership),
    (permissions.user_can_end_membership, permissions.memberships_ended_by, Membership),
    (permissions.user_can_see_history, permissions.history_visible_to, Membership),
    (permissions.user_can_decide_request, permissions.requests_decided_by, JoinRequest),
    (permissions.user_can_withdraw_request, permissions.requests_withdrawn_by, JoinRequest),
    (permissions.user_can_manage_invitation, permissions.invitations_managed_by, Invitation),
    (permissions.user_can_accept_invitation, permissions.invitations_open_to, Invitation),
    (permissions.user_can_see_person, permissions.people_visible_to, User),
]
ABOUT_NOTHING = {
    "user_can_edit_team_list",
    "user_can_set_people_settings",
    "user_has_a_level",
    "user_is_national",
    "user_needs_second_factor",
}
"""Questions about the person alone: there is nothing to list."""


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins[0].__name__)
@pytest.mark.parametrize("role", ROLES)
def test_predicate_and_queryset_agree(cast: Cast, role: str, twins: tuple[Any, Any, Any]) -> None:
    predicate, queryset, model = twins
    person = cast.people[role]
    everything = list(model._default_manager.all())
    listed = list(queryset(person))
    assert len(listed) == len(set(listed)), "a row stands in the list twice"
    assert {row for row in everything if predicate(person, row)} == set(listed)
    assert everything, "nothing to ask about"


def test_every_question_about_a_thing_has_its_twin() -> None:
    """A permission added later stands here too."""
    asked = {
        name
        for name, function in inspect.getmembers(permissions, inspect.isfunction)
        if name.startswith("user_") and function.__module__ == permissions.__name__
    }
    assert asked == {predicate.__name__ for predicate, _, _ in TWINS} | ABOUT_NOTHING


ALL_TEAMS = {"team", "led_elsewhere", "leaderless", "leaderless_far_away", "without_region", "closed"}
SEES = {
    "member": {"team"},
    "leader": {"team"},
    "other_leader": {"led_elsewhere"},
    "regional": {"team", "leaderless", "closed"},
    "other_regional": {"led_elsewhere"},
    "national": {"leaderless_far_away", "without_region"},
    "administrator": ALL_TEAMS,
}
MANAGES = {
    "leader": {"team"},
    "other_leader": {"led_elsewhere"},
    "regional": {"leaderless", "closed"},
    "national": {"leaderless_far_away", "without_region"},
    "administrator": ALL_TEAMS,
}
LEADS = {"leader": {"team"}, "other_leader": {"led_elsewhere"}}
IN_CARE = {
    "regional": {"team", "leaderless", "closed"},
    "other_regional": {"led_elsewhere"},
    "national": ALL_TEAMS,
    "administrator": ALL_TEAMS,
}


@pytest.mark.parametrize("role", ROLES)
def test_teams_of_each_level(cast: Cast, role: str) -> None:
    def names(teams: QuerySet[Team]) -> set[str]:
        found = set(teams)
        return {name for name, team in cast.teams.items() if team in found}

    person = cast.people[role]
    assert names(permissions.teams_with_people_visible_to(person)) == SEES.get(role, set())
    assert names(permissions.teams_managed_by(person)) == MANAGES.get(role, set())
    assert names(permissions.teams_led_by(person)) == LEADS.get(role, set())
    assert LEADS.get(role, set()) <= MANAGES.get(role, set())
    assert names(permissions.teams_in_care_of(person)) == IN_CARE.get(role, set())


@pytest.mark.parametrize("role", ROLES)
def test_what_a_person_may_whatever_the_team(cast: Cast, role: str) -> None:
    person = cast.people[role]
    assert permissions.user_can_edit_team_list(person) is (role == "administrator")
    assert permissions.user_can_set_people_settings(person) is (role in {"national", "administrator"})
    assert permissions.user_has_a_level(person) is (role in {"regional", "other_regional", "national", "administrator"})


def test_people_who_manage_a_team_are_those_who_may(cast: Cast) -> None:
    """Seen from the team: the same people as seen from each of them, but for administrators who may everything."""
    for team in cast.teams.values():
        may = {
            person
            for person in User.objects.all()
            if permissions.user_can_manage_team(person, team) and not person.is_superuser
        }
        assert set(permissions.people_who_manage(team)) == may, team


def test_requests_nobody_stands_for_go_to_the_administrators(db: None) -> None:
    administrator = make_person("admin", is_superuser=True)
    make_person("somebody")
    assert list(permissions.people_who_manage(factories.TeamFactory.create())) == [administrator]


def test_nobody_decides_their_own_request(cast: Cast) -> None:
    person = cast.people["regional"]
    own = JoinRequest.objects.create(person=person, team=cast.leaderless)
    assert permissions.user_can_manage_team(person, cast.leaderless)
    assert not permissions.user_can_decide_request(person, own)


def test_regional_group_hands_over_when_a_leader_comes(cast: Cast) -> None:
    factories.make_leader(cast.leaderless)
    assert not permissions.user_can_manage_team(cast.people["regional"], cast.leaderless)
    assert permissions.user_can_see_people(cast.people["regional"], cast.leaderless)
