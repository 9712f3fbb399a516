"""Flett as readers meet it: production settings, gunicorn, the starter content. For the benchmark and the browser."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def flett_environment(database: str, folder: Path, *, static: Path | None = None) -> dict[str, str]:
    """Production, except that it is plain HTTP on loopback, and no proxy serves the media.

    `static` is what `collect_static` has made; without it, the preparing makes it.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLETT_", "PYTEST_", "DJANGO_"))}
    return {
        **kept,
        "DATABASE_URL": database,
        "FLETT_ENV": "production",
        "FLETT_SECRET_KEY": secrets.token_urlsafe(60),
        "FLETT_BASE_URL": "http://127.0.0.1",
        "FLETT_ALLOW_HTTP": "true",
        "FLETT_SERVE_MEDIA": "true",
        "FLETT_EMAIL_URL": "dummymail://",
        "FLETT_FROM_EMAIL": "flett@example.org",
        "FLETT_DATA_DIR": str(folder),
        "FLETT_STATIC_ROOT": str(static or folder / "static"),
        "FLETT_LOG_LEVEL": "ERROR",
    }


def prepare(name: str, environment: dict[str, str]) -> dict[str, Any]:
    """Fill the database in a process of its own, so that no settings of ours reach it."""
    command = [sys.executable, "-m", "tests.bench.prepare", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"preparing {name} failed:\n{done.stderr[-4000:]}")
    prepared: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return prepared


def collect_static(folder: Path) -> None:
    """Fill the folder as production's `collectstatic` does, less tightly packed (`tests.collectstatic`)."""
    environment = flett_environment("sqlite://:memory:", folder, static=folder)
    subprocess.run([sys.executable, "-m", "tests.collectstatic"], cwd=ROOT, env=environment, check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(application: str, environment: dict[str, str], port: int, *, threads: int = 1) -> Iterator[int]:
    """gunicorn with two workers; yields the master's process id.

    A browser connects ahead of need, and a worker without threads waits for the request that does not come.
    """
    command = [sys.executable, "-m", "gunicorn", application, "--workers=2", f"--bind=127.0.0.1:{port}"]
    if threads > 1:
        command.append(f"--threads={threads}")
    process = subprocess.Popen([*command, "--log-level=error"], cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None:
                raise RuntimeError(f"{application} did not start")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def serve_starter_site(
    folder: Path, *, content: Path | None = None, static: Path | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address of a site with the starter content on SQLite, and what `tests.bench.prepare` says of it.

    `content` (`flett.sqlite3` and `media/`) and `static` spare it the loading, where they are made already.
    """
    if content:
        shutil.copytree(content, folder, dirs_exist_ok=True)
    environment = flett_environment(f"sqlite:///{folder}/flett.sqlite3", folder, static=static)
    prepared = prepare("flett", environment)
    port = free_port()
    with serve("config.wsgi:application", environment, port, threads=8):
        yield f"http://127.0.0.1:{port}", prepared


@contextlib.contextmanager
def serve_demo_site(folder: Path) -> Iterator[str]:
    """Yield the address of a site as a developer starts it: with demo people, and what they say in the forum."""
    database = f"sqlite:///{folder}/flett.sqlite3"
    port = free_port()
    environment = flett_environment(database, folder) | {
        "FLETT_ENV": "development",
        "FLETT_BASE_URL": f"http://127.0.0.1:{port}",
    }
    for command in (["migrate", "--no-input"], ["load_starter_content", "--if-empty"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity=0"],
            cwd=ROOT,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    with serve("config.wsgi:application", environment, port, threads=8):
        yield f"http://127.0.0.1:{port}"
