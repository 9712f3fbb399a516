"""The secret of somebody's calendar feed."""

import secrets
from datetime import timedelta

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from forum.actions.watching import USED_EVERY, digest_of
from forum.models import CalendarToken
from people.models import User

READS_AN_HOUR = 120
"""Programs read some times an hour, on a few machines. More is a fault or an attack."""
HOUR = timedelta(hours=1)


def make_calendar_token(*, person: User, holds_all: bool) -> str:
    """A new secret for the person's calendar, in place of the one there was. Told here and never again."""
    token = secrets.token_urlsafe(32)
    fresh = {
        "digest": digest_of(token),
        "holds_all": holds_all,
        "created_at": timezone.now(),
        "last_used_at": None,
    }
    CalendarToken.objects.update_or_create(person=person, defaults=fresh)
    return token


def choose_calendar(*, person: User, holds_all: bool) -> None:
    """What an address that is in use holds from now on. Nothing where there is none."""
    CalendarToken.objects.filter(person=person).update(holds_all=holds_all)


def revoke_calendar_token(*, person: User) -> None:
    """The address stops working at once. Doing it again changes nothing."""
    CalendarToken.objects.filter(person=person).delete()


def note_calendar_use(*, token: CalendarToken) -> None:
    """That the calendar is read, written at most once an hour."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - USED_EVERY:
        old = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
        CalendarToken.objects.filter(old, pk=token.pk, digest=token.digest).update(last_used_at=now)


def is_read_too_often(*, token: CalendarToken) -> bool:
    """Count a reading, under the digest. Whether there have been more this hour than any program needs."""
    key = f"forum-calendar-reads:{token.digest}"
    cache.add(key, 0, HOUR.total_seconds())
    try:
        return cache.incr(key) > READS_AN_HOUR
    except ValueError:  # it grew too old between the two
        return False
