"""How many identity numbers the privacy guard finds, misses, and sees where there are none."""

import time
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from home.guard_samples import KINDS, LOOKALIKES, SENTENCES, make_docx, make_pdf, make_xlsx
from safety.guard import find_identity_numbers, find_warnings
from safety.guard.office import read_office
from safety.guard.pdf import read_pdf
from safety.guard.pieces import Reading


class Command(BaseCommand):
    help = "Measure the privacy guard on made-up numbers: found, missed, false alarms. Nothing is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", type=int, default=10_000, help="numbers of each kind")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, size: int, seed: int, **options: Any) -> None:
        begun = time.process_time()
        self._print_recall(size, seed)
        self._print_files(size, seed)
        self._print_false_alarms(size, seed)
        self.stdout.write(f"\n{size} of each, seed {seed}: {time.process_time() - begun:.0f} s of one processor.")

    def _print_recall(self, size: int, seed: int) -> None:
        self.stdout.write("| kind | ways of writing | texts | found | missed | recall |\n|---|--:|--:|--:|--:|--:|")
        for kind, (_make, ways) in KINDS.items():
            found = sum(measure_way(kind, way, size=size, seed=seed) for way in ways)
            asked = size * len(ways)
            self.stdout.write(
                f"| {kind} | {len(ways)} | {asked} | {found} | {asked - found} | {100 * found / asked:.2f} % |"
            )

    def _print_files(self, size: int, seed: int) -> None:
        self.stdout.write("\n| kind | in | numbers | found | missed | recall |\n|---|---|--:|--:|--:|--:|")
        for kind in KINDS:
            for ending, (asked, found) in measure_files(kind, size=size, seed=seed).items():
                self.stdout.write(
                    f"| {kind} | {ending} | {asked} | {found} | {asked - found} | {100 * found / asked:.2f} % |"
                )

    def _print_false_alarms(self, size: int, seed: int) -> None:
        self.stdout.write("\n| no identity number | texts | stopped | share | asked about |\n|---|--:|--:|--:|--:|")
        for name in LOOKALIKES:
            stopped, asked = measure_false_alarms(name, size=size, seed=seed)
            self.stdout.write(
                f"| {name} | {size} | {stopped} | {100 * stopped / size:.2f} % | {100 * asked / size:.2f} % |"
            )


@lru_cache(maxsize=1)
def _numbers(kind: str, size: int, seed: int) -> list[str]:
    rng = Random(f"{seed} {kind}")  # noqa: S311 - the same numbers each time is what is wanted
    return [KINDS[kind][0](rng) for _count in range(size)]


def measure_way(kind: str, way: str, *, size: int, seed: int) -> int:
    """How many of `size` numbers are found whole when they are written in that way, within a sentence."""
    rng = Random(f"{seed} {kind} {way}")  # noqa: S311
    write = KINDS[kind][1][way]
    found = 0
    for place, number in enumerate(_numbers(kind, size, seed)):
        written = write(number, rng)
        sentence = SENTENCES[place % len(SENTENCES)]
        findings = find_identity_numbers(sentence.format(written))
        found += len(findings) == 1 and findings[0].end == sentence.index("{}") + len(written)
    return found


def measure_files(kind: str, *, size: int, seed: int) -> dict[str, tuple[int, int]]:
    """By format: numbers put into one file, and how many are found there."""
    rng = Random(f"{seed} {kind} files")  # noqa: S311
    numbers = _numbers(kind, size, seed)
    writings = list(KINDS[kind][1].values())
    written = [writings[place % len(writings)](number, rng) for place, number in enumerate(numbers)]
    typeset = [
        text if _can_be_typeset(text) else writings[0](number, rng)
        for text, number in zip(written, numbers, strict=True)
    ]
    return {
        "docx": (size, _count(read_office(BytesIO(make_docx(written, rng))))),
        "xlsx": (2 * size, _count(read_office(BytesIO(make_xlsx(written, numbers))))),
        "pdf": (size, _count(read_pdf(BytesIO(make_pdf(typeset))))),
    }


def measure_false_alarms(name: str, *, size: int, seed: int) -> tuple[int, int]:
    """Of `size` texts without an identity number: how many are stopped, and how many only asked about."""
    rng = Random(f"{seed} {name}")  # noqa: S311
    stopped = asked = 0
    for _count in range(size):
        sentence = rng.choice(SENTENCES).format(LOOKALIKES[name](rng))
        if find_identity_numbers(sentence):
            stopped += 1
        elif find_warnings(sentence):
            asked += 1
    return stopped, asked


def _count(reading: Reading) -> int:
    return sum(len(find_identity_numbers(piece.text)) for piece in reading.pieces)


def _can_be_typeset(text: str) -> bool:
    """Typst's own fonts have neither full-width nor Arabic-Indic digits."""
    return all(letter in "0123456789" or not letter.isdigit() for letter in text)
