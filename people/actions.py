"""Every change to who belongs where. Callers have authorised (see people/permissions.py); who acts is recorded.

Rules that two people could break at the same time are held by constraints and by locks, always taken in this order:
first the person it is about, then the request, invitation or membership.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from people import mails
from people.models import Invitation, JoinRequest, Membership, PeopleSettings, PeopleStamp, Team, TeamRole, User
from people.signals import membership_changed, membership_ended, membership_started

REQUESTS_PER_DAY = 10
"""Requests one person may make in 24 hours, those taken back included: each is a mail to somebody."""
INVITATIONS_PER_DAY = 200
"""Invitations one leader may send in 24 hours."""
INVITATION_PAUSE = timedelta(minutes=10)
"""A team writes to the same address again only after this time."""


class AlreadyMemberError(Exception):
    """The person is an active member of the team."""


class AlreadyAskedError(Exception):
    """The person has asked already and waits for an answer."""


class AlreadyDecidedError(Exception):
    """The request or invitation has been answered, taken back, or is too old. Nothing was changed."""


class WrongAddressError(Exception):
    """The invitation is for an address that this person has not verified."""


class TeamClosedError(Exception):
    """The team is closed: nobody new joins it."""


class TooManyError(Exception):
    """The day's limit is reached. Nothing was changed."""


class SentLatelyError(Exception):
    """The address has been written to within `INVITATION_PAUSE`. Nothing was changed."""


@dataclass(slots=True)
class Invited:
    """What became of a list of addresses."""

    invitations: list[Invitation] = field(default_factory=list)
    members: list[str] = field(default_factory=list)
    lately: list[str] = field(default_factory=list)


def bump_people_stamp() -> None:
    """Make what is kept of who belongs where unreachable (`people.queries.stamp`). Call in the change's transaction.

    Takes a row that nobody else holds, or makes one: a change of one person never waits for a change of another, and so
    never in a ring. Two queries.
    """
    with transaction.atomic(savepoint=False):
        free = PeopleStamp.objects.select_for_update(skip_locked=True).values_list("pk", flat=True).first()
        if free is None:
            PeopleStamp.objects.create()
        else:
            PeopleStamp.objects.filter(pk=free).update(value=F("value") + 1)


def _lock_person(person: User) -> None:
    """Let one change at a time be made to where a person belongs. Does not stop rows that point at the person."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)


@transaction.atomic
def ask_to_join(
    *, person: User, team: Team, roles: Iterable[TeamRole] = (), started_on: date | None = None
) -> JoinRequest:
    """Ask a team's leader for membership.

    Raises AlreadyMemberError, AlreadyAskedError, TeamClosedError, and TooManyError beyond `REQUESTS_PER_DAY`.
    """
    if team.phase == Team.Phase.CLOSED:
        raise TeamClosedError
    _lock_person(person)
    if Membership.objects.active().filter(person=person, team=team).exists():
        raise AlreadyMemberError
    if JoinRequest.objects.filter(person=person, team=team, outcome="").exists():
        raise AlreadyAskedError
    if JoinRequest.objects.filter(person=person, created_at__gt=a_day_ago()).count() >= REQUESTS_PER_DAY:
        raise TooManyError
    try:
        with transaction.atomic():
            request = JoinRequest.objects.create(person=person, team=team, started_on=started_on)
    except IntegrityError as error:
        raise AlreadyAskedError from error
    request.roles.set(roles)
    transaction.on_commit(lambda: mails.tell_of_request(request))
    return request


@transaction.atomic
def withdraw_request(*, request: JoinRequest) -> None:
    """Take one's own request back. Raises AlreadyDecidedError."""
    _decide(request=request, outcome=JoinRequest.Outcome.WITHDRAWN, by=request.person)


@transaction.atomic
def approve_request(
    *, request: JoinRequest, by: User, roles: Iterable[TeamRole] | None = None, started_on: date | None = None
) -> Membership:
    """Make the person a member, with the roles and the start the leader confirms, else those they asked for.

    Two leaders at once: the second gets AlreadyDecidedError. Where the person has become a member in the meantime,
    that membership is returned and the request is answered.
    """
    decided = _decide(request=request, outcome=JoinRequest.Outcome.APPROVED, by=by)
    membership = _start_membership(
        person=decided.person,
        team=decided.team,
        roles=decided.roles.all() if roles is None else roles,
        started_on=started_on or decided.started_on,
        by=by,
    )
    transaction.on_commit(lambda: mails.tell_of_approval(membership))
    return membership


@transaction.atomic
def refuse_request(*, request: JoinRequest, by: User) -> None:
    """Say no. Raises AlreadyDecidedError."""
    decided = _decide(request=request, outcome=JoinRequest.Outcome.REFUSED, by=by)
    transaction.on_commit(lambda: mails.tell_of_refusal(decided))


def _decide(*, request: JoinRequest, outcome: JoinRequest.Outcome, by: User) -> JoinRequest:
    try:
        _lock_person(request.person)
        locked = JoinRequest.objects.select_for_update(of=("self",)).select_related("person", "team").get(pk=request.pk)
    except (User.DoesNotExist, JoinRequest.DoesNotExist) as error:
        raise AlreadyDecidedError from error  # the person has left Flett in the meantime
    if locked.outcome:
        raise AlreadyDecidedError
    locked.outcome = outcome
    locked.decided_at = timezone.now()
    locked.decided_by = by
    locked.save(update_fields=["outcome", "decided_at", "decided_by"])
    return locked


@transaction.atomic
def invite(
    *,
    team: Team,
    emails: Iterable[str],
    by: User,
    roles: Iterable[TeamRole] = (),
    started_on: date | None = None,
    language: str = "nb",
) -> Invited:
    """Invite these addresses, each good for one person with that verified address.

    An address that is invited already gets a new time limit and the new roles, not a second invitation; one that
    belongs to a member of the team, or has been written to within `INVITATION_PAUSE`, is left out and named. Who has
    an account with Flett is not told. Raises TeamClosedError, and TooManyError beyond `INVITATIONS_PER_DAY`.
    """
    if team.phase == Team.Phase.CLOSED:
        raise TeamClosedError
    _lock_person(by)
    now = timezone.now()
    wanted = list(dict.fromkeys(address.strip().lower() for address in emails))
    members = set(Membership.objects.active().filter(team=team).values_list("person__email", flat=True))
    lately = set(
        Invitation.objects.filter(team=team, email__in=wanted, sent_at__gt=now - INVITATION_PAUSE).values_list(
            "email", flat=True
        )
    )
    result = Invited(
        members=[email for email in wanted if email in members],
        lately=[email for email in wanted if email in lately - members],
    )
    fresh = [email for email in wanted if email not in members | lately]
    if len(fresh) > invitations_left(by):
        raise TooManyError
    chosen = list(roles)
    expires_at = now + timedelta(days=PeopleSettings.load().invitation_days)
    for email in fresh:
        invitation, _made = Invitation.objects.unanswered().update_or_create(
            team=team,
            email=email,
            defaults={
                "expires_at": expires_at,
                "sent_at": now,
                "invited_by": by,
                "started_on": started_on,
                "language": language,
            },
        )
        invitation.roles.set(chosen)
        result.invitations.append(invitation)
    transaction.on_commit(lambda: mails.send_invitations(result.invitations))
    return result


def invitations_left(leader: User) -> int:
    """How many more invitations this person may send now. One query."""
    sent = Invitation.objects.filter(invited_by=leader, sent_at__gt=a_day_ago()).count()
    return max(INVITATIONS_PER_DAY - sent, 0)


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: User) -> None:
    """Send it once more, with a new time limit and the same link.

    Raises AlreadyDecidedError where it has been used or taken back, SentLatelyError within `INVITATION_PAUSE`,
    TooManyError beyond `INVITATIONS_PER_DAY`.
    """
    _lock_person(by)
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("team").get(pk=invitation.pk)
    if locked.accepted_at or locked.revoked_at:
        raise AlreadyDecidedError
    now = timezone.now()
    if locked.sent_at > now - INVITATION_PAUSE:
        raise SentLatelyError
    if invitations_left(by) == 0:
        raise TooManyError
    locked.sent_at = now
    locked.invited_by = by
    locked.expires_at = now + timedelta(days=PeopleSettings.load().invitation_days)
    locked.save(update_fields=["sent_at", "invited_by", "expires_at"])
    transaction.on_commit(lambda: mails.send_invitations([locked]))


@transaction.atomic
def revoke_invitation(*, invitation: Invitation) -> None:
    """Take an invitation back. Raises AlreadyDecidedError."""
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if locked.accepted_at or locked.revoked_at:
        raise AlreadyDecidedError
    locked.revoked_at = timezone.now()
    locked.save(update_fields=["revoked_at"])


@transaction.atomic
def accept_invitation(*, invitation: Invitation, person: User) -> Membership:
    """Become a member by invitation.

    Raises WrongAddressError where the person has not verified the address, AlreadyDecidedError where it has been
    used, taken back or is too old, or the team is closed.
    """
    _lock_person(person)
    locked = (
        Invitation.objects.select_for_update(of=("self",)).select_related("team", "invited_by").get(pk=invitation.pk)
    )
    if not EmailAddress.objects.filter(user=person, email__iexact=locked.email, verified=True).exists():
        raise WrongAddressError
    if not locked.is_open or locked.team.phase == Team.Phase.CLOSED:
        raise AlreadyDecidedError
    now = timezone.now()
    locked.accepted_at = now
    locked.accepted_by = person
    locked.save(update_fields=["accepted_at", "accepted_by"])
    JoinRequest.objects.filter(person=person, team=locked.team, outcome="").update(
        outcome=JoinRequest.Outcome.APPROVED, decided_at=now, decided_by=locked.invited_by
    )
    return _start_membership(
        person=person,
        team=locked.team,
        roles=locked.roles.all(),
        started_on=locked.started_on,
        by=locked.invited_by,
    )


@transaction.atomic
def add_member(
    *, person: User, team: Team, roles: Iterable[TeamRole] = (), started_on: date | None = None, by: User | None = None
) -> Membership:
    """Make somebody a member without request or invitation, and without a mail; return the membership there is."""
    _lock_person(person)
    return _start_membership(person=person, team=team, roles=roles, started_on=started_on, by=by)


def _start_membership(
    *, person: User, team: Team, roles: Iterable[TeamRole], started_on: date | None, by: User | None
) -> Membership:
    """Open a membership, or return the one that is open. The person is locked.

    The suggested deadline counts from the start; for somebody who started so long ago that it has passed, from today.
    """
    there = Membership.objects.active().filter(person=person, team=team).first()
    if there is not None:
        return there
    today = timezone.localdate()
    start = started_on or today
    allowed = timedelta(days=PeopleSettings.load().onboarding_days)
    due = start + allowed
    membership = Membership.objects.create(
        person=person,
        team=team,
        started_on=start,
        onboarding_due_on=due if due >= today else today + allowed,
        admitted_by=by,
    )
    membership.roles.set(roles)
    transaction.on_commit(lambda: membership_started.send(sender=Membership, membership=membership))
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, by: User) -> None:
    """End it now; access is gone with the next request. Ending it again changes nothing.

    Invitations to the team that the person has not used are taken back, so that none opens the door again.
    """
    _lock_person(membership.person)
    locked = Membership.objects.select_for_update(of=("self",)).select_related("person", "team").get(pk=membership.pk)
    if locked.ended_at:
        return
    locked.ended_at = timezone.now()
    locked.ended_by = by
    locked.save(update_fields=["ended_at", "ended_by"])
    addresses = EmailAddress.objects.filter(user=locked.person).values_list("email", flat=True)
    Invitation.objects.unanswered().filter(
        team=locked.team, email__in=[address.lower() for address in [*addresses, locked.person.email]]
    ).update(revoked_at=locked.ended_at)
    transaction.on_commit(lambda: membership_ended.send(sender=Membership, membership=locked))
    if by != locked.person:
        transaction.on_commit(lambda: mails.tell_of_end(locked))


@transaction.atomic
def set_roles(*, membership: Membership, roles: Iterable[TeamRole]) -> None:
    """Say what the member does in the team. Raises AlreadyDecidedError for a membership that has ended."""
    _lock_active(membership).roles.set(roles)


@transaction.atomic
def set_onboarding_deadline(*, membership: Membership, due_on: date | None) -> None:
    """Change the suggested deadline; None takes it away. Raises AlreadyDecidedError for an ended membership."""
    locked = _lock_active(membership)
    if locked.onboarding_due_on == due_on:
        return
    locked.onboarding_due_on = due_on
    locked.save(update_fields=["onboarding_due_on"])
    transaction.on_commit(lambda: membership_changed.send(sender=Membership, membership=locked))


def _lock_active(membership: Membership) -> Membership:
    locked = Membership.objects.select_for_update(of=("self",)).select_related("person", "team").get(pk=membership.pk)
    if locked.ended_at:
        raise AlreadyDecidedError
    return locked


def a_day_ago() -> datetime:
    return timezone.now() - timedelta(hours=24)
