"""Lessons with films, for tests of what is played."""

from typing import Any
from uuid import UUID

from courses.models import LessonPage
from tests import factories


def film_lesson(*, films: Any = (60,), completion: str = "film", **page: Any) -> LessonPage:
    """A published lesson with a film of each length in seconds, completed by having seen them."""
    blocks = [
        ("film", {"film": factories.MediaFactory.create(duration=length).pk, "title": f"Film {place}", "intro": ""})
        for place, length in enumerate(films)
    ]
    return factories.LessonPageFactory.create(
        body=factories.make_body(*blocks), completion=completion, published=True, **page
    )


def film_of(lesson: LessonPage, place: int = 0) -> dict[str, UUID]:
    """What names a film in the lesson: keyword arguments of `record_film`."""
    block = lesson.body[place]
    return {
        "lesson_key": lesson.translation_key,
        "block_id": UUID(block.id),
        "film_key": block.value["film"].key,
    }
