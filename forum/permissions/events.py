"""Who may see, arrange and come to what. An event is seen by those who read its space (ARCHITECTURE §5.1).

A published or cancelled one is shown to all of them; a draft and a hidden one to those who arrange it, a deleted one
to nobody. Those who moderate the space arrange its events. A sign-up is its person's; those who arrange the event see
it, and so does whoever manages the team it was made for, without answers and dietary needs. The link to the digital
leg is for those who have a place there and those who arrange it.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import DietaryNeed, Event, EventLeg, EventSignUp, SignUpAnswer, Space, State
from forum.permissions import _is_active, _is_among, spaces_moderated_by, spaces_readable_by, spaces_writable_by
from forum.prepared import now_of
from people.permissions import teams_managed_by


def events_visible_to(user: Any) -> QuerySet[Event]:
    """The events this person may know of."""
    if not _is_active(user):
        return Event.objects.none()
    moderated = Q(space__in=spaces_moderated_by(user).values("pk"))
    return Event.objects.filter(
        (Q(state=State.NORMAL) & ~Q(status=Event.Status.DRAFT)) | (~Q(state=State.DELETED) & moderated),
        space__in=spaces_readable_by(user).values("pk"),
    )


def user_can_see_event(user: Any, event: Event) -> bool:
    """Twin of `events_visible_to`. One query."""
    return _is_among(events_visible_to, user, event)


def spaces_to_arrange_in(user: Any) -> QuerySet[Space]:
    """The spaces where this person may make an event now."""
    if not _is_active(user):
        return Space.objects.none()
    return spaces_writable_by(user).filter(pk__in=spaces_moderated_by(user).values("pk"))


def user_can_arrange_in(user: Any, space: Space) -> bool:
    """Twin of `spaces_to_arrange_in`. One query."""
    return _is_among(spaces_to_arrange_in, user, space)


def events_arranged_by(user: Any) -> QuerySet[Event]:
    """The events this person changes, and whose participants they see: of the spaces they moderate."""
    if not _is_active(user):
        return Event.objects.none()
    return events_visible_to(user).filter(space__in=spaces_moderated_by(user).values("pk"))


def user_can_arrange(user: Any, event: Event) -> bool:
    """Twin of `events_arranged_by`. One query."""
    return _is_among(events_arranged_by, user, event)


def events_open_to(user: Any) -> QuerySet[Event]:
    """The events this person may sign up for now, with a place left or not."""
    if not _is_active(user):
        return Event.objects.none()
    now = now_of(user)
    return events_visible_to(user).filter(
        Q(sign_up_opens_at__isnull=True) | Q(sign_up_opens_at__lte=now),
        Q(sign_up_closes_at__isnull=True) | Q(sign_up_closes_at__gt=now),
        status=Event.Status.PUBLISHED,
        state=State.NORMAL,
        takes_sign_ups=True,
        ends_at__gt=now,
    )


def user_can_sign_up(user: Any, event: Event) -> bool:
    """Twin of `events_open_to`. One query."""
    return _is_among(events_open_to, user, event)


def sign_ups_visible_to(user: Any) -> QuerySet[EventSignUp]:
    """One's own, those of events one arranges, and those made for teams one manages."""
    if not _is_active(user):
        return EventSignUp.objects.none()
    return EventSignUp.objects.filter(
        Q(person=user)
        | Q(event__in=events_arranged_by(user).values("pk"))
        | Q(event__in=events_visible_to(user).values("pk"), team__in=teams_managed_by(user).values("pk"))
    )


def user_can_see_sign_up(user: Any, sign_up: EventSignUp) -> bool:
    """Twin of `sign_ups_visible_to`. One query."""
    return sign_ups_visible_to(user).filter(pk=sign_up.pk).exists()


def sign_ups_changed_by(user: Any) -> QuerySet[EventSignUp]:
    """The sign-ups this person may give up or answer for: those they see that stand, until the event is over."""
    if not _is_active(user):
        return EventSignUp.objects.none()
    return sign_ups_visible_to(user).standing().filter(event__ends_at__gt=now_of(user))  # type: ignore[attr-defined]


def user_can_change_sign_up(user: Any, sign_up: EventSignUp) -> bool:
    """Twin of `sign_ups_changed_by`. One query."""
    return sign_ups_changed_by(user).filter(pk=sign_up.pk).exists()


def answers_visible_to(user: Any) -> QuerySet[SignUpAnswer]:
    """One's own answers, and those to whoever arranges the event."""
    if not _is_active(user):
        return SignUpAnswer.objects.none()
    return SignUpAnswer.objects.filter(
        Q(sign_up__person=user) | Q(sign_up__event__in=events_arranged_by(user).values("pk"))
    )


def dietary_needs_visible_to(user: Any) -> QuerySet[DietaryNeed]:
    """One's own, and those of events one arranges."""
    if not _is_active(user):
        return DietaryNeed.objects.none()
    return DietaryNeed.objects.filter(
        Q(sign_up__person=user) | Q(sign_up__event__in=events_arranged_by(user).values("pk"))
    )


def links_visible_to(user: Any) -> QuerySet[Event]:
    """The events whose link to the digital leg this person may have."""
    if not _is_active(user):
        return Event.objects.none()
    place = EventSignUp.objects.filter(
        event=OuterRef("pk"),
        person=user,
        status=EventSignUp.Status.CONFIRMED,
        leg__mode=EventLeg.Mode.DIGITAL,
    )
    return events_visible_to(user).filter(Exists(place) | Q(space__in=spaces_moderated_by(user).values("pk")))


def user_can_see_link(user: Any, event: Event) -> bool:
    """Twin of `links_visible_to`. One query."""
    return _is_among(links_visible_to, user, event)
