"""Somebody leaves while something else happens to them, on a database that lets both go on."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from people import actions as people_actions
from people.models import Membership, Profile, User
from people.models.users import FORMER_MEMBER_EMAIL
from people.own_data import actions, retention
from tests import factories
from tests.people.cast import make_person
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def make_due(name: str) -> User:
    person = make_person(name)
    actions.request_deletion(person=person)
    Profile.objects.filter(person=person).update(deletion_due_at=timezone.now() - timedelta(minutes=1))
    return person


def test_keeping_an_account_while_it_is_deleted() -> None:
    """One of the two holds, wholly."""
    for number in range(ROUNDS):
        person = make_due(f"kari{number}")
        (step,) = retention.plan_accounts()
        outcomes = at_once(partial(actions.keep_account, person=person), partial(retention.carry_out, step))
        assert outcomes == ["done", "done"]
        kept = User.objects.filter(pk=person.pk).exists()
        assert Profile.objects.filter(person_id=person.pk, deletion_due_at__isnull=True).exists() is kept
        User.objects.filter(pk=person.pk).delete()


def test_two_runs_at_once_delete_once() -> None:
    for number in range(ROUNDS):
        people = [make_due(f"kari{number}"), make_due(f"ola{number}")]
        team = factories.TeamFactory.create()
        for person in people:
            factories.MembershipFactory.create(person=person, team=team)
        steps = retention.plan_accounts()
        run = [partial(retention.carry_out, step) for step in (*steps, *reversed(steps))]
        assert at_once(*run) == ["done"] * 4
        assert not User.objects.filter(pk__in=[person.pk for person in people]).exists()
        assert Membership.objects.filter(team=team, person__email=FORMER_MEMBER_EMAIL).count() == 2
        assert User.objects.filter(email=FORMER_MEMBER_EMAIL).count() == 1
        User.objects.filter(email=FORMER_MEMBER_EMAIL).delete()


def test_approving_somebody_who_is_being_deleted() -> None:
    """Whoever comes first: nobody is left active in the team, and the leader meets no error page."""
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    seen = set()
    for number in range(ROUNDS):
        person = make_due(f"kari{number}")
        request = people_actions.ask_to_join(person=person, team=team)
        approved, deleted = at_once(
            partial(people_actions.approve_request, request=request, by=leader),
            partial(actions.delete_person, person=person),
        )
        seen.add(approved)
        assert (approved in {"done", "AlreadyDecidedError"}, deleted) == (True, "done")
        assert not User.objects.filter(pk=person.pk).exists()
        assert list(Membership.objects.active().filter(team=team).values_list("person", flat=True)) == [leader.pk]


def test_two_wishes_at_once_are_one() -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        assert at_once(*[partial(actions.request_deletion, person=person)] * 2) == ["done", "done"]
        assert Profile.objects.filter(person=person, deletion_due_at__isnull=False).count() == 1


def test_two_copies_at_once_leave_one() -> None:
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        assert at_once(*[partial(actions.request_export, person=person)] * 2) == ["done", "done"]
        assert [export.is_ready for export in person.data_exports.all()] == [True]
