"""Finding events: list, calendar, archive; and iCalendar, as a file and as a private feed."""

import hashlib
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from forum.actions.event_calendar import (
    choose_calendar,
    is_read_too_often,
    make_calendar_token,
    note_calendar_use,
    revoke_calendar_token,
)
from forum.actions.watching import digest_of
from forum.calendars import write_event, write_feed
from forum.kept_pages import serve
from forum.models import CalendarToken, Event, EventLeg
from forum.permissions import user_is_member
from forum.permissions.events import spaces_to_arrange_in
from forum.queries.event_calendar import (
    EventFilter,
    EventList,
    add_event_principles,
    add_standing,
    events_in,
    get_archive,
    get_entries,
    get_entry_for,
    get_month,
    get_upcoming,
)
from people.models import User

QUERY = {"slag": "kind", "prinsipp": "principle", "fylke": "county", "form": "mode", "rom": "space"}
"""What a list is cut by, as its address says it."""
LONGEST = 100
YEARS = range(2000, 2101)
MEDIA_TYPE = "text/calendar; charset=utf-8"


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def read_filter(query: QueryDict) -> EventFilter:
    """What the reader asks for. What there is not, is not asked for."""
    wanted = {name: " ".join(query.get(word, "")[:LONGEST].split()) for word, name in QUERY.items()}
    if wanted["kind"] not in Event.Kind.values:
        wanted["kind"] = ""
    if wanted["mode"] not in EventLeg.Mode.values:
        wanted["mode"] = ""
    try:
        wanted["principle"] = str(UUID(wanted["principle"]))
    except ValueError:
        wanted["principle"] = ""
    return EventFilter(**wanted)


def query_of(chosen: EventFilter, **others: Any) -> str:
    """The address of a list without its path."""
    kept = {word: getattr(chosen, name) for word, name in QUERY.items()} | others
    return urlencode({word: value for word, value in kept.items() if value})


def _wanted_page(request: HttpRequest) -> int:
    wanted = request.GET.get("side", "")
    return int(wanted) if wanted.isdecimal() and len(wanted) < 6 else 1


# --- pages ---------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """What is to come and what is on now."""
    chosen = read_filter(request.GET)
    found = get_upcoming(request.user, chosen, page=_wanted_page(request))
    if _has_no_way_in(request, found, chosen):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": []})
    add_standing(request.user, events_in(found))
    may_arrange = spaces_to_arrange_in(request.user).exists()
    return serve(request, "forum/events/list.html", _list_context(found, chosen) | {"may_arrange": may_arrange})


@login_required
@never_cache
@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """What has been."""
    chosen = read_filter(request.GET)
    found = get_archive(request.user, chosen, page=_wanted_page(request))
    if _has_no_way_in(request, found, chosen):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": []})
    return serve(request, "forum/events/archive.html", _list_context(found, chosen))


def _has_no_way_in(request: HttpRequest, found: EventList, chosen: EventFilter) -> bool:
    return not (found.count or chosen) and not user_is_member(request.user)


def _list_context(found: EventList, chosen: EventFilter) -> dict[str, Any]:
    add_event_principles(events_in(found))
    return {
        "list": found,
        "chosen": bool(chosen),
        "facets": _facet_rows(found),
        "query": query_of(chosen),
        "newer": query_of(chosen, side=found.page - 1) if found.page > 1 else "",
        "older": query_of(chosen, side=found.page + 1) if found.page < found.page_count else "",
    }


def _facet_rows(found: EventList) -> list[dict[str, Any]]:
    """A select for each facet that has something to choose between."""
    labels = {
        "kind": _("Slag"),
        "mode": _("Hvordan"),
        "principle": _("Prinsipp"),
        "county": _("Fylke"),
        "space": _("Rom"),
    }
    words = {name: word for word, name in QUERY.items()}
    return [
        {"name": words[name], "label": label, "choices": found.facets[name]}
        for name, label in labels.items()
        if found.facets[name]
    ]


@login_required
@never_cache
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """A month as a table, and as a list where there is little room."""
    chosen = read_filter(request.GET)
    this = timezone.localdate().replace(day=1)
    first = _read_month(request.GET.get("maned", "")) or this
    month = get_month(request.user, first, chosen)
    if not (month.count or chosen) and not user_is_member(request.user):
        return TemplateResponse(request, "forum/home_no_team.html", {"invitations": []})
    before, after = _months_from(first, -1), _months_from(first, 1)
    context = {
        "month": month,
        "query": query_of(chosen),
        "chosen": bool(chosen),
        "before": before,
        "before_query": query_of(chosen, maned=f"{before:%Y-%m}") if before.year in YEARS else "",
        "after": after,
        "after_query": query_of(chosen, maned=f"{after:%Y-%m}") if after.year in YEARS else "",
        "is_this_month": first == this,
    }
    return serve(request, "forum/events/calendar.html", context)


def _read_month(text: str) -> date | None:
    """`2027-01`; None for what is no month."""
    year, _dash, month = text.partition("-")
    if len(text) != 7 or not (year.isdecimal() and month.isdecimal() and text.isascii()):
        return None
    return date(int(year), int(month), 1) if int(year) in YEARS and 1 <= int(month) <= 12 else None


def _months_from(first: date, number: int) -> date:
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


# --- calendars for other programs ----------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def download(request: PersonRequest, pk: int) -> HttpResponse:
    """A file of one event, to be opened in one's own calendar."""
    response = HttpResponse(write_event(get_entry_for(request.user, pk)), content_type=f"{MEDIA_TYPE}; method=PUBLISH")
    response["Content-Disposition"] = f'attachment; filename="flett-{pk}.ics"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@never_cache
@require_safe
def subscription(request: PersonRequest) -> HttpResponse:
    """How to have one's own events in one's own calendar."""
    return _subscription_page(request)


@sensitive_variables("token", "address")
def _subscription_page(request: PersonRequest, *, token: str = "") -> HttpResponse:
    address = request.build_absolute_uri(reverse("forum:event-feed", args=[token])) if token else ""
    context = {
        "feed": CalendarToken.objects.filter(person=request.user).first(),
        "feed_address": address,
        "calendar_address": f"webcal:{address.partition(':')[2]}" if address else "",
    }
    return TemplateResponse(request, "forum/events/subscription.html", context)


@login_required
@never_cache
@require_POST
@sensitive_variables("token")
def make_feed(request: PersonRequest) -> HttpResponse:
    """A new address, shown in the answer to this and never again; or another choice for the address there is."""
    holds_all = request.POST.get("holds") == "all"
    if request.POST.get("do") == "choose":
        choose_calendar(person=request.user, holds_all=holds_all)
        messages.success(request, _("Valget er lagret. Kalenderen din viser det neste gang den henter."))
        return redirect("forum:event-subscription")
    token = make_calendar_token(person=request.user, holds_all=holds_all)
    response = _subscription_page(request, token=token)
    response["Referrer-Policy"] = "no-referrer"
    return response


@login_required
@require_POST
def revoke_feed(request: PersonRequest) -> HttpResponse:
    revoke_calendar_token(person=request.user)
    messages.success(request, _("Kalenderadressen er slått av. Den gamle adressen virker ikke lenger."))
    return redirect("forum:event-subscription")


@require_safe
@sensitive_variables()
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of whoever has this secret; 404 where nobody has, or their account is closed.

    No session is read: what it says depends on the secret alone. What may be seen is asked anew each time.
    """
    found = CalendarToken.objects.select_related("person").filter(digest=digest_of(token)).first()
    if found is None or not found.person.is_active:
        return _kept_secret(HttpResponseNotFound())
    if is_read_too_often(token=found):
        return _kept_secret(HttpResponse(status=429, headers={"Retry-After": "3600"}))
    note_calendar_use(token=found)
    with translation.override(found.person.language):
        content = write_feed(get_entries(found.person, holds_all=found.holds_all))
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    known = {each.removeprefix("W/") for each in parse_etags(request.headers.get("If-None-Match", ""))}
    response: HttpResponse = (
        HttpResponseNotModified() if etag in known or "*" in known else HttpResponse(content, content_type=MEDIA_TYPE)
    )
    response["ETag"] = etag
    return _kept_secret(response)


def _kept_secret(response: HttpResponse) -> HttpResponse:
    """Django writes the address of what is refused in the log, unless it has been written already."""
    response._has_been_logged = True  # type: ignore[attr-defined]
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    patch_cache_control(response, private=True, no_cache=True)
    return response
