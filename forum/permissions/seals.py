"""Who may choose an alias, ask to have one opened, answer that, and look behind it."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from forum.models import Pseudonym, Report, SealOpening, Space
from forum.permissions.asking import _is_active, _is_among
from forum.permissions.people import _is_moderator
from forum.permissions.spaces import spaces_writable_by
from forum.pseudonyms import aliases_are_possible, owned_by

IDENTITY_DAYS = 7
"""How long the two who opened a seal may look behind it, each of them once."""


def spaces_to_choose_alias_in(user: Any) -> QuerySet[Space]:
    """The spaces where this person may choose an alias: writable, allowing it, and without one of theirs."""
    if not _is_active(user) or not aliases_are_possible():
        return Space.objects.none()
    own = Pseudonym.objects.filter(owned_by(user), space=OuterRef("pk"))
    return spaces_writable_by(user).filter(allows_pseudonyms=True).exclude(Exists(own))


def user_can_choose_alias(user: Any, space: Space) -> bool:
    """Twin of `spaces_to_choose_alias_in`. One query."""
    return _is_among(spaces_to_choose_alias_in, user, space)


def aliases_asked_about_by(user: Any) -> QuerySet[Pseudonym]:
    """The aliases a moderator may ask to have opened: in listed spaces, elsewhere where a post of theirs is reported.

    A facilitator alone may not, and nobody asks about an alias of their own.
    """
    if not _is_active(user):
        return Pseudonym.objects.none()
    reported = Report.objects.filter(post__pseudonym=OuterRef("pk"))
    return Pseudonym.objects.filter(
        Q(space__kind__in=Space.LISTED) | Q(Exists(reported)), Q(_is_moderator(user))
    ).exclude(owned_by(user))


def user_can_ask_about_alias(user: Any, pseudonym: Pseudonym) -> bool:
    """Twin of `aliases_asked_about_by`. One query."""
    return _is_among(aliases_asked_about_by, user, pseudonym)


def seal_openings_visible_to(user: Any) -> QuerySet[SealOpening]:
    """What moderators have asked and answered about seals, but for their own aliases."""
    if not _is_active(user):
        return SealOpening.objects.none()
    return SealOpening.objects.filter(Q(_is_moderator(user))).exclude(owned_by(user, through="pseudonym"))


def user_can_see_opening(user: Any, opening: SealOpening) -> bool:
    """Twin of `seal_openings_visible_to`. One query."""
    return _is_among(seal_openings_visible_to, user, opening)


def seal_openings_answered_by(user: Any) -> QuerySet[SealOpening]:
    """Those that wait for this moderator, or another: whoever asked does not answer."""
    return seal_openings_visible_to(user).filter(answered_at__isnull=True).exclude(asked_by=user.pk)


def user_can_answer_opening(user: Any, opening: SealOpening) -> bool:
    """Twin of `seal_openings_answered_by`. One query."""
    return _is_among(seal_openings_answered_by, user, opening)


def identities_open_to(user: Any) -> QuerySet[SealOpening]:
    """Opened seals that this one of the two may look behind now, once (`IDENTITY_DAYS`)."""
    return seal_openings_visible_to(user).filter(
        Q(asked_by=user.pk, asker_has_seen=False) | Q(answered_by=user.pk, answerer_has_seen=False),
        agreed=True,
        answered_at__gt=timezone.now() - timedelta(days=IDENTITY_DAYS),
    )


def user_can_see_identity(user: Any, opening: SealOpening) -> bool:
    """Twin of `identities_open_to`. One query."""
    return identities_open_to(user).filter(pk=opening.pk).exists()
