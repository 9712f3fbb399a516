"""What lists and calendars of events say in words."""

from datetime import date

from django import template

from forum import event_times
from forum.models import Event

register = template.Library()


@register.filter
def when(event: Event) -> str:
    """From when to when, in the time of the place the event is in."""
    return event_times.when(event)


@register.filter
def first_day(event: Event) -> date:
    return event_times.local_days(event)[0]


@register.filter
def clock_on(event: Event, day: date) -> str:
    """When it begins, on its first day; nothing on the days after."""
    start = event.starts_at.astimezone(event_times.zone_of(event))
    return event_times.clock(start) if start.date() == day else ""
