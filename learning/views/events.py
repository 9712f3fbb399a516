"""What the browser sends by itself: events of learning, in batches."""

import json
import math
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.utils.crypto import constant_time_compare
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from learning.actions.events import Event, EventKind, Outcome, Refusal, take_events
from learning.actions.progress import LATEST_AGE
from learning.device import learner_token
from learning.models import LessonCompletion
from learning.words import progress_in_words
from people.models import User

MOST_EVENTS = 50
MOST_BYTES = 64 * 1024
"""The most a browser sends with `keepalive` (Fetch standard)."""
MOST_POSTS_A_MINUTE = 120
"""For one person: a film sends six a minute, an hour offline comes in a few batches."""


class MalformedError(ValueError):
    """No event, or no list of them."""


class _CsrfInJson(CsrfViewMiddleware):
    """Django's own check, answered in the words of this endpoint."""

    def _reject(self, request: HttpRequest, reason: str) -> JsonResponse:
        return refuse(403, "csrf")


csrf_in_json = decorator_from_middleware(_CsrfInJson)


@csrf_exempt  # by the middleware, which would answer with a page
@csrf_in_json
@never_cache
@require_http_methods(["GET", "POST"])
def events(request: HttpRequest) -> JsonResponse:
    """POST: keep a batch. GET: who is signed in now, and a fresh token, for a page that has been open for long.

    Takes JSON, or a form whose field `events` is that JSON list (`sendBeacon` sets no headers). `learner` says for
    whom the browser kept them: on a shared computer somebody else may be signed in by now.
    """
    if not request.user.is_authenticated:
        return refuse(401, "signed_out")
    token = learner_token(request.user)
    if request.method == "GET":
        return JsonResponse({"learner": token, "csrf": get_token(request)})
    if is_flooding(request.user):
        return refuse(429, "slow_down")
    try:
        batch = read_batch(request)
    except MalformedError:
        return refuse(400, "malformed")
    if batch is None:
        return refuse(413, "too_much")
    learner, raw_events = batch
    if learner is not None and not constant_time_compare(str(learner), token):
        return refuse(409, "other_learner")
    read, malformed = read_events(raw_events)
    outcome = take_events(learner=request.user, events=read)
    return JsonResponse(say(outcome, malformed=malformed))


def refuse(status: int, error: str) -> JsonResponse:
    """Nothing of the batch was kept."""
    response = JsonResponse({"error": error}, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response


def is_flooding(learner: User) -> bool:
    """Whether this is more than `MOST_POSTS_A_MINUTE`. No query where the cache is no database."""
    key = f"learning-events:{learner.pk}"
    if cache.add(key, 1, 60):
        return False
    try:
        return cache.incr(key) > MOST_POSTS_A_MINUTE
    except ValueError:  # it went away between the two
        return False


def read_batch(request: HttpRequest) -> tuple[object, list[object]] | None:
    """For whom the browser kept the events, and the events as they came; None where they are too many or too big.

    Raises MalformedError.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return None
    learner: object
    try:
        if request.content_type == "application/json":
            body = json.loads(request.body)
            found, learner = body["events"], body.get("learner")
        elif request.content_type == "application/x-www-form-urlencoded":
            found, learner = json.loads(request.POST["events"]), request.POST.get("learner")
        else:
            raise MalformedError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise MalformedError from None
    if not isinstance(found, list):
        raise MalformedError
    return None if len(found) > MOST_EVENTS else (learner, found)


def read_events(raw_events: list[object]) -> tuple[list[Event], dict[str, str]]:
    """The events that can be read, and why each other one is refused: by its id, or by its place where it has none."""
    read, malformed = [], {}
    for place, raw in enumerate(raw_events):
        try:
            read.append(read_event(raw))
        except (ValueError, TypeError, KeyError):
            identity = raw.get("id") if isinstance(raw, dict) else None
            key = identity if isinstance(identity, str) and len(identity) <= 36 else f"#{place}"
            malformed[key] = str(Refusal.MALFORMED)
    return read, malformed


def read_event(raw: Any) -> Event:
    """Raises ValueError, TypeError or KeyError where it is no event. What was played is read where it is kept."""
    identity = read_key(raw["id"])
    if identity is None or identity.version != 4:
        raise MalformedError
    lesson_key = read_key(raw["lesson"])
    if lesson_key is None:
        raise MalformedError
    return Event(
        id=identity,
        kind=EventKind(raw["kind"]),
        lesson_key=lesson_key,
        age=read_age(raw.get("age", 0)),
        path_key=read_key(raw.get("path")),
        block_id=read_key(raw.get("block")),
        film_key=read_key(raw.get("film")),
        how=read_how(raw.get("how")),
        segments=raw.get("segments", []),
        position=raw.get("position"),
        ended=raw.get("ended") is True,
    )


def read_key(raw: object) -> UUID | None:
    """A key as pages write it; None for none. Raises MalformedError."""
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str) or len(raw) != 36:
        raise MalformedError
    return UUID(raw)


def read_how(raw: object) -> str:
    """How a lesson was completed by hand. Raises MalformedError for what only we can know, such as a passed quiz."""
    if raw is None or raw == "":
        return LessonCompletion.How.MARKED
    if raw not in (LessonCompletion.How.MARKED, LessonCompletion.How.TRANSCRIPT):
        raise MalformedError
    return str(raw)


def read_age(raw: object) -> timedelta:
    """How long ago, from milliseconds; never before now, never longer ago than is believed. Raises MalformedError."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or (isinstance(raw, float) and math.isnan(raw)):
        raise MalformedError
    return timedelta(milliseconds=min(max(raw, 0), LATEST_AGE / timedelta(milliseconds=1)))


def say(outcome: Outcome, *, malformed: dict[str, str]) -> dict[str, Any]:
    """The answer, with progress in the words of the language that is being read."""
    return {
        "done": [str(key) for key in outcome.done],
        "refused": malformed | {str(key): str(reason) for key, reason in outcome.refused.items()},
        "ticked": sorted(str(key) for key in outcome.ticked),
        "subjects": {
            str(key): {
                "percent": each.percent,
                "done": each.done_count,
                "required": each.required_count,
                "text": progress_in_words(percent=each.percent, done=each.done_count, required=each.required_count),
            }
            for key, each in outcome.enrolments.items()
        },
        "films": {
            str(key): {"percent": each.percent_watched, "segments": each.segments}
            for key, each in outcome.films.items()
        },
    }
