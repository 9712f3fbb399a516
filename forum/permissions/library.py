"""Who may see and change what in the library. An item is seen by those who read its space (ARCHITECTURE §5.1).

One that is hidden is shown to its owner and to those who moderate the space, a deleted one to nobody. The owner and
those who moderate change it, where one may write; so does whoever wrote, under their name, the answer it was made of:
the words are theirs. A file that is not in a version yet is its uploader's alone.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import Appeal, LibraryFile, LibraryItem, LibraryUpload, Report, State, Topic
from forum.permissions import (
    _is_active,
    _is_among,
    _is_moderator,
    spaces_moderated_by,
    spaces_readable_by,
    spaces_writable_by,
    topics_visible_to,
)
from people.models import Team


def items_visible_to(user: Any) -> QuerySet[LibraryItem]:
    """The items this person may see, with all their versions and files."""
    if not _is_active(user):
        return LibraryItem.objects.none()
    hidden = Q(owner=user) | Q(space__in=spaces_moderated_by(user).values("pk"))
    return LibraryItem.objects.filter(
        Q(state=State.NORMAL) | (Q(state=State.HIDDEN) & hidden), space__in=spaces_readable_by(user).values("pk")
    )


def user_can_see_item(user: Any, item: LibraryItem) -> bool:
    """Twin of `items_visible_to`. One query."""
    return _is_among(items_visible_to, user, item)


def items_editable_by(user: Any) -> QuerySet[LibraryItem]:
    """The items this person may change, give a new version, and take away."""
    if not _is_active(user):
        return LibraryItem.objects.none()
    return items_visible_to(user).filter(
        Q(owner=user) | Q(from_post__author=user) | Q(space__in=spaces_moderated_by(user).values("pk")),
        space__in=spaces_writable_by(user).values("pk"),
    )


def user_can_edit_item(user: Any, item: LibraryItem) -> bool:
    """Twin of `items_editable_by`. One query."""
    return _is_among(items_editable_by, user, item)


def items_moderated_by(user: Any) -> QuerySet[LibraryItem]:
    """The items this person may hide and show again: of the spaces they moderate."""
    return items_visible_to(user).filter(space__in=spaces_moderated_by(user).values("pk"))


def user_can_moderate_item(user: Any, item: LibraryItem) -> bool:
    """Twin of `items_moderated_by`. One query."""
    return _is_among(items_moderated_by, user, item)


def items_reportable_by(user: Any) -> QuerySet[LibraryItem]:
    """The items this person may report: what they see, is shown, and is not their own."""
    if not _is_active(user):
        return LibraryItem.objects.none()
    own = LibraryItem.objects.filter(owner=user)
    return items_visible_to(user).filter(state=State.NORMAL).exclude(pk__in=own.values("pk"))


def user_can_report_item(user: Any, item: LibraryItem) -> bool:
    """Twin of `items_reportable_by`. One query."""
    return _is_among(items_reportable_by, user, item)


def items_decided_by(user: Any) -> QuerySet[LibraryItem]:
    """The items this person may decide about, in whatever state: those of spaces they moderate, and for moderators
    what is reported or appealed anywhere, item by item. Nobody decides about their own.
    """
    if not _is_active(user):
        return LibraryItem.objects.none()
    brought = Q(Exists(Report.objects.filter(item=OuterRef("pk")))) | Q(
        Exists(Appeal.objects.filter(entry__item=OuterRef("pk")))
    )
    own = LibraryItem.objects.filter(owner=user)
    return LibraryItem.objects.filter(
        Q(space__in=spaces_moderated_by(user).values("pk")) | (Q(_is_moderator(user)) & brought)
    ).exclude(pk__in=own.values("pk"))


def user_can_decide_item(user: Any, item: LibraryItem) -> bool:
    """Twin of `items_decided_by`. One query."""
    return _is_among(items_decided_by, user, item)


def topics_made_into_items_by(user: Any) -> QuerySet[Topic]:
    """The topics whose accepted answer this person may make an item of: who wrote it, who asked, and those who
    moderate, where they may write.

    Only under a name: the item shows who made it, and would say whose the alias is.
    """
    if not _is_active(user):
        return Topic.objects.none()
    return topics_visible_to(user).filter(
        Q(accepted_post__author=user) | Q(author=user) | Q(space__in=spaces_moderated_by(user).values("pk")),
        state=State.NORMAL,
        accepted_post__state=State.NORMAL,
        space__in=spaces_writable_by(user).values("pk"),
    )


def user_can_make_item_of(user: Any, topic: Topic) -> bool:
    """Twin of `topics_made_into_items_by`. One query."""
    return _is_among(topics_made_into_items_by, user, topic)


def files_visible_to(user: Any) -> QuerySet[LibraryFile]:
    """Files of the items this person may see, and their own that are in none yet."""
    if not _is_active(user):
        return LibraryFile.objects.none()
    return LibraryFile.objects.filter(
        Q(version__item__in=items_visible_to(user).values("pk")) | Q(uploader=user, version__isnull=True)
    )


def user_can_see_file(user: Any, file: LibraryFile) -> bool:
    """Twin of `files_visible_to`. One query."""
    return _is_among(files_visible_to, user, file)


def user_can_hand_in(user: Any) -> bool:
    """Whether there is somewhere they may share something. One query."""
    return _is_active(user) and spaces_writable_by(user).exists()


def uploads_of(user: Any) -> QuerySet[LibraryUpload]:
    """What is on its way in, to whoever sends it and to nobody else."""
    if not _is_active(user):
        return LibraryUpload.objects.none()
    return LibraryUpload.objects.filter(person=user)


def user_can_see_upload(user: Any, upload: LibraryUpload) -> bool:
    """Twin of `uploads_of`. No query."""
    return _is_active(user) and upload.person_id == user.pk


def teams_spoken_for_by(user: Any) -> QuerySet[Team]:
    """The teams this person may say use an item: those they are in now."""
    if not _is_active(user):
        return Team.objects.none()
    return Team.objects.filter(memberships__person=user, memberships__ended_at__isnull=True).distinct()


def user_can_speak_for_team(user: Any, team: Team) -> bool:
    """Twin of `teams_spoken_for_by`. One query."""
    return _is_active(user) and teams_spoken_for_by(user).filter(pk=team.pk).exists()
