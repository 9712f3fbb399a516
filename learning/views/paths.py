"""Lessons read inside a path."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from courses.models import LessonPage
from courses.queries import add_guides
from courses.views import refuse_reader
from learning.models import LearningPathPage
from learning.queries import get_path_outline


def serve_path_lesson(
    request: HttpRequest, *, path: LearningPathPage, course_slug: str, lesson_slug: str
) -> HttpResponse | TemplateResponse:
    """Show a lesson with the path beside it. A chapter's own address leads to its first lesson."""
    outline = get_path_outline(path=path, open_slug=course_slug, current_slug=lesson_slug)
    chapter = outline.current_chapter
    if chapter is None or not chapter.lessons:
        raise Http404
    if not lesson_slug:
        return redirect(chapter.lessons[0].url)
    entry = next((lesson for lesson in chapter.lessons if lesson.is_current), None)
    if entry is None:
        raise Http404
    refusal = refuse_reader(request, sign_in_required=chapter.sign_in_required)
    if refusal:
        return refusal
    lesson = LessonPage.objects.select_related("locale").get(pk=entry.pk)
    add_guides([chapter])
    previous, following = outline.neighbours()
    context = {
        "page": lesson,
        "self": lesson,
        "request": request,
        "course": chapter,
        "outline": chapter,
        "path": path,
        "path_outline": outline,
        "previous_lesson": previous,
        "next_lesson": following,
    }
    return TemplateResponse(request, "learning/path_lesson.html", context)
