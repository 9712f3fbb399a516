"""How much news waits, as the header of every page shows it. The shell asks, and keeps the answer (`home.header`)."""

from functools import lru_cache

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from forum.queries.notices import MANY

SESSION_KEY = "forum_badge"


def touch_badge(request: HttpRequest) -> None:
    """The reader has read something: count anew."""
    request.session[SESSION_KEY] = int(timezone.now().timestamp() * 1000)


def last_touch(request: HttpRequest) -> int:
    """When the reader last read something, as another number each time. What is kept of the count is kept under it, so
    that their own reading shows at once wherever the next page is made.
    """
    return int(request.session.get(SESSION_KEY, 0))


@lru_cache(maxsize=512)
def render_badge(count: int, language: str) -> str:
    """The bell, and how much is unread. It depends on nothing else; the address is that of the language."""
    context = {"count": count, "many": MANY, "LANGUAGE_CODE": language}
    return render_to_string("forum/parts/badge.html", context)
