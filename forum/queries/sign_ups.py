"""Who comes, as one person may see it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from forum.models import DietaryNeed, Event, EventLeg, EventSignUp, SignUpAnswer
from forum.permissions import people_who_read
from forum.permissions.events import (
    answers_visible_to,
    dietary_needs_visible_to,
    sign_ups_changed_by,
    sign_ups_visible_to,
)
from people.alphabet import fold
from people.models import Membership, Team, User
from people.permissions import teams_managed_by

Status = EventSignUp.Status


def own_events(user: Any) -> QuerySet[EventSignUp]:
    """One's own sign-ups that stand, of what is not over, nearest first. `event`, `leg` and `team` are fetched along.

    Also of an event one may no longer see: one's place there may still be given up. One query.
    """
    if not user.is_authenticated:
        return EventSignUp.objects.none()
    return (
        EventSignUp.objects.standing()
        .filter(person=user.pk, event__ends_at__gt=timezone.now(), event__state="normal")
        .select_related("event__space", "leg", "team")
        .order_by("event__starts_at", "pk")
    )


def get_sign_up_for(user: Any, key: UUID) -> EventSignUp:
    """A sign-up the person sees, with `may_change`. Two queries. Raises Http404."""
    found = sign_ups_visible_to(user).filter(key=key).select_related("event__space", "leg", "person", "team").first()
    if found is None:
        raise Http404
    found.may_change = sign_ups_changed_by(user).filter(pk=found.pk).exists()  # type: ignore[attr-defined]
    return found


@dataclass(slots=True)
class Participant:
    """One sign-up, what was answered, and what the person can not eat."""

    sign_up: EventSignUp
    answers: list[tuple[str, str]] = field(default_factory=list)
    dietary: str = ""

    @property
    def name(self) -> str:
        return self.sign_up.person.get_full_name() or self.sign_up.person.email


@dataclass(slots=True)
class Participants:
    """Who comes to an event: with a place, offered one, in the queue in order, and who gave it up."""

    placed: list[Participant]
    offered: list[Participant]
    waiting: list[Participant]
    ended: list[Participant]
    legs: list[EventLeg]
    dietary: list[tuple[str, int]]
    """What is to be thought of for food, and for how many of those with a place. Most first."""
    place_count: int
    came_count: int


def get_participants(user: Any, event: Event, *, words: str = "") -> Participants:
    """For whoever arranges the event; `words` looks for names. Four queries, however many there are."""
    rows = list(
        sign_ups_visible_to(user)
        .filter(event=event)
        .select_related("person", "team", "leg")
        .order_by("person__first_name", "person__last_name", "pk")
    )
    everybody = {row.pk: Participant(row) for row in rows}
    answers = SignUpAnswer.objects.filter(pk__in=answers_visible_to(user).values("pk"), sign_up__event=event)
    for answer in answers.select_related("question").order_by("question__position", "question"):
        if answer.sign_up_id in everybody:
            said = ", ".join(answer.text.splitlines())
            everybody[answer.sign_up_id].answers.append((answer.question.label, said))
    needs = DietaryNeed.objects.filter(pk__in=dietary_needs_visible_to(user).values("pk"), sign_up__event=event)
    for need in needs:
        if need.pk in everybody:
            everybody[need.pk].dietary = need.text
    placed = [each for each in everybody.values() if each.sign_up.status == Status.CONFIRMED]
    spelt: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for each in placed:
        if each.dietary:
            counted[fold(each.dietary)] += 1
            spelt.setdefault(fold(each.dietary), each.dietary)
    wanted = fold(words).split()
    shown = [each for each in everybody.values() if all(word in fold(each.name) for word in wanted)]

    def of(*statuses: str) -> list[Participant]:
        return [each for each in shown if each.sign_up.status in statuses]

    return Participants(
        placed=of(Status.CONFIRMED),
        offered=of(Status.OFFERED),
        waiting=sorted(of(Status.WAITING), key=lambda each: (each.sign_up.leg.mode, each.sign_up.queue_number or 0)),
        ended=of(Status.CANCELLED, Status.LAPSED),
        legs=list(event.legs.all()),
        dietary=[(spelt[key], count) for key, count in counted.most_common()],
        place_count=len(placed),
        came_count=sum(each.sign_up.attended is True for each in placed),
    )


@dataclass(slots=True)
class Teammate:
    """A member of the team, and the sign-up that was made for the team. `may_come` is whether they see the event."""

    person: User
    sign_up: EventSignUp | None
    may_come: bool


def get_own_teams(user: Any) -> list[Team]:
    """The teams whose members this person may sign up and is in, or else all they manage, up to 50. One query."""
    return list(teams_managed_by(user).order_by("name", "pk")[:50])


def get_team_to_sign_up(user: Any, slug: str) -> Team:
    """A team whose members this person may sign up. Raises Http404."""
    return get_object_or_404(teams_managed_by(user), slug=slug)


def get_teammates(user: Any, event: Event, team: Team) -> list[Teammate]:
    """The team's members by name. Status alone: neither answers nor dietary needs. Three queries."""
    members = list(
        User.objects.filter(pk__in=Membership.objects.active().filter(team=team).values("person"), is_active=True)
        .exclude(pk=user.pk)
        .order_by("first_name", "last_name", "pk")
    )
    rows = sign_ups_visible_to(user).standing().filter(event=event, team=team)  # type: ignore[attr-defined]
    signed_up = {row.person_id: row for row in rows.select_related("leg")}
    reading = set(
        people_who_read(event.space).filter(pk__in=[each.pk for each in members]).values_list("pk", flat=True)
    )
    return [Teammate(each, signed_up.get(each.pk), each.pk in reading) for each in members]
