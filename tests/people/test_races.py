"""Two people at once about one person's place in a team, on a database that lets them."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from people import actions
from people.models import Invitation, JoinRequest, Membership, Team, User
from tests import factories
from tests.people.cast import make_person

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROUNDS = 8
"""A race is run so many times: who comes first differs."""


def at_once(*work: Callable[[], Any]) -> list[str]:
    """Run all of it in threads that start together. What each came to: "done", or the name of its error."""
    barrier, outcomes = Barrier(len(work)), [""] * len(work)

    def run(place: int) -> None:
        try:
            barrier.wait()
            work[place]()
            outcomes[place] = "done"
        except Exception as error:  # noqa: BLE001 – told to the test
            outcomes[place] = type(error).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=[place]) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def team(transactional_db: None) -> Team:
    return factories.TeamFactory.create()


@pytest.fixture
def leaders(team: Team) -> list[User]:
    return [factories.make_leader(team), factories.make_leader(team)]


def active(person: User, team: Team) -> int:
    return Membership.objects.active().filter(person=person, team=team).count()


def invite(team: Team, person: User, by: User) -> Invitation:
    return actions.invite(team=team, emails=[person.email], by=by).invitations[0]


def test_two_leaders_approve_one_request(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        request = actions.ask_to_join(person=person, team=team)
        outcomes = at_once(*(partial(actions.approve_request, request=request, by=by) for by in leaders))
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        assert active(person, team) == 1
        assert JoinRequest.objects.get(pk=request.pk).outcome == "approved"


def test_one_approves_while_the_other_refuses(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        request = actions.ask_to_join(person=person, team=team)
        outcomes = at_once(
            partial(actions.approve_request, request=request, by=leaders[0]),
            partial(actions.refuse_request, request=request, by=leaders[1]),
        )
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        approved = outcomes[0] == "done"
        assert JoinRequest.objects.get(pk=request.pk).outcome == ("approved" if approved else "refused")
        assert active(person, team) == (1 if approved else 0)


def test_withdrawn_while_approved(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        request = actions.ask_to_join(person=person, team=team)
        outcomes = at_once(
            partial(actions.approve_request, request=request, by=leaders[0]),
            partial(actions.withdraw_request, request=request),
        )
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        assert active(person, team) == (1 if outcomes[0] == "done" else 0)


def test_one_invitation_accepted_twice_at_once(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        invitation = invite(team, person, leaders[0])
        outcomes = at_once(*[partial(actions.accept_invitation, invitation=invitation, person=person)] * 2)
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        assert active(person, team) == 1


def test_accepted_while_revoked(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        invitation = invite(team, person, leaders[0])
        outcomes = at_once(
            partial(actions.accept_invitation, invitation=invitation, person=person),
            partial(actions.revoke_invitation, invitation=invitation),
        )
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        invitation.refresh_from_db()
        assert (invitation.accepted_at is None) != (invitation.revoked_at is None)
        assert active(person, team) == (1 if outcomes[0] == "done" else 0)


def test_invitation_accepted_while_the_request_is_approved(team: Team, leaders: list[User]) -> None:
    """Two ways into the team at once lead in once, and nobody waits for the other for ever."""
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        invitation = invite(team, person, leaders[0])
        request = actions.ask_to_join(person=person, team=team)
        outcomes = at_once(
            partial(actions.accept_invitation, invitation=invitation, person=person),
            partial(actions.approve_request, request=request, by=leaders[1]),
        )
        assert outcomes[0] == "done"
        assert outcomes[1] in {"done", "AlreadyDecidedError"}
        assert active(person, team) == 1
        assert JoinRequest.objects.get(pk=request.pk).outcome == "approved"


def test_membership_ended_while_a_request_is_approved(team: Team, leaders: list[User]) -> None:
    """A request from before the person became a member: they are out, or in again by a row of its own; never half."""
    seen: Counter[int] = Counter()
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        request = actions.ask_to_join(person=person, team=team)
        membership = actions.add_member(person=person, team=team)
        outcomes = at_once(
            partial(actions.approve_request, request=request, by=leaders[0]),
            partial(actions.end_membership, membership=membership, by=leaders[1]),
        )
        assert outcomes == ["done", "done"]
        membership.refresh_from_db()
        assert membership.ended_at is not None
        assert active(person, team) == Membership.objects.filter(person=person).count() - 1
        seen[active(person, team)] += 1
    assert set(seen) <= {0, 1}


def test_double_click_asks_once(team: Team) -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        outcomes = at_once(*[partial(actions.ask_to_join, person=person, team=team)] * 4)
        assert sorted(outcomes) == ["AlreadyAskedError"] * 3 + ["done"]
        assert JoinRequest.objects.filter(person=person).count() == 1


def test_two_leaders_invite_the_same_address(team: Team, leaders: list[User]) -> None:
    for number in range(ROUNDS):
        email = f"ny{number}@example.org"
        outcomes = at_once(*(partial(actions.invite, team=team, emails=[email], by=by) for by in leaders))
        assert outcomes == ["done", "done"]
        assert Invitation.objects.unanswered().filter(email=email).count() == 1


def test_limit_of_requests_holds_when_all_are_asked_at_once(transactional_db: None) -> None:
    person = make_person("kari")
    teams = factories.TeamFactory.create_batch(actions.REQUESTS_PER_DAY + 4)
    outcomes = at_once(*(partial(actions.ask_to_join, person=person, team=team) for team in teams))
    assert Counter(outcomes) == {"done": actions.REQUESTS_PER_DAY, "TooManyError": 4}
