"""Every change in this room."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from wagtail.models import Revision

from courses.blocks import ACTIVITY_TYPES, FILM_TYPES
from courses.models import ChangeKind, ContentStamp, LessonPage, LessonVersion

_LABELS = {
    "case": "title",
    "reflection": "prompt",
    "film": "title",
    "role_film": "title",
}


def bump_content_stamp() -> None:
    """Make every rendered page of before unreachable. Call after or with the change itself."""
    if not ContentStamp.objects.filter(pk=1).update(value=F("value") + 1):
        ContentStamp.objects.get_or_create(pk=1, defaults={"value": 2})


def list_activities(lesson: LessonPage) -> list[dict[str, Any]]:
    """What a learner can do in the lesson: one entry per activity block, with its id.

    A quiz question also keeps its wording, so an answer given today can be read with today's words.
    """
    activities = []
    for child in lesson.body:
        kind = child.block_type
        if kind not in ACTIVITY_TYPES:
            continue
        activity: dict[str, Any] = {
            "id": child.id,
            "type": kind,
            "label": str(child.value.get(_LABELS.get(kind, "question"), ""))[:300],
        }
        if kind in FILM_TYPES:
            film = child.value.get("film")
            activity["film"] = str(film.key) if film else None
            activity["duration"] = film.duration if film else 0
        elif kind.startswith("quiz_"):
            activity["value"] = child.get_prep_value()["value"]
        activities.append(activity)
    return activities


def record_lesson_version(*, lesson: LessonPage, revision: Revision | None) -> LessonVersion:
    """Write what was just published. The first version is always new content.

    Two publications at once get two numbers: the constraint decides, the loser takes the next. Raises
    IntegrityError after five lost races.
    """
    activities = list_activities(lesson)
    for attempt in range(5):
        last = LessonVersion.objects.filter(lesson_key=lesson.translation_key).aggregate(last=Max("number"))["last"] or 0
        try:
            with transaction.atomic():
                return LessonVersion.objects.create(
                    lesson_key=lesson.translation_key,
                    number=last + 1,
                    language=lesson.locale.language_code,
                    title=lesson.title,
                    change_kind=lesson.change_kind if last else ChangeKind.NEW_CONTENT,
                    change_note=lesson.change_note,
                    revision=revision,
                    activities=activities,
                )
        except IntegrityError:
            if attempt == 4:
                raise
    raise AssertionError("the loop returns or raises")
