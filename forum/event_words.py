"""When an event is, in words, in the event's own time. Nothing is converted to the reader's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forum.models import Event
from forum.templatetags.topics import clock


def local(at: datetime, event: Event) -> datetime:
    """A moment by the clock where the event is."""
    return at.astimezone(ZoneInfo(event.time_zone))


def day_words(at: datetime) -> str:
    """«tirsdag 12. januar 2027». The moment is local already."""
    weekday = date_format(at, "l")
    if translation.get_language() != "en":
        weekday = weekday.lower()
    return f"{weekday} {date_format(at, 'DATE_FORMAT')}"


def when_words(event: Event) -> str:
    """«tirsdag 12. januar 2027 kl. 09.00–15.30»; with both days where it lasts several."""
    starts, ends = local(event.starts_at, event), local(event.ends_at, event)
    if starts.date() == ends.date():
        return _("%(day)s kl. %(from)s–%(to)s") % {
            "day": day_words(starts),
            "from": clock(starts),
            "to": clock(ends),
        }
    return _("fra %(first)s kl. %(from)s til %(last)s kl. %(to)s") % {
        "first": day_words(starts),
        "from": clock(starts),
        "last": day_words(ends),
        "to": clock(ends),
    }


def moment_words(at: datetime, event: Event) -> str:
    """One moment: «tirsdag 12. januar 2027 kl. 09.00»."""
    there = local(at, event)
    return _("%(day)s kl. %(clock)s") % {"day": day_words(there), "clock": clock(there)}


def zone_words(event: Event) -> str:
    """Whose clock it is, where that is not Norway's: «dansk tid» is said plainly as «tid i Danmark»."""
    return _("tid i %(country)s") % {"country": Event.TimeZone(event.time_zone).label}
