"""Signing up, giving up, answering offers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from forum.actions import sign_ups as actions
from forum.forms_sign_ups import SignUpForm
from forum.models import EventSignUp
from forum.queries.events import get_event_for, get_event_page
from safety.text import TextRefusedError

REFUSED = 422
Status = EventSignUp.Status


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Meld på: the leg, the organiser's questions, what one can not eat."""
    person: Any = request.user
    found = get_event_for(person, pk)
    page = get_event_page(person, found)
    if page.own is not None:
        messages.info(request, _("Du er allerede påmeldt."))
        return redirect(found)
    if not found.is_open:  # type: ignore[attr-defined]
        raise PermissionDenied
    form = SignUpForm(request.POST if request.method == "POST" else None, event=found, user=person, legs=page.legs)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.sign_up(
                person=person,
                event=found,
                mode=data["mode"],
                by=person,
                team=data.get("team"),
                answers=form.answers(),
                dietary=data.get("dietary", ""),
                submission=data["submission"],
                confirmed=data["confirmed"],
            )
        except actions.AlreadySignedUpError:
            messages.info(request, _("Du er allerede påmeldt."))
            return redirect(found)
        except TextRefusedError as error:
            form.refuse(error)
        else:
            if made.status == Status.CONFIRMED:
                messages.success(request, _("Du har plass."))
            elif made.status == Status.WAITING:
                messages.success(request, _("Det er fullt. Du står på ventelista."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    context = {"form": form, "event": found, "page": page}
    return render(request, "forum/events/sign_up.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_up_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Meld av, after asking once."""
    person: Any = request.user
    found = get_event_for(person, pk)
    own = get_event_page(person, found).own
    if own is None:
        messages.info(request, _("Du er ikke påmeldt."))
        return redirect(found)
    if request.method == "POST":
        actions.cancel_sign_up(by=person, sign_up=own)
        messages.success(request, _("Du er meldt av."))
        return redirect(found)
    return render(request, "forum/events/sign_up_cancel.html", {"event": found, "own": own})
