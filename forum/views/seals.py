"""Moderators' pages about seals. Everything here stands under the prefix that asks for a second factor."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import seals
from forum.forms_spaces import SealForm
from forum.permissions import IDENTITY_DAYS, user_can_answer_opening, user_can_see_identity, user_is_moderator
from forum.pseudonyms import SealedForEverError
from forum.queries.seals import get_alias_for, get_opening_for, get_openings_for
from forum.queries.spaces import describe_people
from forum.views.spaces import READ_AND_WRITE, PersonRequest
from safety.text import TextRefusedError

OPENINGS_A_PAGE = 30


@login_required
@never_cache
@require_safe
def openings(request: PersonRequest) -> HttpResponse:
    """What is asked and answered about seals. For moderators."""
    if not user_is_moderator(request.user):
        raise PermissionDenied
    page = Paginator(get_openings_for(request.user), OPENINGS_A_PAGE).get_page(request.GET.get("side"))
    return TemplateResponse(request, "forum/seal_openings.html", {"page": page})


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def ask(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask another moderator to agree that an alias is opened. 404 for those who may not ask."""
    alias = get_alias_for(request.user, pk)
    form = SealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            opening = seals.ask_to_open(pseudonym=alias, by=request.user, reason=form.cleaned_data["reason"])
        except TextRefusedError as error:
            form.add_error("reason", error.message)
        except seals.AlreadyAskedError:
            messages.info(request, _("Noen har allerede bedt om å åpne dette aliaset."))
            return redirect("forum:seal-openings")
        else:
            messages.success(request, _("En annen moderator må si ja før aliaset åpnes."))
            return redirect("forum:seal-opening", opening.pk)
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "forum/seal_ask.html", {"alias": alias, "form": form}, status=status)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def opening(request: PersonRequest, pk: int) -> HttpResponse:
    """One question: agree (`decision=agree`) or refuse. 404 for those who are no moderators, 403 for whoever asked."""
    found = get_opening_for(request.user, pk)
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "agree":
                seals.agree_to_open(opening=found, by=request.user)
                messages.success(request, _("Aliaset er åpnet. Den det gjelder, får beskjed."))
            else:
                seals.refuse_to_open(opening=found, by=request.user)
                messages.success(request, _("Du sa nei. Aliaset er like lukket som før."))
        except seals.AlreadyAnsweredError:
            messages.info(request, _("En annen moderator har allerede svart."))
        return redirect("forum:seal-opening", pk)
    context = {
        "opening": found,
        "may_answer": user_can_answer_opening(request.user, found),
        "may_look": user_can_see_identity(request.user, found),
        "days": IDENTITY_DAYS,
    }
    return TemplateResponse(request, "forum/seal_opening.html", context)


@login_required
@never_cache
@require_POST
@sensitive_variables()
def identity(request: PersonRequest, pk: int) -> HttpResponse:
    """Who it is, shown this once to each of the two, and kept nowhere. 403 the second time."""
    found = get_opening_for(request.user, pk)
    try:
        person = seals.look_behind(opening=found, by=request.user)
    except SealedForEverError:
        messages.error(request, _("Nøkkelen aliaset er forseglet med, finnes ikke lenger. Det kan ikke åpnes."))
        return redirect("forum:seal-opening", pk)
    lines = describe_people(found.pseudonym.space, [person.pk]) if person else []
    context = {"opening": found, "line": lines[0] if lines else None}
    return TemplateResponse(request, "forum/seal_identity.html", context)
