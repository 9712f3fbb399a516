"""Who may do what with other people's learning. Each predicate has a queryset twin.

Tests assert for every role that the two agree.
"""

from typing import Any

from people.models import Membership
from people.models.memberships import MembershipQuerySet
from people.permissions import teams_managed_by


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
