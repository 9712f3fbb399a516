"""How far a learner has come, in one line: what a page shows anew after something was done on it."""

from typing import TypedDict
from uuid import UUID

from learning.models import Enrolment
from learning.words import progress_in_words
from people.models import User


class ProgressLine(TypedDict):
    """A course or a path. `percent` is 0–100, floored; `text` says the same in words."""

    percent: int
    done: int
    required: int
    text: str


def get_progress_lines(*, learner: User, lesson_key: UUID) -> dict[str, ProgressLine]:
    """The learner's courses and paths that ask for a lesson, by key, each in its latest attempt. One query."""
    lines: dict[str, ProgressLine] = {}
    for enrolment in Enrolment.objects.filter(learner=learner, syllabus__lessons__lesson_key=lesson_key).order_by(
        "attempt"
    ):
        percent, done, required = enrolment.percent, enrolment.done_count, enrolment.required_count
        lines[str(enrolment.subject_key)] = ProgressLine(
            percent=percent,
            done=done,
            required=required,
            text=progress_in_words(percent=percent, done=done, required=required),
        )
    return lines
