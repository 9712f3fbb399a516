"""Reader-dependent places of the shell: the account corner, the bell, messages, the way into the editor."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from courses.rendering import register_slot
from courses.slots import form_token
from forum.queries.event_calendar import get_own_events
from forum.queries.news import get_asked_news
from forum.slots import render_badge
from home.header import get_header

MENU_SECONDS = 60
TOKEN_PLACE = "the-token-of-this-request"  # noqa: S105 – a place for one


def account(request: HttpRequest, argument: str) -> str:
    """Sign-in link, or the reader's menu."""
    user = request.user
    if not user.is_authenticated:
        url = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
        return render_to_string("components/account_anonymous.html", {"login_url": url})
    may_edit = get_header(request).may_edit
    page_id = argument if argument.isdecimal() and may_edit else ""
    return account_menu(user, page_id=page_id, may_edit=may_edit).replace(TOKEN_PLACE, form_token(request))


def account_menu(user: Any, *, page_id: str, may_edit: bool) -> str:
    """The menu with a place for the form's token. Kept in the process for a minute: readers differ, pages do not."""
    language = translation.get_language()
    key = f"account-menu:{user.pk}:{hash((str(user), user.email, language, page_id, may_edit))}"
    kept: str | None = caches["pages"].get(key)
    if kept is None:
        context = {"user": user, "page_id": page_id, "can_edit": may_edit, "csrf_token": TOKEN_PLACE}
        kept = render_to_string("components/account_menu.html", context)
        caches["pages"].set(key, kept, MENU_SECONDS)
    return kept


def badge(request: HttpRequest, argument: str) -> str:
    """The bell, for whoever has signed in."""
    user = request.user
    if not user.is_authenticated or user.pk is None:
        return ""
    return render_badge(get_header(request).unread, translation.get_language() or settings.LANGUAGE_CODE)


def notices(request: HttpRequest, argument: str) -> str:
    """One-time messages, shown once."""
    if not request.COOKIES:
        return ""
    waiting = list(messages.get_messages(request))
    return render_to_string("components/notices.html", {"messages": waiting}) if waiting else ""


def own_events(request: HttpRequest, argument: str) -> str:
    """What the reader has signed up for; nothing, and no query, for whoever has nothing to come to."""
    if not get_header(request).has_events:
        return ""
    return render_to_string("home/own_events.html", {"sign_ups": get_own_events(request.user)})


def news_to_confirm(request: HttpRequest, argument: str) -> str:
    """What the reader is to read and confirm; nothing, and no query, where nothing waits."""
    if not get_header(request).has_news:
        return ""
    asked = get_asked_news(request.user)
    return render_to_string("forum/parts/news_to_confirm.html", {"asked": asked}) if asked else ""


register_slot("news-to-confirm", news_to_confirm)
register_slot("own-events", own_events)
register_slot("account", account)
register_slot("forum-badge", badge)
register_slot("notices", notices)
