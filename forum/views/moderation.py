"""Reporting, the queue, a case, the log, and what was decided about oneself.

Facilitators work at their space's own addresses, moderators under `moderering/`, which a second factor guards: a
moderator who comes to a space's address by office alone is sent there.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import moderation as actions
from forum.actions.moderation import AppealError, CaseChangedError, Verb
from forum.actions.reports import report_post
from forum.forms_moderation import AnswerForm, AppealForm, DecisionForm, LogForm, ReportForm
from forum.models import Post, Report, Silence, Space, State
from forum.permissions import user_can_read_space, user_can_report_post, user_is_moderator
from forum.queries import moderation as queries
from people.models import User
from safety.text import TextRefusedError

READ_AND_WRITE = ["GET", "HEAD", "POST"]


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def status_of(*forms: Any) -> int:
    return 422 if any(form.is_bound and form.errors for form in forms) else 200


# --- reporting ------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def report(request: PersonRequest, pk: int) -> HttpResponse:
    """Say that something is wrong with a post. 404 for who does not see it, 403 for one's own."""
    post = queries.get_post_to_report(request.user, pk)
    if not user_can_report_post(request.user, post):
        raise PermissionDenied
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            report_post(reporter=request.user, post=post, **form.cleaned_data)
        except TextRefusedError as error:
            form.add_error(None, error.message)
        else:
            return redirect("forum:report-thanks", pk=post.pk)
    (post,) = queries.with_writers([post])
    return TemplateResponse(
        request, "forum/report.html", {"post": post, "topic": post.topic, "form": form}, status=status_of(form)
    )


@login_required
@never_cache
@require_safe
def report_thanks(request: PersonRequest, pk: int) -> HttpResponse:
    """What happens now. 404 where the person has not reported the post."""
    own, post = queries.get_own_report(request.user, pk)
    context = {
        "report": own,
        "space": post.topic.space,
        "may_read_space": user_can_read_space(request.user, post.topic.space),
        "is_hidden": own.reason == Report.Reason.PATIENT_DATA and post.state == State.HIDDEN,
        "is_worry": own.reason == Report.Reason.WORRY,
    }
    return TemplateResponse(request, "forum/report_thanks.html", context)


# --- the queue ------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def queue(request: PersonRequest) -> HttpResponse:
    """All that waits for a moderator. 403 for others."""
    must_be_moderator(request.user)
    return TemplateResponse(
        request, "forum/moderation.html", {"queue": queries.get_queue(request.user), "is_moderator": True}
    )


@login_required
@never_cache
@require_safe
def space_queue(request: PersonRequest, slug: str) -> HttpResponse:
    """What waits for a space's facilitators."""
    space = queries.get_moderated_space_for(request.user, slug)
    if not queries.facilitates(request.user, space):
        return redirect("forum:moderation")
    context = {"queue": queries.get_queue(request.user, space=space), "space": space}
    return TemplateResponse(request, "forum/moderation.html", context)


def must_be_moderator(user: User) -> None:
    """Raises PermissionDenied."""
    if not user_is_moderator(user):
        raise PermissionDenied


# --- a case ---------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def case(request: PersonRequest, pk: int) -> HttpResponse:
    """A post to decide about, for moderators; a facilitator is sent to the space's own address."""
    post = queries.get_post_to_moderate(request.user, pk)
    if not user_is_moderator(request.user):
        return redirect("forum:space-case", slug=post.topic.space.slug, pk=post.pk)
    return answer_case(request, post, space=None)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def space_case(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """The same for the space's facilitators."""
    space = queries.get_moderated_space_for(request.user, slug)
    post = queries.get_post_to_moderate(request.user, pk)
    if post.topic.space_id != space.pk or not queries.facilitates(request.user, space):
        return redirect("forum:case", pk=post.pk)
    return answer_case(request, post, space=space)


def answer_case(request: PersonRequest, post: Post, *, space: Space | None) -> HttpResponse:
    """Show the case; a form sent does one of three things: decides, answers the appeal, or lifts a pause."""
    found = queries.get_case(request.user, post)
    sent = request.POST.get("do", "") if request.method == "POST" else ""
    form = DecisionForm(
        request.POST if sent == "decide" else None,
        choices=found.choices,
        is_moderator=user_is_moderator(request.user),
        is_first=post.number == 1,
        is_hidden=post.state == State.HIDDEN,
        initial={"seen": found.stamp},
    )
    answer = AnswerForm(request.POST if sent == "answer" else None)
    back = reverse("forum:space-moderation", args=[space.slug]) if space else reverse("forum:moderation")
    try:
        if sent == "lift":
            silence = get_object_or_404(Silence, queries.author_is(post), pk=read_number(request.POST.get("silence")))
            actions.lift_silence(moderator=request.user, silence=silence, post=post)
            messages.success(request, _("Skrivepausen er opphevet."))
            return redirect(request.path)
        if sent == "decide" and form.is_valid():
            actions.decide(moderator=request.user, post=post, **form.cleaned_data)
            messages.success(request, _("Det er gjort, og står i loggen."))
            return redirect(back)
        if sent == "answer" and found.appeal and answer.is_valid():
            actions.decide_appeal(moderator=request.user, appeal=found.appeal, **answer.cleaned_data)
            messages.success(request, _("Klagen er besvart."))
            return redirect(back)
    except CaseChangedError:
        messages.warning(request, _("Noe er endret siden du åpnet saken. Ingenting er gjort. Se på den igjen."))
        return redirect(request.path)
    except TextRefusedError as error:
        (form if sent == "decide" else answer).add_error(None, error.message)
    context = {
        "case": found,
        "post": found.post,
        "topic": post.topic,
        "space": space,
        "form": form,
        "answer": answer,
        "back": back,
        "is_deleted": post.state == State.DELETED,
    }
    return TemplateResponse(request, "forum/case.html", context, status=status_of(form, answer))


def read_number(text: str | None) -> int:
    """A key as a form sends it; 0, and nobody's, where it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


@login_required
@never_cache
@require_POST
@sensitive_post_parameters()
@sensitive_variables()
def hide(request: PersonRequest, pk: int) -> HttpResponse:
    """Hide a post straight from the topic. Moderators by office do it in the case, behind their second factor."""
    post = queries.get_post_to_moderate(request.user, pk)
    if not queries.facilitates(request.user, post.topic.space):
        return redirect("forum:case", pk=post.pk)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Skriv en grunn når du skjuler et innlegg."))
        return redirect("forum:space-case", slug=post.topic.space.slug, pk=post.pk)
    try:
        actions.decide(moderator=request.user, post=post, verb=Verb.HIDE, reason=reason)
    except CaseChangedError:
        messages.info(request, _("Innlegget er allerede skjult eller slettet."))
    except TextRefusedError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Innlegget er skjult. Den som skrev det, får vite det og kan klage."))
    return redirect("forum:space-case", slug=post.topic.space.slug, pk=post.pk)


# --- the log --------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def moderation_log(request: PersonRequest) -> HttpResponse:
    """What moderators did, where one may see it. 403 for others."""
    must_be_moderator(request.user)
    return show_log(request, space=None)


@login_required
@never_cache
@require_safe
def space_log(request: PersonRequest, slug: str) -> HttpResponse:
    """The space's part of it, for its facilitators."""
    space = queries.get_moderated_space_for(request.user, slug)
    if not queries.facilitates(request.user, space):
        return redirect(f"{reverse('forum:moderation-log')}?rom={space.slug}")
    return show_log(request, space=space)


def show_log(request: PersonRequest, *, space: Space | None) -> HttpResponse:
    form = LogForm(request.GET)
    form.fields["rom"].queryset = queries.log_spaces(request.user)  # type: ignore[attr-defined]
    if space is not None:
        del form.fields["rom"]
    form.is_valid()
    asked = form.cleaned_data
    chosen = asked.get("rom")
    wanted = queries.LogFilter(
        verb=asked.get("handling") or "",
        space=chosen.pk if chosen else None,
        since=asked.get("fra"),
        until=asked.get("til"),
        before=queries.read_key(request.GET.get("etter", "")),
    )
    page = queries.get_log(request.user, wanted, space=space)
    context = {
        "form": form,
        "log": page,
        "space": space,
        "is_filtered": any(asked.values()),
        "next_query": address_of(request.GET, page.next),
    }
    return TemplateResponse(request, "forum/moderation_log.html", context)


def address_of(query: QueryDict, key: str) -> str:
    """The same choices, from another place in the log; empty where there is no more."""
    changed = query.copy()
    changed["etter"] = key
    return f"?{changed.urlencode()}" if key else ""


# --- about oneself --------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def decisions(request: PersonRequest) -> HttpResponse:
    """What was decided about oneself and one's aliases. Seeing the list is having seen them."""
    rows = [(entry, queries.in_words(entry)) for entry in queries.decisions_about(request.user)[: queries.LOG_PAGE]]
    actions.mark_decisions_read(person=request.user)
    return TemplateResponse(request, "forum/decisions.html", {"decisions": rows})


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def decision(request: PersonRequest, pk: int) -> HttpResponse:
    """One decision about oneself, and the appeal. 404 for everybody else."""
    entry = queries.get_decision(request.user, pk)
    if entry.verb == Verb.SEAL_OPENED:
        return redirect("forum:alias-openings")
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.appeal(person=request.user, entry=entry, text=form.cleaned_data["text"])
        except AppealError:
            messages.info(request, _("Du har allerede klaget på dette, eller fristen på 30 dager er ute."))
            return redirect(request.path)
        except TextRefusedError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Klagen er sendt. En annen enn den som bestemte, ser på den."))
            return redirect(request.path)
    context = {
        "entry": entry,
        "decision": queries.in_words(entry),
        "form": form,
        "own_post": get_own_post(entry.post),
        "own_item": entry.item if entry.item is not None and entry.item.state != State.DELETED else None,
    }
    return TemplateResponse(request, "forum/decision.html", context, status=status_of(form))


def get_own_post(post: Post | None) -> Post | None:
    """What one wrote oneself may be read again beside the decision, also where it is hidden."""
    return post if post is not None and post.state != State.DELETED else None
