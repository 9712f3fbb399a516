"""The numbers the lint holds content to, in one place. docs/content-lint.md says why they are these."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    least: float
    most: float

    def __contains__(self, number: float) -> bool:
        return self.least <= number <= self.most

    def __str__(self) -> str:
        return f"{self.least:g}–{self.most:g}"


WORDS: dict[str, Range] = {
    "lesson": Range(250, 600),
    "role_film": Range(100, 500),
    "summary": Range(100, 500),
    "closing": Range(100, 500),
    "my_path": Range(100, 500),
    "guide": Range(180, 420),
}
"""Words of prose by kind of lesson; quiz, case, film, law and sources are not counted."""

WORDS_BESIDE_A_CASE = Range(30, 600)
"""Words of prose in a lesson that is mostly a case."""

CASE_PATH_WORDS = Range(200, 700)
SCRIPT_WORDS = Range(250, 700)
CHAPTER_LESSONS = Range(6, 8)
LEAST_QUESTIONS = 5
LEAST_REFLECTIONS = 2
LEAST_SOURCES = 1

LESSON_LIX = Range(20, 48)
LESSON_LIX_FROM_WORDS = 120
"""Reading ease says little about a shorter text."""
COURSE_LIX = Range(25, 45)

SPOKEN_WORDS_A_MINUTE = 180
LONGEST_IS_RIGHT = 0.6
"""The share of a course's single-choice questions in which the right answer may be the longest."""
LONGEST_IS_RIGHT_FROM_QUESTIONS = 3

REPEAT_FROM_WORDS = 8
NEAR_REPEAT_FROM_WORDS = 20
NEAR_REPEAT_SHARE = 0.6
PHRASE_WORDS = 4
PHRASE_MOST = 12
