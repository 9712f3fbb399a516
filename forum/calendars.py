"""Events as iCalendar (RFC 5545): a file of one event, and the feed of somebody's own.

Whoever holds a feed's address reads it without signing in, and a calendar is often seen by colleagues. So a feed says
no more than this: of an open space all there is to say; of a closed space that all members know of, title, time and
place; of a private space, a learning group and a youth panel only that there is something at that time.

Nothing in a calendar is made from the time it is read, so that the same calendar is the same file.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Timezone, TimezoneDaylight, TimezoneStandard, vDuration, vRecur, vText, vUri
from icalendar import Event as CalendarEvent

from forum.event_times import zone_of
from forum.event_words import moment_words
from forum.mails.outside import may_say_titles
from forum.models import Event, EventLeg, EventSignUp
from forum.queries.event_calendar import CalendarEntry
from forum.rendering import text_with_links

PRODUCT = "-//Flett//FACT Forum//NO"
READ_EVERY = timedelta(hours=1)
"""How often a program is asked to read a feed again."""


def write_event(entry: CalendarEntry) -> bytes:
    """A file of one event, for somebody who has signed in and saves it themselves."""
    calendar = _calendar()
    _fill(calendar, [entry], is_feed=False)
    return calendar.to_ical()


def write_feed(entries: Iterable[CalendarEntry]) -> bytes:
    """A feed, in the language that is active."""
    calendar = _calendar()
    name = _("Arrangementer i Flett")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", READ_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(READ_EVERY))
    _fill(calendar, list(entries), is_feed=True)
    return calendar.to_ical()


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", "PUBLISH")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _fill(calendar: Calendar, entries: list[CalendarEntry], *, is_feed: bool) -> None:
    events = [_event(entry, is_feed=is_feed) for entry in entries]
    for event in events:
        calendar.add_component(event)
    # Before what is told in them, so that who reads from the beginning knows them.
    calendar.subcomponents[:0] = [_zone(name) for name in sorted(calendar.get_missing_tzids())]


# --- one event -----------------------------------------------------------------------------------------


def _event(entry: CalendarEntry, *, is_feed: bool) -> CalendarEvent:
    event, own = entry.event, entry.own
    space, zone = event.space, zone_of(event)
    says_title = not is_feed or may_say_titles(space) or space.is_listed
    says_all = not is_feed or may_say_titles(space)
    address = f"{settings.BASE_URL}{event.get_absolute_url()}"
    written = CalendarEvent()
    written.add("uid", f"{event.key}@{settings.BASE_HOST}")
    written.add("sequence", event.sequence + entry.changes)
    written.add("dtstamp", changed_at(entry))
    written.add("last-modified", changed_at(entry))
    written.add("created", event.created_at)
    written.add("dtstart", _local(event.starts_at, zone))
    written.add("dtend", _local(event.ends_at, zone))
    written.add("status", _status(entry))
    written.add("summary", _headline(entry, event.title if says_title else _("Arrangement i et rom du er med i")))
    written.add("transp", "OPAQUE" if own is not None and own.status == own.Status.CONFIRMED else "TRANSPARENT")
    written.add("class", "PUBLIC" if may_say_titles(space) else "PRIVATE")
    written.add("url", vUri(address))
    if says_title and (place := _place(event)):
        written.add("location", place)
    if says_all and entry.principles:
        written.add("categories", entry.principles)
    if says_all and event.contact:
        written.add("contact", event.contact)
    if entry.shows_link and says_title and event.link:
        written.add("conference", vUri(event.link, params={"VALUE": "URI", "FEATURE": "VIDEO"}))
    written.add("description", vText(_description(entry, says_title=says_title, says_all=says_all, address=address)))
    return written


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    """By the clock where it is. When clocks go back an hour comes twice, and iCalendar can only say the first of them:
    the second is told in UTC.
    """
    there = at.astimezone(zone)
    return at if there.fold else there


def changed_at(entry: CalendarEntry) -> datetime:
    """When what the calendar says was last changed, by those who arrange it or by the person's own sign-up."""
    own = entry.own
    times = [entry.event.changed_at, entry.event.cancelled_at]
    times += [own.created_at, own.confirmed_at, own.ended_at] if own is not None else []
    return max(at for at in times if at is not None).replace(microsecond=0)


def _status(entry: CalendarEntry) -> str:
    if entry.is_cancelled or entry.is_given_up:
        return "CANCELLED"
    if entry.own is not None and entry.own.status != EventSignUp.Status.CONFIRMED:
        return "TENTATIVE"
    return "CONFIRMED"


def _headline(entry: CalendarEntry, title: str) -> str:
    """Programs differ in what they show of a status; all show the title."""
    own = entry.own
    if entry.is_cancelled:
        return _("Avlyst: %(title)s") % {"title": title}
    if own is not None and own.status == own.Status.WAITING:
        return _("Venteliste: %(title)s") % {"title": title}
    if own is not None and own.status == own.Status.OFFERED:
        return _("Svar på tilbudet: %(title)s") % {"title": title}
    return title


def _place(event: Event) -> str:
    return ", ".join(each for each in (event.place, event.address) if each)


def _description(entry: CalendarEntry, *, says_title: bool, says_all: bool, address: str) -> str:
    event = entry.event
    parts = [_own_words(entry)]
    if says_all:
        parts += [event.cancel_note if event.is_cancelled else "", event.summary, text_with_links(event.html)]
        parts.append(_("Med forbehold om endringer.") if event.may_change else "")
    if entry.shows_link and says_title and event.link:
        parts.append(_("Lenke til møtet: %(link)s") % {"link": event.link})
    parts.append(_("Les mer: %(address)s") % {"address": address})
    return "\n\n".join(each for each in parts if each)


def _own_words(entry: CalendarEntry) -> str:
    own = entry.own
    if entry.is_cancelled:
        return _("Arrangementet er avlyst.")
    if own is None:
        return ""
    if own.status == own.Status.CONFIRMED:
        return _("Du har plass på skjermen.") if own.leg.mode == EventLeg.Mode.DIGITAL else _("Du har plass.")
    if own.status == own.Status.OFFERED and own.offered_until is not None:
        until = moment_words(own.offered_until, entry.event)
        return _("Du er tilbudt en plass. Svar innen %(until)s.") % {"until": until}
    if own.status == own.Status.WAITING:
        return _("Du står på ventelista.")
    return _("Du har meldt deg av.") if own.status == own.Status.CANCELLED else _("Du svarte ikke på tilbudet i tide.")


# --- time zones ----------------------------------------------------------------------------------------

_CHANGES = {
    Event.TimeZone.OSLO: ("CET", "CEST", 1),
    Event.TimeZone.COPENHAGEN: ("CET", "CEST", 1),
    Event.TimeZone.STOCKHOLM: ("CET", "CEST", 1),
    Event.TimeZone.HELSINKI: ("EET", "EEST", 2),
}
"""Names of winter time and summer time, and the hours winter time is ahead of UTC. Iceland has UTC all year."""


def _zone(name: str) -> Timezone:
    """The rule of directive 2000/84/EC: the last Sundays of March and October, at one o'clock UTC.

    As rules that repeat: the library's own makes a list of dates, which Outlook passes over.
    """
    winter, summer, hours = _CHANGES[Event.TimeZone(name)]
    zone = Timezone()
    zone.add("tzid", name)
    for part, called, month, day, before, after in (
        (TimezoneDaylight(), summer, 3, 31, hours, hours + 1),
        (TimezoneStandard(), winter, 10, 27, hours + 1, hours),
    ):
        part.add("tzname", called)
        part.add("dtstart", datetime(1996, month, day, 1 + before))  # noqa: DTZ001 – local time, as RFC 5545 asks
        part.add("rrule", vRecur(freq="yearly", bymonth=month, byday="-1SU"))
        part.add("tzoffsetfrom", timedelta(hours=before))
        part.add("tzoffsetto", timedelta(hours=after))
        zone.add_component(part)
    return zone
