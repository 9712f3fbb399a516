"""Events: the page, making, changing, publishing, cancelling."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import events as actions
from forum.forms_events import EventForm, NewEventForm, initial_event
from forum.models import Event
from forum.queries.events import arrangeable_spaces, get_event_for, get_event_page
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
    page = get_event_page(request.user, found)
    context = {"event": found, "page": page, "own": page.own, "may_arrange": found.may_arrange}  # type: ignore[attr-defined]
    return render(request, "forum/events/event.html", context)


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
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


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def event_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person: Any = request.user
    found = event_to_arrange(request, pk)
    if found.is_cancelled:
        raise PermissionDenied
    form = EventForm(request.POST if request.method == "POST" else None, initial=initial_event(found))
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_event(
                person=person, event=found, details=form.details(), confirmed=form.cleaned_data["confirmed"]
            )
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Endringen er lagret."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    return render(request, "forum/events/edit.html", {"form": form, "event": found}, status=status)


@login_required
@never_cache
@require_POST
def event_publish(request: HttpRequest, pk: int) -> HttpResponse:
    found = event_to_arrange(request, pk)
    actions.publish_event(person=request.user, event=found)  # type: ignore[arg-type]
    messages.success(request, _("Publisert. Nå ser de som kan lese rommet, arrangementet."))
    return redirect(found)
