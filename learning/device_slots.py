"""Reader-dependent places for scripts: whose browser this is, and where the reader left a film."""

import json
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html

from courses.rendering import register_slot
from courses.templatetags.flett import minutes_and_seconds
from learning.device import learner_token
from learning.models import FilmProgress
from learning.queries.films import get_film_progress


def device(request: HttpRequest, argument: str) -> str:
    """Whose events this browser keeps and where they go. Nothing in an editor's preview: nothing is kept there."""
    user = request.user
    if getattr(request, "is_preview", False):
        return ""
    return format_html(
        '<meta name="flett-device" content="{}" data-events="{}" data-login="{}">',
        learner_token(user) if user.is_authenticated and user.pk else "",
        reverse("learning:events"),
        reverse("account_login"),
    )


def film_state(request: HttpRequest, argument: str) -> str:
    """How much the reader has seen of a film, and where they left it. Argument: `lesson:block:film`."""
    user = request.user
    if not user.is_authenticated or user.pk is None:
        return ""
    lesson_key, block_id, film_key = (UUID(key) for key in argument.split(":"))
    row = seen_in_lesson(request, lesson_key).get((block_id, film_key))
    position = row.position if row else 0.0
    context = {
        "percent": row.percent_watched if row else 0,
        "position": str(position),
        "left_at": minutes_and_seconds(position) if row and 1 <= position < row.duration - 1 else "",
        "segments": json.dumps(row.segments if row else []),
    }
    return render_to_string("learning/film_state.html", context)


def seen_in_lesson(request: HttpRequest, lesson_key: UUID) -> dict[tuple[UUID, UUID], FilmProgress]:
    """What the reader has seen of the lesson's films. One query, however many films the page shows."""
    kept: dict[UUID, dict[tuple[UUID, UUID], FilmProgress]] = getattr(request, "flett_films", {})
    if lesson_key not in kept:
        kept[lesson_key] = get_film_progress(learner=request.user, lesson_key=lesson_key)  # type: ignore[arg-type]
        request.flett_films = kept  # type: ignore[attr-defined]
    return kept[lesson_key]


register_slot("device", device)
register_slot("film-state", film_state)
