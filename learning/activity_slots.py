"""Reader-dependent places of a lesson's questions and reflections. One query for each kind, however many there are."""

import re
import uuid
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_variables

from courses.rendering import register_slot
from courses.slots import form_token
from learning.models import Reflection
from learning.queries.answers import BestAnswer, get_best_answers
from learning.queries.reflections import get_lesson_reflections, notes_key
from learning.slots import current_language, render_form_of


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
    return render_form_of(
        "blocks/quiz_own.html", current_language(), best=best, lesson_key=lesson_key, block_id=block_id
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
    note = kept[key].get(UUID(block_id))
    filled = {
        TOKEN_PLACE: form_token(request),
        ACCOUNT_PLACE: notes_key(learner),
        VERSION_PLACE: str(note.version if note else 0),
        TEXT_PLACE: escape(note.text if note else ""),
    }
    pieces = render_note_form(
        current_language(),
        lesson_key,
        block_id,
        path=path_key,
        back=request.path,
        saved_on=timezone.localdate(note.updated_at) if note else None,
    )
    return "".join(filled.get(piece, piece) for piece in pieces)


TOKEN_PLACE, ACCOUNT_PLACE, VERSION_PLACE, TEXT_PLACE = (
    f"the-{name}-of-this-request" for name in ("token", "account", "version", "text")
)
_PLACES = re.compile(f"({TOKEN_PLACE}|{ACCOUNT_PLACE}|{VERSION_PLACE}|{TEXT_PLACE})")


@lru_cache(maxsize=512)
def render_note_form(
    reader_language: str, lesson_key: str, block_id: str, /, *, path: str, back: str, saved_on: date | None
) -> tuple[str, ...]:
    """The form of a note with places for what is the reader's own. It is rendered without reader, note or request, so
    what is kept of it holds nothing of them but the day. What is written into a place is never looked into for others.
    """
    form = {
        "url": reverse("learning:reflection", args=[lesson_key, block_id]),
        "block_id": block_id,
        "text": TEXT_PLACE,
        "version": VERSION_PLACE,
        "updated_at": saved_on,
        "next": back,
        "path": path,
        "account": ACCOUNT_PLACE,
    }
    context = {"form": form, "csrf_token": TOKEN_PLACE, "LANGUAGE_CODE": reader_language}
    return tuple(_PLACES.split(render_to_string("blocks/reflection_form.html", context)))


register_slot("reflection", reflection)
register_slot("quiz-event", quiz_event)
register_slot("quiz-own", quiz_own)
