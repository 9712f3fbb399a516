"""What those who moderate a space do with whole topics."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions.topics import CannotTidyError, close_topic, merge_topics, move_topic, pin_topic, split_topic
from forum.forms_topics import MergeForm, MoveForm, SplitForm
from forum.models import Topic
from forum.queries.posts import get_topic_page
from forum.views.topics import find_topic, whole_number
from safety.text import TextRefusedError


def get_own_topic(user: Any, pk: int) -> Topic:
    """A topic the person moderates. Raises Http404 for those who do not see it, PermissionDenied for those who do."""
    found = find_topic(user, pk)
    if not found.may_moderate:  # type: ignore[attr-defined]
        raise PermissionDenied
    return found


@login_required
@never_cache
@require_POST
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_own_topic(request.user, pk)
    pinned = request.POST.get("on") == "1"
    pin_topic(moderator=request.user, topic=found, pinned=pinned)  # type: ignore[arg-type]
    messages.success(request, _("Tråden er festet øverst i rommet.") if pinned else _("Tråden er løsnet."))
    return redirect(found)


@login_required
@never_cache
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_own_topic(request.user, pk)
    closed = request.POST.get("on") == "1"
    close_topic(moderator=request.user, topic=found, closed=closed)  # type: ignore[arg-type]
    messages.success(request, _("Tråden er stengt for nye svar.") if closed else _("Tråden er åpen for svar igjen."))
    return redirect(found)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """To another space."""
    found = get_own_topic(request.user, pk)
    form = MoveForm(request.POST or None, user=request.user, topic=found)
    if request.method == "POST" and form.is_valid():
        try:
            move_topic(moderator=request.user, topic=found, space=form.cleaned_data["space"])  # type: ignore[arg-type]
        except CannotTidyError as error:
            form.add_error(None, error.message)
        else:
            messages.success(
                request, _("Tråden er flyttet til «%(space)s».") % {"space": form.cleaned_data["space"].name}
            )
            return redirect(found)
    return tidy_form(request, "forum/topic_move.html", found, form)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Into another topic."""
    found = get_own_topic(request.user, pk)
    form = MergeForm(request.POST or None, user=request.user, topic=found)
    if request.method == "POST" and form.is_valid():
        into: Topic = form.cleaned_data["into"]
        try:
            merge_topics(moderator=request.user, topic=found, into=into)  # type: ignore[arg-type]
        except CannotTidyError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Innleggene er flyttet inn i denne tråden."))
            return redirect(into)
    return tidy_form(request, "forum/topic_merge.html", found, form)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Some posts of the page shown become a topic of their own."""
    found = get_own_topic(request.user, pk)
    form = SplitForm(request.POST or None)
    chosen = {whole_number(text, otherwise=0) for text in request.POST.getlist("innlegg")} - {0}
    if request.method == "POST" and form.is_valid():
        try:
            made = split_topic(
                moderator=request.user,  # type: ignore[arg-type]
                topic=found,
                numbers=sorted(chosen),
                title=form.cleaned_data["title"],
            )
        except (CannotTidyError, TextRefusedError) as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Innleggene er en tråd for seg nå."))
            return redirect(made)
    page = get_topic_page(request.user, found, page=whole_number(request.GET.get("side", ""), otherwise=1))
    return tidy_form(request, "forum/topic_split.html", found, form, page=page, chosen=chosen)


def tidy_form(request: HttpRequest, template: str, topic: Topic, form: Any, **more: Any) -> HttpResponse:
    context = {"topic": topic, "space": topic.space, "form": form, **more}
    return TemplateResponse(request, template, context, status=422 if form.errors else 200)
