"""What a test needs from the machine: skipped by name where it is missing, failed where everything is required."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def need(found: object, *, name: str, install: str) -> None:
    """Skip the running test unless `found`; with FLETT_REQUIRE_ALL=1 fail it instead. Says how to install."""
    if found:
        return
    message = f"{name} is not installed; install it with: {install}"
    if os.environ.get("FLETT_REQUIRE_ALL") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def find_chromium() -> str | None:
    """The browser of the machine; Playwright's own download is never used."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def find_postgresql() -> Path | None:
    """Where the newest installed PostgreSQL server (15 or later) keeps its binaries."""
    folders = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if (folder / "initdb").exists() and int(folder.parent.name) >= 15
    ]
    if folders:
        return max(folders, key=lambda folder: int(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


def need_chromium() -> str:
    """The browser's path, or a skip."""
    path = find_chromium()
    need(path, name="Chromium", install="apt-get install chromium")
    assert path
    return path


def need_postgresql() -> Path:
    """The folder of the server's binaries, or a skip."""
    path = find_postgresql()
    need(path, name="PostgreSQL 15 or later", install="apt-get install postgresql")
    assert path
    return path


def need_gettext() -> str:
    """The path of xgettext, or a skip."""
    path = shutil.which("xgettext")
    need(path, name="gettext", install="apt-get install gettext")
    assert path
    return path
