"""Several who send at once, and one who is killed: nobody gets a mail from the forum twice. On PostgreSQL."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from forum.actions.mails import claim_at_once, claim_digest
from forum.actions.notices import tell_of_post
from forum.mails import sending
from forum.models import MailChoice, Notice, Post, Report, SentMail, Space, Told
from people.models import MailKind, Profile, User
from people.own_data import actions as own_actions
from tests import factories
from tests.forum.news import add_post, make_member, make_topic, tell
from tests.learning.test_mail_races import calm, kill_when, received, start
from tests.people.smtp_sink import Sink, serve_sink
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
COUNT = 12
KILLED_AT = 5


@pytest.fixture
def writer(transactional_db: None) -> User:
    return silent("writer")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with serve_sink() as sink:
        yield sink


def silent(name: str) -> User:
    """A member who gets no digest, and has no quiet hours."""
    person = make_member(name)
    MailChoice.objects.create(person=person, quiet_from=0, quiet_to=0)
    Profile.objects.create(person=person, mail_on_forum_digest=False)
    return person


def mention(writer: User, *people: User) -> Post:
    """In a space of theirs."""
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    for person in (writer, *people):
        factories.SpaceMembershipFactory.create(space=space, person=person)
    topic = make_topic(space, writer)
    return tell(add_post(topic, writer, mentions=people), ago=timedelta(minutes=6))


def test_workers_with_the_same_posts_send_each_mail_once(writer: User, mailoutbox: list[Any]) -> None:
    people = [silent(f"p{number}") for number in range(10)]
    post = mention(writer, *people)
    assert at_once(*[partial(sending.send_at_once, posts=[post.pk])] * 4) == ["done"] * 4
    assert sorted(message.to[0] for message in mailoutbox) == sorted(person.email for person in people)


def test_one_digest_a_day_is_claimed_once(writer: User) -> None:
    for number in range(ROUNDS):
        person = make_member(f"kari{number}")
        outcomes: list[Any] = []

        def take(person: User = person, outcomes: list[Any] = outcomes) -> None:
            outcomes.append(claim_digest(account=person.pk, occasion="2026-11-30"))

        at_once(take, take, take)
        assert sorted(outcome is None for outcome in outcomes) == [False, True, True]


def test_posts_of_a_mail_are_claimed_together_or_not_at_all(writer: User) -> None:
    for number in range(ROUNDS):
        person = silent(f"kari{number}")
        outcomes: list[Any] = []

        def take(posts: list[int], person: User = person, outcomes: list[Any] = outcomes) -> None:
            outcomes.append(claim_at_once(account=person.pk, posts=posts))

        at_once(partial(take, [1, 2]), partial(take, [2, 3]))
        taken = [outcome for outcome in outcomes if outcome is not None]
        assert [len(outcome) for outcome in taken] == [2]
    assert SentMail.objects.count() == 2 * ROUNDS


def test_telling_at_once_tells_each_once(writer: User) -> None:
    people = [silent(f"p{number}") for number in range(10)]
    topic = make_topic(factories.SpaceFactory.create(), writer)
    post = add_post(topic, writer, mentions=tuple(people))
    assert at_once(*[partial(tell_of_post, post_id=post.pk)] * 4) == ["done"] * 4
    assert (Notice.objects.count(), Told.objects.count()) == (10, 1)


def test_whoever_unsubscribes_while_mails_are_sent_has_the_last_word(writer: User, mailoutbox: list[Any]) -> None:
    for number in range(ROUNDS):
        person = silent(f"kari{number}")
        post = mention(writer, person)
        at_once(
            partial(sending.send_at_once, posts=[post.pk]),
            partial(own_actions.stop_mails, account=person.pk, kind=MailKind.FORUM_AT_ONCE),
        )
        mailoutbox.clear()
        SentMail.objects.all().delete()
        Told.objects.update(is_settled=False)
        sending.send_at_once(posts=[post.pk])
        assert mailoutbox == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sender_killed_in_the_middle_doubles_nothing_and_the_next_run_sends_the_rest(
    writer: User, sink: Sink, moment: str
) -> None:
    people = [silent(f"p{number:02}") for number in range(COUNT)]
    mention(writer, *people)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, moment)
    process.append(start("send_forum_mails", port=sink.port))
    assert process[0].wait(180) == -signal.SIGKILL
    assert len(sink.messages) == (KILLED_AT if moment == "after" else KILLED_AT - 1)
    (lost,) = SentMail.objects.filter(sent_at__isnull=True)
    assert lost.person is None

    calm(sink)
    again = start("send_forum_mails", port=sink.port)
    said, _ = again.communicate(timeout=180)
    assert again.returncode == 0, said
    arrived = received(sink)
    assert set(arrived.values()) == {1}
    assert len(arrived) == (COUNT if moment == "after" else COUNT - 1)
    SentMail.objects.filter(pk=lost.pk).update(claimed_at=timezone.now() - timedelta(hours=25))
    told = start("send_forum_mails", port=sink.port)
    said, _ = told.communicate(timeout=180)
    assert "never finished: at_once, claimed" in said
    assert received(sink) == arrived


def report_to(people: list[User], writer: User) -> None:
    """A post that waits for them, in a space they facilitate."""
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    for person in people:
        factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    post = make_topic(space, writer).posts.get()
    at = timezone.now() - timedelta(minutes=6)
    Report.objects.create(post=post, reporter=factories.UserFactory.create(), reason="other", created_at=at)


def test_senders_at_once_tell_each_who_moderates_once(writer: User, mailoutbox: list[Any]) -> None:
    people = [silent(f"p{number}") for number in range(10)]
    report_to(people, writer)
    assert at_once(*[partial(sending.send_cases, day=timezone.localdate())] * 4) == ["done"] * 4
    assert sorted(message.to[0] for message in mailoutbox) == sorted(person.email for person in people)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sender_killed_among_the_moderators_tells_nobody_twice(writer: User, sink: Sink, moment: str) -> None:
    people = [silent(f"p{number:02}") for number in range(COUNT)]
    report_to(people, writer)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, moment)
    process.append(start("send_forum_mails", port=sink.port))
    assert process[0].wait(180) == -signal.SIGKILL
    (lost,) = SentMail.objects.filter(sent_at__isnull=True)
    assert (lost.kind, lost.person) == ("moderation", None)
    calm(sink)
    again = start("send_forum_mails", port=sink.port)
    said, _ = again.communicate(timeout=180)
    assert again.returncode == 0, said
    arrived = received(sink)
    assert set(arrived.values()) == {1}
    assert len(arrived) == (COUNT if moment == "after" else COUNT - 1)


def test_a_worker_killed_in_the_middle_doubles_nothing(writer: User, sink: Sink) -> None:
    """The task stays with the dead worker; the next run of the command hands over what it had not come to."""
    people = [silent(f"p{number:02}") for number in range(COUNT)]
    mention(writer, *people)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, "after")
    handed = start("send_forum_mails", port=sink.port, FLETT_TASKS="database")
    said, _ = handed.communicate(timeout=180)
    assert (handed.returncode, sink.messages) == (0, []), said
    worker = ["db_worker", "--batch", "--no-reload", "--no-startup-delay"]
    process.append(start(*worker, port=sink.port, FLETT_TASKS="database"))
    assert process[0].wait(180) == -signal.SIGKILL
    assert len(sink.messages) == KILLED_AT
    calm(sink)
    for command in (["send_forum_mails"], worker, worker):
        done = start(*command, port=sink.port, FLETT_TASKS="database")
        said, _ = done.communicate(timeout=180)
        assert done.returncode == 0, said
    assert received(sink) == dict.fromkeys((person.email for person in people), 1)
