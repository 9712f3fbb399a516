"""Every change to who belongs where. Callers have authorised (see people/permissions.py); who acts is recorded.

Rules that two people could break at the same time are held by constraints and by locking the row decided about.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils import timezone

from people.models import (
    Invitation,
    JoinRequest,
    Membership,
    PeopleSettings,
    SupportGroup,
    SupportGroupMembership,
    Team,
    TeamRole,
    User,
)
from people.signals import membership_ended, membership_started
from safety.text import clean_line, clean_lines, refuse_private_number


class AlreadyMemberError(Exception):
    """The person is an active member of the team."""


class AlreadyAskedError(Exception):
    """The person has asked already and waits for an answer."""


class AlreadyDecidedError(Exception):
    """The request or invitation has been answered, taken back, or is too old. Nothing was changed."""


class WrongAddressError(Exception):
    """The invitation is for an address that this person has not verified."""


@transaction.atomic
def ask_to_join(
    *, person: User, team: Team, roles: Iterable[TeamRole] = (), started_on: date | None = None
) -> JoinRequest:
    """Ask a team's leader for membership.

    Raises AlreadyMemberError and AlreadyAskedError.
    """
    if Membership.objects.active().filter(person=person, team=team).exists():
        raise AlreadyMemberError
    try:
        with transaction.atomic():
            request = JoinRequest.objects.create(person=person, team=team, started_on=started_on)
    except IntegrityError as error:
        raise AlreadyAskedError from error
    request.roles.set(roles)
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
    return _start_membership(
        person=decided.person,
        team=decided.team,
        roles=decided.roles.all() if roles is None else roles,
        started_on=started_on or decided.started_on,
        by=by,
    )


@transaction.atomic
def refuse_request(*, request: JoinRequest, by: User) -> None:
    """Say no. Raises AlreadyDecidedError."""
    _decide(request=request, outcome=JoinRequest.Outcome.REFUSED, by=by)


def _decide(*, request: JoinRequest, outcome: JoinRequest.Outcome, by: User) -> JoinRequest:
    locked = JoinRequest.objects.select_for_update(of=("self",)).select_related("person", "team").get(pk=request.pk)
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
) -> list[Invitation]:
    """Invite these addresses, each good for one person with that verified address.

    An address that is invited already gets a new time limit and the new roles, not a second invitation; one that
    belongs to a member of the team is left out. Who has an account with Flett is not told.
    """
    expires_at = timezone.now() + timedelta(days=PeopleSettings.load().invitation_days)
    members = {
        email.lower() for email in Membership.objects.active().filter(team=team).values_list("person__email", flat=True)
    }
    chosen = list(roles)
    invitations = []
    for email in dict.fromkeys(address.strip().lower() for address in emails):
        if email in members:
            continue
        invitation, _made = Invitation.objects.unanswered().update_or_create(
            team=team,
            email=email,
            defaults={
                "expires_at": expires_at,
                "invited_by": by,
                "started_on": started_on,
                "language": language,
            },
        )
        invitation.roles.set(chosen)
        invitations.append(invitation)
    return invitations


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
    used, taken back or is too old.
    """
    locked = Invitation.objects.select_for_update(of=("self",)).select_related("team").get(pk=invitation.pk)
    if not EmailAddress.objects.filter(user=person, email__iexact=locked.email, verified=True).exists():
        raise WrongAddressError
    now = timezone.now()
    if locked.accepted_at or locked.revoked_at or locked.expires_at <= now:
        raise AlreadyDecidedError
    locked.accepted_at = now
    locked.accepted_by = person
    locked.save(update_fields=["accepted_at", "accepted_by"])
    JoinRequest.objects.pending().filter(person=person, team=locked.team).update(
        outcome=JoinRequest.Outcome.APPROVED, decided_at=now, decided_by=locked.invited_by
    )
    return _start_membership(
        person=person,
        team=locked.team,
        roles=locked.roles.all(),
        started_on=locked.started_on,
        by=locked.invited_by,
    )


def _start_membership(
    *, person: User, team: Team, roles: Iterable[TeamRole], started_on: date | None, by: User | None
) -> Membership:
    """Open a membership, or return the one that is open. The suggested deadline counts from the start."""
    start = started_on or timezone.localdate()
    due = start + timedelta(days=PeopleSettings.load().onboarding_days)
    try:
        with transaction.atomic():
            membership = Membership.objects.create(
                person=person, team=team, started_on=start, onboarding_due_on=due, admitted_by=by
            )
    except IntegrityError:
        return Membership.objects.active().get(person=person, team=team)
    membership.roles.set(roles)
    transaction.on_commit(lambda: membership_started.send(sender=Membership, membership=membership))
    return membership


@transaction.atomic
def end_membership(*, membership: Membership, by: User) -> None:
    """End it now; access is gone with the next request. Ending it again changes nothing."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.ended_at:
        return
    locked.ended_at = timezone.now()
    locked.ended_by = by
    locked.save(update_fields=["ended_at", "ended_by"])
    transaction.on_commit(lambda: membership_ended.send(sender=Membership, membership=locked))


@transaction.atomic
def set_roles(*, membership: Membership, roles: Iterable[TeamRole]) -> None:
    """Say what the member does in the team. Raises AlreadyDecidedError for a membership that has ended."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.ended_at:
        raise AlreadyDecidedError
    locked.roles.set(roles)


@transaction.atomic
def set_onboarding_deadline(*, membership: Membership, due_on: date | None) -> None:
    """Change the suggested deadline; None takes it away. Raises AlreadyDecidedError for an ended membership."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    if locked.ended_at:
        raise AlreadyDecidedError
    locked.onboarding_due_on = due_on
    locked.save(update_fields=["onboarding_due_on"])


# --- a team's page and the lists of administrators ------------------------------------------------------

TEAMS_OWN_WORDS = "Teamet selv"
"""The source of a phase that somebody in the team has set. Data, so it is not translated."""


@transaction.atomic
def edit_team(
    *, team: Team, about: str, contact_route: str, municipalities: str, hospital_trust: str, phase: str
) -> None:
    """What a team says of itself. A new phase is from today and from the team; the same phase keeps its source.

    Raises TextRefusedError: texts go through the door, and nobody's own telephone number comes through it.
    """
    locked = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
    if locked.phase != phase:
        locked.status_on = timezone.localdate()
        locked.status_source = TEAMS_OWN_WORDS
    locked.phase = phase
    locked.about = clean_lines(about, most=_most("about"))
    locked.contact_route = clean_line(contact_route, most=_most("contact_route"))
    locked.municipalities = clean_line(municipalities, most=_most("municipalities"))
    locked.hospital_trust = clean_line(hospital_trust, most=_most("hospital_trust"))
    refuse_private_number(locked.about)
    refuse_private_number(locked.contact_route)
    locked.save()


def _most(field: str) -> int:
    return Team._meta.get_field(field).max_length or 0


@transaction.atomic
def add_to_support_group(*, person: User, group: SupportGroup) -> SupportGroupMembership:
    """Let somebody see what the group's level needs. Who is in the group already stays in it, once."""
    try:
        with transaction.atomic():
            return SupportGroupMembership.objects.create(person=person, group=group)
    except IntegrityError:
        return SupportGroupMembership.objects.active().get(person=person, group=group)


@transaction.atomic
def end_support_membership(*, membership: SupportGroupMembership) -> None:
    """End it now; access is gone with the next request. Ending it again changes nothing."""
    locked = SupportGroupMembership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if locked.ended_at is None:
        locked.ended_at = timezone.now()
        locked.save(update_fields=["ended_at"])


@transaction.atomic
def set_people_settings(*, onboarding_days: int, invitation_days: int) -> None:
    """What counts for memberships and invitations from now on; those there are keep their dates."""
    PeopleSettings.objects.update_or_create(
        pk=1, defaults={"onboarding_days": onboarding_days, "invitation_days": invitation_days}
    )
