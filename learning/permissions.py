"""Who may see and do what with what is kept about a learner. Each predicate has a queryset twin.

What others have learnt is built on people's levels (people.permissions):

- team leader, and whoever stands in for one: the status of each active member of the team, course by course;
- member: their own, exactly as the leader sees it;
- regional group: figures of its own region; national group and administrators: figures of all.

Nobody but the learner sees answers, reflections, time or place in a film: no predicate here opens them. An inactive
account may nothing.
"""

from typing import Any

from django.db.models import QuerySet

from learning.models import Certificate
from people.models import Membership, Region, Team
from people.models.memberships import MembershipQuerySet
from people.models.teams import TeamQuerySet
from people.permissions import teams_led_by, teams_managed_by, user_is_national

REVOKE = "learning.change_certificate"
"""Given to groups in the admin. The starter content gives it to the national team's authors and reviewers."""


def certificates_held_by(user: Any) -> QuerySet[Certificate]:
    """One's own: to download, to reissue, to decide whether the name is shown. Nobody else's, whatever the role."""
    if not (user.is_authenticated and user.is_active):
        return Certificate.objects.none()
    return Certificate.objects.filter(learner=user)


def user_can_hold_certificate(user: Any, certificate: Certificate) -> bool:
    """Twin of `certificates_held_by`. One query."""
    return certificates_held_by(user).filter(pk=certificate.pk).exists()


def user_can_revoke_certificates(user: Any) -> bool:
    """Administrators, and whoever is in a group that has the right. Two queries at most, kept on the person."""
    return bool(user.is_authenticated and user.is_active and user.has_perm(REVOKE))


def certificates_revoked_by(user: Any) -> QuerySet[Certificate]:
    """Certificates this person may revoke: all that are not revoked, or none."""
    if not user_can_revoke_certificates(user):
        return Certificate.objects.none()
    return Certificate.objects.filter(revoked_at__isnull=True)


def user_can_revoke_certificate(user: Any, certificate: Certificate) -> bool:
    """Twin of `certificates_revoked_by`. Three queries at most."""
    return certificates_revoked_by(user).filter(pk=certificate.pk).exists()


def memberships_reminded_by(user: Any) -> MembershipQuerySet:
    """Members whom this person may remind: those of the teams they manage, themselves not among them."""
    if not (user.is_authenticated and user.is_active):
        return Membership.objects.none()
    return (
        Membership.objects.active().filter(team__in=teams_managed_by(user), person__is_active=True).exclude(person=user)
    )


def user_can_remind(user: Any, membership: Membership) -> bool:
    """Twin of `memberships_reminded_by`. One query."""
    return memberships_reminded_by(user).filter(pk=membership.pk).exists()


def teams_with_learning_visible_to(user: Any) -> TeamQuerySet:
    """Teams whose members' status this person may see: those they lead or stand in for a leader of."""
    return teams_managed_by(user)


def find_team_with_learning(user: Any, slug: str) -> Team | None:
    """The team of `teams_with_learning_visible_to` at this address. One query for its leader, two for the others."""
    return (
        teams_led_by(user).filter(slug=slug).first() or teams_with_learning_visible_to(user).filter(slug=slug).first()
    )


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
