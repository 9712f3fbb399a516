"""Learning groups of an event: seen before they are kept, changed by hand, filled up, made spaces once."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from forum.actions.event_groups import (
    GroupIsASpaceError,
    GroupsChangedError,
    NoPeopleError,
    change_groups,
    make_groups,
    make_space_of_group,
    propose_groups,
    seat_late,
)
from forum.actions.spaces import TooManyError
from forum.models import EntryRequest, Event, EventGroup, EventGroupSpace, EventSignUp, Space, SpaceMembership
from forum.queries.event_after import fingerprint, get_seats
from people.models import User
from safety.guard import PatientDataError
from tests import factories
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(home: Any) -> Event:
    return make_event()


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def fill(event: Event, count: int = 7) -> list[EventSignUp]:
    return [sign_up(f"p{number}", event) for number in range(count)]


def keep(arranger: User, event: Event, count: int = 3) -> list[EventGroup]:
    return make_groups(by=arranger, event=event, count=count, teams="spread", shown=fingerprint(get_seats(event)))


def sizes(event: Event) -> list[int]:
    return [each.sign_ups.count() for each in EventGroup.objects.filter(event=event).order_by("number")]


def test_what_was_shown_is_what_is_kept(arranger: User, event: Event) -> None:
    fill(event)
    sign_up("waits", event, status="waiting", queue_number=1)
    shown = [[seat.sign_up.pk for seat in group] for group in propose_groups(get_seats(event), count=3)]
    groups = keep(arranger, event)
    assert [sorted(each.sign_ups.values_list("pk", flat=True)) for each in groups] == [sorted(keys) for keys in shown]
    assert (sizes(event), [each.number for each in groups]) == ([3, 2, 2], [1, 2, 3])


def test_whoever_comes_in_between_makes_it_shown_again(arranger: User, event: Event) -> None:
    fill(event)
    shown = fingerprint(get_seats(event))
    sign_up("late", event)
    with pytest.raises(GroupsChangedError):
        make_groups(by=arranger, event=event, count=3, teams="spread", shown=shown)
    assert not EventGroup.objects.exists()


def test_dealing_again_takes_the_place_of_the_groups_there_were(arranger: User, event: Event) -> None:
    fill(event)
    keep(arranger, event, 3)
    keep(arranger, event, 2)
    assert sizes(event) == [4, 3]


@pytest.mark.parametrize("count", [0, 8, 1000])
def test_there_are_no_more_groups_than_people(arranger: User, event: Event, count: int) -> None:
    fill(event)
    with pytest.raises(NoPeopleError):
        keep(arranger, event, count)


def test_people_are_moved_and_groups_named_by_hand(arranger: User, event: Event) -> None:
    people = fill(event, 4)
    first, second = keep(arranger, event, 2)
    other = EventGroup.objects.create(event=make_event(event.space), number=1)
    change_groups(
        by=arranger,
        event=event,
        places={people[0].pk: second.pk, people[1].pk: None, people[2].pk: other.pk},
        names={first.pk: "  Blå   gruppe ", other.pk: "Ikke min"},
    )
    kept = dict(EventSignUp.objects.values_list("pk", "group"))
    assert (kept[people[0].pk], kept[people[1].pk]) == (second.pk, None)
    assert kept[people[2].pk] in {first.pk, second.pk}
    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.name, other.name) == ("Blå gruppe", "")


def test_no_identity_number_is_a_groups_name(arranger: User, event: Event) -> None:
    fill(event, 2)
    group = keep(arranger, event, 1)[0]
    with pytest.raises(PatientDataError):
        change_groups(by=arranger, event=event, places={}, names={group.pk: f"Født {BORN}"})
    group.refresh_from_db()
    assert group.name == ""


def test_late_ones_go_where_there_are_fewest(arranger: User, event: Event) -> None:
    fill(event, 7)
    keep(arranger, event, 3)
    for number in range(4):
        sign_up(f"late{number}", event)
    assert seat_late(by=arranger, event=event) == 4
    assert sizes(event) == [4, 4, 3]
    assert seat_late(by=arranger, event=event) == 0


def test_a_group_becomes_a_space_once_and_its_people_are_asked_in(arranger: User, event: Event) -> None:
    people = fill(event, 3)
    sign_up_of_arranger = factories.make_sign_up(arranger, event)
    left = sign_up("left", event).person
    left.memberships.update(ended_at=event.created_at)
    group = keep(arranger, event, 1)[0]
    space, asked = make_space_of_group(by=arranger, group=group)
    assert (space.kind, space.name, asked) == (Space.Kind.LEARNING_GROUP, f"Gruppe 1 – {event.title}", 3)
    invited = EntryRequest.objects.filter(space=space, invited_by=arranger).values_list("person", flat=True)
    assert sorted(invited) == sorted(each.person_id for each in people)
    inside = SpaceMembership.objects.filter(space=space)
    assert [(each.person, each.role) for each in inside] == [(sign_up_of_arranger.person, "facilitator")]
    with pytest.raises(GroupIsASpaceError):
        make_space_of_group(by=arranger, group=group)
    with pytest.raises(GroupIsASpaceError):
        keep(arranger, event, 2)
    assert EventGroupSpace.objects.get().space == space


def test_more_groups_than_a_person_makes_spaces_in_a_day_become_spaces(arranger: User, event: Event) -> None:
    fill(event, 5)
    for group in keep(arranger, event, 5):
        make_space_of_group(by=arranger, group=group)
    assert EventGroupSpace.objects.count() == 5


def test_only_whoever_arranges_it_touches_the_groups(arranger: User, event: Event) -> None:
    person = fill(event, 2)[0].person
    group = keep(arranger, event, 1)[0]
    for change in (
        lambda: keep(person, event, 2),
        lambda: seat_late(by=person, event=event),
        lambda: change_groups(by=person, event=event, places={}),
        lambda: make_space_of_group(by=person, group=group),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert EventGroup.objects.get() == group


# --- the page ------------------------------------------------------------------------------------------


def test_groups_are_seen_then_kept_then_filled_up_on_the_page(client: Client, arranger: User, event: Event) -> None:
    fill(event, 6)
    client.force_login(arranger)
    address = reverse("forum:event-groups", args=[event.pk])
    page = client.get(address, {"by": "storrelse", "number": "3", "teams": "together"})
    assert (page.context["form"].count, [len(each) for each in page.context["proposal"]]) == (2, [3, 3])
    assert not EventGroup.objects.exists()
    kept = {"do": "keep", "count": "2", "teams": "together", "shown": page.context["shown"]}
    assert client.post(address, kept).status_code == 302
    assert sizes(event) == [3, 3]
    sign_up("late", event)
    assert client.get(address).context["late"] == 1
    client.post(address, {"do": "late"})
    assert sizes(event) == [4, 3]
    group = EventGroup.objects.first()
    assert group is not None
    response = client.post(address, {"do": f"space:{group.pk}"})
    assert response.headers["Location"] == EventGroupSpace.objects.get().space.get_absolute_url()


@pytest.mark.parametrize(
    "sent",
    [
        {"do": ""},
        {"do": "keep", "count": "x", "teams": "spread"},
        {"do": "keep", "count": "2", "teams": "other"},
        {"do": "space:999"},
        {"do": "space:x"},
    ],
)
def test_what_no_form_sends_is_not_found(client: Client, arranger: User, event: Event, sent: dict[str, str]) -> None:
    fill(event, 2)
    client.force_login(arranger)
    assert client.post(reverse("forum:event-groups", args=[event.pk]), sent).status_code == 404


def test_too_many_groups_are_refused_beside_the_field(client: Client, arranger: User, event: Event) -> None:
    fill(event, 2)
    client.force_login(arranger)
    page = client.get(
        reverse("forum:event-groups", args=[event.pk]), {"by": "antall", "number": "3", "teams": "spread"}
    )
    assert page.context["form"].errors == {"number": ["Det kan ikke bli flere enn 2 grupper."]}
    assert "proposal" not in page.context


def test_a_participant_sees_their_own_group_and_no_other(client: Client, arranger: User, event: Event) -> None:
    people = fill(event, 4)
    keep(arranger, event, 2)
    own = EventSignUp.objects.get(pk=people[0].pk)
    there = {each.person.get_full_name() for each in EventSignUp.objects.filter(group=own.group)}
    others = {each.person.get_full_name() for each in EventSignUp.objects.exclude(group=own.group)}
    client.force_login(own.person)
    html = client.get(reverse("forum:event-groups", args=[event.pk])).content.decode()
    assert all(name in html for name in there)
    assert not any(name in html for name in others)
    EventSignUp.objects.filter(pk=own.pk).update(group=None)
    assert client.get(reverse("forum:event-groups", args=[event.pk])).status_code == 403


def test_dealing_costs_the_same_for_three_and_for_thirty(
    client: Client, arranger: User, event: Event, django_assert_num_queries: Any
) -> None:
    client.force_login(arranger)
    address = reverse("forum:event-groups", args=[event.pk])
    asked = {"by": "antall", "number": "2", "teams": "spread"}
    fill(event, 3)
    client.get(address, asked)
    with django_assert_num_queries(QUERIES):
        client.get(address, asked)
    for number in range(27):
        sign_up(f"more{number}", event)
    with django_assert_num_queries(QUERIES):
        client.get(address, asked)


QUERIES = 9


def test_a_day_of_invitations_is_not_passed(arranger: User, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.actions.spaces.INVITATIONS_PER_DAY", 2)
    fill(event, 3)
    group = keep(arranger, event, 1)[0]
    with pytest.raises(TooManyError):
        make_space_of_group(by=arranger, group=group)
    assert not EventGroupSpace.objects.exists()
    assert not Space.objects.filter(kind=Space.Kind.LEARNING_GROUP).exists()
