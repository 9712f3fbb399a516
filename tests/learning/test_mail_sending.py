"""Handing mails to a real mail server: one that works, one that refuses, one that goes away; and the task worker."""

import logging
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_tasks import task_backends
from django_tasks_db.models import DBTaskResult

from learning.mails import sending
from learning.models import LearningPathPage, SentNotice
from people.models import MailKind, Profile, User
from people.own_data import actions as own_actions
from tests.learning.mail_cast import make_learner, make_path
from tests.people.smtp_sink import HangUp, Sink, serve_sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def sink(settings: LazySettings) -> Iterator[Sink]:
    with serve_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


@pytest.fixture
def people(home: Any) -> list[User]:
    path = make_path()
    return [make_learner(name, path) for name in ("anne", "berit", "carl", "dag")]


def send(people: list[User]) -> sending.Outcome:
    return sending.send_due(kind="deadline", accounts=[person.pk for person in people])


def states() -> dict[str, str]:
    """What the rows say of each, by first name."""

    def state(notice: SentNotice) -> str:
        return "sent" if notice.sent_at else "refused" if notice.refused_at else "claimed"

    return {notice.person.first_name: state(notice) for notice in SentNotice.objects.select_related("person")}


def received(sink: Sink) -> list[str]:
    return [str(message["To"]).split("@")[0] for message in sink.messages]


def test_a_batch_goes_over_one_connection(sink: Sink, people: list[User]) -> None:
    assert send(people) == sending.Outcome(sent=4)
    assert received(sink) == ["anne", "berit", "carl", "dag"]
    assert sink.connections == 1
    assert states() == dict.fromkeys(("anne", "berit", "carl", "dag"), "sent")
    assert send(people) == sending.Outcome()
    assert len(sink.messages) == 4


def test_what_arrives_is_what_mail_programs_ask_for(sink: Sink, people: list[User], home: Any) -> None:
    """After the wire: headers whole, text before HTML, and the address works as a mail program uses it."""
    send(people[:1])
    (message,) = sink.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    link = str(message["List-Unsubscribe"]).strip()
    assert link.startswith("<http://127.0.0.1:8000/avmelding/")
    assert link.endswith("/>")
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    path = link.strip("<>").removeprefix("http://127.0.0.1:8000")
    posted = Client(enforce_csrf_checks=True).post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert posted.status_code == 200
    assert Profile.of(people[0]).mail_on_deadlines is False
    assert path in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_address_refused_for_good_stops_nobody_and_is_not_tried_again(
    sink: Sink, people: list[User], caplog: pytest.LogCaptureFixture
) -> None:
    sink.answers = lambda line: "550 no such person" if line.startswith("rcpt to:<berit") else None
    with caplog.at_level(logging.ERROR):
        assert send(people) == sending.Outcome(sent=3, refused=1)
    assert received(sink) == ["anne", "carl", "dag"]
    assert states() == {"anne": "sent", "berit": "refused", "carl": "sent", "dag": "sent"}
    assert "learning mails: 3 sent, 1 refused, 0 to be tried again, 0 of unknown fate" in caplog.text
    assert "@" not in caplog.text
    sink.answers = lambda line: None
    assert send(people) == sending.Outcome()


@pytest.mark.parametrize("refused", ["rcpt to:<berit", "data"])
def test_a_mail_refused_for_now_is_tried_again(sink: Sink, people: list[User], refused: str) -> None:
    """Greylisting; a full disk at the other end."""
    turns = {"data": 0}

    def answers(line: str) -> str | None:
        if line == "data":
            turns["data"] += 1
        hit = line.startswith(refused) and (refused != "data" or turns["data"] == 2)
        return "451 try again later" if hit else None

    sink.answers = answers
    assert send(people) == sending.Outcome(sent=3, put_back=1)
    assert received(sink) == ["anne", "carl", "dag"]
    assert states() == {"anne": "sent", "carl": "sent", "dag": "sent"}
    sink.answers = lambda line: None
    assert send(people) == sending.Outcome(sent=1)
    assert sorted(received(sink)) == ["anne", "berit", "carl", "dag"]


def test_a_sender_who_is_refused_is_our_own_fault_and_loses_nothing(sink: Sink, people: list[User]) -> None:
    sink.answers = lambda line: "553 not you" if line.startswith("mail") else None
    assert send(people) == sending.Outcome(put_back=4)
    assert states() == {}
    sink.answers = lambda line: None
    assert send(people).sent == 4


def test_no_server_means_nothing_is_claimed(settings: LazySettings, people: list[User]) -> None:
    with serve_sink() as gone:
        port = gone.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    assert send(people) == sending.Outcome()
    assert states() == {}


def test_a_server_that_closes_between_two_mails_is_met_again(sink: Sink, people: list[User]) -> None:
    """421 in answer to RCPT, as a server that restarts says it."""
    turns = iter([None, "421 closing"])
    sink.answers = lambda line: next(turns, None) if line.startswith("rcpt") else None
    assert send(people) == sending.Outcome(sent=3, put_back=1)
    assert sink.connections == 2
    assert send(people).sent == 1
    assert sorted(received(sink)) == ["anne", "berit", "carl", "dag"]


def test_a_connection_that_breaks_after_the_mail_was_handed_over_doubles_nothing(
    sink: Sink, people: list[User]
) -> None:
    """The server has it and its answer is lost: nobody knows, so it is not sent again."""

    def hang_up_on_berit(message: Any) -> None:
        if "berit" in message["To"]:
            raise HangUp

    sink.kept = hang_up_on_berit
    assert send(people) == sending.Outcome(sent=3, unknown=1)
    assert states() == {"anne": "sent", "berit": "claimed", "carl": "sent", "dag": "sent"}
    sink.kept = lambda message: None
    assert send(people) == sending.Outcome()
    assert received(sink) == ["anne", "berit", "carl", "dag"]


def test_a_mail_put_back_is_not_sent_to_who_has_unsubscribed_since(sink: Sink, people: list[User]) -> None:
    sink.answers = lambda line: "451 later" if line.startswith("rcpt") else None
    assert send(people[:1]).put_back == 1
    own_actions.stop_mails(account=people[0].pk, kind=MailKind.DEADLINES)
    sink.answers = lambda line: None
    call_command("send_learning_mails", verbosity=0)
    assert received(sink) == ["berit", "carl", "dag"]


def test_a_leaders_reminder_that_is_put_back_waits_again(sink: Sink, people: list[User]) -> None:
    path = LearningPathPage.objects.get()
    notice = SentNotice.objects.create(
        person=people[0],
        kind="leader_reminder",
        occasion=f"path:{path.translation_key}:2026-W48",
        asked_at=timezone.now(),
        claimed_at=None,
    )
    sink.answers = lambda line: "451 later" if line.startswith("rcpt") else None
    assert sending.send_asked(notices=[notice.pk]).put_back == 1
    notice.refresh_from_db()
    assert (notice.claimed_at, notice.sent_at) == (None, None)
    sink.answers = lambda line: None
    assert sending.send_asked(notices=[notice.pk]).sent == 1
    assert received(sink) == ["anne"]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_with_a_worker_the_command_sends_nothing_itself(sink: Sink, people: list[User], settings: LazySettings) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    task_backends.__dict__.pop("settings", None)
    out = StringIO()
    try:
        call_command("send_learning_mails", stdout=out)
        assert out.getvalue().splitlines()[0] == "deadline: 4 handed over"
        assert sink.messages == []
        assert [result.args_kwargs["args"][0] for result in DBTaskResult.objects.all()] == ["deadline"]
        call_command("send_learning_mails", stdout=out)  # before the worker has come to it
        call_command("db_worker", batch=True, reload=False, startup_delay=False, verbosity=0)
    finally:
        task_backends.__dict__.pop("settings", None)
    assert received(sink) == ["anne", "berit", "carl", "dag"]
    assert {result.status for result in DBTaskResult.objects.all()} == {"SUCCESSFUL"}
