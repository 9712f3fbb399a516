"""Who may take a whole list into a space's library, and who may take all of it out: those who look after the space."""

from typing import Any

from django.db.models import QuerySet

from forum.models import Space
from forum.permissions import _is_among, spaces_moderated_by, spaces_readable_by, spaces_writable_by


def spaces_open_to_import_by(user: Any) -> QuerySet[Space]:
    """The spaces this person looks after, where one may write now."""
    return spaces_moderated_by(user).filter(pk__in=spaces_writable_by(user).values("pk"))


def user_can_import_into(user: Any, space: Space) -> bool:
    """Twin of `spaces_open_to_import_by`. One query."""
    return _is_among(spaces_open_to_import_by, user, space)


def spaces_exported_by(user: Any) -> QuerySet[Space]:
    """The spaces this person looks after and may read, archived ones too."""
    return spaces_moderated_by(user).filter(pk__in=spaces_readable_by(user).values("pk"))


def user_can_export_from(user: Any, space: Space) -> bool:
    """Twin of `spaces_exported_by`. One query."""
    return _is_among(spaces_exported_by, user, space)
