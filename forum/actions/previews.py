"""Making the pictures of a file in a version. Safe to do twice: who comes second finds them there."""

import logging
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet

from forum.models import LibraryFile, LibraryPreview, LibraryPreviewPage
from safety.previews import CannotBeShownError, NoWayError, Rendering, can_show, render

logger = logging.getLogger(__name__)


def make_preview(*, file_id: int) -> bool:
    """Make the pictures of a file, unless they are there. Returns whether something was made.

    Reading the file takes seconds and holds no lock; the file's row is locked while the pictures are kept.
    """
    file = LibraryFile.objects.filter(pk=file_id, version__isnull=False).first()
    if file is None or not _is_to_be_made(file):
        return False
    outcome, rendering = LibraryPreview.Outcome.PAGES, Rendering(0)
    try:
        with file.file.open("rb") as opened:
            rendering = render(opened.read(), extension=file.kind.lower())
    except NoWayError:
        outcome = LibraryPreview.Outcome.NO_WAY
    except (CannotBeShownError, FileNotFoundError):
        outcome = LibraryPreview.Outcome.FAILED
        logger.warning("library file %d cannot be shown", file_id)
    kept: list[LibraryPreviewPage] = []
    try:
        return _keep(file_id, outcome, rendering, kept)
    except BaseException:
        _take_back(kept)
        raise


@transaction.atomic
def _keep(file_id: int, outcome: str, rendering: Rendering, kept: list[LibraryPreviewPage]) -> bool:
    file = LibraryFile.objects.select_for_update(no_key=True).filter(pk=file_id, version__isnull=False).first()
    if file is None or not _is_to_be_made(file):
        return False  # deleted meanwhile, or made by another
    before = LibraryPreview.objects.filter(file=file).first()
    if before is not None:
        if outcome == before.outcome:
            return False
        before.delete()  # it had no pictures
    preview = LibraryPreview.objects.create(file=file, outcome=outcome, page_count=rendering.page_count)
    for page in rendering.pages:
        row = LibraryPreviewPage(preview=preview, number=page.number, width=page.width, height=page.height)
        kept.append(row)
        if page.large:
            row.small.save("small", ContentFile(page.small), save=False)
            row.large.save("large", ContentFile(page.large), save=False)
        row.save()
    return True


def _take_back(kept: list[LibraryPreviewPage]) -> None:
    for row in kept:
        for picture in (row.small, row.large):
            if picture:
                picture.storage.delete(str(picture.name))


def _is_to_be_made(file: LibraryFile) -> bool:
    """Where there is none, or where there was no way then and is now."""
    before = LibraryPreview.objects.filter(file=file).first()
    return before is None or (before.outcome == LibraryPreview.Outcome.NO_WAY and can_show(file.kind.lower()))


def files_without_previews() -> Iterator[int]:
    """Numbers of the files in versions that have none, or had no way and have one now."""
    wanting: QuerySet[LibraryFile] = (
        LibraryFile.objects.filter(version__isnull=False)
        .filter(Q(preview__isnull=True) | Q(preview__outcome=LibraryPreview.Outcome.NO_WAY))
        .defer("text")
        .order_by("pk")
    )
    for file in wanting.iterator():
        if _is_to_be_made(file):
            yield file.pk
