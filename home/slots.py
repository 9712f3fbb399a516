"""Reader-dependent places of the shell: the account corner, messages, the way into the editor."""

from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from courses.rendering import register_slot

CAN_EDIT_SECONDS = 60


def account(request: HttpRequest, argument: str) -> str:
    """Sign-in link, or the reader's menu."""
    user = request.user
    if not user.is_authenticated:
        url = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
        return render_to_string("components/account_anonymous.html", {"login_url": url})
    context = {
        "user": user,
        "page_id": argument if argument.isdecimal() else "",
        "can_edit": can_edit(user),
        "csrf_token": get_token(request),
    }
    return render_to_string("components/account_menu.html", context)


def can_edit(user: Any) -> bool:
    """Whether to show the way into the editor. Kept for a minute; Wagtail itself asks every time."""
    answer = cache.get_or_set(
        f"can-edit:{user.pk}", lambda: user.has_perm("wagtailadmin.access_admin"), CAN_EDIT_SECONDS
    )
    return bool(answer)


def notices(request: HttpRequest, argument: str) -> str:
    """One-time messages, shown once."""
    if not request.COOKIES:
        return ""
    waiting = list(messages.get_messages(request))
    return render_to_string("components/notices.html", {"messages": waiting}) if waiting else ""


register_slot("account", account)
register_slot("notices", notices)
