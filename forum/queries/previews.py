"""What is shown of a file in the page it is downloaded from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, QuerySet
from django.db.models.functions import Left
from django.http import Http404

from forum.models import LibraryFile, LibraryPreview, LibraryPreviewPage
from forum.permissions.library import files_visible_to
from forum.prepared import Several, key_of, prepared

TEXT_SHOWN = 3_000
"""Characters of a file's text, where there are no pictures of it."""


@dataclass(slots=True)
class Shown:
    """Pages as pictures, or else words, or else why there is neither."""

    is_coming: bool
    is_broken: bool
    page_count: int = 0
    pages: list[LibraryPreviewPage] = field(default_factory=list)
    text: str = ""
    is_cut: bool = False

    @property
    def is_whole(self) -> bool:
        return self.page_count == len(self.pages)


def pages_of(files: "QuerySet[LibraryFile]") -> "QuerySet[LibraryPreviewPage]":
    found = LibraryPreviewPage.objects.filter(preview__file__in=files.values("pk"))
    return found.only("preview", "number", "width", "height").order_by("number", "pk")


def words_of(files: "QuerySet[LibraryFile]") -> "QuerySet[LibraryFile, Any]":
    shown = ("pk", Left("text", TEXT_SHOWN + 1), "preview", "preview__outcome", "preview__page_count")
    return files.order_by("pk").values_list(*shown)


@prepared(files=Several(BigIntegerField()))
def _pages(reader: Any, *, files: Any) -> "QuerySet[LibraryPreviewPage]":
    return pages_of(LibraryFile.objects.alias(of=key_of("pk")).filter(of__in=files))


@prepared(files=Several(BigIntegerField()))
def _words(reader: Any, *, files: Any) -> "QuerySet[LibraryFile, Any]":
    return words_of(LibraryFile.objects.alias(of=key_of("pk")).filter(of__in=files))


def add_previews(files: Sequence[LibraryFile]) -> None:
    """Set `shown` on each, which the reader may see. Two queries, or none."""
    numbers = [file.pk for file in files]
    set_previews(files, _words.for_all(files=numbers), _pages.for_all(files=numbers))


def set_previews(
    files: Iterable[LibraryFile], words: Iterable[tuple[Any, ...]], found_pages: Iterable[LibraryPreviewPage]
) -> None:
    """Set `shown` on each, of what `words_of` and `pages_of` gave. No query."""
    pages: dict[int, list[LibraryPreviewPage]] = defaultdict(list)
    for page in found_pages:
        pages[page.preview_id].append(page)
    known = {pk: facts for pk, *facts in words}
    for file in files:
        text, preview, outcome, count = known.get(file.pk, ("", None, None, None))
        own = pages[preview] if preview is not None else []
        file.shown = Shown(  # type: ignore[attr-defined]
            is_coming=preview is None,
            is_broken=outcome == LibraryPreview.Outcome.FAILED,
            page_count=count or 0,
            pages=own,
            text="" if own else text[:TEXT_SHOWN],
            is_cut=not own and len(text) > TEXT_SHOWN,
        )


def get_page_for(user: Any, key: UUID, number: int) -> LibraryPreviewPage:
    """A page of a file that the person may see now. One query. Raises Http404."""
    files = files_visible_to(user).filter(key=key)
    found = LibraryPreviewPage.objects.filter(preview__file__in=files, number=number).exclude(large="").first()
    if found is None:
        raise Http404
    return found
