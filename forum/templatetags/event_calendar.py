"""What lists and calendars of events say in words."""

from datetime import date, datetime

from django import template

from forum.event_times import local_days
from forum.event_words import local, moment_words, when_words, zone_words
from forum.models import Event
from forum.templatetags.topics import clock

register = template.Library()


@register.filter
def when(event: Event) -> str:
    """From when to when by the clock where it is; whose clock, where that is not Norway's."""
    words = when_words(event)
    return words if event.time_zone == Event.TimeZone.OSLO else f"{words} ({zone_words(event)})"


@register.filter
def by_the_clock_of(at: datetime, event: Event) -> str:
    """A moment by the clock where the event is."""
    return moment_words(at, event)


@register.filter
def first_day(event: Event) -> date:
    return local_days(event)[0]


@register.filter
def clock_on(event: Event, day: date) -> str:
    """When it begins, on its first day; nothing on the days after."""
    start = local(event.starts_at, event)
    return clock(start) if start.date() == day else ""
