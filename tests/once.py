"""What all workers of a test run share: the first that asks for it makes it, the others wait and take it."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def made_once(folder: Path) -> Iterator[bool]:
    """Yield whether the folder's content is still to be made; where that fails, the next one tries again."""
    folder.mkdir(parents=True, exist_ok=True)
    done = folder.with_name(f"{folder.name}.done")
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()
