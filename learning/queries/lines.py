"""How far a learner has come, in one line: what a page shows anew after something was done on it."""

from typing import TypedDict
from uuid import UUID

from django.utils.translation import gettext as _

from learning.models import Enrolment
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
        line = ProgressLine(
            percent=enrolment.percent, done=enrolment.done_count, required=enrolment.required_count, text=""
        )
        line["text"] = _("%(percent)d %% fullført · %(done)d av %(required)d leksjoner") % line
        lines[str(enrolment.subject_key)] = line
    return lines
