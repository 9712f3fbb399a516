"""A throw-away PostgreSQL on a private socket: `python -m tests.postgres COMMAND …` runs COMMAND against it.

The server listens on no network port, keeps its data in a folder that is deleted afterwards, and runs as
`postgres` (or `nobody`) where we are root, because PostgreSQL refuses to run as root.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.needs import find_postgresql

OPTIONS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"]
"""A test's data need not survive a power cut. The benchmark asks for the server's own defaults instead."""


@contextlib.contextmanager
def throw_away_server(binaries: Path, *, options: list[str] | None = None) -> Iterator[str]:
    """Yield the DATABASE_URL of an empty database `flett`."""
    folder = Path(tempfile.mkdtemp(prefix="flett-pg-"))
    data = folder / "data"
    user = server_user()
    if user:
        shutil.chown(folder, user)
    as_user = {"user": user} if user else {}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": folder}
    try:
        run = [binaries / "initdb", "--pgdata", data, "--username", "flett", "--auth", "trust", "--encoding", "UTF8"]
        subprocess.run([*run, "--locale", "C.UTF-8", "--no-sync"], check=True, **quiet, **as_user)
        settings = [f"-c{option}" for option in (OPTIONS if options is None else options)]
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, "-clisten_addresses=", *settings],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "log").open("wb"),
            cwd=folder,
            start_new_session=True,
            **as_user,
        )
        try:
            connect = ["--host", str(folder), "--username", "flett"]
            for _ in range(150):
                ready = subprocess.run([binaries / "pg_isready", "--quiet", "--timeout=1", *connect], check=False)
                if ready.returncode == 0:
                    break
                if server.poll() is not None:
                    raise RuntimeError(f"PostgreSQL did not start:\n{(folder / 'log').read_text()}")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    server.wait(0.1)
            subprocess.run([binaries / "createdb", *connect, "flett"], check=True)
            yield f"postgresql://flett@/{folder}/flett"
        finally:
            server.send_signal(signal.SIGINT)  # "fast": drop clients, then stop
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(20)
            if server.poll() is None:
                server.kill()
                server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def server_user() -> str | None:
    """Whom the server runs as; None where that is whoever runs this."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def main(command: list[str]) -> int:
    """Run the command with DATABASE_URL set; its exit code is ours."""
    binaries = find_postgresql()
    if binaries is None:
        print("PostgreSQL 15 or later is not installed; install it with: apt-get install postgresql", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with throw_away_server(binaries) as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
