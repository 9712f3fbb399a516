"""Who may see what others have learnt. Built on people's levels (people.permissions).

- team leader, and whoever stands in for one: the status of each active member of the team, course by course;
- member: their own, exactly as the leader sees it;
- regional group: figures of its own region; national group and administrators: figures of all.

Nobody but the learner sees answers, reflections, time or place in a film: no predicate here opens them.
"""

from typing import Any

from django.db.models import QuerySet

from people.models import Region, Team
from people.models.teams import TeamQuerySet
from people.permissions import teams_managed_by, user_is_national


def teams_with_learning_visible_to(user: Any) -> TeamQuerySet:
    """Teams whose members' status this person may see: those they lead or stand in for a leader of."""
    return teams_managed_by(user)


def user_can_see_team_learning(user: Any, team: Team) -> bool:
    """Twin of `teams_with_learning_visible_to`. One query."""
    return teams_with_learning_visible_to(user).filter(pk=team.pk).exists()


def regions_reported_to(user: Any) -> QuerySet[Region]:
    """Regions whose figures this person may see. All of them for the national groups and administrators."""
    if not (user.is_authenticated and user.is_active):
        return Region.objects.none()
    if user_can_see_national_report(user):
        return Region.objects.all()
    return Region.objects.filter(
        support_groups__memberships__person=user, support_groups__memberships__ended_at__isnull=True
    ).distinct()


def user_can_see_region_report(user: Any, region: Region) -> bool:
    """Twin of `regions_reported_to`. At most two queries."""
    return regions_reported_to(user).filter(pk=region.pk).exists()


def user_can_see_national_report(user: Any) -> bool:
    """Figures of everybody. At most one query."""
    if not (user.is_authenticated and user.is_active):
        return False
    return bool(user.is_superuser or user_is_national(user))
