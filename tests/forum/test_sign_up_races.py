"""Many at once for few places, on a database that lets them; and a few at once on the one that does not."""

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Semaphore
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from forum.actions.sign_ups import (
    accept_offer,
    cancel_sign_up,
    count_taken,
    decline_offer,
    lapse_offers,
    leave_every_event,
    sign_up,
)
from forum.models import Event, EventLeg, EventSignUp
from people.models import Membership, Team, User
from tests import factories
from tests.people.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Status = EventSignUp.Status


@pytest.fixture(autouse=True)
def no_mails(settings: Any) -> None:
    """What is told is written all the same; who is mailed is tested elsewhere."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


def make_people(count: int, team: Team) -> list[User]:
    people = User.objects.bulk_create(
        [User(email=f"mange{number}@example.org", first_name=f"P{number:03}") for number in range(count)]
    )
    Membership.objects.bulk_create([Membership(team=team, person=person) for person in people])
    return people


def make_event(capacity: int) -> Event:
    return factories.EventFactory.create(space=factories.SpaceFactory.create(), capacity=capacity)


def joining(event: Event, people: list[User]) -> list[Callable[[], Any]]:
    return [partial(sign_up, person=each, by=each, event=event, mode="physical") for each in people]


def assert_sound(event: Event) -> None:
    leg = event.legs.get()
    assert leg.capacity is not None
    assert leg.taken == event.sign_ups.with_place().count() <= leg.capacity
    assert count_taken() == {}


def gated(work: list[Callable[[], Any]]) -> list[Callable[[], Any]]:
    """To be started all at once, with as many connections to the database as it has."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        gate = Semaphore(int(cursor.fetchone()[0]) - 10)

    def through(each: Callable[[], Any]) -> None:
        with gate:
            try:
                each()
            finally:
                connection.close()

    return [partial(through, each) for each in work]


@pytest.mark.postgresql
def test_two_hundred_for_fifty_places_and_then_everything_at_once(transactional_db: None) -> None:
    team = factories.TeamFactory.create()
    people = make_people(200, team)
    event = make_event(50)
    outcomes = at_once(*gated(joining(event, people)))
    assert outcomes == ["done"] * 200
    confirmed = event.sign_ups.filter(status=Status.CONFIRMED)
    waiting = event.sign_ups.filter(status=Status.WAITING)
    assert (confirmed.count(), waiting.count()) == (50, 150)
    assert list(waiting.order_by("queue_number").values_list("queue_number", flat=True)) == list(range(1, 151))
    assert event.legs.get().last_queue_number == 150
    assert_sound(event)

    # sixty give up, answer, or let it lapse, while others come: round after round, all at once
    chance = random.Random(7)  # noqa: S311 – the same each time
    for _round in range(3):
        rows = list(event.sign_ups.standing().select_related("person").order_by("pk"))
        placed = [row for row in rows if row.status == Status.CONFIRMED]
        offered = [row for row in rows if row.status == Status.OFFERED]
        late = chance.sample(offered, len(offered) // 3)
        EventSignUp.objects.filter(pk__in=[row.pk for row in late]).update(
            offered_until=timezone.now() - timedelta(minutes=1)
        )
        work: list[Callable[[], Any]] = [
            partial(cancel_sign_up, by=row.person, sign_up=row) for row in chance.sample(placed, 15)
        ]
        for row in offered:
            work.append(partial(chance.choice([accept_offer, decline_offer]), by=row.person, sign_up=row))
            work.append(partial(accept_offer, by=row.person, sign_up=row))
        work += [lapse_offers] * 5
        chance.shuffle(work)
        came_to = at_once(*gated(work[:60]))
        assert set(came_to) <= {"done", "OfferOverError"}
        assert_sound(event)
        assert event.legs.get().taken == 50  # as long as anybody waits, no place stays empty
        numbers = event.sign_ups.filter(status=Status.WAITING).values_list("queue_number", flat=True)
        first_waiting = min(number for number in numbers if number)
        assert not EventSignUp.objects.filter(
            event=event, status=Status.WAITING, queue_number__lt=first_waiting
        ).exists()
        passed = event.sign_ups.filter(queue_number__gt=first_waiting, status__in=EventSignUp.TAKES_A_PLACE)
        assert not passed.exists()  # nobody was offered a place before somebody ahead of them


@pytest.mark.postgresql
def test_one_person_in_many_tabs_has_one_place(transactional_db: None) -> None:
    person = make_people(1, factories.TeamFactory.create())[0]
    event = make_event(50)
    outcomes = at_once(*joining(event, [person] * 12))
    assert sorted(outcomes) == ["AlreadySignedUpError"] * 11 + ["done"]
    assert event.legs.get().taken == 1


@pytest.mark.postgresql
def test_two_workers_let_offers_lapse_at_once(transactional_db: None) -> None:
    event = make_event(2)
    people = make_people(6, factories.TeamFactory.create())
    for work in joining(event, people):
        work()
    for row in event.sign_ups.filter(status=Status.CONFIRMED).select_related("person"):
        cancel_sign_up(by=row.person, sign_up=row)
    event.sign_ups.filter(status=Status.OFFERED).update(offered_until=timezone.now() - timedelta(minutes=1))
    assert at_once(*[lapse_offers] * 6) == ["done"] * 6
    assert sorted(event.sign_ups.values_list("status", flat=True)) == (
        ["cancelled"] * 2 + ["lapsed"] * 2 + ["offered"] * 2
    )
    assert_sound(event)


@pytest.mark.postgresql
def test_accounts_that_go_while_others_come(transactional_db: None) -> None:
    event = make_event(5)
    people = make_people(30, factories.TeamFactory.create())
    for work in joining(event, people[:15]):
        work()

    def erase(person: User) -> None:
        with transaction.atomic():
            locked = User.objects.select_for_update().get(pk=person.pk)
            leave_every_event(person=locked)
            locked.delete()

    work = [*joining(event, people[15:]), *(partial(erase, person) for person in people[:8])]
    random.Random(3).shuffle(work)  # noqa: S311 – the same each time
    assert at_once(*work) == ["done"] * 23
    assert_sound(event)
    assert event.legs.get().taken == 5


def test_twenty_for_five_places_on_any_database(transactional_db: None) -> None:
    people = make_people(20, factories.TeamFactory.create())
    event = make_event(5)
    assert at_once(*joining(event, people)) == ["done"] * 20
    waiting = event.sign_ups.filter(status=Status.WAITING).order_by("queue_number")
    assert event.sign_ups.filter(status=Status.CONFIRMED).count() == 5
    assert list(waiting.values_list("queue_number", flat=True)) == list(range(1, 16))
    assert_sound(event)
    assert EventLeg.objects.get(event=event).taken == 5
