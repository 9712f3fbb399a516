"""Who may have what comes with an event and after it. All of it hangs on seeing the event (`permissions.events`).

Those who arrange it deal out groups, write letters, see what the evaluation says and take lists out. Somebody with a
place sees their own group and what is for participants alone. The evaluation and the certificate are for those who
came; where nobody's attendance was kept, the evaluation is for all with a place.
"""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import (
    AttendanceCertificate,
    EvaluationDone,
    Event,
    EventEvaluation,
    EventGroup,
    EventMaterial,
    EventSignUp,
)
from forum.permissions import _is_active, _is_among, spaces_moderated_by
from forum.permissions.events import events_visible_to
from forum.permissions.library import items_visible_to
from forum.prepared import now_of


def _place_of(user: Any, *, event: str) -> Exists:
    """Whether the person has a place at the event; `event` is the way to it."""
    return Exists(EventSignUp.objects.filter(event=OuterRef(event), person=user, status=EventSignUp.Status.CONFIRMED))


def events_with_place_of(user: Any) -> QuerySet[Event]:
    """The events this person may see and has a place at."""
    if not _is_active(user):
        return Event.objects.none()
    return events_visible_to(user).filter(_place_of(user, event="pk"))


def user_has_place(user: Any, event: Event) -> bool:
    """Twin of `events_with_place_of`. One query."""
    return _is_among(events_with_place_of, user, event)


def groups_visible_to(user: Any) -> QuerySet[EventGroup]:
    """One's own group, and all of those of events one arranges."""
    if not _is_active(user):
        return EventGroup.objects.none()
    own = EventSignUp.objects.filter(group=OuterRef("pk"), person=user, status=EventSignUp.Status.CONFIRMED)
    return EventGroup.objects.filter(
        Q(Exists(own)) | Q(event__space__in=spaces_moderated_by(user).values("pk")),
        event__in=events_visible_to(user).values("pk"),
    )


def user_can_see_group(user: Any, group: EventGroup) -> bool:
    """Twin of `groups_visible_to`. One query."""
    return _is_among(groups_visible_to, user, group)


def materials_visible_to(user: Any) -> QuerySet[EventMaterial]:
    """What belongs to events one sees; what is for participants, to them and to whoever arranges.

    Something of the library is shown to those who see it there.
    """
    if not _is_active(user):
        return EventMaterial.objects.none()
    return EventMaterial.objects.filter(
        Q(for_participants=False)
        | Q(_place_of(user, event="event"))
        | Q(event__space__in=spaces_moderated_by(user).values("pk")),
        Q(library_item__isnull=True) | Q(library_item__in=items_visible_to(user).values("pk")),
        event__in=events_visible_to(user).values("pk"),
    )


def user_can_see_material(user: Any, material: EventMaterial) -> bool:
    """Twin of `materials_visible_to`. One query."""
    return _is_among(materials_visible_to, user, material)


def sign_ups_that_evaluate() -> QuerySet[EventSignUp]:
    """Those who came; all with a place where nobody's attendance was kept."""
    kept = EventSignUp.objects.filter(event=OuterRef("event"), attended__isnull=False)
    return EventSignUp.objects.filter(Q(attended=True) | ~Q(Exists(kept)), status=EventSignUp.Status.CONFIRMED)


def evaluations_open() -> Q:
    """Of `EventEvaluation`: made ready and not closed, of an event that was held."""
    return Q(is_ready=True, closed_at__isnull=True, event__status=Event.Status.PUBLISHED)


def evaluations_open_to(user: Any) -> QuerySet[EventEvaluation]:
    """The evaluations this person may answer now. Once each."""
    if not _is_active(user):
        return EventEvaluation.objects.none()
    was_there = sign_ups_that_evaluate().filter(person=user, event=OuterRef("event"))
    done = EvaluationDone.objects.filter(person=user, evaluation=OuterRef("pk"))
    return EventEvaluation.objects.filter(
        evaluations_open(),
        Exists(was_there),
        ~Q(Exists(done)),
        event__ends_at__lte=now_of(user),
        event__in=events_visible_to(user).values("pk"),
    )


def user_can_evaluate(user: Any, evaluation: EventEvaluation) -> bool:
    """Twin of `evaluations_open_to`. One query."""
    return _is_among(evaluations_open_to, user, evaluation)


def sign_ups_certified_for(user: Any) -> QuerySet[EventSignUp]:
    """One's own sign-ups that a certificate may be had of: of an event that is over, where one came.

    Also where the event's space is closed to the person by now: it is about them.
    """
    if not _is_active(user):
        return EventSignUp.objects.none()
    return EventSignUp.objects.filter(
        person=user,
        status=EventSignUp.Status.CONFIRMED,
        attended=True,
        event__ends_at__lte=now_of(user),
        event__status=Event.Status.PUBLISHED,
    )


def user_can_have_certificate(user: Any, sign_up: EventSignUp) -> bool:
    """Twin of `sign_ups_certified_for`. One query."""
    return _is_among(sign_ups_certified_for, user, sign_up)


def certificates_held_by(user: Any) -> QuerySet[AttendanceCertificate]:
    """One's own certificates of attendance that are in force."""
    if not _is_active(user):
        return AttendanceCertificate.objects.none()
    return AttendanceCertificate.objects.in_force().filter(sign_up__person=user)


def sign_ups_to_write_to(audience: str) -> Q:
    """Of `EventSignUp`: whom a letter to this audience is for, besides its group. Nobody whose account is going."""
    audiences = {
        "place": Q(status=EventSignUp.Status.CONFIRMED),
        "waiting": Q(status=EventSignUp.Status.WAITING),
        "group": Q(status=EventSignUp.Status.CONFIRMED, group__isnull=False),
        "came": Q(status=EventSignUp.Status.CONFIRMED, attended=True),
        "away": Q(status=EventSignUp.Status.CONFIRMED, attended=False),
    }
    return audiences[audience] & Q(person__is_active=True, person__profile__deletion_due_at__isnull=True)
