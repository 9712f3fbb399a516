"""Events: making, publishing, and what the page says."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from forum.models import Event, Space
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    """Somebody who arranges."""
    return factories.SpaceMembershipFactory.create(
        space=space, facilitator=True, person=factories.make_leader(factories.TeamFactory.create())
    ).person


@pytest.fixture
def member(space: Space) -> User:
    return factories.MembershipFactory.create().person


def filled(space: Space, **changes: Any) -> dict[str, Any]:
    return {
        "title": "Fagdag",
        "kind": "gathering",
        "space": space.pk,
        "starts_on": "2027-01-12",
        "starts_clock": "09:00",
        "ends_clock": "15:30",
        "time_zone": "Europe/Oslo",
        "has_physical": "on",
        "physical_capacity": "2",
        "place": "Storsalen",
        "takes_sign_ups": "on",
        "offer_hours": "24",
        "submission": str(uuid4()),
    } | changes


def test_an_event_is_made_published_and_signed_up_for(client: Client, space: Space, host: User, member: User) -> None:
    client.force_login(host)
    made = client.post(reverse("forum:event-new"), filled(space))
    event = Event.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, event.get_absolute_url())
    assert (event.status, event.starts_at) == ("draft", datetime(2027, 1, 12, 8, tzinfo=UTC))
    client.force_login(member)
    assert client.get(event.get_absolute_url()).status_code == 404
    client.force_login(host)
    client.post(reverse("forum:event-publish", args=[event.pk]))
    client.force_login(member)
    page = client.get(event.get_absolute_url()).content.decode()
    assert "tirsdag 12. januar 2027 kl. 09.00–15.30" in page
    assert "2 av 2 plasser igjen" in page
    client.post(reverse("forum:event-sign-up", args=[event.pk]), {"mode": "physical", "submission": str(uuid4())})
    assert "Du har plass." in client.get(event.get_absolute_url()).content.decode()
    assert [(leg.mode, leg.capacity, leg.taken) for leg in event.legs.all()] == [("physical", 2, 1)]
