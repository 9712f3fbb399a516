"""Places in a page for what depends on the learner; `learning.slots` says what stands there."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from courses.blocks import FILM_TYPES
from courses.models import LessonPage
from courses.queries import CourseOutline, LessonEntry
from courses.rendering import slot_marker
from learning.queries import PathOutline
from learning.queries.my_learning import places_of
from learning.slots import DAY_PLACE, EVENT_PLACE, TOKEN_PLACE, pack, unpack

register = template.Library()


@register.simple_tag
def tick(lesson: LessonEntry, subject: Any) -> SafeString:
    """Whether the lesson is done, read in this course or path."""
    return slot_marker("tick", f"{lesson.key}:{subject}")


@register.simple_tag
def chapter_tick(chapter: CourseOutline, path: Any) -> SafeString:
    return slot_marker("chapter-tick", _chapter(chapter, path))


@register.simple_tag
def chapter_progress(chapter: CourseOutline, path: Any) -> SafeString:
    return slot_marker("chapter-progress", _chapter(chapter, path))


def _chapter(chapter: CourseOutline, path: Any) -> str:
    required = ",".join(str(lesson.key) for lesson in chapter.lessons if lesson.is_required)
    return f"{chapter.key}:{path}:{required}"


@register.simple_tag
def next_step(outline: PathOutline | CourseOutline) -> SafeString:
    """«Fortsett der du slapp» in a path or a course."""
    return slot_marker("next-step", pack([str(outline.key), places_of(outline)]))


@register.simple_tag(takes_context=True)
def lesson_end(context: dict[str, Any]) -> SafeString:
    """Completing the lesson of this page, and the lessons before and after it."""
    lesson: LessonPage = context["page"]
    outline: CourseOutline = context["outline"]
    path: PathOutline | None = context.get("path_outline")
    return slot_marker(
        "lesson-end",
        pack(
            {
                "lesson": str(lesson.translation_key),
                "course": str(outline.key),
                "path": str(path.key) if path else "",
                "completion": lesson.completion,
                "pass_percent": lesson.pass_percent,
                "has_text": films_can_be_read(lesson),
                "here": context["request"].path,
                "back": path.url if path else outline.url,
                "previous": _neighbour(context.get("previous_lesson")),
                "next": _neighbour(context.get("next_lesson")),
                "language": outline.language,
            }
        ),
    )


def _neighbour(lesson: LessonEntry | None) -> dict[str, str] | None:
    return {"url": lesson.url, "title": lesson.title} if lesson else None


def films_can_be_read(lesson: LessonPage) -> bool:
    """Whether every film in the lesson has a transcript or a manuscript. False where there is no film."""
    films = [block.value for block in lesson.body if block.block_type in FILM_TYPES]
    return bool(films) and all(
        film.get("script") or (film["film"] is not None and film["film"].transcript) for film in films
    )


@register.simple_tag
def unpacked(argument: str) -> Any:
    """What a slot was given, for the template that fills it."""
    return unpack(argument)


@register.simple_tag
def places_to_fill() -> dict[str, str]:
    """What is put in for each request in a template that is rendered once."""
    return {"token": TOKEN_PLACE, "event": EVENT_PLACE, "day": DAY_PLACE}
