"""Who may see and do what with teams and their people. The one place that knows the levels.

- anyone: a team's public page;
- member (active in the team): its people and their roles;
- leader (active, with a role that leads): its people, requests and invitations; manages the team;
- regional (active in the group of the team's region): its people and roles; manages teams of the region that have no
  leader;
- national (active in a group without a region): teams and numbers; manages teams that have neither leader nor
  regional group;
- administrator (superuser): everything.

Each predicate has a queryset twin; `tests/people/test_permissions.py` asserts for every role that the two agree.
An inactive account may nothing.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from people.models import Invitation, JoinRequest, Membership, SupportGroupMembership, Team, User
from people.models.memberships import InvitationQuerySet, JoinRequestQuerySet, MembershipQuerySet
from people.models.teams import TeamQuerySet


def _is_admin(user: Any) -> bool:
    return bool(user.is_authenticated and user.is_active and user.is_superuser)


def user_is_national(user: Any) -> bool:
    """Whether the person is in a national support group now. One query."""
    if not (user.is_authenticated and user.is_active):
        return False
    return SupportGroupMembership.objects.active().filter(person=user, group__region__isnull=True).exists()


def _active(user: Any) -> MembershipQuerySet:
    return Membership.objects.active().filter(person=user, team=OuterRef("pk"))


def _has_leader() -> Exists:
    return Exists(
        Membership.objects.active().filter(team=OuterRef("pk"), roles__leads_team=True, person__is_active=True)
    )


def _has_regional_group() -> Exists:
    """Somebody is in the group of the team's region, so that there is anyone to ask."""
    return Exists(
        SupportGroupMembership.objects.active().filter(
            group__region__isnull=False, group__region=OuterRef("region"), person__is_active=True
        )
    )


def _in_its_regional_group(user: Any) -> Exists:
    return Exists(
        SupportGroupMembership.objects.active().filter(
            person=user, group__region__isnull=False, group__region=OuterRef("region")
        )
    )


def _in_a_national_group(user: Any) -> Exists:
    return Exists(SupportGroupMembership.objects.active().filter(person=user, group__region__isnull=True))


def teams_with_people_visible_to(user: Any) -> TeamQuerySet:
    """The teams whose people and roles this person may see."""
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    if _is_admin(user):
        return Team.objects.all()
    return Team.objects.filter(Exists(_active(user)) | _in_its_regional_group(user) | Q(pk__in=teams_managed_by(user)))


def user_can_see_people(user: Any, team: Team) -> bool:
    """Twin of `teams_with_people_visible_to`. One query."""
    return teams_with_people_visible_to(user).filter(pk=team.pk).exists()


def _leads(user: Any) -> Exists:
    return Exists(_active(user).filter(roles__leads_team=True))


def teams_led_by(user: Any) -> TeamQuerySet:
    """Those of `teams_managed_by` where this person leads: nearly always why they come, and asked for at a third of
    the price of the whole rule.
    """
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    return Team.objects.filter(_leads(user))


def teams_managed_by(user: Any) -> TeamQuerySet:
    """The teams where this person admits and ends members, invites, and edits the page."""
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    if _is_admin(user):
        return Team.objects.all()
    return Team.objects.filter(
        _leads(user)
        | (~_has_leader() & _in_its_regional_group(user))
        | (~_has_leader() & ~_has_regional_group() & _in_a_national_group(user))
    )


def user_can_manage_team(user: Any, team: Team) -> bool:
    """Twin of `teams_managed_by`. One query."""
    return teams_managed_by(user).filter(pk=team.pk).exists()


def people_who_manage(team: Team) -> QuerySet[User]:
    """Whom a request to the team is for: its leaders, else the regional group, else the national one, else the
    administrators. `teams_managed_by`, seen from the team, without the administrators who may do everything. At most
    four queries.
    """
    active = User.objects.filter(is_active=True)
    leaders = Membership.objects.active().filter(team=team, roles__leads_team=True)
    support = SupportGroupMembership.objects.active()
    for level in (
        active.filter(pk__in=leaders.values("person")),
        active.filter(
            pk__in=support.filter(group__region__isnull=False, group__region=team.region_id).values("person")
        ),
        active.filter(pk__in=support.filter(group__region__isnull=True).values("person")),
    ):
        if level.exists():
            return level.order_by("pk")
    return active.filter(is_superuser=True).order_by("pk")


def teams_in_care_of(user: Any) -> TeamQuerySet:
    """The teams of the person's level, whose numbers they may see: their region's, or all for a national group."""
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    if _is_admin(user):
        return Team.objects.all()
    return Team.objects.filter(_in_its_regional_group(user) | _in_a_national_group(user))


def user_has_team_in_care(user: Any, team: Team) -> bool:
    """Twin of `teams_in_care_of`. One query."""
    return teams_in_care_of(user).filter(pk=team.pk).exists()


def user_has_a_level(user: Any) -> bool:
    """Whether the person is in any support group now, or an administrator. At most one query."""
    if not (user.is_authenticated and user.is_active):
        return False
    return _is_admin(user) or SupportGroupMembership.objects.active().filter(person=user).exists()


def teams_open_to(user: Any) -> TeamQuerySet:
    """The teams this person may ask to join: those that are not closed and that they are not in."""
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    return Team.objects.listed().filter(~Exists(_active(user)))


def user_can_ask_to_join(user: Any, team: Team) -> bool:
    """Twin of `teams_open_to`. One query."""
    return teams_open_to(user).filter(pk=team.pk).exists()


def requests_decided_by(user: Any) -> JoinRequestQuerySet:
    """Requests that wait for this person, or somebody beside them, to decide. Nobody decides their own."""
    if not (user.is_authenticated and user.is_active):
        return JoinRequest.objects.none()
    return JoinRequest.objects.pending().filter(team__in=teams_managed_by(user)).exclude(person=user)


def user_can_decide_request(user: Any, request: JoinRequest) -> bool:
    """Twin of `requests_decided_by`. One query."""
    return requests_decided_by(user).filter(pk=request.pk).exists()


def requests_withdrawn_by(user: Any) -> JoinRequestQuerySet:
    """One's own requests that wait."""
    if not (user.is_authenticated and user.is_active):
        return JoinRequest.objects.none()
    return JoinRequest.objects.pending().filter(person=user)


def user_can_withdraw_request(user: Any, request: JoinRequest) -> bool:
    """Twin of `requests_withdrawn_by`. One query."""
    return requests_withdrawn_by(user).filter(pk=request.pk).exists()


def invitations_managed_by(user: Any) -> InvitationQuerySet:
    """Invitations this person may see, send again and take back."""
    return Invitation.objects.filter(team__in=teams_managed_by(user))


def user_can_manage_invitation(user: Any, invitation: Invitation) -> bool:
    """Twin of `invitations_managed_by`. One query."""
    return invitations_managed_by(user).filter(pk=invitation.pk).exists()


def invitations_open_to(user: Any) -> InvitationQuerySet:
    """Invitations to an address the person has verified, that they may still say yes to."""
    if not (user.is_authenticated and user.is_active):
        return Invitation.objects.none()
    addresses = EmailAddress.objects.filter(user=user, verified=True).annotate(lower=Lower("email"))
    return (
        Invitation.objects.open()
        .filter(email__in=addresses.values("lower"))
        .exclude(team__phase=Team.Phase.CLOSED)
        .exclude(team__in=Team.objects.of_member(user))
    )


def user_can_accept_invitation(user: Any, invitation: Invitation) -> bool:
    """Twin of `invitations_open_to`. One query."""
    return invitations_open_to(user).filter(pk=invitation.pk).exists()


def memberships_changed_by(user: Any) -> MembershipQuerySet:
    """Active memberships whose roles and deadline this person sets."""
    return Membership.objects.active().filter(team__in=teams_managed_by(user))


def user_can_change_membership(user: Any, membership: Membership) -> bool:
    """Twin of `memberships_changed_by`. One query."""
    return memberships_changed_by(user).filter(pk=membership.pk).exists()


def memberships_ended_by(user: Any) -> MembershipQuerySet:
    """Active memberships this person may end: those of the teams they manage, and their own."""
    if not (user.is_authenticated and user.is_active):
        return Membership.objects.none()
    return Membership.objects.active().filter(Q(person=user) | Q(team__in=teams_managed_by(user)))


def user_can_end_membership(user: Any, membership: Membership) -> bool:
    """Twin of `memberships_ended_by`. One query."""
    return memberships_ended_by(user).filter(pk=membership.pk).exists()


def history_visible_to(user: Any) -> MembershipQuerySet:
    """Memberships, ended ones too, that this person may look back on: their own, and those of teams they manage."""
    if not (user.is_authenticated and user.is_active):
        return Membership.objects.none()
    return Membership.objects.filter(Q(person=user) | Q(team__in=teams_managed_by(user)))


def user_can_see_history(user: Any, membership: Membership) -> bool:
    """Twin of `history_visible_to`. One query."""
    return history_visible_to(user).filter(pk=membership.pk).exists()


def user_can_edit_team_list(user: Any) -> bool:
    """Import and export of the whole list: administrators."""
    return _is_admin(user)


def user_can_set_people_settings(user: Any) -> bool:
    """The national groups decide how long onboarding should take; administrators too."""
    return _is_admin(user) or user_is_national(user)


def memberships_visible_to(user: Any) -> MembershipQuerySet:
    """Active memberships this person may see: their own, and those of the teams whose people they may see."""
    if not (user.is_authenticated and user.is_active):
        return Membership.objects.none()
    return Membership.objects.active().filter(Q(person=user) | Q(team__in=teams_with_people_visible_to(user)))


def user_can_see_membership(user: Any, membership: Membership) -> bool:
    """Twin of `memberships_visible_to`. One query."""
    return memberships_visible_to(user).filter(pk=membership.pk).exists()


def user_needs_second_factor(user: Any) -> bool:
    """Who may edit, moderate or administer: staff, superusers, and whoever has one of `SECOND_FACTOR_PERMISSIONS`,
    by whatever group.

    No query for staff and superusers, else at most two.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    return bool(
        user.is_superuser
        or user.is_staff
        or any(user.has_perm(permission) for permission in settings.SECOND_FACTOR_PERMISSIONS)
    )


def people_visible_to(user: Any) -> QuerySet[User]:
    """Whose page and picture this person may see: their own, those in teams whose people they may see, and those who
    wait for their answer.
    """
    if not (user.is_authenticated and user.is_active):
        return User.objects.none()
    open_accounts = User.objects.filter(is_active=True)
    if _is_admin(user):
        return open_accounts
    return open_accounts.filter(
        Q(pk=user.pk)
        | Q(pk__in=memberships_visible_to(user).values("person"))
        | Q(pk__in=requests_decided_by(user).values("person"))
    )


def user_can_see_person(user: Any, person: User) -> bool:
    """Twin of `people_visible_to`. One query."""
    return people_visible_to(user).filter(pk=person.pk).exists()
