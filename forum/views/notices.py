"""One's own news, what one wants to hear of, and the private feed."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions.notices import mark_all_notices_read, mark_notice_read
from forum.actions.watching import (
    digest_of,
    make_feed_token,
    note_feed_use,
    revoke_feed_token,
    save_mail_choice,
    set_space_level,
    set_topic_level,
)
from forum.feeds import news_of_feed, posts_of_feed, write_feed
from forum.forms_notices import NONE, NoticeSettingsForm, SpaceWatchForm, TopicWatchForm
from forum.models import FeedToken, LibraryItem, LibraryVersion, MailChoice, Notice, Watch
from forum.notice_words import lines_of, way
from forum.permissions import spaces_readable_by, spaces_visible_to, topics_visible_to
from forum.queries.notices import count_unread, get_news_page, get_notice_for
from forum.queries.watching import get_mail_choice
from forum.slots import touch_badge
from people.models import Profile, User


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


@login_required
@never_cache
@require_safe
def notices(request: PersonRequest) -> HttpResponse:
    """The list, newest first, a group for each topic."""
    page = get_news_page(request.user, after=request.GET.get("etter", ""))
    context = {
        "groups": [(group, lines_of(group)) for group in page.groups],
        "next": page.next,
        "is_first": "etter" not in request.GET,
        "unread": count_unread(request.user),
    }
    return TemplateResponse(request, "forum/notices.html", context)


@login_required
@never_cache
@require_safe
def notice(request: PersonRequest, pk: int) -> HttpResponse:
    """Open one: it is read, and one stands where it leads."""
    found = get_notice_for(request.user, pk)
    mark_notice_read(notice=found)
    touch_badge(request)
    if found.post is not None:
        return redirect(found.post)
    if found.version is not None or found.item is not None:
        return redirect(_place_in_library(found.version, found.item))
    if found.news is not None:
        return redirect(found.news)
    if found.event is not None:
        return redirect(found.event)
    return redirect(_place_of(found, request.user))


def _place_in_library(version: LibraryVersion | None, own: LibraryItem | None) -> str:
    """What was changed from the version one built on, or from the one before; else the item."""
    if version is None:
        return own.get_absolute_url() if own is not None else reverse("forum:library")
    before = own.based_on if own is not None else version.item.versions.filter(number=version.number - 1).first()
    if before is None or before.item_id != version.item_id:
        return version.item.get_absolute_url()
    return reverse("forum:library-compare", args=[before.pk, version.pk])


def _place_of(notice: Notice, person: User) -> str:
    """Where a request is answered or a decision is explained; the list itself where there is nothing more to see."""
    here = reverse("forum:notices")
    entry, asked = notice.entry, notice.request
    if entry is not None:
        return way("forum:decision", entry.pk, otherwise=here) if entry.person_id == person.pk else here
    if asked is None:
        return here
    if asked.person_id == person.pk and asked.invited_by_id is not None and not asked.outcome:
        return way("forum:space-invitation", asked.pk, otherwise=here)
    if not spaces_visible_to(person).filter(pk=asked.space_id).exists():
        return here
    space = asked.space.get_absolute_url()
    if asked.person_id != person.pk and asked.invited_by_id is None:
        return way("forum:space-requests", asked.space.slug, otherwise=space)
    return space


@login_required
@require_POST
def mark_all(request: PersonRequest) -> HttpResponse:
    mark_all_notices_read(person=request.user)
    touch_badge(request)
    messages.success(request, _("Alle varsler er lest."))
    return redirect("forum:notices")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice_settings(request: PersonRequest) -> HttpResponse:
    """When the forum writes to one by e-mail; «never» is the same choice as in «Språk og varsler»."""
    person = request.user
    form = NoticeSettingsForm(request.POST if request.method == "POST" else None, initial=_choices_of(person))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {
            "digest": None if form.cleaned_data["digest"] == NONE else MailChoice.Digest(form.cleaned_data["digest"])
        }
        save_mail_choice(person=person, **given)
        messages.success(request, _("Valgene er lagret."))
        return redirect("forum:notice-settings")
    return _settings_page(request, form)


def _choices_of(person: User) -> dict[str, object]:
    choice, profile = get_mail_choice(person), Profile.of(person)
    return {
        "at_once": profile.mail_on_forum_at_once,
        "digest": choice.digest if profile.mail_on_forum_digest else NONE,
        "digest_hour": choice.digest_hour,
        "digest_weekday": choice.digest_weekday,
        "quiet_from": choice.quiet_from,
        "quiet_to": choice.quiet_to,
    }


@sensitive_variables("token", "address")
def _settings_page(request: PersonRequest, form: NoticeSettingsForm, *, token: str = "") -> HttpResponse:
    address = request.build_absolute_uri(_feed_path(token)) if token else ""
    context = {
        "form": form,
        "feed": FeedToken.objects.filter(person=request.user).first(),
        "feed_address": address,
    }
    status = 422 if form.errors else 200
    return TemplateResponse(request, "forum/notice_settings.html", context, status=status)


def _feed_path(token: str) -> str:
    return reverse("forum:feed", args=[token])


@login_required
@never_cache
@require_POST
@sensitive_variables("token")
def make_feed(request: PersonRequest) -> HttpResponse:
    """A new address, shown in the answer to this and never again: we do not know it afterwards."""
    token = make_feed_token(person=request.user)
    response = _settings_page(request, NoticeSettingsForm(initial=_choices_of(request.user)), token=token)
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_required
@require_POST
def revoke_feed(request: PersonRequest) -> HttpResponse:
    revoke_feed_token(person=request.user)
    messages.success(request, _("Nyhetsstrømmen er slått av. Den gamle adressen virker ikke lenger."))
    return redirect("forum:notice-settings")


@login_required
@require_POST
def watch_space(request: PersonRequest, slug: str) -> HttpResponse:
    """How much to hear of a space one may read."""
    space = get_object_or_404(spaces_readable_by(request.user), slug=slug)
    form = SpaceWatchForm(request.POST)
    if form.is_valid():
        set_space_level(person=request.user, space=space, level=Watch.Level(form.cleaned_data["level"]))
        messages.success(request, _("Valget er lagret."))
    return redirect(space)


@login_required
@require_POST
def watch_topic(request: PersonRequest, pk: int) -> HttpResponse:
    """How much to hear of a topic one may see; nothing chosen is what holds for the space."""
    topic = get_object_or_404(topics_visible_to(request.user), pk=pk)
    form = TopicWatchForm(request.POST)
    if form.is_valid():
        level = form.cleaned_data["level"]
        set_topic_level(person=request.user, topic=topic, level=Watch.Level(level) if level else None)
        messages.success(request, _("Valget er lagret."))
    return redirect(topic)


@require_safe
@sensitive_variables()
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The feed of whoever has this secret; 404 where nobody has, or their account is closed.

    No session is read: what it says depends on the secret alone.
    """
    found = FeedToken.objects.select_related("person").filter(digest=digest_of(token), person__is_active=True).first()
    if found is None:
        raise Http404
    note_feed_use(token=found)
    with translation.override(found.person.language):
        content = write_feed(found.person, posts_of_feed(found.person), news_of_feed(found.person))
    etag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
    known = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    response: HttpResponse = (
        HttpResponseNotModified()
        if etag in known or "*" in known
        else HttpResponse(content, content_type="application/atom+xml; charset=utf-8")
    )
    response["ETag"] = etag
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    patch_cache_control(response, private=True, no_cache=True)
    return response
