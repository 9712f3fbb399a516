"""Files that come into the library piece by piece. A piece is taken once, in order, by whichever process is asked.

The upload's row is locked before its next piece is taken. When all has come, the file goes through the same door as one
from a form (`keep_library_file`); until then nobody reads it.
"""

from datetime import datetime, timedelta
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.library import check_room, keep_library_file
from forum.actions.pace import check_upload_pace, lock_person
from forum.models import LibraryFile, LibraryUpload, LibraryUploadPart
from forum.models.uploads import NAME_MAX
from forum.permissions.library import user_can_hand_in
from people.models import User
from safety.files import MEGABYTE, FileRefusedError, check_claim, clean_file_name
from safety.guard import ConfirmationNeededError
from safety.guard.files import guard_file_name
from safety.text import TextRefusedError

PIECE_MOST = MEGABYTE
"""Bytes of one piece; more than a browser sends, less than Django refuses to hold in memory."""
KEPT_UNFINISHED = timedelta(days=2)
"""From the last piece: over a night and a day. What nobody has looked through is kept no longer."""
_IN_MEMORY = 5 * MEGABYTE


class WrongPlaceError(Exception):
    """A piece that does not begin where the last one ended. `received` is how many bytes there are."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


@sensitive_variables()
@transaction.atomic
def begin_upload(*, person: User, submission: UUID, name: str, size: int, stamp: int = 0) -> LibraryUpload:
    """Make room for a file beside a form; the same file once more goes on where it was. `size` is in bytes.

    Raises PermissionDenied, FileRefusedError, TextRefusedError and the guard's kinds of it, before a byte has come.
    """
    if not user_can_hand_in(person):
        raise PermissionDenied
    name = clean_file_name(name, most=NAME_MAX)
    check_claim(name=name, size=size)
    guard_file_name(name)
    lock_person(person)
    before = LibraryUpload.objects.filter(
        person=person, submission=submission, name=name, size=size, stamp=stamp
    ).first()
    if before is not None:
        return before
    check_upload_pace(person=person)
    check_room(person=person, submission=submission, size=size)
    return LibraryUpload.objects.create(person=person, submission=submission, name=name, size=size, stamp=stamp)


@transaction.atomic
def take_piece(*, upload: LibraryUpload, start: int, content: bytes) -> LibraryUpload:
    """Keep the next bytes. Raises WrongPlaceError for others, and LibraryUpload.DoesNotExist where it is taken away."""
    upload = LibraryUpload.objects.select_for_update(no_key=True).get(pk=upload.pk)
    if start != upload.received:
        raise WrongPlaceError(upload.received)
    if not content or len(content) > PIECE_MOST or upload.received + len(content) > upload.size:
        raise FileRefusedError(_("Filen er blitt lengre underveis. Velg den på nytt."))
    LibraryUploadPart.objects.create(upload=upload, start=start, content=content)
    upload.received += len(content)
    upload.touched_at = timezone.now()
    upload.save(update_fields=["received", "touched_at"])
    return upload


@sensitive_variables()
def finish_upload(*, upload: LibraryUpload, confirmed: bool = False) -> tuple[LibraryFile, list[str]]:
    """Let what has come in by the door, as a form's file. Twice is once.

    Raises WrongPlaceError while some of it is missing, ConfirmationNeededError as the door does, and then it waits;
    FileRefusedError, TextRefusedError and the guard's kinds of it, and then nothing is left of it.
    """
    if not upload.is_whole:
        raise WrongPlaceError(upload.received)
    try:
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as whole:
            _join(upload, whole)
            kept = keep_library_file(
                person=upload.person,
                submission=upload.submission,
                file=whole,
                name=upload.name,
                confirmed=confirmed,
                key=upload.key,
            )
    except ConfirmationNeededError:
        raise
    except (FileRefusedError, TextRefusedError):
        forget_upload(upload=upload)
        before = LibraryFile.objects.filter(key=upload.key, uploader=upload.person).first()
        if before is not None:
            return before, []  # another has finished it meanwhile, and taken the pieces away
        raise
    forget_upload(upload=upload)
    return kept


def _join(upload: LibraryUpload, whole: IO[bytes]) -> None:
    for content in upload.parts.order_by("start").values_list("content", flat=True).iterator(chunk_size=1):
        whole.write(content)
    if whole.tell() != upload.size:
        raise FileRefusedError(_("Noe av filen er blitt borte på veien. Velg den på nytt."))
    whole.seek(0)


@transaction.atomic
def forget_upload(*, upload: LibraryUpload) -> None:
    """Take it away, with all its pieces. Its row is locked first, so that none comes meanwhile."""
    for row in LibraryUpload.objects.select_for_update().filter(pk=upload.pk):
        row.delete()


def old_uploads(now: datetime) -> QuerySet[LibraryUpload]:
    return LibraryUpload.objects.filter(touched_at__lt=now - KEPT_UNFINISHED)


@transaction.atomic
def forget_old_uploads() -> int:
    """Take away those that nothing has come to for two days. Returns how many."""
    old = list(old_uploads(timezone.now()).select_for_update().values_list("pk", flat=True))
    return LibraryUpload.objects.filter(pk__in=old).delete()[1].get("forum.LibraryUpload", 0)
