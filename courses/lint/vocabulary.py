"""The words file, read once."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("words.yaml")


@dataclass(frozen=True, slots=True)
class Word:
    """Something not to write, why, and what to write."""

    code: str
    pattern: re.Pattern[str]
    reason: str
    instead: str
    unless: re.Pattern[str] | None
    may_be_quoted: bool
    allowed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Variant:
    """A principle's name as it is not to be written."""

    pattern: str
    instead: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    words: tuple[Word, ...]
    principle_names: tuple[Variant, ...]
    counterparts: tuple[dict[str, str], ...]
    telephones: frozenset[str]
    phrases: tuple[tuple[str, int], ...]
    unfinished: tuple[str, ...]
    unfinished_in_courses: tuple[str, ...]
    not_names: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    data: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return Vocabulary(
        words=tuple(
            Word(
                code=entry["code"],
                pattern=re.compile(entry["pattern"], 0 if entry.get("exact_case") else re.IGNORECASE),
                reason=entry["reason"],
                instead=entry["instead"],
                unless=re.compile(entry["unless"], re.IGNORECASE) if "unless" in entry else None,
                may_be_quoted=entry.get("quoted", False),
                allowed=frozenset(entry.get("allowed", ())),
            )
            for entry in data["words"]
        ),
        principle_names=tuple(Variant(**entry) for entry in data["principle_names"]),
        counterparts=tuple(data["counterparts"]),
        telephones=frozenset(data["telephones"]),
        phrases=tuple((entry["text"], entry["most"]) for entry in data["phrases"]),
        unfinished=tuple(data["unfinished"]),
        unfinished_in_courses=tuple(data["unfinished_in_courses"]),
        not_names=frozenset(data["not_names"]),
    )
