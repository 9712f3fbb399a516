"""Reader-dependent places of the shell: the account corner, messages, the way into the editor."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache, caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode

from courses.rendering import register_slot
from courses.slots import form_token
from people.models import User

CAN_EDIT_SECONDS = 60
TOKEN_PLACE = "the-token-of-this-request"  # noqa: S105 – a place for one


def account(request: HttpRequest, argument: str) -> str:
    """Sign-in link, or the reader's menu."""
    user = request.user
    if not user.is_authenticated:
        url = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
        return render_to_string("components/account_anonymous.html", {"login_url": url})
    page_id = argument if argument.isdecimal() and can_edit(user) else ""
    return account_menu(user, page_id=page_id).replace(TOKEN_PLACE, form_token(request))


def account_menu(user: Any, *, page_id: str) -> str:
    """The menu with a place for the form's token. Kept in the process for a minute: readers differ, pages do not."""
    language = translation.get_language()
    key = f"account-menu:{user.pk}:{hash((str(user), user.email, language, page_id))}"
    kept: str | None = caches["pages"].get(key)
    if kept is None:
        context = {"user": user, "page_id": page_id, "can_edit": can_edit(user), "csrf_token": TOKEN_PLACE}
        kept = render_to_string("components/account_menu.html", context)
        caches["pages"].set(key, kept, CAN_EDIT_SECONDS)
    return kept


def can_edit(user: Any) -> bool:
    """Whether to show the way into the editor. Kept for a minute; Wagtail itself asks every time.

    One query, where `has_perm` would ask for every right somebody has, in two.
    """
    if user.pk is None:
        return False
    return bool(cache.get_or_set(f"can-edit:{user.pk}", lambda: may_enter_editor(user), CAN_EDIT_SECONDS))


def may_enter_editor(user: User) -> bool:
    may_enter = User.objects.with_perm("wagtailadmin.access_admin", backend=settings.AUTHENTICATION_BACKENDS[0])
    return may_enter.filter(pk=user.pk).exists()


def notices(request: HttpRequest, argument: str) -> str:
    """One-time messages, shown once."""
    if not request.COOKIES:
        return ""
    waiting = list(messages.get_messages(request))
    return render_to_string("components/notices.html", {"messages": waiting}) if waiting else ""


register_slot("account", account)
register_slot("notices", notices)
