"""Everything Flett holds about somebody: who says what is held, and where.

Each room registers a collector for its own tables when it starts (`people.own_data.collectors` is this room's).
`tests/people/test_own_data.py` fails when a column points at a person and neither a collector nor an exemption
names it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from people.models import User

Value = str | int | bool | date | datetime | list[str] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known: a stable key for machines, words for people."""

    key: str
    label: Any
    value: Value


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file of the person's, read only when the copy is made. `size` is in bytes."""

    name: str
    size: int
    read: Callable[[], bytes]


@dataclass(slots=True)
class Collected:
    """What a collector has found: entries of facts, and files. Nothing about anybody else."""

    entries: list[list[Fact]] = field(default_factory=list)
    files: list[OwnFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Collector:
    """`covers` names the columns it answers for, as "app.Model.field"."""

    name: str
    title: Any
    why: Any
    covers: tuple[str, ...]
    collect: Callable[[User], Collected]
    place: int = 50


@dataclass(frozen=True, slots=True)
class Section:
    """One collector's part of what is shown and handed out."""

    name: str
    title: str
    why: str
    entries: list[list[Fact]]
    files: list[OwnFile]


_collectors: dict[str, Collector] = {}
_exempt: dict[str, str] = {}


def register(
    name: str,
    collector: Callable[[User], Collected],
    *,
    title: Any,
    why: Any,
    covers: tuple[str, ...] = (),
    place: int = 50,
) -> None:
    """Let `collector` answer for its columns. `name` is a part of file names: small letters and hyphens; small
    `place`s come first.

    Raises ValueError where another collector has the name. A collector costs a fixed number of queries.
    """
    if name in _collectors and _collectors[name].collect is not collector:
        raise ValueError(f"There is a collector called {name} already")
    _collectors[name] = Collector(name=name, title=title, why=why, covers=covers, collect=collector, place=place)


def exempt(column: str, *, reason: str) -> None:
    """Say why a column that points at a person is not part of their copy."""
    _exempt[column] = reason


def registered() -> list[Collector]:
    """In the order they are shown."""
    return sorted(_collectors.values(), key=lambda collector: collector.place)


def covered_columns() -> set[str]:
    """Every column that a collector answers for."""
    return {column for collector in _collectors.values() for column in collector.covers}


def exempt_columns() -> dict[str, str]:
    """Every column that is left out, with its reason."""
    return dict(_exempt)


def collect(person: User) -> list[Section]:
    """All there is about one person, in the language that is active. Sections without anything are there too."""
    sections = []
    for collector in registered():
        found = collector.collect(person)
        sections.append(
            Section(
                name=collector.name,
                title=str(collector.title),
                why=str(collector.why),
                entries=found.entries,
                files=found.files,
            )
        )
    return sections
