"""Answers to questions: marked for everybody, kept for a learner."""

import json
import uuid
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.models import LessonPage, LessonVersion
from courses.queries import get_lesson_to_answer, get_published_version, get_version_to_read
from courses.quiz import MarkedAnswer, UnansweredError, mark_answer
from courses.urls_of import page_path
from courses.views import safe_next
from learning.actions.quizzes import Answered, record_answer
from learning.queries.answers import get_own_answers
from learning.queries.lines import get_progress_lines


@require_POST
def answer(request: HttpRequest, page_id: int, block_id: UUID) -> HttpResponse:
    """Mark an answer and explain it. A signed-in learner's is kept, and completes the lesson when it passes.

    Whoever was signed in when the page came and is not now is told that the answer was not kept.
    """
    lesson = get_lesson_to_answer(page_id)
    if lesson is None:
        raise Http404
    by_htmx = bool(request.headers.get("HX-Request"))
    back_url = f"{safe_next(request, fallback=page_path(lesson))}#b-{block_id}"
    login_url = f"{reverse('account_login')}?{urlencode({'next': back_url})}"
    is_learner = request.user.is_authenticated
    is_let_in = is_learner or not lesson.sign_in_required
    if not is_let_in and not by_htmx:
        return redirect(login_url)
    version = get_published_version(lesson=lesson)
    activity = version.activity(block_id) if version else None
    if version is None or activity is None or "value" not in activity:
        raise Http404
    result: MarkedAnswer | None = None
    problem = ""
    if is_let_in:
        try:
            result = mark_answer(kind=activity["type"], question=activity["value"], data=request.POST)
        except UnansweredError as error:
            problem = str(error)
    answered = keep(request, lesson=lesson, version=version, block_id=block_id, result=result) if is_learner else None
    context = {
        "page": lesson,
        "question": activity["value"]["question"],
        "kind": activity["type"],
        "result": result,
        "problem": problem,
        "block_id": block_id,
        "lesson_key": lesson.translation_key,
        "standing": answered.standing if answered else None,
        "own_best": answered.standing.best.get(block_id) if answered else None,
        "by_htmx": by_htmx,
        "completions": answered.ticked.completions if answered and answered.ticked else [],
        "event_id": uuid.uuid4() if is_learner else None,
        "is_signed_out": not is_learner and (not is_let_in or "event" in request.POST),
        "login_url": login_url,
        "back_url": back_url,
    }
    # htmx swaps only successful answers; a whole page says 422 for an answer that could not be marked.
    status = 422 if problem and not by_htmx else 200
    template = "learning/answer_feedback.html" if by_htmx else "learning/answer.html"
    response = render(request, template, context, status=status)
    if answered and answered.ticked and answered.ticked.is_new:
        response["HX-Trigger"] = json.dumps({"flett:progress": progress_news(request.user, lesson.translation_key)})
    return response


def keep(
    request: HttpRequest, *, lesson: LessonPage, version: LessonVersion, block_id: UUID, result: MarkedAnswer | None
) -> Answered | None:
    """Record what was marked. An id that is none is as no id: the answer is kept all the same."""
    if result is None:
        return None
    learner: Any = request.user
    return record_answer(
        learner=learner,
        lesson_key=lesson.translation_key,
        block_id=block_id,
        version=version,
        answer=result.given,
        score=result.score,
        event_id=as_uuid(request.POST.get("event")),
        path_key=as_uuid(request.POST.get("path")),
    )


def as_uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def progress_news(learner: Any, lesson_key: UUID) -> dict[str, Any]:
    """What pages repaint from after a completion: the detail of the event `flett:progress`."""
    return {"ticked": [str(lesson_key)], "subjects": get_progress_lines(learner=learner, lesson_key=lesson_key)}


@login_required
@never_cache
@require_safe
def own_answers(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    """One's own answers in a lesson, each beside the question as it was worded then. Nobody else's page."""
    learner: Any = request.user
    language = translation.get_language() or "nb"
    questions = get_own_answers(learner=learner, lesson_key=lesson_key, language=language)
    version = get_version_to_read(lesson_key, language=language)
    if version is None:
        raise Http404
    page = LessonPage.objects.live().filter(translation_key=lesson_key, locale__language_code=version.language)
    context = {
        "version": version,
        "questions": questions,
        "lesson": page.defer_streamfields().select_related("locale").first(),
    }
    return render(request, "learning/own_answers.html", context)
