"""Zip files that people upload, unpacked without trusting a word of what they say about themselves.

The size a zip declares is a claim. It is checked before anything is written, and the bytes that really come out
are counted again while they are written.
"""

import stat
import struct
import unicodedata
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from django.utils.translation import gettext as _

MAX_RATIO = 200
"""How much larger than its packed form a file may be, once it is over a megabyte. Plain text reaches 10–20."""
RATIO_FROM_BYTES = 1024 * 1024
MAX_NAME_LENGTH = 240
MAX_DEPTH = 8
_DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises, one place or another, when the bytes make no sense."""
_CHUNK = 64 * 1024
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
RESERVED_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(10)), *(f"lpt{n}" for n in range(10))}
)
"""Names that are devices on Windows, whatever ending they have."""


class ArchiveRefusedError(ValueError):
    """The zip may not come in; the message is written for the person who uploaded it."""


def unpack_zip(file: IO[bytes] | Path, folder: Path, *, max_bytes: int, max_files: int) -> list[Path]:
    """Unpack the zip below `folder`, an empty folder of one's own. Returns the files, in the zip's order.

    `max_bytes` counts what is unpacked, `max_files` every entry. Raises ArchiveRefusedError for paths that leave
    the folder, links, encryption, names that meet, and anything over a limit; what was written by then is the
    caller's to throw away with the folder.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = check_entries(archive.infolist(), max_bytes=max_bytes, max_files=max_files)
            left = max_bytes
            written = []
            for name, entry in entries:
                target = folder.joinpath(*name.parts)
                if entry.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _write(archive, entry, target, left)
                written.append(target)
            return written
    except ArchiveRefusedError:
        raise
    except _DAMAGE as error:
        raise ArchiveRefusedError(_("Zip-filen er skadet og kan ikke pakkes ut.")) from error
    except OSError as error:
        raise ArchiveRefusedError(_("Zip-filen kan ikke pakkes ut her: et filnavn kan ikke brukes.")) from error


def check_entries(
    entries: list[zipfile.ZipInfo], *, max_bytes: int, max_files: int
) -> list[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """Each entry with the path it may have. Raises ArchiveRefusedError on the first that is not safe."""
    if len(entries) > max_files:
        raise ArchiveRefusedError(_("Zip-filen har flere enn %s filer.") % max_files)
    declared = 0
    seen: dict[str, bool] = {}
    checked = []
    for entry in entries:
        path = safe_path(entry.orig_filename)
        if entry.flag_bits & 0x1:
            raise ArchiveRefusedError(_("Zip-filen er kryptert: «%s». Lag den uten passord.") % _shown(path))
        if entry.compress_type not in _METHODS:
            raise ArchiveRefusedError(_("«%s» er pakket på en måte som ikke kan leses.") % _shown(path))
        kind = stat.S_IFMT(entry.external_attr >> 16)
        wrong_kind = {stat.S_IFREG: entry.is_dir(), stat.S_IFDIR: not entry.is_dir(), 0: False}.get(kind, True)
        if wrong_kind:
            raise ArchiveRefusedError(_("«%s» er ikke en vanlig fil (for eksempel en lenke).") % _shown(path))
        if entry.is_dir() and entry.file_size:
            raise ArchiveRefusedError(_("Zip-filen er skadet og kan ikke pakkes ut."))
        declared += entry.file_size
        if declared > max_bytes:
            raise ArchiveRefusedError(_too_large(max_bytes))
        if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise ArchiveRefusedError(_("«%s» er pakket så tett at den kan være en zip-bombe.") % _shown(path))
        _claim(path, seen, is_folder=entry.is_dir())
        checked.append((path, entry))
    return checked


def safe_path(name: str) -> PurePosixPath:
    """The entry's name as a path below the folder. Raises ArchiveRefusedError when it could be anything else."""
    refusal = ArchiveRefusedError(_("Zip-filen inneholder en ugyldig filsti: «%s».") % name[:80].replace("\x00", "?"))
    if not name or len(name) > MAX_NAME_LENGTH or "\\" in name or ":" in name or name.startswith("/"):
        raise refusal
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise refusal
    parts = name.removesuffix("/").split("/")
    if len(parts) > MAX_DEPTH:
        raise refusal
    for part in parts:
        if part in {"", ".", ".."} or part != part.rstrip(". ") or part.split(".")[0].lower() in RESERVED_NAMES:
            raise refusal
    return PurePosixPath(*parts)


def _claim(path: PurePosixPath, seen: dict[str, bool], *, is_folder: bool) -> None:
    """Two entries may not become one file on a disk that takes A for a or é for e plus accent."""

    def fold(one: PurePosixPath) -> str:
        return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", str(one)).casefold())

    own = fold(path)
    clash = seen.get(own)
    if clash is not None and not (clash and is_folder):
        raise ArchiveRefusedError(_("Zip-filen har to filer med samme navn: «%s».") % _shown(path))
    seen[own] = is_folder
    for parent in list(path.parents)[:-1]:
        if seen.setdefault(fold(parent), True) is False:
            raise ArchiveRefusedError(_("Zip-filen har to filer med samme navn: «%s».") % _shown(parent))


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, limit: int) -> int:
    """Write one file, counting; returns its size."""
    size = 0
    with archive.open(entry) as source, target.open("xb") as sink:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > limit or size > entry.file_size:
                raise ArchiveRefusedError(_("Zip-filen pakker ut mer enn den sier."))
            sink.write(chunk)
    return size


def _too_large(max_bytes: int) -> str:
    return _("Zip-filen er for stor: utpakket kan den være høyst %s MB.") % (max_bytes // (1024 * 1024))


def _shown(path: PurePosixPath) -> str:
    return str(path)[:80]
