"""A calendar program that subscribes over HTTP: what it shows follows the forum, also when an event moves or is off.

The program reads with `ical`, which shares nothing with what writes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.urls import reverse
from django.utils import timezone
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event as ShownEvent

from forum.actions.event_calendar import make_calendar_token
from forum.actions.events import EventDetails, cancel_event, edit_event, make_event, publish_event
from forum.actions.sign_ups import cancel_sign_up, sign_up
from forum.models import EventSignUp
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


class Subscriber:
    """Reads the feed again with the ETag it has, and keeps of each event the version with the greatest SEQUENCE, as
    RFC 5546 §2.1.5 says. What is cancelled is not shown.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.etag = ""
        self.events: dict[str, ShownEvent] = {}

    def read(self) -> int:
        """The answer's status."""
        request = Request(self.address, headers={"If-None-Match": self.etag} if self.etag else {})  # noqa: S310
        try:
            with urlopen(request, timeout=20) as response:  # noqa: S310 – our own server
                text, self.etag = response.read().decode(), response.headers["ETag"]
        except HTTPError as error:
            return error.code
        fresh = {str(event.uid): event for event in IcsCalendarStream.calendar_from_ics(text).events}
        for uid, event in fresh.items():
            known = self.events.get(uid)
            if known is None or (event.sequence or 0) >= (known.sequence or 0):
                self.events[uid] = event
        self.events = {uid: event for uid, event in self.events.items() if uid in fresh}
        return 200

    @property
    def shown(self) -> dict[str, tuple[str, datetime]]:
        """Title → status and beginning."""
        found = {}
        for event in self.events.values():
            assert isinstance(event.dtstart, datetime)
            status = str(event.status.value if event.status else "")
            if status != "CANCELLED":
                found[str(event.summary)] = (status, event.dtstart.astimezone(UTC))
        return found


def details(title: str, starts: datetime, places: int | None = None) -> EventDetails:
    return EventDetails(title=title, starts_at=starts, ends_at=starts + timedelta(hours=5), legs={"physical": places})


def test_a_subscriber_follows_what_is_moved_given_up_and_cancelled(live_server: Any) -> None:
    factories.make_home()
    organiser, kari = factories.make_moderator(), factories.MembershipFactory.create().person
    ola: User = factories.MembershipFactory.create().person
    space = factories.SpaceFactory.create()
    starts = (timezone.now() + timedelta(days=60)).replace(minute=0, second=0, microsecond=0)
    event = publish_event(
        person=organiser, event=make_event(person=organiser, space=space, details=details("Samling", starts))
    )
    full = publish_event(
        person=organiser, event=make_event(person=organiser, space=space, details=details("Kurs", starts, 1))
    )
    others = sign_up(person=ola, event=full, mode="physical", by=ola)
    token = make_calendar_token(person=kari, holds_all=False)
    program = Subscriber(live_server.url + reverse("forum:event-feed", args=[token]))
    assert (program.read(), program.shown) == (200, {})

    sign_up(person=kari, event=event, mode="physical", by=kari)
    sign_up(person=kari, event=full, mode="physical", by=kari)
    assert program.read() == 200
    assert program.shown == {"Samling": ("CONFIRMED", starts), "Venteliste: Kurs": ("TENTATIVE", starts)}
    first = {uid: shown.sequence or 0 for uid, shown in program.events.items()}
    assert program.read() == 304

    later = starts + timedelta(days=7, hours=1)
    event = edit_event(person=organiser, event=event, details=details("Samling", later))
    assert program.read() == 200
    assert program.shown["Samling"] == ("CONFIRMED", later)
    uid = next(uid for uid in first if uid.startswith(str(event.key)))
    assert program.events[uid].sequence == first[uid] + 1

    cancel_sign_up(by=ola, sign_up=others)
    assert program.read() == 200
    assert program.shown["Svar på tilbudet: Kurs"] == ("TENTATIVE", starts)

    cancel_event(person=organiser, event=event, note="Uvær.")
    assert program.read() == 200
    assert set(program.shown) == {"Svar på tilbudet: Kurs"}
    assert str(program.events[uid].summary) == "Avlyst: Samling"
    assert program.events[uid].sequence == first[uid] + 2

    cancel_sign_up(by=kari, sign_up=EventSignUp.objects.standing().get(person=kari, event=full))
    assert (program.read(), program.shown) == (200, {})
    make_calendar_token(person=kari, holds_all=False)
    assert program.read() == 404
