"""Films of lessons as last published, and how much of them somebody has seen."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from courses.blocks import FILM_TYPES
from courses.models import LessonVersion
from learning.models import FilmProgress
from people.models import User


@dataclass(frozen=True, slots=True)
class LessonFilm:
    """A film's place in a lesson, which recording it is, and its stated length in seconds."""

    block_id: UUID
    film_key: UUID
    duration: float


def get_lesson_films(lesson_key: UUID) -> list[list[LessonFilm]] | None:
    """The films of the lesson as last published, a list for each language; None if it never was published.

    A film whose length nobody has stated is left out: nobody can have seen 90 % of it. One query.
    """
    last = LessonVersion.objects.filter(lesson_key=lesson_key).order_by().values("language")
    versions = list(
        LessonVersion.objects.filter(
            lesson_key=lesson_key, number__in=last.annotate(last=Max("number")).values("last")
        ).values_list("activities", flat=True)
    )
    if not versions:
        return None
    return [
        [
            LessonFilm(UUID(activity["id"]), UUID(activity["film"]), float(activity["duration"]))
            for activity in activities
            if activity["type"] in FILM_TYPES and activity.get("film") and (activity.get("duration") or 0) > 0
        ]
        for activities in versions
    ]


def get_film_progress(*, learner: User, lesson_key: UUID) -> dict[tuple[UUID, UUID], FilmProgress]:
    """What the learner has seen in the lesson, by block and film. One query."""
    return {
        (row.block_id, row.film_key): row for row in FilmProgress.objects.filter(learner=learner, lesson_key=lesson_key)
    }
