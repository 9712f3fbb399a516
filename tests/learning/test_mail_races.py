"""Several who send or remind at once, and one who is killed: nobody gets a mail twice. On PostgreSQL."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from learning import actions
from learning.actions import reminders
from learning.actions.notices import claim
from learning.mails import sending
from learning.models import LearningPathPage, SentNotice
from people.models import MailKind, Membership, Profile, User
from people.own_data import actions as own_actions
from tests import factories
from tests.learning.mail_cast import assign, make_learner, make_path
from tests.people.cast import make_person
from tests.people.smtp_sink import Sink, serve_sink
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(transactional_db: None) -> LearningPathPage:
    factories.make_home()
    return make_path()


def join(name: str, path: LearningPathPage, team: Any) -> Membership:
    person = make_person(name)
    assign(person, path, due_in=30)
    return factories.MembershipFactory.create(person=person, team=team)


# --- at once --------------------------------------------------------------------------------------------


def test_leaders_who_remind_at_once_send_one_mail(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    team = factories.TeamFactory.create(programme="FACT")
    leaders = [factories.make_leader(team) for _ in range(4)]
    for number in range(ROUNDS):
        member = join(f"kari{number}", path, team)
        remind = partial(actions.remind_member, membership=member)
        outcomes = at_once(*(partial(remind, by=leader) for leader in leaders))
        assert Counter(outcomes) == {"done": 1, "RemindedLatelyError": 3}
        assert [message.to for message in mailoutbox] == [[member.person.email]]
        mailoutbox.clear()


def test_a_leaders_day_ends_when_all_are_reminded_at_once(
    path: LearningPathPage, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "A_DAY", 5)
    team = factories.TeamFactory.create(programme="FACT")
    leader = factories.make_leader(team)
    members = [join(f"kari{number}", path, team) for number in range(9)]
    remind = partial(actions.remind_member, by=leader)
    outcomes = at_once(*(partial(remind, membership=member) for member in members))
    assert Counter(outcomes) == {"done": 5, "TooManyRemindersError": 4}
    assert len(mailoutbox) == 5


def test_leaders_who_remind_each_other_do_not_wait_for_ever(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    team = factories.TeamFactory.create(programme="FACT")
    for _ in range(ROUNDS):
        pair = [factories.make_leader(team), factories.make_leader(team)]
        own = [Membership.objects.get(person=leader) for leader in pair]
        for leader in pair:
            assign(leader, path, due_in=30)
        outcomes = at_once(
            partial(actions.remind_member, by=pair[0], membership=own[1]),
            partial(actions.remind_member, by=pair[1], membership=own[0]),
        )
        assert outcomes == ["done", "done"]


def test_workers_with_the_same_batch_send_each_mail_once(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    people = [make_learner(f"p{number}", path) for number in range(20)]
    accounts = [person.pk for person in people]
    work = [
        partial(sending.send_due, kind="deadline", accounts=order)
        for order in (accounts, accounts[::-1], accounts, accounts[::-1])
    ]
    assert at_once(*work) == ["done"] * 4
    assert sorted(message.to[0] for message in mailoutbox) == sorted(person.email for person in people)


def test_two_paths_due_at_once_are_one_mail_a_day(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    """Two workers that chose different paths for the same person: the second finds the first's claim."""
    for number in range(ROUNDS):
        person = make_person(f"kari{number}")
        outcomes: list[Any] = []

        def take(occasion: str, person: User = person, outcomes: list[Any] = outcomes) -> None:
            outcomes.append(claim(account=person.pk, kind="deadline", occasion=occasion))

        at_once(partial(take, "before:a"), partial(take, "before:b"), partial(take, "at:c"))
        assert sorted(outcome is None for outcome in outcomes) == [False, True, True]


def test_whoever_unsubscribes_while_mails_are_sent_has_the_last_word(
    path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    """Either the mail was claimed before, or it is never sent: never after the answer to the click."""
    for number in range(ROUNDS):
        person = make_learner(f"kari{number}", path)
        at_once(
            partial(sending.send_due, kind="deadline", accounts=[person.pk]),
            partial(own_actions.stop_mails, account=person.pk, kind=MailKind.DEADLINES),
        )
        assert Profile.of(person).mail_on_deadlines is False
        mailoutbox.clear()
        SentNotice.objects.filter(person=person).delete()
        sending.send_due(kind="deadline", accounts=[person.pk])
        assert mailoutbox == []


# --- killed ---------------------------------------------------------------------------------------------


@pytest.fixture
def sink() -> Iterator[Sink]:
    with serve_sink() as sink:
        yield sink


def environment(port: int, **more: str) -> dict[str, str]:
    """A process of its own on the test's database and mail server."""
    database = connection.settings_dict
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FLETT_", "PYTEST_"))}
    return kept | {
        "DATABASE_URL": f"postgresql://{database['USER']}@/{database['HOST']}/{database['NAME']}",
        "FLETT_ENV": "development",
        "FLETT_EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "FLETT_DATA_DIR": str(django_settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        **more,
    }


def start(*command: str, port: int, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(port, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def received(sink: Sink) -> Counter[str]:
    return Counter(str(message["To"]) for message in sink.messages)


COUNT = 12
KILLED_AT = 5


def make_people(path: LearningPathPage) -> list[str]:
    return [make_learner(f"p{number:02}", path, due_in=7).email for number in range(COUNT)]


def kill_when(sink: Sink, process: list[subprocess.Popen[str]], moment: str) -> None:
    """Kill the sender at its fifth mail: before the server hears the mail, or after it has it and before its answer."""
    count = 0

    def kill() -> None:
        process[0].send_signal(signal.SIGKILL)
        process[0].wait(10)

    def on_command(line: str) -> str | None:
        nonlocal count
        if line.startswith("rcpt to"):
            count += 1
            if count == KILLED_AT and moment == "before":
                kill()
        return None

    def on_kept(message: Any) -> None:
        if len(sink.messages) == KILLED_AT and moment == "after":
            kill()

    sink.answers, sink.kept = on_command, on_kept


def calm(sink: Sink) -> None:
    sink.answers, sink.kept = lambda line: None, lambda message: None


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_sender_killed_in_the_middle_doubles_nothing_and_the_next_run_sends_the_rest(
    path: LearningPathPage, sink: Sink, mailoutbox: list[Any], moment: str
) -> None:
    addresses = make_people(path)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, moment)
    process.append(start("send_learning_mails", port=sink.port))
    assert process[0].wait(60) == -signal.SIGKILL
    assert len(sink.messages) == (KILLED_AT if moment == "after" else KILLED_AT - 1)
    (lost,) = SentNotice.objects.filter(sent_at__isnull=True).select_related("person")

    calm(sink)
    again = start("send_learning_mails", port=sink.port)
    said, _ = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert f"deadline: {COUNT - KILLED_AT} handed over" in said
    arrived = received(sink)
    assert set(arrived.values()) == {1}
    if moment == "after":
        assert sorted(arrived) == addresses
    else:
        assert sorted([*arrived, lost.person.email]) == addresses  # one is lost, and told of:
    SentNotice.objects.filter(pk=lost.pk).update(claimed_at=timezone.now() - timedelta(hours=25))
    told = StringIO()
    call_command("send_learning_mails", stdout=told, stderr=told)
    assert f"never finished: deadline to account {lost.person_id}," in told.getvalue()
    assert mailoutbox == []
    assert received(sink) == arrived


def test_a_worker_killed_in_the_middle_doubles_nothing(path: LearningPathPage, sink: Sink) -> None:
    """The task stays with the dead worker; the next run of the command hands over what it had not come to."""
    addresses = make_people(path)
    process: list[subprocess.Popen[str]] = []
    kill_when(sink, process, "after")
    handed = start("send_learning_mails", port=sink.port, FLETT_TASKS="database")
    said, _ = handed.communicate(timeout=60)
    assert (handed.returncode, sink.messages) == (0, []), said
    worker = ["db_worker", "--batch", "--no-reload", "--no-startup-delay"]
    process.append(start(*worker, port=sink.port, FLETT_TASKS="database"))
    assert process[0].wait(60) == -signal.SIGKILL
    assert len(sink.messages) == KILLED_AT
    calm(sink)
    for command in (["send_learning_mails"], worker, worker):
        done = start(*command, port=sink.port, FLETT_TASKS="database")
        said, _ = done.communicate(timeout=60)
        assert done.returncode == 0, said
    assert received(sink) == dict.fromkeys(addresses, 1)
