"""What those who moderate are told by mail: that something waits, once a day, and nothing of what it is."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from forum.actions.mails import CASES_KEPT
from forum.actions.reports import report_post
from forum.mails import sending
from forum.mails.planning import plan_cases
from forum.models import Appeal, MailChoice, ModerationEntry, Post, Report, SealOpening, SentMail, Space, State
from forum.queries.moderation import get_queue
from people.models import MailKind, User
from people.own_data import actions as own_actions
from tests import factories
from tests.forum.news import add_post, make_member, make_topic, noon, set_state
from tests.people.smtp_sink import HangUp, Sink, serve_sink

pytestmark = pytest.mark.django_db
LONG = timedelta(minutes=6)
Clock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets what time it is."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def space(home: Any, clock: Clock) -> Space:
    clock(noon())
    return factories.SpaceFactory.create(name="Tavla", slug="tavla", allows_pseudonyms=True)


@pytest.fixture
def author(space: Space) -> User:
    return make_member("author")


@pytest.fixture
def facilitator(space: Space) -> User:
    return make_facilitator("facilitator", space)


@pytest.fixture
def moderator(home: Any) -> User:
    return make_moderator("moderator")


@pytest.fixture
def post(space: Space, author: User) -> Post:
    return make_topic(space, author, title="Tittelen").posts.get()


def make_facilitator(name: str, space: Space) -> User:
    person = make_member(name)
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


def make_moderator(name: str) -> User:
    return factories.make_moderator(email=f"{name}@example.org", first_name=name)


def report(post: Post, *, ago: timedelta = LONG, reason: str = "other") -> Report:
    at = timezone.now() - ago
    reporter = factories.UserFactory.create()
    return Report.objects.create(post=post, reporter=reporter, reason=reason, message="Meldingen", created_at=at)


def hold(topic: Any, author: User) -> Post:
    post = add_post(topic, author, created_at=timezone.now() - LONG)
    set_state(post, State.HELD)
    return post


def complain(post: Post, *, actor: User, by: User) -> Appeal:
    entry = ModerationEntry.objects.create(
        verb="warn", actor=actor, space=post.topic.space, topic=post.topic, post=post, person=by
    )
    return Appeal.objects.create(entry=entry, person=by, text="Klagen", created_at=timezone.now() - LONG)


def run() -> str:
    out = StringIO()
    call_command("send_forum_mails", stdout=out, stderr=out)
    return out.getvalue()


def told(mailoutbox: list[Any]) -> list[str]:
    """Who was written to since the last time one asked."""
    people = sorted(message.to[0].split("@")[0] for message in mailoutbox)
    mailoutbox.clear()
    return people


def everything_in(message: Any) -> str:
    return str(message.subject + message.body + message.alternatives[0].content)


# --- when ------------------------------------------------------------------------------------------------


def test_what_waits_is_told_of_once_a_day_and_only_when_something_has_come(
    post: Post, facilitator: User, moderator: User, clock: Clock, mailoutbox: list[Any]
) -> None:
    report(post)
    for _ in range(3):
        run()
    assert told(mailoutbox) == ["facilitator", "moderator"]
    clock(noon(hour=15))
    report(post)
    run()
    assert told(mailoutbox) == []
    clock(noon(day=26))
    run()
    assert told(mailoutbox) == ["facilitator", "moderator"]
    clock(noon(day=27))
    run()
    assert told(mailoutbox) == []
    clock(noon(day=26) + CASES_KEPT + timedelta(days=2))
    run()
    assert told(mailoutbox) == ["facilitator", "moderator"], "it has waited for a month"


def test_what_came_in_the_last_minutes_is_for_the_next_letter_and_in_no_two(
    post: Post, author: User, facilitator: User, clock: Clock, mailoutbox: list[Any]
) -> None:
    report(post, ago=timedelta(minutes=3))
    run()
    assert told(mailoutbox) == []
    report(add_post(post.topic, author))
    run()
    (message,) = mailoutbox
    assert "Ett innlegg er meldt" in message.body
    mailoutbox.clear()
    clock(noon(day=26))
    run()
    (message,) = mailoutbox
    assert "2 innlegg er meldt" in message.body
    mailoutbox.clear()
    clock(noon(day=27))
    run()
    assert told(mailoutbox) == []


def test_what_is_decided_is_not_told_of(post: Post, facilitator: User, mailoutbox: list[Any]) -> None:
    report(post)
    Report.objects.update(outcome="dismissed", decided_at=timezone.now())
    assert "cases: 0 people" in run()
    assert told(mailoutbox) == []


def test_quiet_hours_hold_it_back(post: Post, facilitator: User, clock: Clock, mailoutbox: list[Any]) -> None:
    clock(noon(hour=20))
    report(post)
    run()
    clock(noon(day=26, hour=6, minute=59))
    run()
    assert told(mailoutbox) == []
    clock(noon(day=26, hour=7))
    run()
    assert told(mailoutbox) == ["facilitator"]
    MailChoice.objects.create(person=facilitator, quiet_from=7, quiet_to=10)
    clock(noon(day=27, hour=8))
    report(post)
    run()
    assert told(mailoutbox) == []


# --- to whom ---------------------------------------------------------------------------------------------


def test_nobody_is_told_who_moderates_nothing(
    post: Post, author: User, facilitator: User, moderator: User, mailoutbox: list[Any]
) -> None:
    elsewhere = factories.SpaceFactory.create()
    make_facilitator("elsewhere", elsewhere)
    former = make_facilitator("former", post.topic.space)
    former.space_memberships.update(ended_at=timezone.now() - timedelta(days=1))
    factories.SpaceMembershipFactory.create(space=post.topic.space, person=make_member("member"))
    report(post)
    run()
    assert told(mailoutbox) == ["facilitator", "moderator"]


def test_nobody_is_told_of_their_own_post(
    space: Space, facilitator: User, moderator: User, mailoutbox: list[Any]
) -> None:
    report(make_topic(space, facilitator).posts.get())
    run()
    assert told(mailoutbox) == ["moderator"]


def test_nobody_is_told_of_their_alias_and_no_row_nor_count_says_whose_it_is(
    space: Space, facilitator: User, moderator: User, mailoutbox: list[Any]
) -> None:
    alias = factories.make_pseudonym(moderator, space)
    report(make_topic(space, alias=alias).posts.get())
    asker = make_moderator("asker")
    opening = SealOpening.objects.create(pseudonym=alias, asked_by=asker, reason="Fare", asked_at=noon(hour=11))
    other = make_moderator("other")
    said = run()
    (message,) = [message for message in mailoutbox if message.to == [other.email]]
    assert "Noen ber om å åpne ett alias" in message.body
    assert told(mailoutbox) == ["asker", "facilitator", "other"]
    rows = SentMail.objects.all()
    assert {(row.person, row.kind, len(row.occasion)) for row in rows} == {(None, "moderation", 64)}
    assert len({row.occasion for row in rows}) == 3
    assert "cases: 4 people who moderate" in said, "the owner is counted with the others"
    assert get_queue(moderator).totals == {"reported": 0, "items": 0, "held": 0, "appeals": 0, "openings": 0}
    assert get_queue(other).openings == [opening]


def test_an_appeal_goes_neither_to_whoever_decided_nor_to_whose_it_is(
    space: Space, post: Post, author: User, facilitator: User, moderator: User, mailoutbox: list[Any]
) -> None:
    complain(post, actor=facilitator, by=author)
    run()
    assert told(mailoutbox) == ["moderator"]
    SentMail.objects.all().delete()
    Appeal.objects.all().delete()
    complain(add_post(post.topic, moderator), actor=facilitator, by=moderator)
    run()
    assert told(mailoutbox) == []


def test_of_a_private_space_moderators_are_told_of_what_is_reported_alone(
    home: Any, clock: Clock, moderator: User, mailoutbox: list[Any]
) -> None:
    clock(noon())
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, name="Rommet", slug="rommet")
    author = factories.SpaceMembershipFactory.create(space=space).person
    make_facilitator("facilitator", space)
    topic = make_topic(space, author, title="Tittelen")
    hold(topic, author)
    run()
    assert told(mailoutbox) == ["facilitator"]
    clock(noon(day=26))
    report(topic.posts.get(number=1))
    run()
    bodies = {message.to[0].split("@")[0]: everything_in(message) for message in mailoutbox}
    assert set(bodies) == {"facilitator", "moderator"}
    held = "Ett innlegg venter på å bli sett gjennom"
    assert (held in bodies["facilitator"], held in bodies["moderator"]) == (True, False)
    assert not any(re.search("(?i)rommet|tittelen", body) for body in bodies.values())


@pytest.mark.parametrize("change", ["closed", "leaving", "unverified"])
def test_none_to_an_account_that_may_get_none(
    post: Post, facilitator: User, mailoutbox: list[Any], change: str
) -> None:
    report(post)
    if change == "closed":
        User.objects.filter(pk=facilitator.pk).update(is_active=False)
    elif change == "leaving":
        own_actions.request_deletion(person=facilitator)
    else:
        facilitator.emailaddress_set.update(verified=False)
    mailoutbox.clear()
    run()
    assert told(mailoutbox) == []


def test_one_click_ends_it(post: Post, facilitator: User, clock: Clock, mailoutbox: list[Any]) -> None:
    report(post)
    run()
    (message,) = mailoutbox
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message.extra_headers["List-Unsubscribe"][1:-1]
    assert link in message.body
    program = Client(enforce_csrf_checks=True)
    sent = "List-Unsubscribe=One-Click"
    answer = program.post(urlsplit(link).path, sent, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    mailoutbox.clear()
    clock(noon(day=26))
    report(post)
    run()
    assert told(mailoutbox) == []


def test_who_unsubscribes_after_the_plan_is_made_gets_nothing(
    post: Post, facilitator: User, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    report(post)
    written = sending.write

    def write_and_unsubscribe(letter: Any, **more: Any) -> Any:
        own_actions.stop_mails(account=facilitator.pk, kind=MailKind.FORUM_AT_ONCE)
        return written(letter, **more)

    monkeypatch.setattr(sending, "write", write_and_unsubscribe)
    sending.send_cases(day=noon().date())
    assert (mailoutbox, SentMail.objects.count()) == ([], 0)


# --- what it says ----------------------------------------------------------------------------------------


def test_it_says_how_many_of_each_kind_and_nothing_of_what_they_are(
    space: Space, post: Post, author: User, facilitator: User, moderator: User, mailoutbox: list[Any], caplog: Any
) -> None:
    report(post)
    report(add_post(post.topic, author, text="Innholdet"))
    alias = factories.make_pseudonym(author, space)
    by_alias = add_post(post.topic, alias=alias, text="Innholdet")
    report(by_alias)
    hold(post.topic, author)
    complain(post, actor=make_moderator("decider"), by=author)
    run()
    (message,) = [message for message in mailoutbox if message.to == [facilitator.email]]
    lines = message.body.splitlines()
    assert [line for line in lines if re.match("(3|Ett|Én) ", line)] == [
        "3 innlegg er meldt",
        "Ett innlegg venter på å bli sett gjennom",
        "Én klage venter på svar",
    ]
    assert message.subject == "Flett: Noe venter på moderering i FACT Forum"
    said = everything_in(message)
    unsaid = f"Tittelen|Innholdet|Meldingen|Klagen|Tavla|tavla|author|{alias.name}|innlegg/|trad/|rom/"
    assert not re.search(unsaid, said)
    assert not re.search("example.org", caplog.text)


def test_what_is_hidden_at_once_stands_first(
    post: Post, facilitator: User, clock: Clock, mailoutbox: list[Any]
) -> None:
    reporter = make_member("reporter")
    User.objects.filter(pk=reporter.pk).update(date_joined=noon(month=1))
    reporter.refresh_from_db()
    report_post(reporter=reporter, post=post, reason="patient_data")
    post.refresh_from_db()
    assert post.state == State.HIDDEN
    Report.objects.update(created_at=noon(hour=11))
    run()
    (message,) = [message for message in mailoutbox if message.to == [facilitator.email]]
    assert message.subject == "Flett: Noe haster i FACT Forum"
    assert message.body.index("Én sak haster") < message.body.index("Ett innlegg er meldt")
    assert "pasient" not in everything_in(message).lower()


def test_the_way_in_is_open_to_its_reader(
    post: Post, facilitator: User, moderator: User, mailoutbox: list[Any], client: Client
) -> None:
    report(post)
    run()
    for person, name in ((facilitator, "forum:home"), (moderator, "forum:moderation")):
        (message,) = [message for message in mailoutbox if message.to == [person.email]]
        assert f"{reverse(name)}\n" in message.body
        client.force_login(person)
        assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize(("language", "start"), [("nb", "/forum/"), ("da", "/da/forum/"), ("en", "/en/forum/")])
def test_it_is_in_its_readers_language(
    post: Post, facilitator: User, mailoutbox: list[Any], language: str, start: str, settings: Any
) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    User.objects.filter(pk=facilitator.pk).update(language=language)
    report(post)
    run()
    (message,) = mailoutbox
    assert f"http://127.0.0.1:8000{start}\n" in message.body
    assert f'<html lang="{language}">' in message.alternatives[0].content
    with translation.override(language):
        assert message.subject == f"Flett: {gettext('Noe venter på moderering i FACT Forum')}"
        assert ngettext("Ett innlegg er meldt", "%(number)s innlegg er meldt", 1) in message.body


# --- cost, and a real mail server ------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 20])
def test_it_costs_the_same_for_little_and_for_much_and_nothing_for_those_who_moderate_nothing(
    post: Post, author: User, facilitator: User, moderator: User, many: int
) -> None:
    for number in range(many):
        report(add_post(post.topic, author))
        hold(post.topic, author)
        factories.SpaceMembershipFactory.create(space=post.topic.space, person=make_member(f"member{number}"))
    with CaptureQueriesContext(connection) as captured:
        assert len(plan_cases(day=noon().date(), now=noon())) == 2
    assert len(captured) == 5 + 2 * 5


def test_where_nothing_waits_one_query_is_asked(space: Space, facilitator: User, moderator: User) -> None:
    with CaptureQueriesContext(connection) as captured:
        said = run()
    assert "cases: 0 people who moderate handed over" in said
    assert len([query for query in captured if "sealopening" in query["sql"]]) == 1


def test_a_dry_run_tells_nobody(post: Post, facilitator: User, mailoutbox: list[Any]) -> None:
    report(post)
    out = StringIO()
    call_command("send_forum_mails", "--dry-run", stdout=out)
    assert "cases: 1 people who moderate may be due" in out.getvalue()
    assert (mailoutbox, SentMail.objects.count()) == ([], 0)


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with serve_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


def received(sink: Sink) -> list[str]:
    return sorted(str(message["To"]).split("@")[0] for message in sink.messages)


def test_a_letter_that_is_lost_is_not_sent_twice_and_one_that_must_wait_is_sent_later(
    space: Space, post: Post, sink: Sink, clock: Clock
) -> None:
    for name in ("anne", "berit", "carl", "dag"):
        make_facilitator(name, space)
    report(post)

    def answer(line: str) -> str | None:
        if line.startswith("rcpt to:<anne"):
            return "550 nobody here"
        if line.startswith("rcpt to:<berit"):
            raise HangUp
        return "450 later" if line.startswith("rcpt to:<carl") else None

    sink.answers = answer
    run()
    assert received(sink) == ["dag"]
    sink.answers = lambda line: None
    run()
    run()
    assert received(sink) == ["carl", "dag"]
    clock(noon(day=26, hour=13))
    assert run().count("never finished: moderation, claimed") == 1
    assert received(sink) == ["berit", "carl", "dag"], "whoever was perhaps not told is told the next day"
    clock(noon(day=27))
    run()
    assert received(sink) == ["berit", "carl", "dag"]
