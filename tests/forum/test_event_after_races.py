"""Two clicks at once, and a sender that is killed: one letter, one answer, one space, one paper. On PostgreSQL."""

import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from forum.actions import event_mails
from forum.actions.attendance import issue_to_all, take_certificate
from forum.actions.evaluations import Asked, answer_evaluation, set_evaluation
from forum.actions.event_groups import make_groups, make_space_of_group, seat_late
from forum.actions.event_mails import send_letter
from forum.mails.event_letters import send_letters
from forum.models import (
    AttendanceCertificate,
    EvaluationTally,
    EvaluationText,
    Event,
    EventEvaluation,
    EventGroup,
    EventMailing,
    EventMailReceiver,
    EventSignUp,
    Space,
)
from forum.queries.event_after import fingerprint, get_questions, get_seats
from people.models import User
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.learning.test_mail_races import COUNT, KILLED_AT, calm, kill_when, received, start
from tests.people.smtp_sink import Sink, serve_sink
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event(is_over=True)


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with serve_sink() as sink:
        yield sink


def write(by: User, event: Event, **fields: Any) -> EventMailing:
    given = {"subject": "Program", "text": "Hei!", "submission": uuid4(), **fields}
    return send_letter(by=by, event=event, audience="place", **given)


def test_two_clicks_on_send_are_one_letter(arranger: User, event: Event, mailoutbox: list[Any]) -> None:
    for number in range(4):
        sign_up(f"p{number}", event)
    click = partial(write, arranger, event, submission=uuid4())
    assert at_once(*[click] * 4) == ["done"] * 4
    assert (EventMailing.objects.count(), EventMailReceiver.objects.count()) == (1, 4)
    assert sorted(message.to[0] for message in mailoutbox) == [f"p{number}@example.org" for number in range(4)]


def test_workers_with_the_same_letter_send_it_to_each_once(
    arranger: User, event: Event, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        sign_up(f"p{number}", event)
    with monkeypatch.context() as later:
        later.setattr("forum.tasks.send_letters_later", lambda mailing: None)
        mailing = write(arranger, event)
    assert at_once(*[partial(send_letters, mailing=mailing.pk)] * 4) == ["done"] * 4
    assert sorted(message.to[0] for message in mailoutbox) == [f"p{number}@example.org" for number in range(10)]


def test_the_days_letters_are_not_passed_by_writing_at_once(arranger: User, event: Event) -> None:
    sign_up("kari", event)
    outcomes = at_once(*[partial(write, arranger, event) for _ in range(event_mails.LETTERS_A_DAY + 3)])
    assert sorted(outcomes) == ["TooManyLettersError"] * 3 + ["done"] * event_mails.LETTERS_A_DAY


def test_one_evaluation_answered_twice_at_once_is_one_answer(arranger: User, event: Event) -> None:
    people = [sign_up(f"p{number}", event).person for number in range(ROUNDS)]
    set_evaluation(by=arranger, event=event, questions=[Asked("Hvordan?"), Asked("Hva?", "text")], is_ready=True)
    scale, text = get_questions(event)
    for person in people:
        given = {scale.pk: ["4"], text.pk: ["Fint"]}
        outcomes = at_once(*[partial(answer_evaluation, person=person, event=event, answers=given)] * 3)
        assert sorted(outcomes) == ["AlreadyAnsweredError", "AlreadyAnsweredError", "done"]
    assert EventEvaluation.objects.get().answer_count == ROUNDS
    assert (EvaluationTally.objects.get(value="4").count, EvaluationText.objects.count()) == (ROUNDS, ROUNDS)


def test_many_who_answer_at_once_are_all_counted(arranger: User, event: Event) -> None:
    people = [sign_up(f"p{number}", event).person for number in range(12)]
    set_evaluation(by=arranger, event=event, questions=[Asked("Hvordan?"), Asked("Hva?", "text")], is_ready=True)
    scale, text = get_questions(event)
    outcomes = at_once(
        *(
            partial(answer_evaluation, person=person, event=event, answers={scale.pk: ["4"], text.pk: [person.email]})
            for person in people
        )
    )
    assert outcomes == ["done"] * 12
    assert EvaluationTally.objects.get(value="4").count == 12
    assert set(EvaluationText.objects.values_list("text", flat=True)) == {person.email for person in people}


def test_a_group_becomes_a_space_once_and_groups_are_dealt_once(arranger: User, event: Event) -> None:
    for number in range(6):
        sign_up(f"p{number}", event)
    shown = fingerprint(get_seats(event))
    deal = partial(make_groups, by=arranger, event=event, count=2, teams="spread", shown=shown)
    assert at_once(deal, deal, deal) == ["done"] * 3
    groups = list(EventGroup.objects.filter(event=event))
    assert [group.sign_ups.count() for group in groups] == [3, 3]
    make = partial(make_space_of_group, by=arranger, group=groups[0])
    assert sorted(at_once(make, make, make)) == ["GroupIsASpaceError", "GroupIsASpaceError", "done"]
    assert Space.objects.filter(kind=Space.Kind.LEARNING_GROUP).count() == 1
    sign_up("late", event)
    fill_up = partial(seat_late, by=arranger, event=event)
    assert at_once(fill_up, fill_up) == ["done", "done"]
    assert not EventSignUp.objects.filter(event=event, group__isnull=True).exists()


def test_a_certificate_taken_and_issued_at_once_is_one(arranger: User, event: Event) -> None:
    for number in range(ROUNDS):
        own = sign_up(f"p{number}", event, attended=True)
        take = partial(take_certificate, person=own.person, sign_up=own)
        assert at_once(take, take, partial(issue_to_all, by=arranger, event=event)) == ["done"] * 3
        assert AttendanceCertificate.objects.filter(sign_up=own).count() == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sender_killed_in_the_middle_doubles_nothing_and_the_next_run_sends_the_rest(
    arranger: User, event: Event, sink: Sink, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(COUNT):
        sign_up(f"p{number:02}", event)
    with monkeypatch.context() as later:
        later.setattr("forum.tasks.send_letters_later", lambda mailing: None)
        write(arranger, event)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, moment)
    process.append(start("send_forum_mails", port=sink.port))
    assert process[0].wait(180) == -signal.SIGKILL
    assert len(sink.messages) == (KILLED_AT if moment == "after" else KILLED_AT - 1)
    assert EventMailReceiver.objects.filter(claimed_at__isnull=False, sent_at__isnull=True).count() == 1

    calm(sink)
    again = start("send_forum_mails", port=sink.port)
    said, _ = again.communicate(timeout=180)
    assert again.returncode == 0, said
    arrived = received(sink)
    assert set(arrived.values()) == {1}
    assert len(arrived) == (COUNT if moment == "after" else COUNT - 1)
