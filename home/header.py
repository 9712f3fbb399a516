"""What the header of every page says of its reader: how much news waits, and whether they may enter the editor.

Lesson pages are kept and served with three queries, so the answer is kept too: for half a minute in each process, and
under what the reader did last (`forum.slots.touch_badge`). Somebody who may no longer see a space is told a number
that is at most half a minute old; what it is of is asked for anew on the page itself, as Wagtail asks for the right to
edit.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import caches
from django.db.models import Exists, QuerySet
from django.http import HttpRequest

from forum.permissions.news import news_asked_of
from forum.prepared import prepared
from forum.queries.event_calendar import own_upcoming_sign_ups
from forum.queries.notices import MANY, unread_of
from forum.slots import last_touch
from people.models import User

KEPT_SECONDS = 30


class Header(NamedTuple):
    unread: int = 0
    may_edit: bool = False
    has_events: bool = False
    """Whether it is worth asking for the reader's own events, which few have and «Min side» shows."""
    has_news: bool = False
    """Whether it is worth asking for news the reader must read, which «Min side» shows too."""


@prepared()
def _header(reader: Any) -> QuerySet[User, Any]:
    """`has_perm` would ask for every right somebody has, in two queries."""
    editors = User.objects.with_perm("wagtailadmin.access_admin", backend=settings.AUTHENTICATION_BACKENDS[0])
    own_events = Exists(own_upcoming_sign_ups(reader))
    asked = Exists(news_asked_of(reader))
    of_reader = User.objects.filter(pk=reader)
    return of_reader.values_list(unread_of(reader), Exists(editors.filter(pk=reader)), own_events, asked)


def get_header(request: HttpRequest) -> Header:
    """For whoever this page is served to. One query, or none where it is kept or the reader is nobody."""
    found: Header | None = getattr(request, "flett_header", None)
    if found is None:
        found = _find_header(request)
        request.flett_header = found  # type: ignore[attr-defined]
    return found


def _find_header(request: HttpRequest) -> Header:
    user: Any = request.user
    if not user.is_authenticated or user.pk is None:
        return Header()
    key = f"header:{user.pk}:{last_touch(request)}"
    kept: Header | None = caches["learners"].get(key)
    if kept is None:
        row = next(iter(_header(user)), (0, False, False, False))
        kept = Header(min(row[0], MANY), bool(row[1]), bool(row[2]), bool(row[3]))
        caches["learners"].set(key, kept, KEPT_SECONDS)
    return kept
