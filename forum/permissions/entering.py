"""Who may make spaces, ask to enter them, invite, and end a membership."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import EntryRequest, Space, SpaceMembership
from forum.permissions.asking import _is_active, _is_among
from forum.permissions.people import _has_office, _is_member, _members, forum_members
from forum.permissions.spaces import _in_space, spaces_moderated_by, spaces_visible_to
from forum.prepared import prepared
from people.models import SupportGroupMembership, User

MEMBERS_CREATE = (Space.Kind.PRIVATE, Space.Kind.LEARNING_GROUP)
"""Kinds every member may create, and facilitates then: whoever may create any kind may create these. The others are
the moderators' and the national groups'.
"""


INVITING = (Space.Kind.RESTRICTED, Space.Kind.PRIVATE, Space.Kind.LEARNING_GROUP, Space.Kind.YOUTH_PANEL)
"""Kinds that one is invited to. The others are open by what one is."""


def _creators(person: Any, kind: str) -> QuerySet[User]:
    if kind in MEMBERS_CREATE:
        return _members(person)
    if kind not in Space.Kind.values:
        return User.objects.none()
    national = SupportGroupMembership.objects.active().filter(person=person, group__region__isnull=True)
    return User.objects.filter(Q(is_superuser=True) | Q(_has_office(person)) | Q(Exists(national)), is_active=True)


def people_who_create(kind: str) -> QuerySet[User]:
    """Who may create spaces of a kind; see `MEMBERS_CREATE`."""
    return _creators(OuterRef("pk"), kind)


def user_can_create_space(user: Any, kind: str) -> bool:
    """Twin of `people_who_create`. One query."""
    return kind in Space.Kind.values and bool(_creates(user, ways={"kind": kind}))


@prepared()
def _creates(reader: Any, *, kind: str) -> QuerySet[User, Any]:
    return _creators(reader, kind).filter(pk=reader).values_list("pk")


def people_who_may_be_invited(space: Space) -> QuerySet[User]:
    """Members; to a youth panel everybody with an account, since young people are in no team."""
    return User.objects.filter(is_active=True) if space.kind == Space.Kind.YOUTH_PANEL else forum_members()


def user_can_be_in_space(user: Any, space: Space) -> bool:
    """Twin of `people_who_may_be_invited`. One query."""
    return _is_active(user) and people_who_may_be_invited(space).filter(pk=user.pk).exists()


def spaces_open_to_requests_of(user: Any) -> QuerySet[Space]:
    """The spaces this person may ask to enter: restricted, not archived, not in them, not waiting already."""
    if not _is_active(user):
        return Space.objects.none()
    waiting = EntryRequest.objects.filter(person=user, space=OuterRef("pk"), outcome="")
    return (
        spaces_visible_to(user)
        .filter(kind=Space.Kind.RESTRICTED, archived_at__isnull=True)
        .exclude(_in_space(user))
        .exclude(Exists(waiting))
    )


def user_can_ask_to_enter(user: Any, space: Space) -> bool:
    """Twin of `spaces_open_to_requests_of`. One query."""
    return _is_among(spaces_open_to_requests_of, user, space)


def spaces_inviting_for(user: Any) -> QuerySet[Space]:
    """The spaces this person may invite to."""
    return spaces_moderated_by(user).filter(kind__in=INVITING, archived_at__isnull=True)


def user_can_invite(user: Any, space: Space) -> bool:
    """Twin of `spaces_inviting_for`. One query."""
    return _is_among(spaces_inviting_for, user, space)


def entry_requests_decided_by(user: Any) -> QuerySet[EntryRequest]:
    """Requests that wait for this person, or somebody beside them. Nobody decides their own."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(
        outcome="", invited_by__isnull=True, person__is_active=True, space__in=spaces_moderated_by(user).values("pk")
    ).exclude(person=user)


def user_can_decide_entry(user: Any, request: EntryRequest) -> bool:
    """Twin of `entry_requests_decided_by`. One query."""
    return _is_among(entry_requests_decided_by, user, request)


def entry_requests_withdrawn_by(user: Any) -> QuerySet[EntryRequest]:
    """One's own requests that wait."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(outcome="", invited_by__isnull=True, person=user)


def user_can_withdraw_entry(user: Any, request: EntryRequest) -> bool:
    """Twin of `entry_requests_withdrawn_by`. One query."""
    return _is_among(entry_requests_withdrawn_by, user, request)


def space_invitations_managed_by(user: Any) -> QuerySet[EntryRequest]:
    """Invitations without an answer that this person may see and take back."""
    return EntryRequest.objects.filter(
        outcome="", invited_by__isnull=False, space__in=spaces_moderated_by(user).values("pk")
    )


def user_can_take_back_invitation(user: Any, invitation: EntryRequest) -> bool:
    """Twin of `space_invitations_managed_by`. One query."""
    return _is_among(space_invitations_managed_by, user, invitation)


def space_invitations_open_to(user: Any) -> QuerySet[EntryRequest]:
    """Invitations this person may say yes or no to. All they are told of a space they do not see otherwise."""
    if not _is_active(user):
        return EntryRequest.objects.none()
    return EntryRequest.objects.filter(
        Q(space__kind=Space.Kind.YOUTH_PANEL) | Q(_is_member(user)),
        outcome="",
        invited_by__isnull=False,
        person=user,
        space__archived_at__isnull=True,
    )


def user_can_answer_invitation(user: Any, invitation: EntryRequest) -> bool:
    """Twin of `space_invitations_open_to`. One query."""
    return _is_among(space_invitations_open_to, user, invitation)


def space_memberships_ended_by(user: Any) -> QuerySet[SpaceMembership]:
    """Active memberships this person may end: their own, and those in spaces they moderate."""
    if not _is_active(user):
        return SpaceMembership.objects.none()
    return SpaceMembership.objects.active().filter(Q(person=user) | Q(space__in=spaces_moderated_by(user).values("pk")))


def user_can_end_space_membership(user: Any, membership: SpaceMembership) -> bool:
    """Twin of `space_memberships_ended_by`. One query."""
    return _is_among(space_memberships_ended_by, user, membership)
