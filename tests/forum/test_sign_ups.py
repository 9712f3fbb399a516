"""Signing up: places, the waiting list, offers, what is told, and what is forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.actions import sign_ups as actions
from forum.actions.events import EventDetails, cancel_event, edit_event, set_event_state
from forum.actions.sign_ups import (
    AlreadySignedUpError,
    Answer,
    OfferOverError,
    accept_offer,
    cancel_sign_up,
    count_taken,
    decline_offer,
    forget_dietary_needs,
    lapse_offers,
    offer_end,
    remind_of_events,
    sign_up,
    sign_up_team,
)
from forum.forms_events import initial_event
from forum.models import DietaryNeed, Event, EventLeg, EventQuestion, EventSignUp, SignUpNews, Space, State
from forum.queries.sign_ups import own_events
from people.models import Profile, User
from people.signals import person_erasing
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

Status = EventSignUp.Status


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    person = factories.MembershipFactory.create().person
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=person).person


@pytest.fixture
def event(space: Space) -> Event:
    return factories.EventFactory.create(space=space, capacity=1, title="Fagdag")


def make_person() -> User:
    return factories.MembershipFactory.create().person


def join(event: Event, person: User | None = None, **given: Any) -> EventSignUp:
    person = person or make_person()
    return sign_up(**{"person": person, "by": person, "event": event, "mode": "physical"} | given)


def statuses(event: Event) -> list[str]:
    return list(event.sign_ups.order_by("pk").values_list("status", flat=True))


def reload(sign_up: EventSignUp) -> EventSignUp:
    sign_up.refresh_from_db()
    return sign_up


# --- places --------------------------------------------------------------------------------------------


def test_who_comes_when_all_is_taken_waits_in_order_of_arrival(event: Event) -> None:
    rows = [join(event) for _ in range(3)]
    assert [(row.status, row.queue_number) for row in rows] == [("confirmed", None), ("waiting", 1), ("waiting", 2)]
    assert event.legs.get().taken == 1
    assert count_taken() == {}


def test_a_person_has_one_place(event: Event) -> None:
    person = make_person()
    first = join(event, person)
    with pytest.raises(AlreadySignedUpError) as caught:
        join(event, person)
    assert caught.value.sign_up == first
    assert event.sign_ups.count() == 1


def test_the_same_form_twice_is_one_sign_up(event: Event) -> None:
    person, key = make_person(), uuid4()
    assert join(event, person, submission=key) == join(event, person, submission=key)
    assert event.sign_ups.count() == 1


def test_the_database_itself_refuses_more_than_there_are(event: Event) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        EventLeg.objects.filter(event=event).update(taken=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "draft"},
        {"status": "cancelled", "cancelled_at": timezone.now()},
        {"state": "hidden"},
        {"state": "deleted"},
        {"takes_sign_ups": False},
        {"sign_up_closes_at": timezone.now() - timedelta(minutes=1)},
        {"sign_up_opens_at": timezone.now() + timedelta(days=1)},
        {"starts_at": timezone.now() - timedelta(hours=9), "ends_at": timezone.now() - timedelta(hours=1)},
    ],
    ids=["draft", "cancelled", "hidden", "deleted", "no sign-up", "closed", "not open yet", "over"],
)
def test_what_is_not_open_takes_nobody(event: Event, changes: dict[str, Any]) -> None:
    Event.objects.filter(pk=event.pk).update(**changes)
    event.refresh_from_db()
    with pytest.raises(PermissionDenied):
        join(event)
    assert event.sign_ups.count() == 0


def test_who_can_not_see_the_space_can_not_sign_up(event: Event) -> None:
    outsider = factories.UserFactory.create()
    with pytest.raises(PermissionDenied):
        join(event, outsider)


# --- giving up, offers ---------------------------------------------------------------------------------


def test_the_first_in_the_queue_is_offered_a_place_that_comes_free(event: Event) -> None:
    placed, first, second = (join(event) for _ in range(3))
    before = timezone.now()
    cancel_sign_up(by=placed.person, sign_up=placed)
    assert statuses(event) == ["cancelled", "offered", "waiting"]
    until = reload(first).offered_until
    assert until is not None
    assert timedelta(hours=23, minutes=59) < until - before < timedelta(hours=24, minutes=1)
    accept_offer(by=first.person, sign_up=first)
    accept_offer(by=first.person, sign_up=first)
    assert statuses(event) == ["cancelled", "confirmed", "waiting"]
    assert (event.legs.get().taken, reload(second).queue_number) == (1, 2)


def test_a_place_that_is_declined_goes_to_the_next(event: Event) -> None:
    placed, first, _second = (join(event) for _ in range(3))
    cancel_sign_up(by=placed.person, sign_up=placed)
    decline_offer(by=first.person, sign_up=first)
    assert statuses(event) == ["cancelled", "cancelled", "offered"]


def test_an_offer_that_is_not_answered_lapses_and_the_next_is_offered(event: Event) -> None:
    placed, first, second = (join(event) for _ in range(3))
    cancel_sign_up(by=placed.person, sign_up=placed)
    EventSignUp.objects.filter(pk=first.pk).update(offered_until=timezone.now() - timedelta(seconds=1))
    with pytest.raises(OfferOverError):
        accept_offer(by=first.person, sign_up=first)
    assert (lapse_offers(), lapse_offers()) == (1, 0)
    assert statuses(event) == ["cancelled", "lapsed", "offered"]
    with pytest.raises(OfferOverError):
        accept_offer(by=first.person, sign_up=first)
    assert count_taken() == {}
    again = join(event, first.person)
    assert (again.status, again.queue_number) == ("waiting", 3)
    assert reload(second).status == "offered"


def test_a_page_that_is_looked_at_lets_overdue_offers_lapse(event: Event, client: Client) -> None:
    placed, first, second = (join(event) for _ in range(3))
    cancel_sign_up(by=placed.person, sign_up=placed)
    EventSignUp.objects.filter(pk=first.pk).update(offered_until=timezone.now() - timedelta(seconds=1))
    client.force_login(second.person)
    assert "Du er tilbudt plass. Svar innen" in client.get(event.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("hours_left", "hours_to_answer"), [(24 * 30, 24), (48, 24), (20, 10), (7, 3.5), (6, None), (-1, None)]
)
def test_an_offer_is_never_longer_than_half_the_time_that_is_left(
    hours_left: float, hours_to_answer: float | None
) -> None:
    now = timezone.now()
    event = Event(starts_at=now + timedelta(hours=hours_left), offer_hours=24)
    wanted = None if hours_to_answer is None else now + timedelta(hours=hours_to_answer)
    assert offer_end(event, now) == wanted


def test_near_the_start_the_next_gets_the_place_at_once(event: Event) -> None:
    placed, first = join(event), join(event)
    Event.objects.filter(pk=event.pk).update(starts_at=timezone.now() + timedelta(hours=2))
    cancel_sign_up(by=placed.person, sign_up=placed)
    assert (reload(first).status, first.offered_until) == ("confirmed", None)


def test_who_no_longer_sees_the_space_is_passed_over_and_keeps_the_number(event: Event) -> None:
    placed, gone, next_one = (join(event) for _ in range(3))
    memberships = gone.person.memberships.all()
    memberships.update(ended_at=timezone.now())
    cancel_sign_up(by=placed.person, sign_up=placed)
    assert statuses(event) == ["cancelled", "waiting", "offered"]
    assert reload(gone).queue_number == 1
    memberships.update(ended_at=None)
    cancel_sign_up(by=next_one.person, sign_up=next_one)
    assert reload(gone).status == "offered"


def test_giving_up_works_after_the_deadline_and_twice_changes_nothing(event: Event) -> None:
    placed, waiting = join(event), join(event)
    Event.objects.filter(pk=event.pk).update(sign_up_closes_at=timezone.now() - timedelta(days=1))
    cancel_sign_up(by=placed.person, sign_up=placed)
    cancel_sign_up(by=placed.person, sign_up=placed)
    assert statuses(event) == ["cancelled", "offered"]
    assert (reload(waiting).status, event.legs.get().taken) == ("offered", 1)


def test_nobody_gives_up_for_another(event: Event) -> None:
    placed = join(event)
    with pytest.raises(PermissionDenied):
        cancel_sign_up(by=make_person(), sign_up=placed)
    with pytest.raises(PermissionDenied):
        accept_offer(by=make_person(), sign_up=placed)
    assert statuses(event) == ["confirmed"]


def details_of(event: Event, **changes: Any) -> EventDetails:
    said = {name: value for name, value in initial_event(event).items() if name in EventDetails.__dataclass_fields__}
    legs = {leg.mode: leg.capacity for leg in event.legs.all()}
    return EventDetails(**said | {"starts_at": event.starts_at, "ends_at": event.ends_at, "legs": legs} | changes)


def test_more_places_go_to_those_who_wait_at_once_and_fewer_than_taken_are_refused(event: Event, host: User) -> None:
    for _ in range(4):
        join(event)
    edit_event(person=host, event=event, details=details_of(event, legs={"physical": 3}))
    assert statuses(event) == ["confirmed", "offered", "offered", "waiting"]
    with pytest.raises(TextRefusedError) as caught:
        edit_event(person=host, event=event, details=details_of(event, legs={"physical": 2}))
    assert caught.value.message == "3 plasser er tatt. Det kan ikke være færre plasser enn det."
    assert event.legs.get().capacity == 3
    with pytest.raises(TextRefusedError):
        edit_event(person=host, event=event, details=details_of(event, legs={"digital": None}))


def test_an_account_that_goes_gives_its_place_to_the_next(event: Event) -> None:
    placed, first = join(event), join(event)
    person = placed.person
    former = factories.UserFactory.create()
    with transaction.atomic():
        person_erasing.send(sender=None, person=person, former=former)
        person.delete()
    assert statuses(event) == ["offered"]
    assert (reload(first).status, event.legs.get().taken, count_taken()) == ("offered", 1, {})


# --- on behalf -----------------------------------------------------------------------------------------


def test_a_leader_signs_up_several_of_the_team_and_each_is_told(
    event: Event, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    mates = [factories.MembershipFactory.create(team=team).person for _ in range(2)]
    outsider = make_person()
    with django_capture_on_commit_callbacks(execute=True):
        made = sign_up_team(by=leader, event=event, team=team, people=[*mates, outsider], mode="physical")
    assert [row and row.status for row in made.values()] == ["confirmed", "waiting", None]
    assert [(row.team, row.made_by) for row in event.sign_ups.all()] == [(team, leader)] * 2
    assert sorted(each.to[0] for each in mail.outbox) == sorted(mate.email for mate in mates)
    assert "Du er meldt på av noen i teamet ditt" in mail.outbox[0].body
    with pytest.raises(PermissionDenied):
        sign_up_team(by=mates[0], event=event, team=team, people=mates, mode="physical")
    cancel_sign_up(by=mates[0], sign_up=event.sign_ups.get(person=mates[0]))
    assert statuses(event) == ["cancelled", "offered"]


def test_nobody_answers_for_another(event: Event) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    mate = factories.MembershipFactory.create(team=team).person
    Event.objects.filter(pk=event.pk).update(asks_dietary=True)
    event.refresh_from_db()
    question = EventQuestion.objects.create(event=event, label="Hotell?", is_required=True)
    made = join(event, mate, by=leader, team=team, dietary="melk", answers=[Answer(question, ("ja",))])
    assert (made.answers.count(), DietaryNeed.objects.count()) == (0, 0)
    with pytest.raises(PermissionDenied):
        actions.answer_questions(person=leader, sign_up=made, answers=[Answer(question, ("ja",))], dietary="melk")
    actions.answer_questions(person=mate, sign_up=made, answers=[Answer(question, ("ja",))], dietary="melk")
    assert (made.answers.get().text, made.dietary_need.text) == ("ja", "melk")


# --- questions and dietary needs -----------------------------------------------------------------------


def test_answers_are_kept_guarded_and_of_those_that_are_offered(event: Event) -> None:
    several = EventQuestion.objects.create(event=event, kind="several", label="Dager", choices="Man\nTir")
    scale = EventQuestion.objects.create(event=event, kind="scale", label="Erfaring", is_required=True)
    person = make_person()
    with pytest.raises(TextRefusedError):
        join(event, person)
    with pytest.raises(TextRefusedError):
        join(event, person, answers=[Answer(scale, ("6",))])
    with pytest.raises(PatientDataError):
        line = EventQuestion.objects.create(event=event, label="Annet")
        join(event, person, answers=[Answer(scale, ("3",)), Answer(line, (f"Om {BORN}",))])
    made = join(event, person, answers=[Answer(scale, ("3",)), Answer(several, ("Man", "Tir"))])
    assert sorted(made.answers.values_list("text", flat=True)) == ["3", "Man\nTir"]


def test_what_one_can_not_eat_goes_with_the_sign_up_and_by_routine(event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(asks_dietary=True)
    event.refresh_from_db()
    EventLeg.objects.update(capacity=None)
    given_up, kept = join(event, dietary="nøtter"), join(event, dietary="fisk")
    cancel_sign_up(by=given_up.person, sign_up=given_up)
    assert [need.text for need in DietaryNeed.objects.all()] == ["fisk"]
    now = timezone.now()
    for days, left in ((13, 1), (15, 0)):
        ends = now - timedelta(days=days)
        Event.objects.filter(pk=event.pk).update(starts_at=ends - timedelta(hours=1), ends_at=ends)
        assert (forget_dietary_needs(), DietaryNeed.objects.count()) == (1 - left, left)
    assert reload(kept).status == "confirmed"


# --- what is told --------------------------------------------------------------------------------------


def test_each_step_is_told_once_in_the_readers_language(
    event: Event, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        placed, first = join(event), join(event)
        cancel_sign_up(by=placed.person, sign_up=placed)
        accept_offer(by=first.person, sign_up=first)
    subjects = [(each.to[0], each.subject.removeprefix("Flett: ")) for each in mail.outbox]
    assert subjects == [(first.person.email, "Du har plass: Fagdag")]  # the others held no more when they were sent
    mail.outbox.clear()
    call_command("settle_events")
    call_command("settle_events")
    assert mail.outbox == []


def test_an_offer_says_when_it_ends_and_nothing_of_a_closed_space(
    host: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    space = factories.SpaceFactory.create(kind="private")
    people = [factories.SpaceMembershipFactory.create(space=space, person=make_person()).person for _ in range(2)]
    event = factories.EventFactory.create(space=space, capacity=1, title="Hemmelig", place="Fjellstua")
    placed, first = (join(event, person) for person in people)
    SignUpNews.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        cancel_sign_up(by=placed.person, sign_up=placed)
    (sent,) = mail.outbox
    assert sent.to == [first.person.email]
    assert "Svar innen" in sent.body
    assert not {"Hemmelig", "Fjellstua", space.name} & set((sent.subject + sent.body).split())
    assert "List-Unsubscribe" not in sent.extra_headers


def test_cancelling_tells_everybody_and_ends_what_was_offered_for_food(
    event: Event, host: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    Event.objects.filter(pk=event.pk).update(asks_dietary=True)
    event.refresh_from_db()
    placed, waiting = join(event, dietary="egg"), join(event)
    with pytest.raises(TextRefusedError):
        set_event_state(person=host, event=event, state=State.DELETED)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_event(person=host, event=event, note="Snøstorm.")
        cancel_event(person=host, event=event, note="Snøstorm.")
    subjects = sorted((each.to[0], each.subject.removeprefix("Flett: ")) for each in mail.outbox)
    assert subjects == sorted((row.person.email, "Avlyst: Fagdag") for row in (placed, waiting))
    event.refresh_from_db()
    assert (event.sequence, event.cancel_note, DietaryNeed.objects.count()) == (1, "Snøstorm.", 0)


def test_a_change_is_mailed_when_a_calendar_shows_it_and_the_organiser_says_so(
    event: Event, host: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    placed = join(event)
    SignUpNews.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        edit_event(person=host, event=event, details=details_of(event, price="Gratis"), tell_them=True)
        event.refresh_from_db()
        edit_event(person=host, event=event, details=details_of(event, place="Aulaen"), tell_them=False)
    assert mail.outbox == []
    event.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        edit_event(person=host, event=event, details=details_of(event, place="Kantina"), tell_them=True)
    assert [(each.to, each.subject.removeprefix("Flett: ")) for each in mail.outbox] == [
        ([placed.person.email], "Noe er endret: Fagdag")
    ]


def test_a_reminder_two_days_before_once_with_a_way_out(
    event: Event, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    EventLeg.objects.filter(event=event).update(capacity=2)
    placed, quiet, _waiting = join(event), join(event), join(event)
    Profile.objects.update_or_create(person=quiet.person, defaults={"mail_on_forum_at_once": False})
    SignUpNews.objects.all().delete()
    Event.objects.filter(pk=event.pk).update(starts_at=timezone.now() + timedelta(hours=40))
    assert remind_of_events() == 0  # got the place less than two days before
    EventSignUp.objects.filter(status="confirmed").update(confirmed_at=timezone.now() - timedelta(days=9))
    with django_capture_on_commit_callbacks(execute=True):
        assert (remind_of_events(), remind_of_events()) == (2, 0)
    (sent,) = mail.outbox
    assert (sent.to, sent.extra_headers["List-Unsubscribe-Post"]) == (
        [placed.person.email],
        "List-Unsubscribe=One-Click",
    )


def test_who_lost_sight_of_the_space_is_told_nothing(
    event: Event, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        placed = join(event)
        placed.person.memberships.all().update(ended_at=timezone.now())
    assert mail.outbox == []
    assert list(own_events(placed.person)) == [placed]  # the place is kept, and may be given up


def test_the_routine_says_what_it_did_and_the_second_time_does_nothing(
    event: Event, capsys: pytest.CaptureFixture[str]
) -> None:
    placed, first, second = (join(event) for _ in range(3))
    cancel_sign_up(by=placed.person, sign_up=placed)
    EventSignUp.objects.filter(pk=first.pk).update(offered_until=timezone.now() - timedelta(seconds=1))
    call_command("settle_events", dry_run=True)
    assert capsys.readouterr().out.splitlines()[0] == "events to settle: 1"
    assert statuses(event) == ["cancelled", "offered", "waiting"]
    call_command("settle_events")
    assert capsys.readouterr().out.splitlines() == ["offers that lapsed: 1", "reminders: 0", "mails sent: 2"]
    call_command("settle_events")
    assert capsys.readouterr().out.splitlines() == ["offers that lapsed: 0", "reminders: 0", "mails sent: 0"]
    assert [each.to[0] for each in mail.outbox] == [first.person.email, second.person.email]


def test_a_summary_that_differs_from_the_rows_is_found_and_mended(event: Event) -> None:
    join(event)
    EventLeg.objects.filter(event=event).update(taken=0)
    with pytest.raises(CommandError):
        call_command("rebuild_forum", check=True)
    call_command("rebuild_forum")
    assert event.legs.get().taken == 1
    call_command("rebuild_forum", check=True)


def test_hiding_twice_is_once_and_showing_again_moves_the_queue(event: Event, host: User) -> None:
    placed, first = join(event), join(event)
    for _ in range(2):
        set_event_state(person=host, event=event, state=State.HIDDEN)
    event.refresh_from_db()
    assert event.sequence == 1
    cancel_sign_up(by=placed.person, sign_up=placed)
    assert reload(first).status == "waiting"  # nobody is offered what nobody sees
    set_event_state(person=host, event=event, state=State.NORMAL)
    assert reload(first).status == "offered"


# --- any order of things -------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["join", "cancel", "accept", "decline", "lapse", "raise"]), st.integers(0, 5)),
    max_size=14,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_never_over_capacity_nobody_twice_and_the_queue_in_order(steps: list[tuple[str, int]], space: Space) -> None:
    event = factories.EventFactory.create(space=space, capacity=2)
    people = list(User.objects.filter(email__startswith="steg"))
    if not people:
        people = [
            factories.MembershipFactory.create(person__email=f"steg{number}@example.org").person for number in range(6)
        ]
    for step, number in steps:
        person = people[number]
        own = EventSignUp.objects.standing().filter(event=event, person=person).first()
        if step == "join" and own is None:
            join(event, person)
        elif step == "cancel" and own is not None:
            cancel_sign_up(by=person, sign_up=own)
        elif step == "accept" and own is not None and own.status == Status.OFFERED:
            accept_offer(by=person, sign_up=own)
        elif step == "decline" and own is not None and own.status == Status.OFFERED:
            decline_offer(by=person, sign_up=own)
        elif step == "lapse":
            EventSignUp.objects.filter(event=event, status=Status.OFFERED).update(offered_until=timezone.now())
            lapse_offers()
        elif step == "raise":
            EventLeg.objects.filter(event=event).update(capacity=3)
            actions.settle_event(event_id=event.pk)
        leg = event.legs.get()
        rows = list(event.sign_ups.standing())
        assert leg.taken == sum(row.status in EventSignUp.TAKES_A_PLACE for row in rows) <= leg.capacity
        assert len({row.person_id for row in rows}) == len(rows)
        waiting = [row for row in rows if row.status == Status.WAITING]
        assert leg.taken == leg.capacity or not waiting
        if waiting:
            numbers = [row.queue_number or 0 for row in sorted(waiting, key=lambda row: (row.created_at, row.pk))]
            assert numbers == sorted(numbers)


# --- pages ---------------------------------------------------------------------------------------------


def test_signing_up_twice_in_two_tabs_is_said_calmly(event: Event, client: Client) -> None:
    person = make_person()
    client.force_login(person)
    url = reverse("forum:event-sign-up", args=[event.pk])
    for _ in range(2):
        answer = client.post(url, {"mode": "physical", "submission": str(uuid4())}, follow=True)
    assert "Du er allerede påmeldt." in answer.content.decode()
    assert event.sign_ups.count() == 1
