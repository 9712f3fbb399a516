"""`make bench`: each page of Flett against a bare Django page, in alternating rounds on the same machine.

Counted is the processor time of the web processes and the database together, from /proc: it hardly moves
when other programs share the machine, which waiting time does. Background work waits, as it does in production, and is
counted by itself when the pages are done.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener, urlopen

from tests.bench.measure import Round, processor_seconds, run_round
from tests.bench.prepare import TOKEN
from tests.needs import find_postgresql
from tests.postgres import throw_away_server
from tests.served import ROOT, flett_environment, free_port, prepare, serve

REPORT = ROOT / "docs" / "bench.md"
CLIENTS = (1, 8)
WITH_WORKER = {"FLETT_TASKS": "database"}
"""For what is served: what the preparing process writes must be found by search at once."""
TARGETS = {
    "lesson, anonymous": 2.0,
    "lesson with progress": 2.0,
    "tick": 2.0,
    "learning path": 2.5,
    "home": 2.5,
    "Min side": 2.5,
    "team report": 4.0,
    "topic": 2.0,
    "topic list": 2.5,
    "forum": 2.5,
    "search": 4.0,
    "posting": 4.0,
    "library": 2.5,
    "library item": 2.5,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="length of a round")
    parser.add_argument("--no-report", action="store_true", help=f"leave {REPORT.relative_to(ROOT)} as it is")
    options = parser.parse_args()
    binaries = find_postgresql()
    for found, name, package in [
        (binaries, "PostgreSQL 15 or later", "postgresql"),
        (shutil.which("wrk"), "wrk", "wrk"),
    ]:
        if not found:
            print(f"{name} is not installed; install it with: apt-get install {package}", file=sys.stderr)
            return 1
    assert binaries is not None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flett-bench-")))
        database = stack.enter_context(throw_away_server(binaries, options=[]))
        host = database.rpartition("/")[0].partition("@/")[2]
        subprocess.run([binaries / "createdb", "-h", host, "-U", "flett", "bare"], check=True)
        os.environ |= {
            "FLETT_BENCH_TICKS": str(folder / "ticks.tsv"),
            "FLETT_BENCH_POSTS": str(folder / "posts.tsv"),
            "FLETT_BENCH_TOKEN": TOKEN,
        }
        servers = [
            ("bare", "tests.bench.bare:application", bare_environment(f"{database.rpartition('/')[0]}/bare")),
            ("flett", "config.wsgi:application", flett_environment(database, folder) | own_variables()),
        ]
        postmaster = int((Path(host) / "data" / "postmaster.pid").read_text().split()[0])
        database_of = {"bare": "bare", "flett": database.rpartition("/")[2]}
        pages: list[dict[str, Any]] = []
        for name, application, environment in servers:
            prepared = prepare(name, environment)
            # A database that has been in use knows how much there is of what; one just filled plans in the dark.
            subprocess.run(
                [binaries / "psql", "-h", host, "-U", "flett", "-q", "-c", "ANALYZE", database_of[name]], check=True
            )
            port = free_port()
            process = stack.enter_context(serve(application, environment | WITH_WORKER, port))
            for page in prepared["pages"]:
                page |= {"address": f"http://127.0.0.1:{port}{page['url']}", "roots": [process, postmaster]}
                page["sent"] = warm_up_lines(page) if page.get("script") else warm_up(page)
                pages.append(page)
        results = measure(pages, rounds=options.rounds, seconds=options.seconds)
        # What is refused may be answered with 200, too: only what is kept says that ticks and posts were measured.
        after = prepare("kept", servers[1][2])
        for name in ("tick", "posting"):
            kept = after[name] - prepared[name]
            answered = sum(done.requests for (page, _), rounds in results.items() if page == name for done in rounds)
            if kept < answered:
                raise RuntimeError(f"{answered} requests of {name} were answered, {kept} are kept")
        task_cost = run_waiting_tasks(servers[1][2] | WITH_WORKER, postmaster=postmaster) / after["tasks"]
    report = write_report(
        pages,
        results,
        rounds=options.rounds,
        seconds=options.seconds,
        background=f"{after['tasks'] / kept:.2f} tasks a post, {task_cost:.2f} ms each",
    )
    print(report)
    if not options.no_report:
        REPORT.write_text(report)
    return 0


def own_variables() -> dict[str, str]:
    """What the preparing process has to know of the benchmark itself."""
    return {name: value for name, value in os.environ.items() if name.startswith("FLETT_BENCH_")}


def bare_environment(database: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database}


def warm_up(page: dict[str, Any]) -> int:
    """Let both workers render the page; return how many bytes travel."""
    size = 0
    for number in range(40):
        headers = {"Accept-Encoding": "gzip" if number else "identity"}
        if page["cookie"]:
            headers["Cookie"] = page["cookie"]
        with urlopen(Request(page["address"], headers=headers), timeout=30) as response:  # noqa: S310 – our own server
            content = response.read()
        if not number and page["expects"] not in content.decode():
            raise RuntimeError(f"{page['address']} does not say {page['expects']}")
        size = len(content)
    return size


WARM_LINES = 40
PAUSE_SECONDS = 0.5
"""What wrk has asked for and not waited for is answered meanwhile, so that no page pays for the one before."""


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """What a form answers is the answer."""


def warm_up_lines(page: dict[str, Any]) -> int:
    """Let both workers take the first lines of the page's file; return how many bytes an answer has."""
    _script, file, content_type = page["script"]
    content = b""
    for line in Path(file).read_text().splitlines()[:WARM_LINES]:
        cookie, _tab, body = line.partition("\t")
        headers = {"Cookie": cookie, "X-CSRFToken": TOKEN, "Content-Type": content_type}
        request = Request(page["address"], data=body.encode(), headers=headers)  # noqa: S310 – our own server
        try:
            with build_opener(_Stay).open(request, timeout=30) as response:
                content = response.read()
        except HTTPError as answer:
            if answer.code != page["status"]:
                raise RuntimeError(f"{page['name']} was answered with {answer.code}: {answer.read()!r}") from answer
    if page["expects"] not in content.decode():
        raise RuntimeError(f"{page['name']} was answered with: {content.decode()}")
    return len(content)


def measure(pages: list[dict[str, Any]], *, rounds: int, seconds: int) -> dict[tuple[str, int], list[Round]]:
    """Every page in every round, one after the other, so that a busy minute hits them all."""
    results: dict[tuple[str, int], list[Round]] = {}
    used = {page["name"]: WARM_LINES for page in pages}
    for number in range(rounds):
        for clients in CLIENTS:
            for page in pages:
                print(f"\rround {number + 1}/{rounds}, {clients} clients: {page['name']:<24}", end="", file=sys.stderr)
                script = page.get("script", ())
                time.sleep(PAUSE_SECONDS)
                done = run_round(
                    url=page["address"],
                    cookie=page["cookie"],
                    clients=clients,
                    seconds=seconds,
                    roots=page["roots"],
                    script=script,
                    skip=used[page["name"]],
                )
                used[page["name"]] += done.requests + 2 * clients
                results.setdefault((page["name"], clients), []).append(done)
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return results


def run_waiting_tasks(environment: dict[str, str], *, postmaster: int) -> float:
    """Let a worker do all that waits; milliseconds of its processor time and the database's, without its starting."""
    command = [sys.executable, "manage.py", "db_worker", "--batch", "--no-startup-delay", "--interval", "0"]
    spent = []
    for _ in range(2):  # the second finds nothing to do
        before = processor_seconds([postmaster]) + children_seconds()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        spent.append(processor_seconds([postmaster]) + children_seconds() - before)
    return (spent[0] - spent[1]) * 1000


def children_seconds() -> float:
    """Processor time of the processes that were started from here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def write_report(
    pages: list[dict[str, Any]],
    results: dict[tuple[str, int], list[Round]],
    *,
    rounds: int,
    seconds: int,
    background: str,
) -> str:
    """The table in Markdown. A ratio is the median over rounds of page ÷ yardstick in the same round."""
    yardstick = pages[0]["name"]
    lines = [
        "# What a page costs",
        "",
        "Written by `make bench`; do not edit. CPU is milliseconds of processor time per request, web processes and",
        "database together; × is how many bare Django pages (session, signed-in reader, small template) that buys.",
        "Both run in gunicorn with two workers on one PostgreSQL, asked by wrk with `Accept-Encoding: gzip`.",
        "Search and news of a post are made by a worker (`FLETT_TASKS=database`), which is not in the table: "
        f"{background}.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {rounds} rounds of {seconds} s each, medians; {os.cpu_count()} processors, "
        f"Python {sys.version_info.major}.{sys.version_info.minor}.",
        "",
        "| page | CPU, 1 client | × | CPU, 8 clients | × | wait, 1 | wait, 8 | queries | first time | sent |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for page in pages:
        cells = [page["name"]]
        for clients in CLIENTS:
            own, bare = results[page["name"], clients], results[yardstick, clients]
            ratio = median(one.cpu / other.cpu for one, other in zip(own, bare, strict=True))
            cells += [f"{median(one.cpu for one in own):.2f} ms", f"{ratio:.2f}{mark(page['name'], ratio)}"]
        cells += [f"{median(one.wall for one in results[page['name'], clients]):.1f} ms" for clients in CLIENTS]
        cells += [str(page["queries"]), str(page["queries_cold"]), f"{page['sent'] / 1000:.1f} kB"]
        lines.append(f"| {' | '.join(cells)} |")
    goals = "; ".join(f"{name} ≤ {goal:g} ×" for name, goal in TARGETS.items())
    return "\n".join([*lines, "", f"Targets: {goals}. A ratio above its target is marked with !.", ""])


def mark(name: str, ratio: float) -> str:
    return " !" if ratio > TARGETS.get(name, float("inf")) else ""


if __name__ == "__main__":
    sys.exit(main())
