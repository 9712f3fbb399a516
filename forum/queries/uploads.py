"""What somebody has on its way into the library. Nobody else sees it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from forum.models import LibraryFile, LibraryItem, LibraryUpload, LibraryVersion
from forum.permissions.library import files_visible_to, uploads_of


@dataclass(frozen=True, slots=True)
class FormFiles:
    """Beside one form. `is_used` when the form has been sent: then nothing more belongs to it."""

    is_used: bool
    files: list[LibraryFile]
    uploads: list[LibraryUpload]


def get_form_files(user: Any, submission: UUID) -> FormFiles:
    """Four queries."""
    return FormFiles(
        is_used=LibraryItem.objects.filter(submission=submission, owner=user).exists()
        or LibraryVersion.objects.filter(submission=submission, created_by=user).exists(),
        files=list(_beside_forms(user).filter(upload=submission).defer("text")),
        uploads=list(uploads_of(user).filter(submission=submission)),
    )


def get_upload_for(user: Any, key: UUID) -> LibraryUpload | None:
    """One query."""
    return uploads_of(user).select_related("person").filter(key=key).first()


def get_own_file(user: Any, key: UUID) -> LibraryFile | None:
    """A file beside a form of this person. One query."""
    return _beside_forms(user).filter(key=key).first()


def _beside_forms(user: Any) -> Any:
    return files_visible_to(user).filter(uploader=user, version__isnull=True)
