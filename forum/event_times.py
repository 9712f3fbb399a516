"""When an event is, told in the time of the place it is in: it begins at nine there, wherever the reader is."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.template.defaultfilters import date as format_day
from django.utils import translation
from django.utils.translation import gettext as _

from forum.models import Event

_INSTANT = timedelta(microseconds=1)


def zone_of(event: Event) -> ZoneInfo:
    return ZoneInfo(event.time_zone)


def local_days(event: Event) -> tuple[date, date]:
    """The first and the last day. What ends at midnight has its last day the day before."""
    zone = zone_of(event)
    return event.starts_at.astimezone(zone).date(), (event.ends_at - _INSTANT).astimezone(zone).date()


def clock(at: datetime) -> str:
    """14.02 as Scandinavians write it, 14:02 in English."""
    return at.strftime("%H:%M" if translation.get_language() == "en" else "%H.%M")


def when(event: Event) -> str:
    """«torsdag 14. januar 2027 kl. 09.00–15.30», or from day to day; with the country where it is not Norway's time."""
    start, end = event.starts_at.astimezone(zone_of(event)), event.ends_at.astimezone(zone_of(event))
    first, last = local_days(event)
    weekday = format_day(first, "l")
    words = {
        "weekday": weekday if translation.get_language() == "en" else weekday.lower(),
        "day": format_day(first, "DATE_FORMAT"),
        "from": clock(start),
        "to": clock(end),
    }
    if first == last:
        text = _("%(weekday)s %(day)s kl. %(from)s–%(to)s") % words
    else:
        words |= {
            "day": format_day(first, "MONTH_DAY_FORMAT" if first.year == last.year else "DATE_FORMAT"),
            "last": format_day(last, "DATE_FORMAT"),
        }
        text = _("%(day)s kl. %(from)s – %(last)s kl. %(to)s") % words
    if event.time_zone == Event.TimeZone.OSLO:
        return text
    return _("%(when)s (tid i %(country)s)") % {"when": text, "country": event.get_time_zone_display()}
