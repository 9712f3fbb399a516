"""What readers of courses ask for besides the pages themselves."""

from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from courses.models import CoursePage, LessonPage
from courses.queries import get_published_activity
from courses.quiz import MarkedAnswer, UnansweredError, mark_answer
from courses.rendering import is_twin
from courses.urls_of import page_path


def refuse_reader(request: HttpRequest, *, sign_in_required: bool) -> HttpResponse | None:
    """Send an anonymous reader of a closed course to the sign-in page; None when reading is fine.

    A page rendered for keeping is let through here and guarded when it is handed out.
    """
    if sign_in_required and not is_twin(request) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return None


@require_POST
def check_answer(request: HttpRequest, page_id: int, block_id: UUID) -> HttpResponse:
    """Mark an answer and explain it. Nothing is stored; a signed-in learner's attempts come with progress."""
    lesson = get_object_or_404(LessonPage.objects.live().defer_streamfields().select_related("locale"), pk=page_id)
    course = CoursePage.objects.ancestor_of(lesson).get()
    refusal = refuse_reader(request, sign_in_required=course.sign_in_required)
    if refusal:
        return refusal
    activity = get_published_activity(lesson=lesson, block_id=block_id)
    if activity is None or "value" not in activity:
        raise Http404
    result: MarkedAnswer | None = None
    problem = ""
    try:
        result = mark_answer(kind=activity["type"], question=activity["value"], data=request.POST)
    except UnansweredError as error:
        problem = str(error)
    template = "courses/answer_feedback.html" if request.headers.get("HX-Request") else "courses/answer.html"
    context = {
        "page": lesson,
        "course": course,
        "question": activity["value"]["question"],
        "kind": activity["type"],
        "result": result,
        "problem": problem,
        "block_id": block_id,
        "back_url": f"{safe_next(request, fallback=page_path(lesson))}#b-{block_id}",
    }
    # htmx swaps only successful answers; a whole page says 422 for an answer that could not be marked.
    status = 422 if problem and template == "courses/answer.html" else 200
    return render(request, template, context, status=status)


def safe_next(request: HttpRequest, *, fallback: str) -> str:
    """Where the form says the reader came from, if that is on this site."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return fallback
