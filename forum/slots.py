"""Reader-dependent places of this room: how much news waits, in the header of every page.

Lesson pages are kept and served with four queries, so the number is kept too: for half a minute in each process, and
under what the reader did last (`touch_badge`), so that their own reading shows at once wherever the next page is
made. Somebody who may no longer see a space is told a number that is at most half a minute old; what it is of is
asked for anew on the page itself.
"""

from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from courses.rendering import register_slot
from forum.queries.notices import MANY, count_unread

KEPT_SECONDS = 30
SESSION_KEY = "forum_badge"


def touch_badge(request: HttpRequest) -> None:
    """The reader has read something: count anew."""
    request.session[SESSION_KEY] = int(timezone.now().timestamp() * 1000)


def badge(request: HttpRequest, argument: str) -> str:
    """The bell, and how much is unread. No query for an anonymous reader; one, or none where it is kept, for others."""
    user: Any = request.user
    if not user.is_authenticated or user.pk is None:
        return ""
    key = f"forum-badge:{user.pk}:{request.session.get(SESSION_KEY, '')}:{translation.get_language()}"
    kept: str | None = caches["learners"].get(key)
    if kept is None:
        kept = render_to_string("forum/parts/badge.html", {"count": count_unread(user), "many": MANY})
        caches["learners"].set(key, kept, KEPT_SECONDS)
    return kept


register_slot("forum-badge", badge)
