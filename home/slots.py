"""Reader-dependent places of the shell: the account corner, messages, the way into the editor."""

from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode

from courses.rendering import register_slot


def account(request: HttpRequest, argument: str) -> str:
    """Sign-in link, or the reader's menu."""
    user = request.user
    if not user.is_authenticated:
        url = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
        return render_to_string("components/account_anonymous.html", {"login_url": url})
    return render_to_string("components/account_menu.html", {"user": user, "request": request, "page_id": argument})


def notices(request: HttpRequest, argument: str) -> str:
    """One-time messages, shown once."""
    if not request.COOKIES:
        return ""
    waiting = list(messages.get_messages(request))
    return render_to_string("components/notices.html", {"messages": waiting}) if waiting else ""


register_slot("account", account)
register_slot("notices", notices)
