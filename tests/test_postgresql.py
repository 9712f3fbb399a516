"""On SQLite, the questions that only PostgreSQL can answer are asked on a server of their own."""

import os
import subprocess
import sys

from django.conf import settings

from tests.needs import need_postgresql


def clean_environment() -> dict[str, str]:
    """Without the outer run's marks, which would make the inner one think it is a worker of it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DATABASE_"))}


def test_what_only_postgresql_can_answer() -> None:
    need_postgresql()
    command = [sys.executable, "-m", "tests.postgres", sys.executable, "-m", "pytest", "-q", "-m", "postgresql"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=settings.BASE_DIR,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
