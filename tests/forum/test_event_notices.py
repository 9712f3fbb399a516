"""The bell and events: who is told what, how it is said, when it is read, and when it is gone."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions import event_mails, events, sign_ups
from forum.actions.evaluations import Asked, answer_evaluation, set_evaluation
from forum.actions.event_notices import tell_of_evaluation, tell_of_sign_ups
from forum.mails.event_letters import send_letters
from forum.models import Event, EventLeg, EventSignUp, Notice, SpaceMembership, State, Watch
from forum.queries.notices import count_unread, count_unread_for_digest
from people.models import User
from tests import factories
from tests.forum.event_cast import make_arranger, make_event, make_member, sign_up
from tests.forum.test_sign_ups import details_of

pytestmark = pytest.mark.django_db

Kind = Notice.Kind


@pytest.fixture
def event(home: Any) -> Event:
    return make_event(title="Samling i mars")


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def told(person: User) -> list[str]:
    """The kinds of all that is told, read or not, in order."""
    return [str(each.kind) for each in Notice.objects.filter(person=person).order_by("kind")]


def commit() -> None:
    """Do what is done once a change is committed: a test is a transaction that never is."""
    waiting, connection.run_on_commit = connection.run_on_commit, []
    for _savepoints, work, _robust in waiting:
        work()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def listed(person: User) -> str:
    commit()
    caches["learners"].clear()
    return " ".join(signed_in(person).get(reverse("forum:notices")).content.decode().split())


def full(event: Event) -> None:
    EventLeg.objects.filter(event=event).update(capacity=1)


# --- one's place ---------------------------------------------------------------------------------------


def test_what_one_does_oneself_is_told_nobody(event: Event) -> None:
    kari = make_member("kari")
    own = sign_ups.sign_up(person=kari, event=event, mode="physical", by=kari)
    sign_ups.cancel_sign_up(by=kari, sign_up=own)
    commit()
    assert told(kari) == []


def test_the_waiting_list_is_one_line_that_says_what_is_now(event: Event) -> None:
    full(event)
    holder, kari = make_member("holder"), make_member("kari")
    first = sign_ups.sign_up(person=holder, event=event, mode="physical", by=holder)
    own = sign_ups.sign_up(person=kari, event=event, mode="physical", by=kari)
    commit()
    assert told(kari) == []
    sign_ups.cancel_sign_up(by=holder, sign_up=first)
    commit()
    assert told(kari) == ["place"]
    assert "Du er tilbudt plass på «Samling i mars». Svar innen" in listed(kari)
    made = Notice.objects.get(person=kari)
    Notice.objects.update(read_at=timezone.now())
    EventSignUp.objects.filter(pk=own.pk).update(offered_until=timezone.now() - timedelta(minutes=1))
    assert "Plassen du ble tilbudt på «Samling i mars», gikk til en annen" in listed(kari)
    sign_ups.settle_event(event_id=event.pk)
    commit()
    again = Notice.objects.get(person=kari)
    assert (again.pk, again.read_at, again.created_at > made.created_at) == (made.pk, None, True)
    assert "Plassen du ble tilbudt på «Samling i mars», gikk til en annen" in listed(kari)


def test_near_the_start_a_place_that_is_given_is_told(event: Event) -> None:
    full(event)
    Event.objects.update(starts_at=timezone.now() + timedelta(hours=2), ends_at=timezone.now() + timedelta(hours=4))
    holder, kari = make_member("holder"), make_member("kari")
    first = sign_ups.sign_up(person=holder, event=event, mode="physical", by=holder)
    sign_ups.sign_up(person=kari, event=event, mode="physical", by=kari)
    sign_ups.cancel_sign_up(by=holder, sign_up=first)
    assert "Du har fått plass på «Samling i mars»" in listed(kari)


@pytest.mark.parametrize(
    ("is_full", "said"),
    [(False, "Du er meldt på «Samling i mars», og har plass"), (True, "Du er meldt på «Samling i mars», og står på")],
)
def test_who_is_signed_up_and_off_by_another_is_told_of_both_in_one_line(
    event: Event, arranger: User, is_full: bool, said: str
) -> None:
    if is_full:
        full(event)
        sign_up("holder", event)
    kari = make_member("kari")
    made = sign_ups.sign_up(person=kari, event=event, mode="physical", by=arranger)
    assert said in listed(kari)
    sign_ups.cancel_sign_up(by=arranger, sign_up=made)
    commit()
    assert told(kari) == ["place"]
    assert "Du er meldt av «Samling i mars»" in listed(kari)
    assert told(arranger) == []


# --- the event, letters, evaluation --------------------------------------------------------------------


def test_a_change_is_told_when_the_arranger_says_so_and_cancelling_always(event: Event, arranger: User) -> None:
    kari = sign_up("kari", event).person
    own = factories.make_sign_up(arranger, event)
    events.edit_event(person=arranger, event=event, details=details_of(event, place="Bergen"))
    commit()
    assert told(kari) == []
    events.edit_event(person=arranger, event=event, details=details_of(event, place="Voss"), tell_them=True)
    commit()
    assert told(kari) == ["event"]
    assert "Noe er endret i «Samling i mars»" in listed(kari)
    events.cancel_event(person=arranger, event=event, note="For få.")
    commit()
    assert told(kari) == ["event"]
    assert "«Samling i mars» er avlyst" in listed(kari)
    assert own.person == arranger
    assert told(arranger) == []


def test_a_letter_is_told_when_it_has_been_handed_over(event: Event, arranger: User, mailoutbox: list[Any]) -> None:
    kari, gone = sign_up("kari", event).person, sign_up("gone", event)
    mailing = event_mails.send_letter(
        by=arranger, event=event, audience="place", subject="Program", text="Hei", submission=uuid4()
    )
    assert told(kari) == []
    EventSignUp.objects.filter(pk=gone.pk).update(status="cancelled", ended_at=timezone.now())
    send_letters(mailing=mailing.pk)
    assert (told(kari), told(gone.person), len(mailoutbox)) == (["letter"], [], 1)
    assert "Brev fra dem som arrangerer «Samling i mars». Det ligger i e-posten din." in listed(kari)


def test_an_evaluation_is_told_until_it_is_answered_and_not_where_the_space_is_silenced(home: Any) -> None:
    event = make_event(is_over=True, title="Samling i mars")
    arranger = make_arranger(event.space)
    kari, quiet = sign_up("kari", event).person, sign_up("quiet", event).person
    Watch.objects.create(person=quiet, space=event.space, level=Watch.Level.NONE)
    set_evaluation(by=arranger, event=event, questions=[Asked(label="Hvordan?", kind="scale")], is_ready=True)
    event_mails.ask_for_evaluations()
    event_mails.ask_for_evaluations()
    assert (told(kari), told(quiet)) == (["evaluation"], [])
    assert "Hvordan var «Samling i mars»? Svar på evalueringen." in listed(kari)
    asked = event.questions.get()
    answer_evaluation(person=kari, event=event, answers={asked.pk: ["4"]})
    assert "Samling i mars" not in listed(kari)


def test_no_digest_comes_of_what_was_mailed_when_it_was_told(event: Event, arranger: User) -> None:
    kari = make_member("kari")
    sign_ups.sign_up(person=kari, event=event, mode="physical", by=arranger)
    commit()
    assert (count_unread(kari), count_unread_for_digest(kari)) == (1, 0)


# --- reading, seeing -----------------------------------------------------------------------------------


def test_opening_the_event_reads_all_that_is_told_of_it_and_the_bell_says_so(event: Event, arranger: User) -> None:
    kari = make_member("kari")
    made = sign_ups.sign_up(person=kari, event=event, mode="physical", by=arranger)
    commit()
    tell_of_sign_ups(keys=[made.pk], kind="changed")
    client = signed_in(kari)
    caches["learners"].clear()
    assert "2 nye varsler" in client.get(reverse("forum:notices")).content.decode()
    notice = Notice.objects.get(person=kari, kind="place")
    answer = client.get(reverse("forum:notice", args=[notice.pk]))
    assert (answer.status_code, answer["Location"]) == (302, event.get_absolute_url())
    assert Notice.objects.filter(person=kari, read_at__isnull=True).count() == 1
    assert "Varsler, ingen nye" in client.get(event.get_absolute_url()).content.decode()
    assert not Notice.objects.filter(person=kari, read_at__isnull=True).exists()


@pytest.mark.parametrize("change", ["left", "hidden", "deleted"])
def test_what_one_may_not_see_any_more_is_neither_listed_counted_nor_opened(home: Any, change: str) -> None:
    event = make_event(factories.SpaceFactory.create(kind="private"), title="Samling i mars")
    kari = make_member("kari")
    factories.SpaceMembershipFactory.create(space=event.space, person=kari)
    tell_of_sign_ups(keys=[factories.make_sign_up(kari, event).pk], kind="confirmed")
    assert "Samling i mars" in listed(kari)
    if change == "left":
        SpaceMembership.objects.update(ended_at=timezone.now())
    else:
        Event.objects.update(state=State(change))
    text = listed(kari)
    assert "Samling i mars" not in text
    assert "Varsler, ingen nye" in text
    notice = Notice.objects.get(person=kari)
    assert signed_in(kari).get(reverse("forum:notice", args=[notice.pk])).status_code == 404


def test_the_list_costs_the_same_for_one_place_and_for_thirty(home: Any) -> None:
    counts = []
    for number in (1, 30):
        kari = make_member(f"kari{number}")
        for _ in range(number):
            tell_of_sign_ups(keys=[factories.make_sign_up(kari, make_event()).pk], kind="confirmed")
        client = signed_in(kari)
        client.get(reverse("forum:notices"))
        with CaptureQueriesContext(connection) as captured:
            text = client.get(reverse("forum:notices")).content.decode()
        assert text.count("Du har fått plass på") == number
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_telling_thirty_costs_what_telling_one_does(event: Event, django_assert_num_queries: Any) -> None:
    made = [factories.make_sign_up(make_member(f"kari{number}"), event) for number in range(30)]
    for rows in (made[:1], made):
        with django_assert_num_queries(6):  # two of them open and close the transaction
            tell_of_sign_ups(keys=[row.pk for row in rows], kind="changed")
    with django_assert_num_queries(3):
        tell_of_evaluation(event=event, people=[made[0].person_id])


def test_whose_account_has_gone_is_told_nothing(event: Event) -> None:
    kari, ola = make_member("kari"), make_member("ola")
    keys = [factories.make_sign_up(person, event).pk for person in (kari, ola)]
    ola.delete()
    tell_of_sign_ups(keys=keys, kind="changed")
    assert told(kari) == ["event"]
    assert Notice.objects.count() == 1
