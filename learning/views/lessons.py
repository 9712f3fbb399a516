"""What a form at the end of a lesson does. Scripts send the same as events (`learning.views.events`)."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from courses.queries import get_lesson_facts
from courses.urls_of import language_prefix
from learning.actions import (
    CannotUndoError,
    NotMarkedByHandError,
    UnknownLessonError,
    complete_lesson,
    mark_news_read,
    undo_completion,
)
from learning.models import LessonCompletion, SubjectKind

BY_HAND = {LessonCompletion.How.MARKED, LessonCompletion.How.TRANSCRIPT}


@require_POST
@never_cache
def complete(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    """Complete a lesson by hand and go on to the next. The form's own event id makes a double click one event."""
    if not request.user.is_authenticated:
        return redirect_to_login(own_address(request, "here"))
    how = request.POST.get("how", LessonCompletion.How.MARKED)
    try:
        if how not in BY_HAND:
            raise NotMarkedByHandError
        ticked = complete_lesson(
            learner=request.user,
            lesson_key=lesson_key,
            how=how,
            event_id=read_key(request, "event"),
            path_key=read_key(request, "path"),
        )
    except UnknownLessonError:
        raise Http404 from None
    except NotMarkedByHandError:
        messages.warning(request, why_not_by_hand(lesson_key))
        return HttpResponseRedirect(own_address(request, "here"))
    for completion in sorted(ticked.completions, key=lambda each: each.kind == SubjectKind.PATH):
        messages.success(request, _("Du har fullført «%(title)s». Godt jobbet!") % {"title": completion.title})
    return HttpResponseRedirect(own_address(request, "next"))


@require_POST
@never_cache
def undo(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    """Take back one's own fresh tick, and stay in the lesson."""
    if not request.user.is_authenticated:
        return redirect_to_login(own_address(request, "here"))
    try:
        undo_completion(learner=request.user, lesson_key=lesson_key)
    except CannotUndoError:
        messages.warning(
            request,
            _("Leksjonen står som fullført. Du kan angre i en time, så lenge ikke hele kurset er fullført."),
        )
    else:
        messages.success(request, _("Leksjonen er ikke lenger fullført."))
    return HttpResponseRedirect(own_address(request, "here"))


@require_POST
@never_cache
def news_read(request: HttpRequest, lesson_key: UUID) -> HttpResponse:
    """Say that one has read what is new in a lesson, and go on."""
    if not request.user.is_authenticated:
        return redirect_to_login(own_address(request, "next"))
    try:
        mark_news_read(learner=request.user, lesson_key=lesson_key)
    except UnknownLessonError:
        raise Http404 from None
    return HttpResponseRedirect(own_address(request, "next"))


def why_not_by_hand(lesson_key: UUID) -> str:
    """What completes the lesson instead."""
    facts = get_lesson_facts(lesson_key)
    if facts is not None and facts.completion == "film":
        return _("Leksjonen fullføres når du har sett minst 90 % av filmen.")
    percent = facts.pass_percent if facts else 0
    return _("Leksjonen fullføres når du har minst %(percent)d %% riktig på spørsmålene.") % {"percent": percent}


def read_key(request: HttpRequest, name: str) -> UUID | None:
    """A key of the form; None where there is none that can be read."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def own_address(request: HttpRequest, name: str) -> str:
    """An address of the form, if it is on this site; else the front page."""
    wanted = request.POST.get(name, "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return language_prefix()
