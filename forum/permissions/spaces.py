"""Which spaces somebody may know of, read, write in and moderate, and who reads and moderates a space."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import Silence, Space, SpaceMembership
from forum.permissions.asking import _is_active, _is_among
from forum.permissions.people import _is_a_member, _is_member, _is_moderator, forum_moderators
from forum.prepared import now_of, today_of
from forum.pseudonyms import owned_by
from people.models import Membership, User


def _in_space(user: Any) -> Exists:
    return Exists(SpaceMembership.objects.active().filter(person=user, space=OuterRef("pk")))


def _has_role(user: Any) -> Exists:
    """In a role network by the role in a team now."""
    return Exists(Membership.objects.active().filter(person=user, roles=OuterRef("role")))


def _facilitates(user: Any) -> Exists:
    return Exists(SpaceMembership.objects.facilitating().filter(person=user, space=OuterRef("pk")))


def spaces_visible_to(user: Any) -> QuerySet[Space]:
    """The spaces this person may know of."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter((Q(kind__in=Space.LISTED) & Q(_is_member(user))) | Q(_in_space(user)))


def spaces_readable_by(user: Any) -> QuerySet[Space]:
    """The spaces whose topics and people this person may see."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter(
        (Q(kind=Space.Kind.OPEN) & Q(_is_member(user)))
        | Q(_in_space(user))
        | (Q(kind=Space.Kind.ROLE_NETWORK) & Q(_has_role(user)))
        | (Q(kind__in=Space.LISTED) & Q(_is_moderator(user)))
    )


def spaces_moderated_by(user: Any) -> QuerySet[Space]:
    """The spaces where this person may hide, close, pin and move, and see what is held and hidden."""
    if not _is_active(user):
        return Space.objects.none()
    return Space.objects.filter(Q(_facilitates(user)) | (Q(kind__in=Space.LISTED) & Q(_is_moderator(user))))


def spaces_writable_by(user: Any) -> QuerySet[Space]:
    """The spaces where this person may start topics and answer now: readable, neither archived nor over, no silence.

    Before a group's first day whoever facilitates it may, so that a welcome waits for the others.
    """
    if not _is_active(user):
        return Space.objects.none()
    silenced = Silence.objects.filter(
        Q(person=user) | owned_by(user, through="pseudonym"), until__gt=now_of(user), lifted_at__isnull=True
    )
    return (
        spaces_readable_by(user)
        .filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today_of(user)), archived_at__isnull=True)
        .exclude(Exists(silenced.filter(Q(space__isnull=True) | Q(space=OuterRef("pk")))))
        .filter(Q(starts_on__isnull=True) | Q(starts_on__lte=today_of(user)) | Q(_facilitates(user)))
    )


def user_can_see_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_visible_to`. One query."""
    return _is_among(spaces_visible_to, user, space)


def user_can_read_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_readable_by`. One query."""
    return _is_among(spaces_readable_by, user, space)


def user_can_moderate_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_moderated_by`. One query."""
    return _is_among(spaces_moderated_by, user, space)


def user_can_write_in_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_writable_by`. One query."""
    return _is_among(spaces_writable_by, user, space)


def people_who_read(space: Space) -> QuerySet[User]:
    """`spaces_readable_by`, seen from the space, without moderators who are there by their office alone."""
    in_space = Exists(SpaceMembership.objects.active().filter(space=space.pk, person=OuterRef("pk")))
    found = Q(in_space)
    if space.kind == Space.Kind.OPEN:
        found |= _is_a_member(OuterRef("pk"))
    if space.kind == Space.Kind.ROLE_NETWORK:
        found |= Q(Exists(Membership.objects.active().filter(person=OuterRef("pk"), roles=space.role_id)))
    return User.objects.filter(found, is_active=True)


def people_who_moderate(space: Space) -> QuerySet[User]:
    """Whom a report in the space is for: its facilitators, else the moderators."""
    facilitators = User.objects.filter(
        Exists(SpaceMembership.objects.facilitating().filter(space=space, person=OuterRef("pk"))), is_active=True
    )
    return facilitators if facilitators.exists() else forum_moderators()
