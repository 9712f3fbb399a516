"""Which days an event is on. They are those of the place it is in, wherever the reader is."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from forum.models import Event

_INSTANT = timedelta(microseconds=1)


def zone_of(event: Event) -> ZoneInfo:
    return ZoneInfo(event.time_zone)


def local_days(event: Event) -> tuple[date, date]:
    """The first and the last day. What ends at midnight has its last day the day before."""
    zone = zone_of(event)
    return event.starts_at.astimezone(zone).date(), (event.ends_at - _INSTANT).astimezone(zone).date()
