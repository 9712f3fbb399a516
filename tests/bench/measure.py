"""What a page costs: processor time of every process that works for it, and how long the reader waits."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Round:
    """One burst of requests. Times in milliseconds."""

    requests: int
    cpu: float
    wall: float


def processor_seconds(roots: Iterable[int], *, proc: Path = Path("/proc")) -> float:
    """User and system time of these processes and all below them, finished children included."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = stat.rpartition(")")[2].split()
        parents[int(folder.name)] = int(fields[1])
        ticks[int(folder.name)] = sum(int(value) for value in fields[11:15])
    wanted = set(roots)
    grown = True
    while grown:
        grown = False
        for child, parent in parents.items():
            if parent in wanted and child not in wanted:
                wanted.add(child)
                grown = True
    return sum(ticks.get(process, 0) for process in wanted) / TICKS_PER_SECOND


UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def read_wrk(output: str) -> tuple[int, float]:
    """Number of requests and median latency in milliseconds. Raises RuntimeError when any request failed."""
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"requests failed:\n{output}")
    count = re.search(r"(\d+) requests in", output)
    median = re.search(r"50%\s+([\d.]+)(us|ms|s)\b", output)
    if not count or not median or int(count[1]) == 0:
        raise RuntimeError(f"wrk says nothing that can be read:\n{output}")
    return int(count[1]), float(median[1]) * UNITS[median[2]]


def run_round(
    *,
    url: str,
    cookie: str,
    clients: int,
    seconds: int,
    roots: Iterable[int],
    script: Sequence[str] = (),
    skip: int = 0,
) -> Round:
    """Load one page as browsers ask for it (compressed) and count what it costs.

    `script` says what wrk sends instead of a plain GET: the script, and what it is told. `skip` is how many of its
    requests earlier rounds have used.
    """
    command = ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s", "--latency"]
    command += ["--header", "Accept-Encoding: gzip, deflate, br"]
    if script:
        command += ["--script", script[0]]
    if cookie:
        command += ["--header", f"Cookie: {cookie}"]
    before = processor_seconds(roots)
    arguments = ["--", str(skip), *script[1:]] if script else []
    done = subprocess.run([*command, url, *arguments], capture_output=True, text=True, check=True)
    spent = processor_seconds(roots) - before
    requests, median = read_wrk(done.stdout)
    return Round(requests=requests, cpu=spent * 1000 / requests, wall=median)
