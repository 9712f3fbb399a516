"""What the event's page shows of what belongs to it and comes after it."""

from dataclasses import dataclass, field
from typing import Any

from django import template

from forum.models import Event, EventGroup, EventSignUp
from forum.queries.event_after import (
    MaterialPart,
    OwnAttendance,
    get_evaluation_for,
    get_materials,
    get_own_attendance,
    has_certificate,
)

register = template.Library()


@dataclass(slots=True)
class Around:
    group: EventGroup | None = None
    may_evaluate: bool = False
    has_certificate: bool = False
    parts: list[MaterialPart] = field(default_factory=list)


@register.simple_tag(takes_context=True)
def around_event(context: Any, event: Event, own: EventSignUp | None) -> Around:
    """For the reader of an event they may see. One query; up to four for somebody with a place."""
    reader = context["request"].user
    found = Around(parts=get_materials(reader, event))
    if own is None or own.status != EventSignUp.Status.CONFIRMED:
        return found
    found.group = own.group
    if event.is_over:
        found.may_evaluate = get_evaluation_for(reader, event) is not None
        found.has_certificate = has_certificate(reader, event)
    return found


@register.simple_tag(takes_context=True)
def own_attendance(context: Any) -> list[OwnAttendance]:
    """The reader's certificates of attendance, for the page of their certificates. Two queries."""
    return get_own_attendance(context["request"].user)
