"""Packages as zip files, in and out."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from courses.models import CoursePage
from courses.packages.collect import collect_course, copier
from courses.packages.format import PackageError, Problem
from courses.packages.writer import write_package
from safety.archive import ArchiveRefusedError, unpack_zip

_ZIP_DATE = (2020, 1, 1, 0, 0, 0)
"""Every file in an export has this date, so the same course is the same zip."""
_ALREADY_PACKED = frozenset({".mp4", ".webm", ".jpg", ".jpeg", ".png", ".webp", ".docx", ".xlsx", ".pptx"})


@contextmanager
def opened_package(source: Path) -> Iterator[Path]:
    """The folder of a package given as a folder or a zip. Raises PackageError when it is neither, or not safe."""
    if source.is_dir():
        yield source
        return
    if not source.is_file():
        raise PackageError([Problem(source.name, 0, _("Det finnes ingen slik mappe eller fil."))])
    with source.open("rb") as file, unpacked_package(file, name=source.name) as folder:
        yield folder


@contextmanager
def unpacked_package(file: IO[bytes], *, name: str) -> Iterator[Path]:
    """The zip unpacked in a folder of its own, gone afterwards. Raises PackageError for what is not a safe zip."""
    if not zipfile.is_zipfile(file):
        raise PackageError([Problem(name, 0, _("Dette er verken en mappe eller en zip-fil."))])
    file.seek(0)
    with tempfile.TemporaryDirectory(prefix="flett-package-") as temporary:
        folder = Path(temporary)
        try:
            unpack_zip(file, folder, max_bytes=settings.PACKAGE_MAX_BYTES, max_files=settings.PACKAGE_MAX_FILES)
        except ArchiveRefusedError as refusal:
            raise PackageError([Problem(name, 0, str(refusal))]) from refusal
        yield folder


def export_folder(course: CoursePage, folder: Path) -> None:
    """Write the published course as a package in this folder."""
    package, files = collect_course(course)
    write_package(package, folder, copy=copier(files))


def export_zip(course: CoursePage, sink: IO[bytes]) -> None:
    """Write the published course as a zip: one folder named after the course."""
    with tempfile.TemporaryDirectory(prefix="flett-package-") as temporary:
        folder = Path(temporary) / course.slug
        export_folder(course, folder)
        with zipfile.ZipFile(sink, "w") as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_dir():
                    continue
                entry = zipfile.ZipInfo(str(path.relative_to(temporary)), _ZIP_DATE)
                packed = path.suffix in _ALREADY_PACKED
                entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
                entry.external_attr = 0o100644 << 16
                with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)
