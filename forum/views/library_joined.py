"""An item beside the conversations: talking about it, following it, answering for it, and reporting it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions.item_cases import decide_item, lift_silence_of_owner, report_item
from forum.actions.moderation import CaseChangedError, decide_appeal
from forum.actions.reviewing import mark_reviewed
from forum.actions.watching import follow_item
from forum.forms_library_joined import ReviewForm
from forum.forms_moderation import AnswerForm, ItemDecisionForm, ReportForm
from forum.models import LibraryItem, Report, Silence, Space, State
from forum.permissions import topics_visible_to, user_can_read_space, user_is_moderator
from forum.permissions.library import user_can_report_item
from forum.queries import item_cases as queries
from forum.queries.joined import get_course_principles, get_practice_items, topic_about
from forum.queries.library import get_item_for
from forum.queries.moderation import facilitates, get_moderated_space_for
from forum.views.moderation import read_number
from safety.text import TextRefusedError

READ_AND_WRITE = ["GET", "HEAD", "POST"]


@login_required
@never_cache
@require_safe
def discuss(request: HttpRequest, pk: int) -> HttpResponse:
    """To the topic about the item, or to the form that begins it. 403 for who may not write in its space."""
    found: Any = get_item_for(request.user, pk)
    topic = topic_about(found)
    if topic is not None and topics_visible_to(request.user).filter(pk=topic.pk).exists():
        return redirect(topic)
    if topic is not None:
        messages.info(request, _("Samtalen om denne er ikke åpen for deg nå."))
        return redirect(found)
    if not found.may_write or found.state != State.NORMAL:
        raise PermissionDenied
    return redirect(f"{reverse('forum:topic-start', args=[found.space.slug])}?om=ressurs:{found.key}")


@login_required
@never_cache
@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Hear of new versions, or no longer."""
    found = get_item_for(request.user, pk)
    follows = request.POST.get("follows") == "1"
    follow_item(person=request.user, item=found, follows=follows)  # type: ignore[arg-type]
    yes, no = _("Du får et varsel når det kommer en ny versjon."), _("Du får ikke flere varsler om den.")
    messages.success(request, yes if follows else no)
    return redirect(found)


@login_required
@never_cache
@require_POST
def reviewed(request: HttpRequest, pk: int) -> HttpResponse:
    """«Gjennomgått – gjelder fortsatt». 403 for who may not change the item."""
    found: Any = get_item_for(request.user, pk)
    if not found.may_edit:
        raise PermissionDenied
    form = ReviewForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Velg en dag for neste gjennomgang."))
        return redirect(found)
    try:
        mark_reviewed(person=request.user, item=found, next_on=form.cleaned_data["next_on"])  # type: ignore[arg-type]
    except TextRefusedError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Takk. Nå står det at den er gjennomgått."))
    return redirect(found)


@login_required
@never_cache
@require_safe
def practice(request: HttpRequest, key: UUID) -> HttpResponse:
    """What the library has for a course: the few to begin with, for the lesson's page; by itself, the whole list."""
    keys = get_course_principles(key)
    query = f"?{urlencode({'prinsipp': str(keys[0]), 'sorter': 'mest-brukt'})}" if keys else ""
    address = f"{reverse('forum:library')}{query}"
    if request.headers.get("X-Flett-Part") != "practice":
        return redirect(address)
    context = {"items": get_practice_items(request.user, keys), "address": address, "is_anonymous": False}
    return TemplateResponse(request, "forum/parts/practice.html", context)


# --- moderation ----------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that something is wrong with an item. 404 for who does not see it, 403 for one's own."""
    person: Any = request.user
    found = get_item_for(person, pk)
    if not user_can_report_item(person, found):
        raise PermissionDenied
    form = ReportForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            report_item(reporter=person, item=found, **form.cleaned_data)
        except TextRefusedError as error:
            form.add_error(None, error.message)
        else:
            return redirect("forum:library-report-thanks", pk=found.pk)
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "forum/library/report.html", {"item": found, "form": form}, status=status)


@login_required
@never_cache
@require_safe
def report_thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """What happens now. 404 where the person has not reported the item."""
    own, found = queries.get_own_item_report(request.user, pk)
    context = {
        "report": own,
        "space": found.space,
        "of_item": True,
        "may_read_space": user_can_read_space(request.user, found.space),
        "is_hidden": own.reason == Report.Reason.PATIENT_DATA and found.state == State.HIDDEN,
        "is_worry": own.reason == Report.Reason.WORRY,
    }
    return TemplateResponse(request, "forum/report_thanks.html", context)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """An item to decide about, for moderators; a facilitator is sent to the space's own address."""
    found = queries.get_item_to_decide(request.user, pk)
    if not user_is_moderator(request.user):
        return redirect("forum:space-item-case", slug=found.space.slug, pk=found.pk)
    return answer_case(request, found, space=None)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@sensitive_post_parameters()
@sensitive_variables()
def space_case(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """The same for the space's facilitators."""
    person: Any = request.user
    space = get_moderated_space_for(person, slug)
    found = queries.get_item_to_decide(person, pk)
    if found.space_id != space.pk or not facilitates(person, space):
        return redirect("forum:item-case", pk=found.pk)
    return answer_case(request, found, space=space)


def answer_case(request: HttpRequest, item: LibraryItem, *, space: Space | None) -> HttpResponse:
    """Show the case; a form sent decides, or answers the appeal."""
    person: Any = request.user
    found = queries.get_item_case(person, item)
    sent = request.POST.get("do", "") if request.method == "POST" else ""
    form = ItemDecisionForm(
        request.POST if sent == "decide" else None,
        choices=found.choices,
        is_moderator=user_is_moderator(person),
        is_hidden=item.state == State.HIDDEN,
        initial={"seen": found.stamp},
    )
    answer = AnswerForm(request.POST if sent == "answer" else None)
    back = reverse("forum:space-moderation", args=[space.slug]) if space else reverse("forum:moderation")
    try:
        if sent == "lift":
            pauses = Silence.objects.filter(person=item.owner_id)
            silence = get_object_or_404(pauses, pk=read_number(request.POST.get("silence")))
            lift_silence_of_owner(moderator=person, silence=silence, item=item)
            messages.success(request, _("Skrivepausen er opphevet."))
            return redirect(request.path)
        if sent == "decide" and form.is_valid():
            decide_item(moderator=person, item=item, **form.cleaned_data)
            messages.success(request, _("Det er gjort, og står i loggen."))
            return redirect(back)
        if sent == "answer" and found.appeal and answer.is_valid():
            decide_appeal(moderator=person, appeal=found.appeal, **answer.cleaned_data)
            messages.success(request, _("Klagen er besvart."))
            return redirect(back)
    except CaseChangedError:
        messages.warning(request, _("Noe er endret siden du åpnet saken. Ingenting er gjort. Se på den igjen."))
        return redirect(request.path)
    except TextRefusedError as error:
        (form if sent == "decide" else answer).add_error(None, error.message)
    context = {"case": found, "item": item, "space": space, "form": form, "answer": answer, "back": back}
    status = 422 if any(each.is_bound and each.errors for each in (form, answer)) else 200
    return TemplateResponse(request, "forum/library/case.html", context, status=status)
