"""Reader-dependent places of learning: ticks, percent, the way on. Fill what `learning.templatetags.progress` leaves.

A lesson page has some thirty of them and is served in a few milliseconds, so each is a lookup and a little text;
what takes a template is rendered once for each of its few forms.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import date as format_day
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from courses.rendering import register_slot
from courses.slots import form_token
from courses.urls_of import language_prefix
from learning.actions.progress import UNDO_WINDOW
from learning.queries.learner_state import LearnerState, Mark, get_learner_state
from learning.queries.next_step import Place, find_next_step
from learning.words import progress_in_words

EVENTS_ADDRESS = "laering/hendelser/"
TOKEN_PLACE = "the-token-of-this-request"  # noqa: S105 – a place for one
EVENT_PLACE = "the-event-of-this-form"
DAY_PLACE = "the-day-it-was-completed"


def pack(value: Any) -> str:
    """An argument that may hold anything: a slot's own may hold neither `]` nor quotes."""
    return urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()


@lru_cache(maxsize=512)
def unpack(argument: str) -> Any:
    """What was packed. Shared between requests: not to be changed."""
    return json.loads(urlsafe_b64decode(argument))


@lru_cache(maxsize=512)
def read_places(argument: str) -> tuple[str, tuple[Place, ...]]:
    """A subject's key and its lessons in reading order."""
    subject, places = unpack(argument)
    return subject, tuple(Place(*place) for place in places)


def current_language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


@lru_cache(maxsize=2048)
def render_form_of(template: str, reader_language: str, /, **context: Any) -> SafeString:
    """A template that depends on nothing but what is given here."""
    return render_to_string(template, {**context, "LANGUAGE_CODE": reader_language})


# --- what scripts are told -----------------------------------------------------------------------------


def learner_meta(request: HttpRequest, argument: str) -> str:
    """Who reads, for the scripts. An anonymous reader gets no token, since that would be a cookie."""
    signed_in = request.user.is_authenticated
    return format_html(
        '<meta name="flett-learner" content="{}"><meta name="flett-csrf" content="{}">'
        '<meta name="flett-events" content="{}">',
        "signed-in" if signed_in else "anonymous",
        form_token(request) if signed_in else "",
        language_prefix() + EVENTS_ADDRESS,
    )


# --- ticks ---------------------------------------------------------------------------------------------


def tick(request: HttpRequest, argument: str) -> str:
    """The state of a lesson in a list. Argument: `lesson:subject`."""
    state = get_learner_state(request)
    if not state.lessons:
        return ""
    mark = state.mark(*argument.split(":"))
    return render_form_of("learning/tick.html", current_language(), mark=str(mark)) if mark else ""


def lesson_news(request: HttpRequest, argument: str) -> str:
    """What the author says has come since the lesson was completed. Argument: the lesson."""
    found = get_learner_state(request).lessons.get(argument)
    if found is None or found.mark not in {Mark.NEW, Mark.REDO}:
        return ""
    language = found.language if found.language != current_language() else ""
    return render_form_of(
        "learning/lesson_news.html", current_language(), mark=str(found.mark), note=found.note, language=language
    )


def chapter_tick(request: HttpRequest, argument: str) -> str:
    """The state of a chapter beside its name. Argument: `course:path:lesson,lesson`, the required ones."""
    return _chapter(request, argument, "learning/chapter_tick.html")


def chapter_progress(request: HttpRequest, argument: str) -> str:
    """The same with room for a line of its own."""
    return _chapter(request, argument, "learning/chapter_progress.html")


def _chapter(request: HttpRequest, argument: str, template: str) -> str:
    state = get_learner_state(request)
    if not state.subjects:
        return ""
    course, path, required = argument.split(":")
    counted = state.chapter(course=course, path=path, required=required.split(","))
    if counted is None:
        return ""
    done, asked = counted
    text = ngettext(
        "%(done)d av %(required)d leksjon fullført", "%(done)d av %(required)d leksjoner fullført", asked
    ) % {"done": done, "required": asked}
    return render_form_of(template, current_language(), done=done, required=asked, text=text)


# --- percent -------------------------------------------------------------------------------------------


def progress(request: HttpRequest, argument: str) -> str:
    """How far the learner has come in a course or path, with the formula in words. Argument: its key."""
    return _progress(request, argument, "learning/progress.html")


def percent(request: HttpRequest, argument: str) -> str:
    """The same in short, where the formula has no place: on cards, and on a phone's folded path."""
    return _progress(request, argument, "learning/percent.html")


def _progress(request: HttpRequest, argument: str, template: str) -> str:
    attempt = get_learner_state(request).subjects.get(argument)
    if attempt is None:
        return ""
    text = progress_in_words(percent=attempt.percent, done=attempt.done, required=attempt.required)
    lead, _dot, rest = text.partition(" · ")
    return render_form_of(
        template, current_language(), lead=lead, rest=rest, done=attempt.done, required=attempt.required
    )


# --- the way on ----------------------------------------------------------------------------------------


def next_step(request: HttpRequest, argument: str) -> str:
    """«Start», «Fortsett: leksjonen» or «Se igjen». Argument: the subject and its lessons in reading order, packed."""
    subject, places = read_places(argument)
    step = find_next_step(state=get_learner_state(request), subject=subject, places=places)
    if step is None:
        return ""
    return render_form_of(
        "learning/next_step.html", current_language(), way=str(step.way), place=step.place, film=step.film
    )


def lesson_end(request: HttpRequest, argument: str) -> str:
    """Completing the lesson and going on. Argument: what `learning.templatetags.progress.lesson_end` packed."""
    place = unpack(argument)
    state = get_learner_state(request)
    subjects = [key for key in (place["course"], place["path"]) if key]
    mark = state.mark(place["lesson"], *subjects)
    found = state.lessons.get(place["lesson"]) if mark else None
    html = render_form_of(
        "learning/lesson_end.html",
        current_language(),
        argument=argument,
        mark=str(mark),
        is_anonymous=not request.user.is_authenticated,
        can_undo=found is not None
        and place["completion"] == "marked"
        and can_be_undone(state, found.completed_at, subjects),
    )
    if not request.user.is_authenticated:
        return html
    filled = html.replace(TOKEN_PLACE, form_token(request)).replace(EVENT_PLACE, str(uuid4()))
    return filled.replace(DAY_PLACE, day_in_words(found.completed_at)) if found else filled


def can_be_undone(state: LearnerState, completed_at: datetime, subjects: list[str]) -> bool:
    """Whether to offer it. The action has the last word."""
    if timezone.now() - completed_at >= UNDO_WINDOW:
        return False
    attempts = [state.subjects[key] for key in subjects if key in state.subjects]
    return not any(attempt.completed_at and attempt.completed_at >= completed_at for attempt in attempts)


def day_in_words(at: datetime) -> str:
    """«23. november», with the year where it is another one."""
    day = timezone.localtime(at).date()
    return format_day(day, "MONTH_DAY_FORMAT" if day.year == timezone.localdate().year else "DATE_FORMAT")


for _name, _filler in {
    "learner-meta": learner_meta,
    "tick": tick,
    "lesson-news": lesson_news,
    "chapter-tick": chapter_tick,
    "chapter-progress": chapter_progress,
    "progress": progress,
    "percent": percent,
    "next-step": next_step,
    "lesson-end": lesson_end,
}.items():
    register_slot(_name, _filler)
