"""An event and everybody who may meet what comes with it."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from forum.models import Event, EventSignUp, Space, SpaceMembership
from people.models import User
from tests import factories

ROLES = [
    "anonymous",
    "inactive",
    "outsider",
    "member",
    "leader",
    "participant",
    "waiting",
    "given_up",
    "arranger",
    "moderator",
    "administrator",
]
"""`outsider` has an account and no team; `leader` leads the participant's team; `inactive` had a place."""


@dataclass
class Cast:
    event: Event
    people: dict[str, Any] = field(default_factory=dict)
    sign_ups: dict[str, EventSignUp] = field(default_factory=dict)


def make_member(name: str, **fields: Any) -> User:
    person = factories.UserFactory.create(
        email=f"{name}@example.org", first_name=name.capitalize(), last_name="Dal", **fields
    )
    return factories.MembershipFactory.create(person=person).person


def make_event(space: Space | None = None, *, is_over: bool = False, **fields: Any) -> Event:
    if is_over:
        start = timezone.now().replace(microsecond=0) - timedelta(days=2)
        fields = {"starts_at": start, "ends_at": start + timedelta(hours=6), **fields}
    return factories.EventFactory.create(space=space or factories.SpaceFactory.create(), **fields)


def make_arranger(space: Space, name: str = "arranger") -> User:
    person = make_member(name)
    SpaceMembership.objects.create(space=space, person=person, role=SpaceMembership.Role.FACILITATOR)
    return person


def sign_up(name: str, event: Event, **fields: Any) -> EventSignUp:
    return factories.make_sign_up(make_member(name), event, **fields)


def make_cast(**fields: Any) -> Cast:
    event = make_event(**fields)
    cast = Cast(event)
    people = cast.people
    people["anonymous"] = AnonymousUser()
    people["outsider"] = factories.UserFactory.create(email="outsider@example.org")
    people["member"] = make_member("member")
    people["arranger"] = make_arranger(event.space)
    people["moderator"] = factories.make_moderator(email="moderator@example.org")
    people["administrator"] = factories.UserFactory.create(
        email="administrator@example.org", is_superuser=True, is_staff=True
    )
    for name, status in (
        ("inactive", {}),
        ("participant", {}),
        ("waiting", {"status": "waiting", "queue_number": 1}),
        ("given_up", {"status": "cancelled", "ended_at": timezone.now()}),
    ):
        people[name] = make_member(name)
        team = people[name].memberships.get().team
        cast.sign_ups[name] = factories.make_sign_up(people[name], event, team=team, **status)
    people["leader"] = factories.make_leader(cast.sign_ups["participant"].team)
    people["inactive"].is_active = False
    people["inactive"].save()
    return cast
