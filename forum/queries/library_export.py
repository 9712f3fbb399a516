"""All a space's library holds, as a zip that `import_library` takes in again: the list, and each version's files.

What the person may not see is not in it; nor is anybody but the owner, by name.
"""

import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, Any

from django.db.models import Count, QuerySet, Sum
from django.utils.text import slugify

from forum.library_sheet import COLUMNS, SHEET_NAME, details_cells, joined
from forum.models import LibraryFile, LibraryItem, LibraryPrinciple, LibraryTag, LibraryVersion, Post, Space
from forum.permissions.library import items_visible_to
from forum.queries.subjects import get_principle_index, reader_language
from people.alphabet import fold
from safety.tables import stream_csv

ITEMS_AT_A_TIME = 100
"""Held in memory at once, without the words of their files."""
CHUNK = 1 << 20
NAME_MOST = 120
_DATE = (2020, 1, 1, 0, 0, 0)
"""Every file in an export has this date, so the same library is the same zip."""
_ALREADY_PACKED = frozenset({".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".pdf", ".jpg", ".jpeg", ".png"})
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f-\x9f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def items_to_export(user: Any, space: Space) -> QuerySet[LibraryItem]:
    """What the person may see of the space's library, oldest first: sources come before what builds on them."""
    return items_visible_to(user).filter(space=space).order_by("created_at", "pk")


def size_of_export(user: Any, space: Space) -> tuple[int, int]:
    """How many items, and how many bytes their files have. Two queries."""
    items = items_to_export(user, space).order_by()
    size = LibraryFile.objects.filter(version__item__in=items.values("pk")).aggregate(size=Sum("size"))["size"]
    return items.aggregate(count=Count("pk"))["count"], size or 0


def write_library_zip(user: Any, space: Space, sink: IO[bytes]) -> int:
    """Write the zip; returns how many items are in it. Memory holds a hundred items at a time, and no file whole."""
    count = 0
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(_entry(SHEET_NAME), "w", force_zip64=True) as sheet:
            for piece in stream_csv(_rows(user, space)):
                sheet.write(piece)
        for versions in _versions_of_batches(user, space):
            for version in versions:
                count += version.number == 1
                _write_version(archive, version)
    return count


def _write_version(archive: zipfile.ZipFile, version: LibraryVersion) -> None:
    if version.source:
        text = version.html if version.source_format == Post.Format.HTML else version.source
        archive.writestr(_entry(text_path(version)), text.encode("utf-8"))
    for path, file in file_paths(version):
        with file.file.open("rb") as source, archive.open(_entry(path), "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _DATE)
    packed = PurePath(path).suffix.lower() in _ALREADY_PACKED
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return entry


# --- the list ------------------------------------------------------------------------------------------


def _rows(user: Any, space: Space) -> Iterator[list[str]]:
    """The headings, then a row for each version. An item is described in its first."""
    yield list(COLUMNS)
    principles = {
        key: f"{principle.principle_set.key}/{principle.slug}"
        for key, principle in get_principle_index(language=reader_language()).items()
    }
    sources = items_visible_to(user)
    for versions in _versions_of_batches(user, space):
        items = {version.item_id: version.item for version in versions}
        words: dict[int, list[str]] = defaultdict(list)
        for item_id, key in (
            LibraryPrinciple.objects.filter(item__in=items).order_by("pk").values_list("item_id", "principle_key")
        ):
            words[item_id].append(principles.get(key, str(key)))
        tags: dict[int, list[str]] = defaultdict(list)
        for item_id, name in LibraryTag.objects.filter(item__in=items).values_list("item_id", "name"):
            tags[item_id].append(name)
        seen = {
            pk: str(key)
            for pk, key in sources.filter(
                pk__in=[item.based_on.item_id for item in items.values() if item.based_on]
            ).values_list("pk", "key")
        }
        for version in versions:
            item = version.item
            cells = {
                "id": str(item.key),
                "version": str(version.number),
                "title": item.title,
                "files": joined([path for path, _file in file_paths(version)]),
                "link": version.link,
                "text_file": text_path(version) if version.source else "",
                "note": version.note,
                "shared_on": version.created_at.date().isoformat(),
            }
            if version.number == 1:
                cells |= details_cells(item, principles=words[item.pk], tags=tags[item.pk])
                cells["owner"] = item.owner.get_full_name() if item.owner else ""
                if item.based_on and item.based_on.item_id in seen:
                    cells["based_on_id"] = seen[item.based_on.item_id]
                    cells["based_on_version"] = str(item.based_on.number)
            yield [cells.get(name, "") for name in COLUMNS]


def _versions_of_batches(user: Any, space: Space) -> Iterator[list[LibraryVersion]]:
    """All versions of a hundred items at a time, each with `shown_files`. Two queries a batch."""
    numbers = list(items_to_export(user, space).values_list("pk", flat=True))
    for start in range(0, len(numbers), ITEMS_AT_A_TIME):
        batch = numbers[start : start + ITEMS_AT_A_TIME]
        place = {pk: number for number, pk in enumerate(batch, start=start + 1)}
        versions = sorted(
            LibraryVersion.objects.filter(item__in=batch)
            .select_related("item__team", "item__owner", "item__based_on")
            .defer("text", "item__search_text"),
            key=lambda version: (place[version.item_id], version.number),
        )
        files: dict[int, list[LibraryFile]] = defaultdict(list)
        for file in LibraryFile.objects.filter(version__in=versions).defer("text"):
            files[file.version_id or 0].append(file)
        for version in versions:
            version.shown_files = files[version.pk]  # type: ignore[attr-defined]
            version.place = place[version.item_id]  # type: ignore[attr-defined]
        yield versions


# --- names in the zip ----------------------------------------------------------------------------------


def _folder(version: LibraryVersion) -> str:
    name = slugify(fold(version.item.title))[:40].strip("-") or "ressurs"
    return f"{version.place:05}-{name}/v{version.number}"  # type: ignore[attr-defined]


def text_path(version: LibraryVersion) -> str:
    """Beside the folder of its files, so that none of them can have this name."""
    ending = "html" if version.source_format == Post.Format.HTML else "txt"
    return f"{_folder(version)}.{ending}"


def file_paths(version: LibraryVersion) -> list[tuple[str, LibraryFile]]:
    """Where each file lies. Two of one name lie in folders of their own, so that both keep it."""
    found: list[tuple[str, LibraryFile]] = []
    taken: set[str] = set()
    for number, file in enumerate(version.shown_files, start=1):  # type: ignore[attr-defined]
        name = safe_name(file.name)
        same = unicodedata.normalize("NFKC", name).casefold()
        inside = f"{number}/{name}" if same in taken else name
        taken.add(same)
        found.append((f"{_folder(version)}/{inside}", file))
    return found


def safe_name(name: str) -> str:
    """The name as every disk takes it, and the list can hold it between its own signs."""
    plain = _UNSAFE.sub("_", name).strip(". ") or "fil"
    stem, dot, ending = plain.rpartition(".")
    if dot and stem:
        plain = f"{stem[: NAME_MOST - len(ending) - 1].rstrip('. ')}.{ending}"
    return f"_{plain}" if _RESERVED.match(plain) else plain[: NAME_MOST + 10]
