"""Reads about who belongs where. Each says whom it is for; views have authorised before they call."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import Http404

from people.models import Invitation, JoinRequest, Membership, Team, TeamRole, User
from people.models.memberships import InvitationQuerySet, JoinRequestQuerySet, MembershipQuerySet
from people.models.teams import TeamQuerySet
from people.permissions import (
    invitations_open_to,
    requests_decided_by,
    teams_in_care_of,
    teams_managed_by,
    teams_with_people_visible_to,
    user_can_see_people,
)
from people.queries.directory import get_team

ROLES = Prefetch("roles", queryset=TeamRole.objects.all())


@dataclass(frozen=True, slots=True)
class Standing:
    """How one reader stands to one team, for the team's own pages."""

    membership: Membership | None = None
    request: JoinRequest | None = None
    invitation: Invitation | None = None
    sees_people: bool = False
    manages: bool = False
    may_ask: bool = False
    waiting: int = 0
    """Requests this reader may decide."""


def get_standing(user: User, team: Team) -> Standing:
    """The reader's own standing; nothing for somebody who has not signed in. At most eight queries."""
    if not user.is_authenticated:
        return Standing(may_ask=team.phase != Team.Phase.CLOSED)
    membership = Membership.objects.active().filter(person=user, team=team).prefetch_related(ROLES).first()
    manages = teams_managed_by(user).filter(pk=team.pk).exists()
    request = invitation = None
    if membership is None:
        request = JoinRequest.objects.pending().filter(person=user, team=team).first()
        invitation = invitations_open_to(user).filter(team=team).first()
    return Standing(
        membership=membership,
        request=request,
        invitation=invitation,
        manages=manages,
        sees_people=manages or teams_with_people_visible_to(user).filter(pk=team.pk).exists(),
        may_ask=membership is None and request is None and team.phase != Team.Phase.CLOSED,
        waiting=requests_decided_by(user).filter(team=team).count() if manages else 0,
    )


def get_visible_team_for(user: Any, slug: str) -> Team:
    """A team whose people the reader may see; Http404 for everybody else. At most two queries."""
    team = get_team(slug)
    if not user_can_see_people(user, team):
        raise Http404
    return team


def get_members(team: Team) -> MembershipQuerySet:
    """Active members with person and roles, leaders first, then by name. Two queries.

    For those who may see the team's people.
    """
    leads = Exists(Membership.roles.through.objects.filter(membership_id=OuterRef("pk"), teamrole__leads_team=True))
    return (
        Membership.objects.active()
        .filter(team=team, person__is_active=True)
        .annotate(leads=leads)
        .select_related("person")
        .prefetch_related(ROLES)
        .order_by("-leads", "person__first_name", "person__last_name", "person__email")
    )


def get_former_members(team: Team) -> MembershipQuerySet:
    """Memberships that have ended, the newest first. Two queries. For those who manage the team."""
    return (
        Membership.objects.filter(team=team, ended_at__isnull=False)
        .select_related("person")
        .prefetch_related(ROLES)
        .order_by("-ended_at", "-pk")
    )


def get_own_memberships(user: User) -> MembershipQuerySet:
    """One's own memberships, those that last first. Two queries."""
    return (
        Membership.objects.filter(person=user)
        .select_related("team")
        .prefetch_related(ROLES)
        .annotate(lasts=Q(ended_at__isnull=True))
        .order_by("-lasts", "-started_on", "-pk")
    )


def get_active_memberships(user: User) -> MembershipQuerySet:
    """One's own teams now. Two queries."""
    return (
        Membership.objects.active()
        .filter(person=user)
        .select_related("team")
        .prefetch_related(ROLES)
        .order_by("team__name", "pk")
    )


def get_own_requests(user: User) -> JoinRequestQuerySet:
    """One's own requests that wait. Two queries."""
    return JoinRequest.objects.pending().filter(person=user).select_related("team").prefetch_related(ROLES)


def get_requests_for(user: User, team: Team) -> JoinRequestQuerySet:
    """The team's requests that wait for this reader, the oldest first. Two queries."""
    return requests_decided_by(user).filter(team=team).select_related("person").prefetch_related(ROLES)


def get_teams_with_requests(user: User) -> TeamQuerySet:
    """Teams where requests wait for this reader, with their number as `waiting`. One query."""
    return (
        Team.objects.filter(pk__in=requests_decided_by(user).values("team"))
        .annotate(
            waiting=Count(
                "join_requests",
                filter=Q(join_requests__outcome="", join_requests__person__is_active=True)
                & ~Q(join_requests__person=user),
            )
        )
        .order_by("name", "pk")
    )


def get_invitations_of(team: Team) -> InvitationQuerySet:
    """Invitations nobody has answered, the newest first, those too old among them. Two queries."""
    return Invitation.objects.unanswered().filter(team=team).prefetch_related(ROLES)


def get_invitations_to(user: User) -> InvitationQuerySet:
    """Invitations to this reader's verified addresses. Two queries."""
    return invitations_open_to(user).select_related("team").prefetch_related(ROLES)


def get_level_overview(user: User) -> TeamQuerySet:
    """The teams of the reader's level with the numbers a supporter needs, and nothing about anybody. One query.

    `members` and `waiting` are numbers, `has_leader` says whether anybody leads it, `shows_people` and
    `is_managed` what this reader may do there.
    """
    active = Q(memberships__ended_at__isnull=True, memberships__person__is_active=True)
    leader = Membership.objects.active().filter(team=OuterRef("pk"), roles__leads_team=True, person__is_active=True)
    return (
        teams_in_care_of(user)
        .listed()
        .annotate(
            members=Count("memberships", filter=active, distinct=True),
            waiting=Count(
                "join_requests",
                filter=Q(join_requests__outcome="", join_requests__person__is_active=True),
                distinct=True,
            ),
            has_leader=Exists(leader),
            shows_people=Q(pk__in=teams_with_people_visible_to(user).values("pk")),
            is_managed=Q(pk__in=teams_managed_by(user).values("pk")),
        )
        .select_related("region")
        .order_by("sort_text", "pk")
    )
