"""Learning groups of an event: dealt out, changed by hand, filled up, and made spaces of the forum.

People are asked into the space as anybody is asked into a closed one: they see it when they have said yes.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.arranging import lock_arranged
from forum.actions.spaces import (
    AlreadyAskedError,
    AlreadyInError,
    DeclinedLatelyError,
    NotEligibleError,
    create_space,
    invite_to_space,
)
from forum.grouping import SPREAD, choose_group, deal
from forum.models import Event, EventGroup, EventGroupSpace, EventSignUp, Space
from forum.queries.event_after import Seat, fingerprint, get_seats
from people.models import User
from safety.guard import guard_texts
from safety.text import clean_line

GROUPS_MOST = 60
SPACES_A_DAY = GROUPS_MOST
"""Learning groups one arranger may make of groups in 24 hours; elsewhere a person makes three."""
GROUP_LASTS = timedelta(days=365)


class GroupsChangedError(Exception):
    """Somebody has come, gone or changed team since the groups were shown. Nothing was changed."""


class GroupIsASpaceError(Exception):
    """A group of the event has become a space, and its people have been asked in. Nothing was changed."""


class NoPeopleError(Exception):
    """There is nobody with a place, or there are fewer than there would be groups. Nothing was changed."""


def propose_groups(seats: list[Seat], *, count: int, teams: str = SPREAD) -> list[list[Seat]]:
    """How those with a place would be dealt out. Nothing is kept. Raises NoPeopleError."""
    if not 1 <= count <= min(len(seats), GROUPS_MOST):
        raise NoPeopleError
    by_key = {seat.sign_up.pk: seat for seat in seats}
    order = {seat.sign_up.pk: place for place, seat in enumerate(seats)}
    dealt = deal([seat.as_person for seat in seats], count=count, teams=teams)
    return [[by_key[key] for key in sorted(keys, key=order.__getitem__)] for keys in dealt]


@transaction.atomic
def make_groups(*, by: User, event: Event, count: int, teams: str, shown: str) -> list[EventGroup]:
    """Keep the groups that were shown, in place of those there were. `shown` is the fingerprint of what was shown.

    Raises PermissionDenied, GroupsChangedError, GroupIsASpaceError, NoPeopleError.
    """
    event = lock_arranged(event, by=by)
    if EventGroupSpace.objects.filter(group__event=event).exists():
        raise GroupIsASpaceError
    seats = get_seats(event)
    if fingerprint(seats) != shown:
        raise GroupsChangedError
    dealt = propose_groups(seats, count=count, teams=teams)
    EventGroup.objects.filter(event=event).delete()
    groups = EventGroup.objects.bulk_create([EventGroup(event=event, number=number + 1) for number in range(count)])
    for group, members in zip(groups, dealt, strict=True):
        EventSignUp.objects.filter(pk__in=[seat.sign_up.pk for seat in members]).update(group=group)
    return groups


@sensitive_variables()
@transaction.atomic
def change_groups(
    *,
    by: User,
    event: Event,
    places: Mapping[int, int | None],
    names: Mapping[int, str] | None = None,
    confirmed: bool = False,
) -> None:
    """Put people where somebody has chosen (sign-up to group, None is in none), and name groups.

    What is not of the event is left alone. Raises PermissionDenied, TextRefusedError and the guard's kinds of it.
    """
    event = lock_arranged(event, by=by)
    groups = {each.pk: each for each in EventGroup.objects.filter(event=event)}
    tidied = {pk: clean_line(name, most=100) for pk, name in (names or {}).items() if pk in groups}
    guard_texts({f"name-{pk}": name for pk, name in tidied.items()}, confirmed=confirmed)
    for pk, name in tidied.items():
        if groups[pk].name != name:
            groups[pk].name = name
            groups[pk].save(update_fields=["name"])
    with_place = EventSignUp.objects.filter(event=event, status=EventSignUp.Status.CONFIRMED)
    for pk, before in with_place.filter(pk__in=places).values_list("pk", "group"):
        wanted = places[pk]
        if wanted != before and (wanted is None or wanted in groups):
            with_place.filter(pk=pk).update(group=wanted)


@transaction.atomic
def seat_late(*, by: User, event: Event) -> int:
    """Put those with a place and no group in the smallest group, one by one. Returns how many.

    Raises PermissionDenied.
    """
    event = lock_arranged(event, by=by)
    groups = list(EventGroup.objects.filter(event=event).order_by("number"))
    if not groups:
        return 0
    numbers = {each.pk: each.number for each in groups}
    by_number = {each.number: each for each in groups}
    seats = get_seats(event)
    sizes = {each.number: 0 for each in groups}
    teams: dict[int | None, Counter[int]] = {}
    late = []
    for seat in seats:
        if seat.sign_up.group_id in numbers:
            number = numbers[seat.sign_up.group_id]
            sizes[number] += 1
            teams.setdefault(seat.team_id, Counter())[number] += 1
        else:
            late.append(seat)
    for seat in sorted(late, key=lambda each: each.sign_up.pk):
        of_team = teams.setdefault(seat.team_id, Counter()) if seat.team_id else Counter()
        number = choose_group(sizes, of_team)
        sizes[number] += 1
        of_team[number] += 1
        EventSignUp.objects.filter(pk=seat.sign_up.pk).update(group=by_number[number])
    return len(late)


@transaction.atomic
def make_space_of_group(*, by: User, group: EventGroup) -> tuple[Space, int]:
    """A learning-group space of the forum, from today and for a year, with the group's people asked in.

    Whoever makes it facilitates it. Returns the space and how many were asked. A group becomes a space once: raises
    GroupIsASpaceError after; PermissionDenied, TooManyError and TextRefusedError as `create_space` does.
    """
    event = lock_arranged(group.event, by=by)
    group = EventGroup.objects.get(pk=group.pk)
    if group.event_id != event.pk:
        raise PermissionDenied
    if EventGroupSpace.objects.filter(group=group).exists():
        raise GroupIsASpaceError
    today = timezone.localdate()
    name = group.name or _("Gruppe %(number)s") % {"number": group.number}
    space = create_space(
        creator=by,
        kind=Space.Kind.LEARNING_GROUP,
        name=f"{name} – {event.title}"[:100],
        about=_("Læringsgruppe fra «%(event)s».") % {"event": event.title},
        starts_on=today,
        ends_on=today + GROUP_LASTS,
        confirmed=True,
        most_a_day=SPACES_A_DAY,
    )
    EventGroupSpace.objects.create(group=group, space=space)
    asked = 0
    members = User.objects.filter(event_sign_ups__group=group, event_sign_ups__status=EventSignUp.Status.CONFIRMED)
    for person in members.order_by("pk"):
        try:
            invite_to_space(space=space, person=person, by=by)
        except (AlreadyInError, AlreadyAskedError, DeclinedLatelyError, NotEligibleError):
            continue  # whoever makes it is in it already; who has left every team cannot be
        asked += 1
    return space, asked
