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

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from people.models import Membership, SupportGroupMembership, Team
from people.models.memberships import MembershipQuerySet
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


def teams_managed_by(user: Any) -> TeamQuerySet:
    """The teams where this person admits and ends members, invites, and edits the page."""
    if not (user.is_authenticated and user.is_active):
        return Team.objects.none()
    if _is_admin(user):
        return Team.objects.all()
    return Team.objects.filter(
        Exists(_active(user).filter(roles__leads_team=True))
        | (~_has_leader() & _in_its_regional_group(user))
        | (~_has_leader() & ~_has_regional_group() & _in_a_national_group(user))
    )


def user_can_manage_team(user: Any, team: Team) -> bool:
    """Twin of `teams_managed_by`. One query."""
    return teams_managed_by(user).filter(pk=team.pk).exists()


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
    """Who may edit, moderate or administer: staff, superusers, moderators, whoever may enter Wagtail's admin.

    No query for staff and superusers, else at most three.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    return bool(
        user.is_superuser
        or user.is_staff
        or user.has_perm("wagtailadmin.access_admin")
        or user.groups.filter(name__in=settings.SECOND_FACTOR_GROUPS).exists()
    )
