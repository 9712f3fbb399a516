"""What is killed in the middle leaves nothing to see, and goes on when it is begun again: an upload, an import."""

import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.databases import SQLITE_FILE
from tests.served import ROOT, free_port, serve

PIECE = 400_000
SPACE, OWNER = "torget", "eier@example.org"
MAKE_WORLD = """
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from tests import factories
factories.make_home()
space = factories.SpaceFactory.create(slug="torget")
person = factories.MembershipFactory.create(person__email="eier@example.org").person
factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
session = SessionStore()
session["_auth_user_id"] = str(person.pk)
session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
session["_auth_user_hash"] = person.get_session_auth_hash()
session.create()
print("session", session.session_key)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLETT_", "PYTEST_", "DJANGO_"))}
    return kept | {
        "FLETT_ENV": "development",
        "FLETT_DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/{SQLITE_FILE}",
        "FLETT_LOG_LEVEL": "ERROR",
    }


@pytest.fixture
def session(environment: dict[str, str], django_db_setup: Path | None, tmp_path: Path) -> str:
    """A cookie of somebody who may share, in a database of the server's own: a copy, where others have migrated one."""
    run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True, "capture_output": True, "text": True}
    if django_db_setup and (django_db_setup / SQLITE_FILE).exists():
        shutil.copy(django_db_setup / SQLITE_FILE, tmp_path / SQLITE_FILE)
    else:
        subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "-v0"], **run)
    made = subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", MAKE_WORLD], **run)
    found = re.search(r"^session (\w+)$", made.stdout, re.MULTILINE)
    assert found, made.stdout
    return found[1]


class Line:
    """One person's browser, as far as it is needed."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={'x' * 32}", "X-CSRFToken": "x" * 32}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        self.connection.request(method, path, body, self.headers | headers)
        answer = self.connection.getresponse()
        content = answer.read()
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, json.loads(content) if is_json else content.decode()


def rows(folder: Path, table: str) -> int:
    with sqlite3.connect(folder / SQLITE_FILE) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def kill_all(master: int) -> None:
    """The master and its workers, at once and without a word."""
    children = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True, check=False).stdout.split()
    for pid in [str(master), *children]:
        os.kill(int(pid), signal.SIGKILL)


def test_a_killed_upload_leaves_nothing_to_see_and_goes_on(
    environment: dict[str, str], session: str, tmp_path: Path
) -> None:
    content = b"Bare tekst. " * 100_000
    port = free_port()
    with serve("config.wsgi:application", environment, port) as master:
        line = Line(port, session)
        submission = "11111111-1111-4111-8111-111111111111"
        claim = urlencode({"submission": submission, "name": "notat.txt", "size": len(content), "stamp": 1})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, begun = line.ask("POST", "/forum/bibliotek/opplasting/", claim, **form)
        assert (status, begun["received"]) == (201, 0)
        status, told = line.ask("PATCH", begun["url"], content[:PIECE], **{"Upload-Offset": "0"})
        assert (status, told["received"]) == (200, PIECE)
        # Half of the next piece is on its way when the server dies.
        headers = {"Upload-Offset": str(PIECE), "Content-Length": str(PIECE)}
        line.connection.putrequest("PATCH", begun["url"])
        for name, value in (line.headers | headers).items():
            line.connection.putheader(name, value)
        line.connection.endheaders()
        line.connection.send(content[PIECE : PIECE + PIECE // 2])
        kill_all(master)
    assert (rows(tmp_path, "forum_libraryfile"), rows(tmp_path, "forum_libraryitem")) == (0, 0)
    assert rows(tmp_path, "forum_libraryuploadpart") == 1
    assert [path for path in (tmp_path / "forum").rglob("*") if path.is_file()] == []
    port = free_port()
    with serve("config.wsgi:application", environment, port):
        line = Line(port, session)
        _status, page = line.ask("GET", "/forum/bibliotek/")
        assert "notat.txt" not in page
        status, told = line.ask("GET", begun["url"])
        assert (status, told["received"]) == (200, PIECE)
        for start in range(PIECE, len(content), PIECE):
            status, told = line.ask(
                "PATCH", begun["url"], content[start : start + PIECE], **{"Upload-Offset": str(start)}
            )
        assert told["received"] == len(content)
        status, done = line.ask("POST", begun["url"], "", **form)
        assert (status, done["file"]["name"]) == (200, "notat.txt")
    [kept] = [path for path in (tmp_path / "forum").rglob("*") if path.is_file()]
    assert kept.read_bytes() == content
    assert rows(tmp_path, "forum_libraryuploadpart") == 0


FILES_EACH = 10


def test_a_killed_import_is_taken_up_again_and_leaves_no_file_without_a_row(
    environment: dict[str, str], session: str, tmp_path: Path
) -> None:
    """Killed while an item's files are being laid down: what was whole stays, the rest comes with the same list."""
    folder, disk = tmp_path / "list", tmp_path / "forum"
    folder.mkdir()
    names = [f"{number}.txt" for number in range(4 * FILES_EACH)]
    for name in names:
        (folder / name).write_text(f"Dette er {name}. " * 50)
    items = [names[start : start + FILES_EACH] for start in range(0, len(names), FILES_EACH)]
    lines = [f"{number};Mal {number};{'|'.join(each)}" for number, each in enumerate(items)]
    (folder / "bibliotek.csv").write_text("\n".join(["id;tittel;filer", *lines]))

    def on_disk() -> list[Path]:
        return [path for path in disk.rglob("*") if path.is_file()]

    command = [sys.executable, "manage.py", "import_library", str(folder), "--space", SPACE, "--owner", OWNER]
    run: dict[str, Any] = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    begun = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(on_disk()) < FILES_EACH + 3 and begun.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    begun.kill()
    assert begun.wait() == -signal.SIGKILL
    whole = rows(tmp_path, "forum_libraryitem")
    assert rows(tmp_path, "forum_libraryfile") == whole * FILES_EACH
    assert 1 <= whole < len(items)
    left = len(on_disk()) - whole * FILES_EACH
    assert left > 0
    again = subprocess.run(command, check=True, **run)
    assert again.stdout.count("there    row") == whole
    assert again.stdout.count("made     row") == len(items) - whole
    assert len(on_disk()) == len(names) + left
    for path in on_disk():
        os.utime(path, (0, 0))
    swept = subprocess.run([sys.executable, "manage.py", "delete_orphaned_files"], check=True, **run)
    assert f"{left} files without a row deleted." in swept.stdout
    assert len(on_disk()) == rows(tmp_path, "forum_libraryfile") == len(names)
