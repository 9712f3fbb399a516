"""What a browser tells that a learner did: one by one, in any order, perhaps twice, perhaps weeks late."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from django.db import OperationalError

from learning.actions.films import UnknownFilmError, record_film
from learning.actions.progress import NotMarkedByHandError, Ticked, UnknownLessonError, complete_lesson, open_lesson
from learning.models import Enrolment, FilmProgress, LessonCompletion
from learning.queries.syllabuses import get_enrolments_asking_for
from learning.segments import BadSegmentsError
from people.models import User

logger = logging.getLogger(__name__)


class EventKind(StrEnum):
    OPENED = "opened"
    COMPLETED = "completed"
    FILM = "film"


class Refusal(StrEnum):
    """Why an event can never be taken, however often it is sent."""

    MALFORMED = "malformed"
    UNKNOWN_LESSON = "unknown_lesson"
    UNKNOWN_FILM = "unknown_film"
    NOT_BY_HAND = "not_by_hand"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened `age` ago. `id` is made where it happened, and is the same each time it is sent."""

    id: UUID
    kind: EventKind
    lesson_key: UUID
    age: timedelta
    path_key: UUID | None = None
    block_id: UUID | None = None
    film_key: UUID | None = None
    how: str = LessonCompletion.How.MARKED
    segments: object = None
    position: object = None
    ended: bool = False


@dataclass(slots=True)
class Outcome:
    """What came of a batch. An event that is neither done nor refused could not be kept now, and may be sent again.

    `ticked` are the lessons of these events that stand as completed; `enrolments` what holds them, by subject; `films`
    what is kept of those that were played, by block.
    """

    done: list[UUID] = field(default_factory=list)
    refused: dict[UUID, Refusal] = field(default_factory=dict)
    ticked: set[UUID] = field(default_factory=set)
    enrolments: dict[UUID, Enrolment] = field(default_factory=dict)
    films: dict[UUID, FilmProgress] = field(default_factory=dict)


def take_events(*, learner: User, events: Iterable[Event]) -> Outcome:
    """Keep each event in a transaction of its own, so that one that fails takes no other with it."""
    outcome = Outcome()
    unchanged: set[UUID] = set()
    for event in events:
        try:
            ticked, film = take_event(learner=learner, event=event)
        except UnknownLessonError:
            outcome.refused[event.id] = Refusal.UNKNOWN_LESSON
        except UnknownFilmError:
            outcome.refused[event.id] = Refusal.UNKNOWN_FILM
        except NotMarkedByHandError:
            outcome.refused[event.id] = Refusal.NOT_BY_HAND
        except BadSegmentsError:
            outcome.refused[event.id] = Refusal.MALFORMED
        except OperationalError:
            # The database is busy or away: the browser keeps the event and sends it again.
            logger.exception("a learning event could not be kept")
        else:
            outcome.done.append(event.id)
            if film is not None:
                outcome.films[film.block_id] = film
            if ticked is None or ticked.progress.completed_at is None:
                continue
            outcome.ticked.add(event.lesson_key)
            if ticked.is_new:
                outcome.enrolments |= {each.subject_key: each for each in ticked.enrolments}
            else:
                unchanged.add(event.lesson_key)
    if unchanged:
        # What an event of this batch changed has the newer figures.
        outcome.enrolments = get_enrolments_asking_for(learner=learner, lesson_keys=unchanged) | outcome.enrolments
    return outcome


def take_event(*, learner: User, event: Event) -> tuple[Ticked | None, FilmProgress | None]:
    """Keep one event. Returns what came of completing the lesson, and of the film, if it was about that.

    Raises UnknownLessonError, UnknownFilmError, NotMarkedByHandError, BadSegmentsError.
    """
    if event.kind == EventKind.OPENED:
        open_lesson(learner=learner, lesson_key=event.lesson_key, path_key=event.path_key, age=event.age)
        return None, None
    if event.kind == EventKind.COMPLETED:
        ticked = complete_lesson(
            learner=learner,
            lesson_key=event.lesson_key,
            how=event.how,
            event_id=event.id,
            path_key=event.path_key,
            age=event.age,
        )
        return ticked, None
    if event.block_id is None or event.film_key is None:
        raise BadSegmentsError
    watched = record_film(
        learner=learner,
        lesson_key=event.lesson_key,
        block_id=event.block_id,
        film_key=event.film_key,
        segments=event.segments,
        position=event.position,
        ended=event.ended,
        path_key=event.path_key,
        event_id=event.id,
        age=event.age,
    )
    return watched.ticked, watched.film
