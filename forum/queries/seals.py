"""Reads about opened seals."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from forum.models import Pseudonym, SealOpening
from forum.permissions import aliases_asked_about_by, seal_openings_visible_to
from forum.pseudonyms import owned_by
from people.models import User

_RELATED = ("pseudonym__space", "asked_by", "answered_by")


def get_alias_for(user: Any, pk: int) -> Pseudonym:
    """An alias this moderator may ask about; Http404 for everybody else. One query."""
    found = aliases_asked_about_by(user).select_related("space").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def get_opening_for(user: Any, pk: int) -> SealOpening:
    """A question about a seal; Http404 for those who are not moderators, and for whose alias it is. One query."""
    found = seal_openings_visible_to(user).select_related(*_RELATED).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def get_openings_for(user: Any) -> QuerySet[SealOpening]:
    """All of them, those that wait first, then the newest. One query. For moderators."""
    return (
        seal_openings_visible_to(user)
        .select_related(*_RELATED)
        .annotate(waits=Q(answered_at__isnull=True))
        .order_by("-waits", "-asked_at", "-pk")
    )


def get_openings_told_to(person: User) -> QuerySet[SealOpening]:
    """The opened seals of one's own aliases, the newest first. One query. For that person alone.

    Found by the owner digest: nothing that is stored joins the person and the alias.
    """
    return (
        SealOpening.objects.filter(owned_by(person, through="pseudonym"), agreed=True)
        .select_related("pseudonym__space")
        .order_by("-answered_at", "-pk")
    )


def count_unseen_openings(person: User) -> int:
    """Opened seals the person has not read about: for the badge beside «Varsler». One query."""
    return get_openings_told_to(person).filter(owner_has_seen=False).count()
