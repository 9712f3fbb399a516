"""One's drafts: saved by a script, listed, and thrown away. Nobody else sees them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from forum.actions.drafts import StaleDraftError, delete_draft, save_draft
from forum.actions.posting import was_posted
from forum.mentions import suggest_people
from forum.models import Draft, Post
from forum.queries.composing import Compose, as_uuid, get_drafts, get_place_by_key
from forum.rendering import render as render_text
from forum.views.kept import keeps_text
from safety.guard import PatientDataError, guard_html
from safety.text import TextRefusedError


@login_required
@never_cache
@require_safe
@sensitive_variables()
def drafts(request: HttpRequest) -> HttpResponse:
    person: Any = request.user
    return render(request, "forum/drafts.html", {"drafts": get_drafts(person)})


@login_required
@require_POST
def draft_delete(request: HttpRequest, pk: int) -> HttpResponse:
    person: Any = request.user
    draft = get_object_or_404(Draft, person=person, pk=pk)
    delete_draft(person=person, place=draft.place)
    messages.success(request, _("Utkastet er slettet."))
    return redirect("forum:drafts")


def _only_scripts(request: HttpRequest) -> HttpResponse:
    return redirect("forum:drafts")


@keeps_text(_only_scripts)
@require_POST
@sensitive_variables()
def draft_save(request: HttpRequest) -> HttpResponse:
    """What a script saves while one writes. A number is masked in what is kept, and the writer told at once."""
    person: Any = request.user
    place = get_place_by_key(person, request.POST.get("place", ""))
    if not place.keeps_drafts:
        return JsonResponse({"version": 0, "message": ""})
    source, version = request.POST.get("source", ""), request.POST.get("version", "")
    source_format = Post.Format.HTML if request.POST.get("source_format") == Post.Format.HTML else Post.Format.TEXT
    choices: dict[str, Any] = {}
    if principles := request.POST.getlist("principles")[:20]:
        choices["principles"] = principles
    if subject := request.POST.get("subject", "")[:60]:
        choices["subject"] = subject
    answered = request.POST.get("reply_to", "")
    if answered.isdecimal() and len(answered) < 18:
        choices["reply_to"] = int(answered)
    title, warning = request.POST.get("title", ""), request.POST.get("content_warning", "")
    try:
        if (submission := as_uuid(request.POST.get("submission", ""))) and was_posted(
            author=person,
            submission=submission,
            source=source,
            source_format=source_format,
            title=None if place.topic else title,
        ):
            return JsonResponse({"is_posted": True, "version": 0, "message": ""})
        if request.POST.get("is_question"):
            return JsonResponse({"is_posted": False})
        draft = save_draft(
            person=person,
            place=place.key,
            source=source,
            source_format=source_format,
            title=title,
            content_warning=warning,
            as_pseudonym=bool(request.POST.get("as_pseudonym")),
            choices=choices,
            base_version=int(version) if version.isdecimal() and len(version) < 11 else 0,
        )
        refusal = _refusal(source, source_format=source_format, title=title, warning=warning)
    except StaleDraftError as stale:
        return _stale(place=place, draft=stale.draft)
    except TextRefusedError as error:
        return JsonResponse({"message": error.message}, status=422)
    number = draft.version if draft else 0
    if refusal:
        return JsonResponse({"version": number, "message": refusal, "is_masked": True}, status=422)
    return JsonResponse(
        {"version": number, "message": _("Utkast lagret %(time)s") % {"time": _clock()} if draft else ""}
    )


def _clock() -> str:
    return timezone.localtime().strftime("%H:%M" if translation.get_language() == "en" else "%H.%M")


@sensitive_variables()
def _refusal(source: str, *, source_format: str, title: str, warning: str) -> str:
    html = render_text(source, source_format=source_format).html
    try:
        guard_html({"title": escape(title), "warning": escape(warning), "source": html}, confirmed=True)
    except PatientDataError as error:
        return error.message
    return ""


@sensitive_variables()
def _stale(*, place: Any, draft: Draft | None) -> JsonResponse:
    """Changed elsewhere: what is stored, for the writer to choose."""
    if draft is None:
        message = _(
            "Utkastet er lagt ut eller slettet et annet sted. Det du skriver her, lagres ikke av seg selv lenger."
        )
        return JsonResponse({"message": message, "version": 0, "html": "", "text": ""}, status=409)
    stored = Compose.of_source(place, source=draft.source, source_format=draft.source_format)
    message = _("Utkastet er endret et annet sted: i en annen fane eller på en annen enhet. Velg hva du vil beholde.")
    return JsonResponse(
        {"message": message, "version": draft.version, "html": stored.html, "text": stored.text}, status=409
    )


@login_required
@never_cache
@require_safe
def mention_names(request: HttpRequest) -> HttpResponse:
    """Names to choose among after an @, for somebody who may write in the place."""
    person: Any = request.user
    place = get_place_by_key(person, request.GET.get("place", ""))
    return JsonResponse(
        {"names": suggest_people(person=person, space=place.space, start=request.GET.get("q", "")[:60])}
    )
