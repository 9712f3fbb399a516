"""Who may see and change what in the library. An item is seen by those who read its space (ARCHITECTURE §5.1).

One that is hidden is shown to its owner and to those who moderate the space, a deleted one to nobody. The owner and
those who moderate change it, where one may write. A file that is not in a version yet is its uploader's alone.
"""

from typing import Any

from django.db.models import Q, QuerySet

from forum.models import LibraryFile, LibraryItem, LibraryUpload, State
from forum.permissions import _is_active, _is_among, spaces_moderated_by, spaces_readable_by, spaces_writable_by
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
        Q(owner=user) | Q(space__in=spaces_moderated_by(user).values("pk")),
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
