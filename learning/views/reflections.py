"""«Min læringssti»: one's own notes, and nobody else's page. Nothing here may carry a note into an error report."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from courses.queries import get_version_to_read
from courses.views import safe_next
from learning.actions.reflections import (
    EmptyReflectionError,
    StaleReflectionError,
    UnknownQuestionError,
    delete_reflection,
    save_reflection,
)
from learning.models import Reflection
from learning.queries.reflections import form_of, get_own_notes, notes_key
from learning.reflections_docx import make_document
from learning.views.answers import as_uuid
from people.alphabet import fold
from safety.text import TextRefusedError

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def language_read() -> str:
    return translation.get_language() or "nb"


def clock(at: datetime) -> str:
    """14.02 as Scandinavians write it, 14:02 in English."""
    return timezone.localtime(at).strftime("%H:%M" if language_read() == "en" else "%H.%M")


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@sensitive_variables()
def reflection(request: HttpRequest, lesson_key: UUID, block_id: UUID) -> HttpResponse:
    """Save one's note on a question, from a script (which gets JSON) or a plain form. GET says what is stored.

    Whoever is signed out, or signed in as somebody else than the page was made for, gets their text back unsaved.
    """
    learner: Any = request.user
    account = request.POST.get("account") or request.headers.get("X-Account")
    if not learner.is_authenticated or account != notes_key(learner):
        return _signed_out(request)
    if request.method == "GET":
        return _stored(request, learner=learner, block_id=block_id)
    text = request.POST.get("text", "")
    base = request.POST.get("version", "")
    try:
        saved = save_reflection(
            learner=learner,
            lesson_key=lesson_key,
            block_id=block_id,
            text=text,
            base_version=int(base) if base.isdecimal() and len(base) < 10 else 0,
            language=language_read(),
            path_key=as_uuid(request.POST.get("path")),
        )
    except UnknownQuestionError:
        raise Http404 from None
    except TextRefusedError as error:
        return _not_saved(request, 422, message=error.message, lesson_key=lesson_key, block_id=block_id)
    except StaleReflectionError as error:
        return _not_saved(request, 409, message=in_words(error), lesson_key=lesson_key, block_id=block_id, stale=error)
    except EmptyReflectionError:
        if wants_json(request):
            return JsonResponse({"message": _("Et tomt notat lagres ikke. Det du skrev før, står.")}, status=422)
        return redirect("learning:delete-reflection", block_id)
    if wants_json(request):
        return JsonResponse(describe(saved))
    messages.success(request, _("Notatet er lagret.") if saved else _("Du har ikke skrevet noe ennå."))
    return redirect(f"{safe_next(request, fallback=reverse('learning:reflections'))}#b-{block_id}")


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def describe(saved: Reflection | None) -> dict[str, Any]:
    """What a script is told of a saved note; its text it has."""
    if saved is None:
        return {"version": 0, "message": ""}
    return {"version": saved.version, "message": _("Lagret %(time)s") % {"time": clock(saved.updated_at)}}


def in_words(error: StaleReflectionError) -> str:
    """Why a note was not saved."""
    if error.text:
        return _("Notatet er endret et annet sted: i en annen fane eller på en annen enhet. Velg hva du vil beholde.")
    return _("Notatet er slettet et annet sted: i en annen fane eller på en annen enhet. Velg hva du vil beholde.")


@sensitive_variables()
def _stored(request: HttpRequest, *, learner: Any, block_id: UUID) -> JsonResponse:
    kept = Reflection.objects.filter(learner=learner, block_id=block_id).first()
    return JsonResponse(
        {
            "text": kept.text if kept else "",
            "version": kept.version if kept else 0,
            "token": get_token(request),
        }
    )


@sensitive_variables()
def _signed_out(request: HttpRequest) -> HttpResponse:
    back = safe_next(request, fallback=reverse("learning:reflections"))
    login_url = f"{reverse('account_login')}?{urlencode({'next': back})}"
    if wants_json(request):
        message = _("Du er logget ut. Teksten ligger her på enheten og lagres når du har logget inn.")
        return JsonResponse({"message": message, "login_url": login_url}, status=401)
    if request.method == "GET":
        return redirect(login_url)
    context = {"text": request.POST.get("text", ""), "login_url": login_url}
    return render(request, "learning/reflection_signed_out.html", context, status=401)


@sensitive_variables()
def _not_saved(
    request: HttpRequest,
    status: int,
    *,
    message: str,
    lesson_key: UUID,
    block_id: UUID,
    stale: StaleReflectionError | None = None,
) -> HttpResponse:
    """Refused, or changed elsewhere: the text goes back to its writer, who chooses."""
    stored: dict[str, Any] = {"stored": stale.text, "version": stale.version} if stale else {}
    if wants_json(request):
        return JsonResponse({"message": message, **stored}, status=status)
    version = get_version_to_read(lesson_key, language=language_read())
    activity = version.activity(block_id) if version else None
    learner: Any = request.user
    kept = None if activity else Reflection.objects.filter(learner=learner, block_id=block_id).first()
    text = request.POST.get("text", "")
    context = {
        "prompt": activity["label"] if activity else kept.prompt if kept else "",
        "language": version.language if version else language_read(),
        "message": message,
        "is_stale": stale is not None,
        "stored": stale.text if stale else "",
        "both": f"{stale.text}\n\n{text}" if stale and stale.text else "",
        "form": {
            "url": reverse("learning:reflection", args=[lesson_key, block_id]),
            "block_id": block_id,
            "text": text,
            "version": stale.version if stale else request.POST.get("version", "0"),
            "next": safe_next(request, fallback=reverse("learning:reflections")),
            "path": request.POST.get("path", ""),
            "account": request.POST.get("account", ""),
        },
    }
    return render(request, "learning/reflection_not_saved.html", context, status=status)


@login_required
@never_cache
@require_safe
@sensitive_variables()
def reflections(request: HttpRequest) -> HttpResponse:
    """Every note one has written, in reading order, to read, print, take along and delete."""
    learner: Any = request.user
    context = {
        "sections": get_own_notes(learner=learner, language=language_read()),
        "account": notes_key(learner),
        "today": timezone.localdate(),
    }
    return render(request, "learning/reflections.html", context)


@login_required
@never_cache
@require_safe
@sensitive_variables()
def reflections_docx(request: HttpRequest) -> HttpResponse:
    """The same as a Word document."""
    learner: Any = request.user
    content = make_document(
        sections=get_own_notes(learner=learner, language=language_read()), author=str(learner), now=timezone.now()
    )
    day = formats.date_format(timezone.localdate(), "Y-m-d")
    name = f"{slugify(fold(_('Min læringssti')))}-{day}.docx"
    return HttpResponse(content, content_type=DOCX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@login_required
@never_cache
@require_safe
@sensitive_variables()
def edit_reflection(request: HttpRequest, block_id: UUID) -> HttpResponse:
    """One note by itself, also one whose lesson is gone. It is saved where all notes are."""
    learner: Any = request.user
    note = get_object_or_404(Reflection, learner=learner, block_id=block_id)
    version = get_version_to_read(note.lesson_key, language=language_read())
    context = {
        "note": note,
        "version": version,
        "form": form_of(
            note=note,
            lesson_key=note.lesson_key,
            block_id=block_id,
            learner=learner,
            back=reverse("learning:reflections"),
        ),
    }
    return render(request, "learning/reflection_edit.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@sensitive_variables()
def confirm_deletion(request: HttpRequest, block_id: UUID) -> HttpResponse:
    """Show what will be gone, and delete it when that is confirmed. A note changed meanwhile is shown once more."""
    learner: Any = request.user
    note = get_object_or_404(Reflection, learner=learner, block_id=block_id)
    is_stale = False
    if request.method == "POST":
        base = request.POST.get("version", "")
        try:
            delete_reflection(
                learner=learner,
                block_id=block_id,
                base_version=int(base) if base.isdecimal() and len(base) < 10 else 0,
            )
        except StaleReflectionError:
            is_stale = True
            note.refresh_from_db()
        else:
            messages.success(request, _("Notatet er slettet."))
            return redirect("learning:reflections")
    return render(
        request,
        "learning/reflection_delete.html",
        {"note": note, "is_stale": is_stale},
        status=409 if is_stale else 200,
    )
