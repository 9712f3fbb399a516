"""Pictures of what people hand in, so that one sees it without opening it.

Whatever reads the file runs in a process of its own, with limits (`confined.py`): a file that makes PDFium or
LibreOffice fall, hang or swell takes nothing else with it. Pure functions; they raise `CannotBeShownError`.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from safety.confined import NO_ISOLATION
from safety.files import IMAGE_FORMATS, OFFICE_MAIN_PARTS, OPEN_DOCUMENT_TYPES

SMALL, LARGE = 640, 1280
"""Pixels across: for a telephone, and for a page of text on a sharp screen."""
PAGES_MOST = 12
OFFICE_EXTENSIONS = (*OFFICE_MAIN_PARTS, *OPEN_DOCUMENT_TYPES, "rtf")
RENDER_SECONDS, RENDER_MEGABYTES = 45, 1_500
CONVERT_SECONDS, CONVERT_MEGABYTES = 60, 4_000

_CONFINED = Path(__file__).with_name("confined.py")
_PICTURES = Path(__file__).with_name("page_pictures.py")


class CannotBeShownError(Exception):
    """No picture can be made of the file: damaged, too large, or too slow."""


class NoWayError(CannotBeShownError):
    """Nothing here makes pictures of files of this kind. Another machine, or this one later, may."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page in WebP, narrow and wide; width and height are those of the wide. Without pictures it cannot be shown."""

    number: int
    width: int = 0
    height: int = 0
    small: bytes = b""
    large: bytes = b""


@dataclass(slots=True)
class Rendering:
    page_count: int
    """Of the whole file."""
    pages: list[Page] = field(default_factory=list)


def can_show(extension: str) -> bool:
    """Whether files of this kind are worth trying here."""
    if extension in OFFICE_EXTENSIONS:
        return shutil.which("soffice") is not None
    return extension == "pdf" or extension in IMAGE_FORMATS


def render(content: bytes, *, extension: str) -> Rendering:
    """The first pages of a file that has come in by the door. Raises CannotBeShownError and NoWayError."""
    if not can_show(extension):
        raise NoWayError
    with TemporaryDirectory(prefix="flett-preview-") as name:
        folder = Path(name)
        file = folder / f"file.{extension}"
        file.write_bytes(content)
        if extension in OFFICE_EXTENSIONS:
            file = _converted(file, folder)
        return _pictures(file, folder, kind="image" if extension in IMAGE_FORMATS else "pdf")


def _pictures(file: Path, folder: Path, *, kind: str) -> Rendering:
    program = [sys.executable, "-I", str(_PICTURES), kind, str(file), str(folder), str(PAGES_MOST)]
    answer = _run(
        [*program, str(SMALL), str(LARGE)], folder, seconds=RENDER_SECONDS, megabytes=RENDER_MEGABYTES, network="online"
    )
    rendering: Rendering | None = None
    for line in _whole_lines(answer):
        if rendering is None:
            rendering = Rendering(line["page_count"])
        elif "width" in line:
            small, large = ((folder / f"{line['number']}-{width}.webp").read_bytes() for width in (SMALL, LARGE))
            rendering.pages.append(Page(line["number"], line["width"], line["height"], small, large))
        else:
            rendering.pages.append(Page(line["number"]))
    if rendering is None or not any(page.large for page in rendering.pages):
        raise CannotBeShownError
    return rendering


def _whole_lines(answer: str) -> Iterator[dict[str, int]]:
    """What was said before the program ended, by itself or not."""
    for line in answer.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            yield json.loads(line)


def _converted(file: Path, folder: Path) -> Path:
    """An Office file as PDF, by LibreOffice with a profile of its own.

    Without a network: what the file would fetch from elsewhere is not fetched, and nobody learns that it was opened.
    """
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    program = ["soffice", profile, "--headless", "--norestore", "--nolockcheck", "--nodefault"]
    _run(
        [*program, "--convert-to", "pdf", "--outdir", str(folder / "pdf"), str(file)],
        folder,
        seconds=CONVERT_SECONDS,
        megabytes=CONVERT_MEGABYTES,
        network="offline",
    )
    made = folder / "pdf" / f"{file.stem}.pdf"
    if not made.is_file():
        raise CannotBeShownError
    return made


def _run(program: Sequence[str], folder: Path, *, seconds: int, megabytes: int, network: str) -> str:
    """What it wrote before it ended or was stopped. Raises NoWayError where it could not be shut off from the network.

    It gets a path and a home, and nothing else of our environment: there are secrets in that.
    """
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LANG": "C.UTF-8"}
    command = [sys.executable, "-I", str(_CONFINED), str(megabytes), str(seconds), network, *program]
    process = subprocess.Popen(  # noqa: S603 – our own program, and paths that we made
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        answer = ""
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # LibreOffice leaves others behind it
        rest, _ = process.communicate()
    if process.returncode == NO_ISOLATION:
        raise NoWayError
    return answer or rest
