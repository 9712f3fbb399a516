"""Who moderates the forum as a whole, and for whom an open space is open."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.permissions.asking import _is_active
from forum.prepared import once
from people.models import Membership, SupportGroupMembership, User

MODERATE = "moderate_forum"


def _has_office(person: Any) -> Exists:
    group = Group.objects.filter(
        user=person, permissions__codename=MODERATE, permissions__content_type__app_label="forum"
    )
    return Exists(group)


def _moderators(person: Any) -> QuerySet[User]:
    """`person` is who is asked about, or the way to each. About one the database looks at no other."""
    return User.objects.filter(Q(is_superuser=True) | Q(_has_office(person)), is_active=True)


def forum_moderators() -> QuerySet[User]:
    """Everybody who moderates the forum as a whole."""
    return _moderators(OuterRef("pk"))


def user_is_moderator(user: Any) -> bool:
    """Twin of `forum_moderators`. One query; none for an administrator."""
    if not _is_active(user):
        return False
    return bool(user.is_superuser) or _moderators(user.pk).filter(pk=user.pk).exists()


def _is_a_member(person: Any) -> Q:
    return (
        Q(is_superuser=True)
        | Q(Exists(Membership.objects.active().filter(person=person)))
        | Q(Exists(SupportGroupMembership.objects.active().filter(person=person)))
        | Q(_has_office(person))
    )


def _members(person: Any) -> QuerySet[User]:
    return User.objects.filter(_is_a_member(person), is_active=True)


def forum_members() -> QuerySet[User]:
    """Everybody for whom an open space is open."""
    return _members(OuterRef("pk"))


def user_is_member(user: Any) -> bool:
    """Twin of `forum_members`. One query."""
    return _is_active(user) and _members(user.pk).filter(pk=user.pk).exists()


def _is_member(user: Any) -> Any:
    return once(user, "is_member", Exists(_members(user.pk).filter(pk=user.pk)))


def _is_moderator(user: Any) -> Any:
    return once(user, "is_moderator", Exists(_moderators(user.pk).filter(pk=user.pk)))
