"""«Fortsett der du slapp»: which lesson somebody is to open next."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from learning.queries.learner_state import LearnerState


class Place(NamedTuple):
    """A lesson in reading order. `language` is what its title is written in."""

    lesson: str
    title: str
    url: str
    language: str


class Way(StrEnum):
    START = "start"
    CONTINUE = "continue"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class NextStep:
    """A lesson, why it is the one, and where in its film the learner is (position and length in seconds)."""

    way: Way
    place: Place
    film: tuple[float, float] | None = None


def find_next_step(*, state: LearnerState, subject: str, places: Sequence[Place]) -> NextStep | None:
    """The lesson that was left, unless it is completed; then the next in reading order that is not, from the start
    again where none comes after. Where all is done, the first one, to see again. None where there are no lessons. No
    query.
    """
    if not places:
        return None
    attempt = state.subjects.get(subject)
    if attempt is None:
        return NextStep(Way.START, places[0])
    left = next((number for number, place in enumerate(places) if place.lesson == attempt.last_lesson), 0)
    if attempt.completed_at is None:
        for place in (*places[left:], *places[:left]):
            if not state.is_done(place.lesson, subject):
                return NextStep(Way.CONTINUE, place, film=state.film_place(place.lesson))
    return NextStep(Way.AGAIN, places[0])
