"""Films: what has really been played, where the learner left off, and the lesson that is completed by it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from courses.models import LessonPage
from learning.actions.enrolments import open_attempts_asking_for, take_the_line
from learning.actions.progress import (
    Ticked,
    UnknownLessonError,
    get_facts,
    happened_at,
    must_be_redone,
    record_completion,
)
from learning.models import Enrolment, FilmProgress, LessonCompletion, LessonProgress
from learning.queries.films import LessonFilm, get_film_progress, get_lesson_films
from learning.segments import merge, reach_the_end, read_seconds, read_segments, seconds_in
from people.models import User

SHARE_TO_SEE = 0.9
"""How much of each film has to be played for the lesson to be completed by it."""
ROUNDING = 0.005
"""Seconds that a sum of pieces may lack by adding them up."""


class UnknownFilmError(LookupError):
    """The lesson, as it is published now, does not have this recording in this place."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What is kept of the film now, and the lesson's completion if this was what completed it."""

    film: FilmProgress
    ticked: Ticked | None = None


@transaction.atomic
def record_film(
    *,
    learner: User,
    lesson_key: UUID,
    block_id: UUID,
    film_key: UUID,
    segments: object,
    position: object,
    ended: bool = False,
    path_key: UUID | None = None,
    event_id: UUID | None = None,
    age: timedelta = timedelta(0),
) -> Watched:
    """Add what has been played of a film. Late, repeated and split events come to the same; none takes anything away.

    `segments` are pairs of seconds, `position` is where the learner left the film: it moves only when this happened
    after what is known, by our clock. `ended` says that the player came to the file's end. Another recording in the
    same place is another film and starts anew; so does the same one where the lesson is asked for again.

    Raises UnknownLessonError, UnknownFilmError, BadSegmentsError.
    """
    played = read_segments(segments)
    place = read_seconds(position)
    lists = get_lesson_films(lesson_key)
    if lists is None:
        raise UnknownLessonError
    film = find_film(lists, block_id=block_id, film_key=film_key)
    if ended:
        played = reach_the_end(played, duration=film.duration)
    at = happened_at(age)
    take_the_line(learner)
    progress = LessonProgress.objects.filter(learner=learner, lesson_key=lesson_key).first()
    asked_again = progress is not None and is_asked_again(learner=learner, progress=progress)
    rows = get_film_progress(learner=learner, lesson_key=lesson_key)
    row = rows.setdefault((block_id, film_key), FilmProgress(learner=learner, lesson_key=lesson_key))
    if row.pk is None:
        row.block_id, row.film_key, row.begun_at, row.position_at = block_id, film_key, at, at
    if asked_again and progress is not None and progress.completed_at is not None:
        if at <= progress.completed_at:
            played = []
        elif row.begun_at <= progress.completed_at:
            row.segments, row.begun_at = [], at
    row.begun_at = min(row.begun_at, at) if played else row.begun_at
    row.duration = film.duration
    row.segments = merge(row.segments, played, duration=film.duration)
    row.seconds_watched = seconds_in(row.segments)
    row.position_at, row.position = max((row.position_at, row.position), (at, min(place, film.duration)))
    row.save()
    if progress is not None and progress.completed_at is not None:
        if not asked_again:
            return Watched(film=row)
        rows = {key: each for key, each in rows.items() if each.begun_at > progress.completed_at}
    if not any(film in films and all_seen(films, rows) for films in lists):
        return Watched(film=row)
    facts = get_facts(lesson_key)
    if facts.completion != LessonPage.Completion.FILM:
        return Watched(film=row)
    ticked = record_completion(
        learner=learner,
        facts=facts,
        how=LessonCompletion.How.FILM,
        event_id=event_id or uuid.uuid4(),
        path_key=path_key,
        at=at,
    )
    return Watched(film=row, ticked=ticked)


def find_film(lists: Iterable[Iterable[LessonFilm]], *, block_id: UUID, film_key: UUID) -> LessonFilm:
    """The film in whatever language has it. Raises UnknownFilmError."""
    for films in lists:
        for film in films:
            if (film.block_id, film.film_key) == (block_id, film_key):
                return film
    raise UnknownFilmError


def all_seen(films: Iterable[LessonFilm], rows: dict[tuple[UUID, UUID], FilmProgress]) -> bool:
    """Whether 90 % of each has been played."""
    return all(
        (row := rows.get((film.block_id, film.film_key))) is not None
        and row.seconds_watched >= SHARE_TO_SEE * film.duration - ROUNDING
        for film in films
    )


def is_asked_again(*, learner: User, progress: LessonProgress) -> bool:
    """Whether a completed lesson is to be completed once more, so that its films are to be seen again. Two queries."""
    if progress.completed_at is None:
        return False
    asking = open_attempts_asking_for(learner=learner, lesson_key=progress.lesson_key)
    return Enrolment.objects.filter(asking, counts_from__gt=progress.completed_at).exists() or must_be_redone(
        lesson_key=progress.lesson_key, since_version=progress.completed_version or 0
    )
