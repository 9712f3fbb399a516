"""Reads about one person, for themselves and for those who may see them."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404
from django.utils import timezone

from people.models import DataExport, Membership, ProfilePicture, Team, User
from people.models.memberships import MembershipQuerySet
from people.models.teams import TeamQuerySet
from people.permissions import memberships_visible_to, people_visible_to
from people.queries.membership import ROLES

EXPORT_PATIENCE = timedelta(hours=24)
"""A copy that is not made by then will not be: the machine that made it has gone."""


def get_person_for(user: Any, pk: int) -> User:
    """A person this reader may see, with profile and picture; Http404 for everybody else. One query."""
    found = people_visible_to(user).select_related("profile").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def get_picture_for(user: Any, pk: int, *, key: Any) -> ProfilePicture:
    """The picture of a person this reader may see; Http404 otherwise, and for a picture that is replaced. One query."""
    found = ProfilePicture.objects.filter(person__in=people_visible_to(user), person=pk, key=key).first()
    if found is None:
        raise Http404
    return found


def get_picture_key(person: User) -> Any:
    """What the address of the person's picture is made with; None where there is none. One query."""
    return ProfilePicture.objects.filter(person=person).values_list("key", flat=True).first()


def get_memberships_shown_to(user: Any, person: User) -> MembershipQuerySet:
    """The person's teams now, as far as this reader may know them, with roles. Two queries."""
    return (
        memberships_visible_to(user)
        .filter(person=person)
        .select_related("team")
        .prefetch_related(ROLES)
        .order_by("team__sort_text", "pk")
    )


def get_teams_led_alone(person: User) -> TeamQuerySet:
    """Teams that have no other leader than this person. One query."""
    others = (
        Membership.objects.active()
        .filter(team=OuterRef("pk"), roles__leads_team=True, person__is_active=True)
        .exclude(person=person)
    )
    return Team.objects.led_by(person).filter(~Exists(others))


def is_last_administrator(person: User) -> bool:
    """One query for an administrator, none for others."""
    if not person.is_superuser:
        return False
    return not User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk).exists()


def get_export(person: User) -> DataExport | None:
    """The newest copy that is there, or on its way, or has failed. One query."""
    return DataExport.objects.filter(person=person, expires_at__gt=timezone.now()).first()


def get_state(export: DataExport | None) -> str:
    """`none`, `ready`, `waiting` or `failed`."""
    if export is None:
        return "none"
    if export.is_ready:
        return "ready"
    is_late = export.requested_at < timezone.now() - EXPORT_PATIENCE
    return "failed" if export.failed_at or is_late else "waiting"


def get_own_export(person: User, key: Any) -> DataExport:
    """One's own copy that can be fetched; Http404 for anybody else's, and for one that is not there. One query."""
    found = DataExport.objects.ready().filter(person=person, key=key).first()
    if found is None:
        raise Http404
    return found
