"""Reader-dependent places of a lesson's questions and reflections. One query for each kind, however many there are."""

import uuid
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_variables

from courses.rendering import register_slot
from learning.models import Reflection
from learning.queries.answers import BestAnswer, get_best_answers
from learning.queries.reflections import form_of, get_lesson_reflections


def quiz_event(request: HttpRequest, argument: str) -> str:
    """The id of the answer that will be sent, so that a double click is one answer. Nothing for an anonymous reader."""
    if not request.user.is_authenticated:
        return ""
    return format_html('<input type="hidden" name="event" value="{}">', uuid.uuid4())


def quiz_own(request: HttpRequest, argument: str) -> str:
    """How it has gone before with a question: `<lesson key>:<block id>`."""
    if not request.user.is_authenticated:
        return ""
    lesson_key, _colon, block_id = argument.partition(":")
    best = best_answers(request, UUID(lesson_key)).get(UUID(block_id))
    return render_to_string(
        "blocks/quiz_own.html", {"best": best, "lesson_key": lesson_key, "block_id": block_id}
    ).strip()


def best_answers(request: HttpRequest, lesson_key: UUID) -> dict[UUID, BestAnswer]:
    """Read once for a page."""
    kept: dict[UUID, dict[UUID, BestAnswer]] = request.__dict__.setdefault("flett_best_answers", {})
    if lesson_key not in kept:
        learner: Any = request.user
        kept[lesson_key] = get_best_answers(learner=learner, lesson_key=lesson_key)
    return kept[lesson_key]


@sensitive_variables()
def reflection(request: HttpRequest, argument: str) -> str:
    """One's own note on a question, `<lesson key>:<block id>:<path key or nothing>`; an anonymous reader is invited."""
    lesson_key, block_id, path_key = argument.split(":")
    if not request.user.is_authenticated:
        login_url = f"{reverse('account_login')}?{urlencode({'next': f'{request.path}#b-{block_id}'})}"
        return render_to_string("blocks/reflection_anonymous.html", {"login_url": login_url})
    learner: Any = request.user
    kept: dict[UUID, dict[UUID, Reflection]] = request.__dict__.setdefault("flett_reflections", {})
    key = UUID(lesson_key)
    if key not in kept:
        kept[key] = get_lesson_reflections(learner=learner, lesson_key=key)
    form = form_of(
        note=kept[key].get(UUID(block_id)),
        lesson_key=key,
        block_id=UUID(block_id),
        learner=learner,
        back=request.path,
        path=path_key,
    )
    return render_to_string("blocks/reflection_form.html", {"form": form}, request)


register_slot("reflection", reflection)
register_slot("quiz-event", quiz_event)
register_slot("quiz-own", quiz_own)
