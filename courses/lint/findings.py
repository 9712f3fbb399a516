"""What the lint finds: where, by which rule, and how much it weighs."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error is wrong today and will be tomorrow. A notice depends on the day, or on somebody's judgement."""

    ERROR = "error"
    NOTICE = "notice"


ERRORS = frozenset(
    {
        "alt-missing",
        "captions-missing",
        "case-words",
        "chapter-lessons",
        "coverage",
        "coverage-missing",
        "date-format",
        "double-space",
        "duration-missing",
        "e-mail",
        "empty",
        "exclamation",
        "guide-missing",
        "guide-words",
        "heading-order",
        "law-differs",
        "law-missing",
        "law-undated",
        "lesson-words",
        "link-dead",
        "link-not-https",
        "link-shape",
        "lix-course",
        "lix-lesson",
        "long-number",
        "my-path-missing",
        "near-repeat",
        "number-format",
        "package",
        "paragraph-sign",
        "percent-sign",
        "principle-name",
        "quiz-answers-same",
        "quiz-explanation-missing",
        "quiz-explanation-repeats",
        "quiz-few",
        "quiz-longest-right",
        "quiz-right-answer",
        "reflections-few",
        "repeat",
        "role-film-missing",
        "script-missing",
        "script-too-fast",
        "script-words",
        "sources-missing",
        "straight-quotes",
        "summary-missing",
        "telephone",
        "title-case",
        "transcript-missing",
        "unfinished",
    }
)
"""Rules that hold every day. Those about words stand in words.yaml, and are errors too."""

NOTICES = frozenset({"film-placeholder", "law-open-question", "law-unchecked", "name-reused", "phrase-overused"})
"""Rules that never fail a build: a clean clone must pass next year too, and a draft may wait for its lawyer."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an author finds it: a file and its line (0 for the whole file), or a page's address in the editor."""

    file: str
    line: int = 0
    anchor: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else f"{self.file}{self.anchor}"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    place: Place
    code: str
    message: str
    level: Level = Level.ERROR

    def __str__(self) -> str:
        return f"{self.place}: {self.level} {self.code}: {self.message}"


def found(place: Place, code: str, message: str) -> Finding:
    """A finding of the level its rule has."""
    return Finding(place, code, message, Level.NOTICE if code in NOTICES else Level.ERROR)
