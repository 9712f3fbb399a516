"""Lessons with questions and reflections, published as authors do it."""

import json
import uuid
from typing import Any

from courses.models import CoursePage, LessonPage
from tests import factories

SINGLE = {
    "question": "Hva er nedtrapping?",
    "answers": [
        {"text": "Samme team, færre besøk", "correct": True, "explanation": "Ja, teamet er det samme."},
        {"text": "Utskriving", "correct": False, "explanation": "Nei, kontakten fortsetter."},
    ],
    "explanation": "",
}
ORDERING = {
    "question": "Sett tavlemøtet i rekkefølge.",
    "items": ["Gå gjennom navnene", "Fordel oppgavene", "Oppsummer"],
    "explanation": "",
}
MATCHING = {
    "question": "Hvem gjør hva?",
    "pairs": [
        {"left": "Brukerspesialist", "right": "Deler egen erfaring"},
        {"left": "Psykiater", "right": "Har det medisinske ansvaret"},
    ],
    "explanation": "",
}
REFLECTION = {"prompt": "Hva vil du gjøre annerledes?", "help": ""}


def block(kind: str, value: Any, block_id: uuid.UUID | None = None) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": str(block_id or uuid.uuid4())}


def make_lesson(*blocks: dict[str, Any], course: CoursePage | None = None, **fields: Any) -> LessonPage:
    """A published lesson of these blocks, in a published course."""
    parent = course or factories.CoursePageFactory.create()
    return factories.LessonPageFactory.create(parent=parent, body=json.dumps(list(blocks)), published=True, **fields)


def publish(lesson: LessonPage, *blocks: dict[str, Any], **fields: Any) -> LessonPage:
    """Publish the lesson again, of these blocks."""
    lesson = LessonPage.objects.get(pk=lesson.pk)
    lesson.body = json.dumps(list(blocks))
    for name, value in fields.items():
        setattr(lesson, name, value)
    lesson.save_revision().publish()
    lesson.refresh_from_db()
    return lesson


def ids(lesson: LessonPage) -> list[uuid.UUID]:
    """The ids of the lesson's blocks, in order."""
    return [uuid.UUID(child.id) for child in lesson.body]
