"""News: the list and the archive, an item, publishing, confirming, and who has confirmed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import news as actions
from forum.forms_news import EditNewsForm, NewNewsForm, NewsForm, initial_news
from forum.forms_spaces import CHANGED_SINCE
from forum.models import NewsItem, State
from forum.permissions import user_is_member
from forum.queries.news import (
    add_news_principles,
    get_follow_up,
    get_news_for,
    get_news_list,
    spaces_for_news,
)
from forum.slots import touch_badge
from forum.views.kept_forms import keeps_form
from safety.text import TextRefusedError

READ_AND_WRITE = ["GET", "HEAD", "POST"]
REFUSED = 422


@login_required
@never_cache
@require_safe
def news(request: HttpRequest) -> HttpResponse:
    """What is current; `?rom=<slug>` of one space."""
    return _list(request, is_archive=False)


@login_required
@never_cache
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """What has expired."""
    return _list(request, is_archive=True)


def _list(request: HttpRequest, *, is_archive: bool) -> HttpResponse:
    found = get_news_list(
        request.user, space=request.GET.get("rom", ""), is_archive=is_archive, page=request.GET.get("side", "")
    )
    may_publish = spaces_for_news(request.user).exists()
    if found.is_empty and not may_publish and not user_is_member(request.user):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": []})
    context = {"list": found, "is_archive": is_archive, "may_publish": may_publish}
    return TemplateResponse(request, "forum/news/list.html", context)


@login_required
@never_cache
@require_safe
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """The news. Whoever opens it has seen it, and nobody else is told."""
    person: Any = request.user
    found = get_news_for(person, pk)
    if found.is_new and request.method == "GET":
        actions.mark_news_seen(person=person, item=found)
    add_news_principles([found])
    return TemplateResponse(request, "forum/news/item.html", {"item": found})


@login_required
@never_cache
@require_POST
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """«Lest og forstått», of what stood on the page."""
    person: Any = request.user
    found = get_news_for(person, pk)
    wanted = request.POST.get("round", "")
    try:
        actions.confirm_news(
            person=person, item=found, round_=int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 0
        )
    except actions.NewsChangedError:
        messages.info(request, _("Nyheten er endret siden du åpnet den. Les den én gang til, og bekreft så."))
    else:
        touch_badge(request)
        messages.success(request, _("Du har bekreftet at du har lest og forstått."))
    return redirect(found)


# --- publishing ----------------------------------------------------------------------------------------


@keeps_form
@sensitive_variables()
@require_http_methods(READ_AND_WRITE)
def publish(request: HttpRequest) -> HttpResponse:
    """A new piece of news. For those who look after a space; 403 for everybody else."""
    person: Any = request.user
    spaces = spaces_for_news(person)
    chosen = spaces.filter(slug=request.GET.get("rom", "")).first() or spaces.first()
    if chosen is None:
        raise PermissionDenied
    form = NewNewsForm(request.POST if request.method == "POST" else None, user=person, initial={"space": chosen.pk})

    def act() -> NewsItem:
        return actions.publish_news(
            person=person,
            space=form.cleaned_data["space"],
            details=form.details(),
            submission=form.cleaned_data["submission"],
            confirmed=form.cleaned_data["confirmed"],
        )

    return _write(request, form, act, None)


@keeps_form
@sensitive_variables()
@require_http_methods(READ_AND_WRITE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the news. How it read before is kept."""
    person: Any = request.user
    found = get_news_for(person, pk)
    if not found.may_edit:
        raise PermissionDenied
    form = EditNewsForm(request.POST if request.method == "POST" else None, item=found, initial=initial_news(found))

    def act() -> NewsItem:
        return actions.edit_news(
            person=person,
            item=found,
            details=form.details(),
            version=form.cleaned_data["version"],
            must_be_read_again=form.must_be_read_again,
            confirmed=form.cleaned_data["confirmed"],
        )

    return _write(request, form, act, found)


@sensitive_variables()
def _write(request: HttpRequest, form: NewsForm, act: Any, found: NewsItem | None) -> HttpResponse:
    """The form, its preview, or what comes of it."""
    preview = None
    if form.is_bound and form.is_valid():
        try:
            if request.POST.get("do") == "preview":
                preview = actions.read_news(form.details(), confirmed=form.cleaned_data["confirmed"])
            else:
                kept = act()
                messages.success(request, _done(kept, is_new=found is None))
                return redirect(kept)
        except TextRefusedError as error:
            form.refuse(error)
        except actions.NewsChangedError:
            form.add_error(None, CHANGED_SINCE)
            found = get_news_for(request.user, found.pk) if found is not None else None
            form.put({"version": found.version if found is not None else ""})
    status = REFUSED if form.is_bound and preview is None else 200
    context = {"form": form, "item": found, "preview": preview}
    return TemplateResponse(request, "forum/news/write.html", context, status=status)


def _done(item: NewsItem, *, is_new: bool) -> str:
    if item.is_scheduled:
        return _("Lagret. Nyheten vises for andre når tiden er inne.")
    return _("Nyheten er publisert.") if is_new else _("Endringen er lagret.")


# --- for those who publish -----------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def earlier(request: HttpRequest, pk: int) -> HttpResponse:
    """How it read before. For those who moderate its space."""
    found = get_news_for(request.user, pk)
    if not found.may_moderate:
        raise PermissionDenied
    context = {"item": found, "edits": found.edits.select_related("replaced_by").order_by("-version")}
    return TemplateResponse(request, "forum/news/earlier.html", context)


@login_required
@never_cache
@require_safe
def follow_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has confirmed and who has not: for those who moderate the space; leaders see their own team. Else 404."""
    found = get_news_for(request.user, pk)
    if not found.may_follow_up:
        raise Http404
    has_confirmed = request.GET.get("vis") == "har"
    context = {
        "item": found,
        "has_confirmed": has_confirmed,
        "followers": get_follow_up(request.user, found, has_confirmed=has_confirmed, page=request.GET.get("side", "")),
        "may_remind": found.may_edit and actions.may_be_reminded(found),
    }
    return TemplateResponse(request, "forum/news/follow_up.html", context)


@login_required
@never_cache
@require_POST
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """Remind those who have not confirmed: a line in their list of news."""
    person: Any = request.user
    found = get_news_for(person, pk)
    if not found.may_follow_up:
        raise Http404
    waiting = get_follow_up(person, found, has_confirmed=False).waiting
    try:
        actions.remind_of_news(person=person, item=found)
    except actions.RemindedAlreadyError:
        messages.info(request, _("Det er gått mindre enn sju dager siden forrige påminnelse."))
    else:
        said = ngettext("Påminnelsen går til %(count)d person.", "Påminnelsen går til %(count)d personer.", waiting)
        messages.success(request, said % {"count": waiting})
    return redirect("forum:news-follow-up", found.pk)


@login_required
@never_cache
@require_POST
def state(request: HttpRequest, pk: int) -> HttpResponse:
    """Hide the news, or show it again."""
    person: Any = request.user
    found = get_news_for(person, pk)
    wanted = State.HIDDEN if request.POST.get("shown") == "0" else State.NORMAL
    actions.set_news_state(person=person, item=found, state=wanted)
    messages.success(request, _("Nyheten er skjult.") if wanted == State.HIDDEN else _("Nyheten vises igjen."))
    return redirect(found)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the news away with all that was confirmed, after asking once."""
    person: Any = request.user
    found = get_news_for(person, pk)
    if not found.may_moderate:
        raise PermissionDenied
    if request.method == "POST":
        actions.set_news_state(person=person, item=found, state=State.DELETED)
        messages.success(request, _("«%(title)s» er slettet.") % {"title": found.title})
        return redirect("forum:news")
    return TemplateResponse(request, "forum/news/delete.html", {"item": found})
