"""Events: the page, making, changing, publishing, cancelling."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import events as actions
from forum.actions.event_notices import mark_event_read
from forum.actions.sign_ups import settle_event
from forum.as_seen import ChangedSinceError
from forum.forms_events import (
    CancelEventForm,
    EditEventForm,
    NewEventForm,
    PointForm,
    QuestionForm,
    Rows,
    initial_event,
    initial_points,
    initial_questions,
)
from forum.forms_spaces import CHANGED_SINCE
from forum.models import Event, EventQuestion, State
from forum.queries.events import arrangeable_spaces, get_event_for, get_event_page
from forum.slots import touch_badge
from forum.views.kept_forms import keeps_form
from safety.text import TextRefusedError

REFUSED = 422


def event_to_arrange(request: HttpRequest, pk: int) -> Event:
    """404 for who may not see it, 403 for who may not arrange it."""
    found = get_event_for(request.user, pk)
    if not found.may_arrange:  # type: ignore[attr-defined]
        raise PermissionDenied
    return found


@login_required
@never_cache
@require_safe
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, when, where, and one's own place."""
    found = get_event_for(request.user, pk)
    if found.is_overdue:  # type: ignore[attr-defined]
        settle_event(event_id=found.pk)
    if found.has_news:  # type: ignore[attr-defined]
        mark_event_read(person=request.user, event=found)  # type: ignore[arg-type]
        touch_badge(request)
    page = get_event_page(request.user, found)
    context = {"event": found, "page": page, "own": page.own, "may_arrange": found.may_arrange}  # type: ignore[attr-defined]
    return render(request, "forum/events/event.html", context)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def event_new(request: HttpRequest) -> HttpResponse:
    """A draft first. `?rom=<slug>` begins in a space."""
    person: Any = request.user
    spaces = arrangeable_spaces(person)
    if not spaces.exists():
        raise PermissionDenied
    space = spaces.filter(slug=request.GET.get("rom", "")).first()
    initial = {"space": space.pk if space else None, "has_physical": True}
    form = NewEventForm(request.POST if request.method == "POST" else None, user=person, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.make_event(
                person=person,
                space=data["space"],
                details=form.details(),
                submission=data["submission"],
                confirmed=data["confirmed"],
            )
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Kladden er lagret. Publiser den når den er klar."))
            return redirect(made)
    status = REFUSED if form.is_bound else 200
    return render(request, "forum/events/edit.html", {"form": form}, status=status)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def event_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person: Any = request.user
    found = event_to_arrange(request, pk)
    if found.is_cancelled:
        raise PermissionDenied
    form = EditEventForm(request.POST if request.method == "POST" else None, initial=initial_event(found))
    seen = request.POST.get("seen") if form.is_bound else actions.seal_of_details(found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_event(
                person=person,
                event=found,
                details=form.details(),
                tell_them=form.cleaned_data["tell_them"],
                confirmed=form.cleaned_data["confirmed"],
                seen=seen,
            )
        except ChangedSinceError as error:
            seen = error.now
            form.add_error(None, CHANGED_SINCE)
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Endringen er lagret."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    context = {"form": form, "event": found, "seen": seen}
    return render(request, "forum/events/edit.html", context, status=status)


@login_required
@never_cache
@require_POST
def event_publish(request: HttpRequest, pk: int) -> HttpResponse:
    found = event_to_arrange(request, pk)
    actions.publish_event(person=request.user, event=found)  # type: ignore[arg-type]
    messages.success(request, _("Publisert. Nå ser de som kan lese rommet, arrangementet."))
    return redirect(found)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def event_programme(request: HttpRequest, pk: int) -> HttpResponse:
    """The programme, a row for each point."""
    found = event_to_arrange(request, pk)
    rows = Rows(
        PointForm, found, data=request.POST if request.method == "POST" else None, initial=initial_points(found)
    )

    def save() -> None:
        actions.set_programme(
            person=request.user,  # type: ignore[arg-type]
            event=found,
            points=[form.point() for form in rows.forms],
            confirmed=rows.guard.cleaned_data["confirmed"],
            seen=request.POST.get("seen"),
        )

    now = actions.seal_of_programme(found)
    return _with_rows(request, found, rows, save, "forum/events/edit_programme.html", now)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def event_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """What those who sign up are asked, a row for each question."""
    found = event_to_arrange(request, pk)
    purpose = EventQuestion.Purpose.SIGN_UP
    data = request.POST if request.method == "POST" else None
    rows = Rows(QuestionForm, found, data=data, initial=initial_questions(found, purpose))

    def save() -> None:
        actions.set_questions(
            person=request.user,  # type: ignore[arg-type]
            event=found,
            questions=[form.question() for form in rows.forms],
            purpose=purpose,
            confirmed=rows.guard.cleaned_data["confirmed"],
            seen=request.POST.get("seen"),
        )

    now = actions.seal_of_questions(found, purpose)
    return _with_rows(request, found, rows, save, "forum/events/edit_questions.html", now)


@sensitive_variables()
def _with_rows(request: HttpRequest, event: Event, rows: Rows, save: Any, template: str, now: str) -> HttpResponse:
    """Add, move and take away by plain buttons; saved when asked to. `now` is the seal of what stands there."""
    status = 200
    seen: str | None = now
    if request.method == "POST":
        seen = request.POST.get("seen")
        task = request.POST.get("do", "save")
        if task != "save":
            rows.change(task)
        elif rows.is_valid():
            try:
                save()
            except ChangedSinceError as error:
                seen = error.now
                rows.guard.add_error(None, CHANGED_SINCE)
                status = REFUSED
            except TextRefusedError as error:
                rows.refuse(error)
                status = REFUSED
            else:
                messages.success(request, _("Endringen er lagret."))
                return redirect(event)
        else:
            status = REFUSED
    return render(request, template, {"event": event, "rows": rows, "seen": seen}, status=status)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def event_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Avlys, with a reason. All who were to come are told."""
    found = event_to_arrange(request, pk)
    if found.status != Event.Status.PUBLISHED:
        return redirect(found)
    form = CancelEventForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.cancel_event(
                person=request.user,  # type: ignore[arg-type]
                event=found,
                note=data["note"],
                confirmed=data["confirmed"],
            )
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Avlyst. De påmeldte får beskjed."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    return render(request, "forum/events/edit_cancel.html", {"form": form, "event": found}, status=status)


@login_required
@never_cache
@require_POST
def event_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide an event, or show it again."""
    found = event_to_arrange(request, pk)
    wanted = State.HIDDEN if request.POST.get("shown") == "0" else State.NORMAL
    actions.set_event_state(person=request.user, event=found, state=wanted)  # type: ignore[arg-type]
    messages.success(request, _("Det er skjult.") if wanted == State.HIDDEN else _("Det vises igjen."))
    return redirect(found)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def event_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an event away, after asking once."""
    found = event_to_arrange(request, pk)
    if request.method == "POST":
        try:
            actions.set_event_state(person=request.user, event=found, state=State.DELETED)  # type: ignore[arg-type]
        except TextRefusedError as error:
            messages.error(request, error.message)
            return redirect(found)
        messages.success(request, _("«%(title)s» er slettet.") % {"title": found.title})
        return redirect(found.space)
    return render(request, "forum/events/edit_delete.html", {"event": found})
