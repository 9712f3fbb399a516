"""What each change does, what it refuses, and whom it tells."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from people import actions, permissions
from people.models import Invitation, JoinRequest, Membership, PeopleSettings, Team, TeamRole, User
from people.signals import membership_ended, membership_started
from tests import factories
from tests.people.cast import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(db: None) -> Team:
    return factories.TeamFactory.create(name="Vårt team", slug="vart")


@pytest.fixture
def leader(team: Team) -> User:
    return factories.make_leader(team, email="leder@example.org", first_name="Lea", last_name="Leder")


@pytest.fixture
def nurse(db: None) -> TeamRole:
    return factories.TeamRoleFactory.create()


@pytest.fixture
def person(db: None) -> User:
    return make_person("kari")


Commit = Callable[[], Any]


@pytest.fixture
def commit(django_capture_on_commit_callbacks: Any) -> Commit:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@contextmanager
def heard(signal: Any) -> Iterator[list[Membership]]:
    told: list[Membership] = []

    def listen(membership: Membership, **kwargs: Any) -> None:
        told.append(membership)

    signal.connect(listen, weak=False)
    yield told
    signal.disconnect(listen)


# --- requests -------------------------------------------------------------------------------------------


def test_asking_tells_leaders_without_saying_who(
    team: Team, leader: User, person: User, nurse: TeamRole, commit: Commit
) -> None:
    with commit():
        request = actions.ask_to_join(person=person, team=team, roles=[nurse], started_on=date(2026, 12, 1))
    assert (request.outcome, list(request.roles.all()), request.started_on) == ("", [nurse], date(2026, 12, 1))
    [message] = mail.outbox
    assert message.to == ["leder@example.org"]
    assert message.subject == "Flett: Noen vil bli med i Vårt team"
    assert "/team/vart/onsker/" in message.body
    assert person.email not in message.body and person.first_name not in message.body


def test_mails_speak_their_readers_language(team: Team, leader: User, person: User, commit: Commit) -> None:
    User.objects.filter(pk=leader.pk).update(language="en")
    User.objects.filter(pk=person.pk).update(language="da")
    person.refresh_from_db()
    with commit():
        request = actions.ask_to_join(person=person, team=team)
    with commit():
        actions.refuse_request(request=request, by=leader)
    to_leader, to_person = mail.outbox
    assert to_leader.subject == "Flett: Somebody wants to join Vårt team"
    assert "/en/team/vart/onsker/" in to_leader.body
    assert to_person.subject == "Flett: Svar fra Vårt team"
    assert "blev ikke godkendt" in to_person.body
    assert "/da/team/vart/" in to_person.body


def test_asking_twice_or_as_a_member_is_refused(team: Team, person: User, leader: User) -> None:
    actions.ask_to_join(person=person, team=team)
    with pytest.raises(actions.AlreadyAskedError):
        actions.ask_to_join(person=person, team=team)
    with pytest.raises(actions.AlreadyMemberError):
        actions.ask_to_join(person=leader, team=team)
    assert JoinRequest.objects.count() == 1


def test_nobody_joins_a_closed_team(person: User, leader: User) -> None:
    closed = factories.TeamFactory.create(phase=Team.Phase.CLOSED)
    with pytest.raises(actions.TeamClosedError):
        actions.ask_to_join(person=person, team=closed)
    with pytest.raises(actions.TeamClosedError):
        actions.invite(team=closed, emails=["a@example.org"], by=leader)


def test_ten_requests_a_day_are_enough(person: User) -> None:
    for team in factories.TeamFactory.create_batch(actions.REQUESTS_PER_DAY):
        actions.withdraw_request(request=actions.ask_to_join(person=person, team=team))
    with pytest.raises(actions.TooManyError):
        actions.ask_to_join(person=person, team=factories.TeamFactory.create())
    JoinRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    actions.ask_to_join(person=person, team=factories.TeamFactory.create())


def test_approval_uses_what_the_leader_confirms(
    team: Team, leader: User, person: User, nurse: TeamRole, commit: Commit
) -> None:
    other = factories.TeamRoleFactory.create(key="sosionom")
    request = actions.ask_to_join(person=person, team=team, roles=[nurse])
    with heard(membership_started) as told, commit():
        membership = actions.approve_request(request=request, by=leader, roles=[other], started_on=date(2026, 11, 2))
    assert list(membership.roles.all()) == [other]
    assert membership.started_on == date(2026, 11, 2)
    assert membership.admitted_by == leader
    request.refresh_from_db()
    assert (request.outcome, request.decided_by) == ("approved", leader)
    assert told == [membership]
    assert [message.subject for message in mail.outbox] == ["Flett: Du er med i Vårt team"]
    assert mail.outbox[0].to == [person.email]


@pytest.mark.parametrize("second", ["approve", "refuse", "withdraw"])
def test_a_request_is_decided_once(team: Team, leader: User, person: User, second: str) -> None:
    request = actions.ask_to_join(person=person, team=team)
    actions.refuse_request(request=request, by=leader)
    change: dict[str, Callable[[], Any]] = {
        "approve": lambda: actions.approve_request(request=request, by=leader),
        "refuse": lambda: actions.refuse_request(request=request, by=leader),
        "withdraw": lambda: actions.withdraw_request(request=request),
    }
    with pytest.raises(actions.AlreadyDecidedError):
        change[second]()
    assert JoinRequest.objects.get().outcome == "refused"
    assert not Membership.objects.filter(person=person).exists()


# --- the suggested deadline -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_since_start", "expected"),
    [(0, 90), (-30, 120), (60, 30), (90, 0), (91, 90), (2000, 90)],
    ids=["today", "begins later", "began lately", "due today", "passed yesterday", "began long ago"],
)
def test_deadline_counts_from_the_start_unless_it_has_passed(
    team: Team, person: User, days_since_start: int, expected: int
) -> None:
    today = timezone.localdate()
    membership = actions.add_member(person=person, team=team, started_on=today - timedelta(days=days_since_start))
    assert membership.onboarding_due_on == today + timedelta(days=expected)


def test_deadline_is_what_the_national_group_has_set(team: Team, person: User) -> None:
    PeopleSettings.objects.create(pk=1, onboarding_days=30)
    membership = actions.add_member(person=person, team=team)
    assert membership.onboarding_due_on == timezone.localdate() + timedelta(days=30)


# --- invitations ----------------------------------------------------------------------------------------


def test_inviting_many(team: Team, leader: User, nurse: TeamRole, commit: Commit) -> None:
    with commit():
        result = actions.invite(
            team=team,
            emails=["Ny@Example.org", "ny@example.org ", "to@example.org", "leder@example.org"],
            by=leader,
            roles=[nurse],
            language="en",
        )
    assert [invitation.email for invitation in result.invitations] == ["ny@example.org", "to@example.org"]
    assert (result.members, result.lately) == (["leder@example.org"], [])
    assert [message.to for message in mail.outbox] == [["ny@example.org"], ["to@example.org"]]
    first = result.invitations[0]
    message = mail.outbox[0]
    assert message.subject == "Flett: Invitation to Vårt team"
    assert f"/en/team/invitasjon/{first.key}/" in message.body
    assert "to@example.org" not in message.body and "Lea" not in message.body
    assert round((first.expires_at - first.created_at) / timedelta(days=1)) == 14


def test_an_address_is_written_to_again_only_after_a_while(team: Team, leader: User, commit: Commit) -> None:
    [first] = actions.invite(team=team, emails=["ny@example.org"], by=leader).invitations
    assert actions.invite(team=team, emails=["ny@example.org"], by=leader).lately == ["ny@example.org"]
    actions.revoke_invitation(invitation=first)
    assert actions.invite(team=team, emails=["ny@example.org"], by=leader).lately == ["ny@example.org"]
    Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    [second] = actions.invite(team=team, emails=["ny@example.org"], by=leader).invitations
    assert second.key != first.key
    with pytest.raises(actions.SentLatelyError):
        actions.resend_invitation(invitation=second, by=leader)
    Invitation.objects.filter(pk=second.pk).update(
        sent_at=timezone.now() - timedelta(days=30),
        created_at=timezone.now() - timedelta(days=30),
        expires_at=timezone.now() - timedelta(days=16),
    )
    with commit():
        actions.resend_invitation(invitation=second, by=leader)
    second.refresh_from_db()
    assert second.is_open
    assert str(second.key) in mail.outbox[0].body


def test_a_leader_invites_a_limited_number_a_day(team: Team, leader: User) -> None:
    now = timezone.now()
    Invitation.objects.bulk_create(
        Invitation(team=team, email=f"{n}@example.org", invited_by=leader, expires_at=now + timedelta(days=1))
        for n in range(actions.INVITATIONS_PER_DAY - 1)
    )
    with pytest.raises(actions.TooManyError):
        actions.invite(team=team, emails=["a@example.org", "b@example.org"], by=leader)
    assert not Invitation.objects.filter(email__in=["a@example.org", "b@example.org"]).exists()
    assert len(actions.invite(team=team, emails=["a@example.org"], by=leader).invitations) == 1
    assert actions.invitations_left(leader) == 0


@pytest.fixture
def invitation(team: Team, leader: User, person: User) -> Invitation:
    return actions.invite(team=team, emails=[person.email], by=leader).invitations[0]


def test_accepting_answers_a_request_that_waits(invitation: Invitation, person: User, leader: User) -> None:
    request = actions.ask_to_join(person=person, team=invitation.team)
    membership = actions.accept_invitation(invitation=invitation, person=person)
    assert membership.is_active and membership.admitted_by == leader
    request.refresh_from_db()
    assert (request.outcome, request.decided_by) == ("approved", leader)
    with pytest.raises(actions.AlreadyDecidedError):
        actions.accept_invitation(invitation=invitation, person=person)


@pytest.mark.parametrize("verified", [True, False])
def test_only_the_verified_address_opens_the_door(invitation: Invitation, person: User, verified: bool) -> None:
    other = make_person("ola")
    with pytest.raises(actions.WrongAddressError):
        actions.accept_invitation(invitation=invitation, person=other)
    EmailAddress.objects.filter(user=person).update(verified=verified)
    assert permissions.user_can_accept_invitation(person, invitation) is verified
    if not verified:
        with pytest.raises(actions.WrongAddressError):
            actions.accept_invitation(invitation=invitation, person=person)


@pytest.mark.parametrize("why", ["revoked", "expired", "closed"])
def test_an_invitation_that_no_longer_holds(invitation: Invitation, person: User, why: str) -> None:
    if why == "revoked":
        actions.revoke_invitation(invitation=invitation)
    elif why == "expired":
        past = timezone.now() - timedelta(days=20)
        Invitation.objects.update(created_at=past, expires_at=past + timedelta(days=14))
    else:
        Team.objects.update(phase=Team.Phase.CLOSED)
    with pytest.raises(actions.AlreadyDecidedError):
        actions.accept_invitation(invitation=invitation, person=person)
    assert not permissions.user_can_accept_invitation(person, invitation)
    assert not Membership.objects.filter(person=person).exists()


# --- memberships ----------------------------------------------------------------------------------------


def test_ending_takes_access_and_open_invitations_away(team: Team, leader: User, person: User, commit: Commit) -> None:
    membership = actions.add_member(person=person, team=team)
    EmailAddress.objects.create(user=person, email="Privat@example.org", verified=True)
    [open_door] = actions.invite(team=team, emails=["privat@example.org"], by=leader).invitations
    assert permissions.user_can_see_people(person, team)
    with heard(membership_ended) as told, commit():
        actions.end_membership(membership=membership, by=leader)
    assert told == [membership]
    assert not permissions.user_can_see_people(person, team)
    membership.refresh_from_db()
    assert membership.ended_by == leader and not membership.is_active
    with pytest.raises(actions.AlreadyDecidedError):
        actions.accept_invitation(invitation=open_door, person=person)
    assert [message.subject for message in mail.outbox] == ["Flett: Du er ikke lenger med i Vårt team"]
    ended_at = membership.ended_at
    actions.end_membership(membership=membership, by=person)
    membership.refresh_from_db()
    assert (membership.ended_at, membership.ended_by) == (ended_at, leader)


def test_leaving_oneself_sends_no_mail(team: Team, person: User, commit: Commit) -> None:
    membership = actions.add_member(person=person, team=team)
    with commit():
        actions.end_membership(membership=membership, by=person)
    assert mail.outbox == []


def test_coming_back_is_a_new_row(team: Team, leader: User, person: User) -> None:
    first = actions.add_member(person=person, team=team)
    assert actions.add_member(person=person, team=team) == first
    actions.end_membership(membership=first, by=leader)
    second = actions.add_member(person=person, team=team)
    assert second != first
    assert Membership.objects.filter(person=person).count() == 2


def test_nothing_is_set_on_a_membership_that_has_ended(team: Team, leader: User, person: User) -> None:
    membership = actions.add_member(person=person, team=team)
    actions.end_membership(membership=membership, by=leader)
    with pytest.raises(actions.AlreadyDecidedError):
        actions.set_roles(membership=membership, roles=[])
    with pytest.raises(actions.AlreadyDecidedError):
        actions.set_onboarding_deadline(membership=membership, due_on=None)


def test_mail_server_that_is_away_undoes_nothing(
    team: Team, leader: User, person: User, commit: Commit, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    with commit():
        request = actions.ask_to_join(person=person, team=team)
    assert request.outcome == ""
    assert caplog.messages == ["1 of 1 mails of kind request_received were not sent"]
    assert leader.email not in caplog.text


# --- never two at once ----------------------------------------------------------------------------------

REFUSALS = (
    actions.AlreadyMemberError,
    actions.AlreadyAskedError,
    actions.AlreadyDecidedError,
    actions.TooManyError,
)
STEPS = ["ask", "withdraw", "approve", "refuse", "invite", "revoke", "accept", "end", "add"]


class OneMembership(TestCase):
    """Whatever is done, in whatever order: at most one active membership and one open request for each team."""

    @settings(max_examples=40, deadline=None)
    @given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 1)), min_size=1, max_size=15))
    def test_never_two_active_memberships(self, steps: list[tuple[str, int]]) -> None:
        tag = uuid.uuid4().hex[:8]
        person, leader = make_person(f"p{tag}"), make_person(f"l{tag}")
        teams = factories.TeamFactory.create_batch(2)
        for step, which in steps:
            with suppress(*REFUSALS):
                take(step, team=teams[which], person=person, leader=leader)
            for team in teams:
                active = Membership.objects.active().filter(person=person, team=team).count()
                asked = JoinRequest.objects.filter(person=person, team=team, outcome="").count()
                assert active <= 1 and asked <= 1
                assert permissions.user_can_see_people(person, team) is (active == 1)


def take(step: str, *, team: Team, person: User, leader: User) -> None:
    """One step with the newest row there is, if there is any."""
    request = JoinRequest.objects.filter(person=person, team=team).last()
    invitation = Invitation.objects.filter(team=team, email=person.email).first()
    membership = Membership.objects.filter(person=person, team=team).first()
    if step == "ask":
        actions.ask_to_join(person=person, team=team)
    elif step == "invite":
        Invitation.objects.update(sent_at=timezone.now() - timedelta(hours=1))
        actions.invite(team=team, emails=[person.email], by=leader)
    elif step == "add":
        actions.add_member(person=person, team=team)
    elif step == "withdraw" and request:
        actions.withdraw_request(request=request)
    elif step == "approve" and request:
        actions.approve_request(request=request, by=leader)
    elif step == "refuse" and request:
        actions.refuse_request(request=request, by=leader)
    elif step == "revoke" and invitation:
        actions.revoke_invitation(invitation=invitation)
    elif step == "accept" and invitation:
        actions.accept_invitation(invitation=invitation, person=person)
    elif step == "end" and membership:
        actions.end_membership(membership=membership, by=leader)
