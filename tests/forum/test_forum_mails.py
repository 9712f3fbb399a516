"""Mails at once and digests: when, to whom, what they say, and that no means no."""

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
from django.utils import timezone

from forum.actions import mark_read
from forum.mails import sending
from forum.mails.planning import PATIENCE, accounts_due, is_quiet, plan_at_once
from forum.models import MailChoice, Notice, Post, SentMail, Space, State, Told, Topic, Watch
from people.models import MailKind, Profile, User
from people.own_data import actions as own_actions
from tests import factories
from tests.forum.news import add_post, make_member, make_topic, noon, set_state, tell, watch
from tests.people.smtp_sink import HangUp, Sink, serve_sink

pytestmark = pytest.mark.django_db
LONG = timedelta(minutes=6)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets what time it is."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Tavla", slug="tavla", allows_pseudonyms=True)


@pytest.fixture
def asker(home: Any) -> User:
    return make_member("asker")


@pytest.fixture
def writer(home: Any) -> User:
    return make_member("writer")


@pytest.fixture
def topic(space: Space, asker: User, clock: Callable[[datetime], None]) -> Topic:
    clock(noon())
    return make_topic(space, asker)


def run() -> str:
    out = StringIO()
    call_command("send_forum_mails", stdout=out, stderr=out)
    return out.getvalue()


def at_once(mailoutbox: list[Any]) -> list[tuple[str, str]]:
    return [(message.to[0].split("@")[0], message.subject) for message in mailoutbox]


def without_digests() -> None:
    Profile.objects.bulk_create(
        [Profile(person=person, mail_on_forum_digest=False) for person in User.objects.all()], ignore_conflicts=True
    )


# --- at once ---------------------------------------------------------------------------------------------


def test_an_answer_is_mailed_once_after_a_while(topic: Topic, writer: User, mailoutbox: list[Any]) -> None:
    post = tell(add_post(topic, writer))
    run()
    assert mailoutbox == []
    tell(post, ago=LONG)
    for _ in range(3):
        run()
    assert at_once(mailoutbox) == [("asker", "Flett: Til deg i «Tavlemøte»")]
    assert Told.objects.get(post=post).is_settled is True


def test_several_answers_in_a_topic_are_one_mail(topic: Topic, writer: User, mailoutbox: list[Any]) -> None:
    for _ in range(3):
        tell(add_post(topic, writer), ago=LONG)
    run()
    assert at_once(mailoutbox) == [("asker", "Flett: Til deg i «Tavlemøte»")]
    assert "3 nye innlegg i FACT Forum er skrevet til deg." in mailoutbox[0].body


def test_what_one_follows_is_for_the_digest(space: Space, topic: Topic, writer: User, mailoutbox: list[Any]) -> None:
    watch(make_member("follower"), Watch.Level.ALL, space=space)
    tell(add_post(topic, writer), ago=LONG)
    run()
    assert [to for to, _subject in at_once(mailoutbox)] == ["asker"]


def test_what_is_read_hidden_or_edited_away_is_not_mailed(
    space: Space, topic: Topic, asker: User, writer: User, mailoutbox: list[Any]
) -> None:
    me = make_member("me")
    read, hidden = tell(add_post(topic, writer), ago=LONG), tell(add_post(topic, writer), ago=LONG)
    edited = tell(add_post(make_topic(space, writer), writer, mentions=(me,)), ago=LONG)
    mark_read(reader=asker, topic=topic, number=read.number)
    set_state(hidden, State.HIDDEN)
    edited.mentions.all().delete()
    run()
    assert mailoutbox == []
    assert not Told.objects.filter(is_settled=False).exists()


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (20, 7, {20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6}),
        (0, 6, {0, 1, 2, 3, 4, 5}),
        (22, 0, {22, 23}),
        (9, 9, set()),
    ],
)
def test_quiet_hours_may_pass_midnight(first: int, last: int, hours: set[int]) -> None:
    choice = MailChoice(quiet_from=first, quiet_to=last)
    assert {hour for hour in range(24) if is_quiet(choice, hour)} == hours


def test_quiet_hours_hold_a_mail_back_and_then_send_it(
    topic: Topic, writer: User, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    clock(noon(hour=20, minute=30))
    tell(add_post(topic, writer), ago=LONG)
    run()
    clock(noon(day=26, hour=6, minute=59))
    run()
    assert mailoutbox == []
    clock(noon(day=26, hour=7))
    run()
    run()
    assert [to for to, _subject in at_once(mailoutbox)] == ["asker"]


def test_a_mail_nobody_could_send_in_time_is_not_sent(
    topic: Topic, writer: User, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    tell(add_post(topic, writer), ago=PATIENCE + LONG)
    run()
    assert mailoutbox == []
    assert not Told.objects.filter(is_settled=False).exists()


def test_a_content_warning_stands_in_place_of_the_title(
    space: Space, asker: User, writer: User, clock: Callable[[datetime], None], mailoutbox: list[Any]
) -> None:
    clock(noon())
    topic = make_topic(space, asker, title="Da alt gikk galt", content_warning="selvmord")
    tell(add_post(topic, writer, text="Alt om det"), ago=LONG)
    run()
    (message,) = mailoutbox
    assert message.subject == "Flett: Til deg i «Tråd med innholdsvarsel: selvmord»"
    assert "Da alt gikk galt" not in message.body + message.alternatives[0].content
    assert "Alt om det" not in message.body + message.alternatives[0].content


def test_an_answer_to_an_alias_tells_nothing_and_leaves_no_row_that_names_anybody(
    space: Space, writer: User, clock: Callable[[datetime], None], mailoutbox: list[Any], caplog: Any
) -> None:
    clock(noon())
    owner = make_member("owner")
    without_digests()
    alias = factories.make_pseudonym(owner, space)
    topic = make_topic(space, owner, alias=alias, title="Vanskelig å si")
    post = tell(add_post(topic, writer, text="Jeg kjenner det igjen"), ago=LONG)
    run()
    run()
    (message,) = mailoutbox
    everything = message.subject + message.body + message.alternatives[0].content
    assert at_once(mailoutbox) == [("owner", "Flett: Noen har skrevet til deg i FACT Forum")]
    assert not re.search("Vanskelig|Fjellrev|Tavla|innlegg/|trad/|kjenner", everything)
    assert str(message.extra_headers).count(str(post.pk)) == str(
        {key: value for key, value in message.extra_headers.items() if "nsubscribe" in key}
    ).count(str(post.pk))
    (row,) = SentMail.objects.all()
    assert (row.person, row.kind, len(row.occasion)) == (None, "at_once", 64)
    assert not Notice.objects.exists()
    assert "owner@" not in caplog.text


def test_the_key_of_a_claim_is_needed_to_know_whose_it_is(settings: Any) -> None:
    from forum.pseudonyms import mail_digest

    first = mail_digest(account=1, post_id=2)
    assert first == mail_digest(account=1, post_id=2)
    assert len({first, mail_digest(account=2, post_id=1), mail_digest(account=12, post_id=2)}) == 3
    settings.PSEUDONYM_KEY = "another" * 10
    other = mail_digest(account=1, post_id=2)
    settings.PSEUDONYM_KEY = ""
    assert len({first, other, mail_digest(account=1, post_id=2)}) == 3


@pytest.mark.parametrize("kind", [kind for kind in Space.Kind if kind not in {"open", "role_network"}])
def test_a_mail_from_a_closed_space_says_neither_where_nor_what(
    home: Any, clock: Callable[[datetime], None], mailoutbox: list[Any], kind: str
) -> None:
    clock(noon())
    space = factories.SpaceFactory.create(kind=kind, name="Rommet", slug="rommet")
    asker, writer = make_member("asker"), make_member("writer")
    for person in (asker, writer):
        factories.SpaceMembershipFactory.create(space=space, person=person)
    tell(add_post(make_topic(space, asker, title="Tittelen"), writer), ago=LONG)
    run()
    (message,) = mailoutbox
    assert not re.search("(?i)rommet|tittelen|innlegg/|trad/", message.body + message.alternatives[0].content)
    assert reverse("forum:notices") in message.body


@pytest.mark.parametrize(
    ("language", "start"), [("nb", "http://127.0.0.1:8000/forum/"), ("da", "http://127.0.0.1:8000/da/forum/")]
)
def test_a_mail_is_in_its_readers_language(
    topic: Topic, asker: User, writer: User, mailoutbox: list[Any], language: str, start: str, settings: Any
) -> None:
    settings.BASE_URL = "http://127.0.0.1:8000"
    User.objects.filter(pk=asker.pk).update(language=language)
    tell(add_post(topic, writer), ago=LONG)
    run()
    assert start in mailoutbox[0].body
    assert f'<html lang="{language}">' in mailoutbox[0].alternatives[0].content


# --- no means no -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [MailKind.FORUM_AT_ONCE, MailKind.FORUM_DIGEST])
def test_one_click_ends_a_kind_and_leaves_the_other(
    space: Space,
    topic: Topic,
    asker: User,
    writer: User,
    mailoutbox: list[Any],
    clock: Callable[[datetime], None],
    kind: MailKind,
) -> None:
    clock(noon(day=30))  # a Monday
    tell(add_post(topic, writer), ago=LONG)
    run()
    mine = [message for message in mailoutbox if message.to == [asker.email]]
    assert len(mine) == 2
    by_kind = {
        MailKind.FORUM_AT_ONCE if "Til deg i" in message.subject else MailKind.FORUM_DIGEST: message for message in mine
    }
    message = by_kind[kind]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = message.extra_headers["List-Unsubscribe"][1:-1]
    assert link in message.body
    program = Client(enforce_csrf_checks=True)
    answer = program.post(
        urlsplit(link).path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    SentMail.objects.all().delete()
    Told.objects.update(is_settled=False)
    mailoutbox.clear()
    run()
    subjects = [message.subject for message in mailoutbox if message.to == [asker.email]]
    assert subjects == [by_kind[({*by_kind} - {kind}).pop()].subject]


def test_who_unsubscribes_after_the_plan_is_made_gets_nothing(
    topic: Topic, asker: User, writer: User, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(add_post(topic, writer), ago=LONG)
    written = sending.write

    def write_and_unsubscribe(letter: Any, **more: Any) -> Any:
        own_actions.stop_mails(account=asker.pk, kind=MailKind.FORUM_AT_ONCE)
        return written(letter, **more)

    monkeypatch.setattr(sending, "write", write_and_unsubscribe)
    sending.send_at_once(posts=list(Post.objects.values_list("pk", flat=True)))
    assert (mailoutbox, SentMail.objects.count()) == ([], 0)


@pytest.mark.parametrize("change", ["closed", "leaving", "unverified"])
def test_no_mail_to_an_account_that_may_get_none(
    topic: Topic, asker: User, writer: User, mailoutbox: list[Any], change: str
) -> None:
    tell(add_post(topic, writer), ago=LONG)
    without_digests()
    if change == "closed":
        User.objects.filter(pk=asker.pk).update(is_active=False)
    elif change == "leaving":
        own_actions.request_deletion(person=asker)
    else:
        asker.emailaddress_set.update(verified=False)
    run()
    assert mailoutbox == []


# --- digests ---------------------------------------------------------------------------------------------


def test_a_weekly_digest_comes_on_its_day_at_its_hour_once(
    space: Space, topic: Topic, asker: User, writer: User, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    reader = make_member("reader")
    tell(add_post(topic, writer))
    for day, hour, expected in ((29, 12, 0), (30, 7, 0), (30, 8, 1), (30, 15, 1), (31, 9, 1)):
        clock(noon(day=day, hour=hour) if day < 31 else noon(month=12, day=1, hour=hour))
        run()
        assert len([message for message in mailoutbox if message.to == [reader.email]]) == expected
    (message,) = [message for message in mailoutbox if message.to == [reader.email]]
    assert message.subject == "Flett: Nytt i FACT Forum denne uka"
    for text in ("Tavla", "1 ny tråd", "1 nytt svar", "Tavlemøte", f"/forum/trad/{topic.pk}/"):
        assert text in message.body


def test_a_missed_weekly_digest_comes_the_day_after(
    topic: Topic, asker: User, writer: User, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    reader = make_member("reader")
    tell(add_post(topic, writer))
    clock(noon(month=12, day=1, hour=7, minute=59))
    assert reader not in accounts_due(day=noon(day=30).date(), missed=True)
    clock(noon(month=12, day=1, hour=8))
    run()
    run()
    assert [message.subject for message in mailoutbox if message.to == [reader.email]] == [
        "Flett: Nytt i FACT Forum denne uka"
    ]
    assert SentMail.objects.get(person=reader).occasion == "2026-11-30"


def test_a_daily_digest_comes_every_day_there_is_something(
    space: Space, topic: Topic, writer: User, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    reader = make_member("reader")
    MailChoice.objects.create(person=reader, digest="daily", digest_hour=14)
    make_topic(space, writer, created_at=noon(hour=9))
    clock(noon(hour=13))
    run()
    assert mailoutbox == []
    clock(noon(hour=14))
    run()
    assert [message.subject for message in mailoutbox if message.to == [reader.email]] == [
        "Flett: Nytt i FACT Forum siden i går"
    ]
    clock(noon(day=27, hour=14))
    run()
    assert len([message for message in mailoutbox if message.to == [reader.email]]) == 1
    assert SentMail.objects.get(person=reader, occasion="2026-11-27").nothing_to_tell is True


@pytest.mark.parametrize(
    ("day", "hour"),
    [((2027, 3, 28), 2), ((2026, 10, 25), 2)],
    ids=["the hour that is skipped", "the hour that comes twice"],
)
def test_a_digest_comes_once_when_the_clock_is_changed(
    home: Any, mailoutbox: list[Any], clock: Callable[[datetime], None], day: tuple[int, int, int], hour: int
) -> None:
    """Every ten minutes through the night."""
    reader, writer = make_member("reader"), make_member("writer")
    midnight = noon(*day, hour=0)
    clock(midnight - timedelta(hours=3))
    make_topic(factories.SpaceFactory.create(), writer, created_at=midnight - timedelta(hours=3))
    own_actions.stop_mails(account=writer.pk, kind=MailKind.FORUM_DIGEST)
    MailChoice.objects.create(person=reader, digest="daily", digest_hour=hour)
    sent_at = []
    for minutes in range(0, 6 * 60, 10):
        now = midnight.astimezone(timezone.get_fixed_timezone(0)) + timedelta(minutes=minutes)
        clock(now)
        before = len(mailoutbox)
        run()
        sent_at += [timezone.localtime(now)] * (len(mailoutbox) - before)
    assert len(sent_at) == 1
    assert sent_at[0].hour == (3 if day[0] == 2027 else 2)
    assert sent_at[0].minute == 0


def test_a_digest_names_no_closed_space_that_is_not_listed_and_no_title_but_open_ones(
    home: Any, mailoutbox: list[Any], clock: Callable[[datetime], None]
) -> None:
    clock(noon(day=30))
    reader, writer = make_member("reader"), make_member("writer")
    for kind in ("open", "restricted", "private", "youth_panel", "learning_group"):
        space = factories.SpaceFactory.create(kind=kind, name=f"Rom {kind}")
        for person in (reader, writer):
            factories.SpaceMembershipFactory.create(space=space, person=person)
        make_topic(space, writer, title=f"Tittel {kind}", created_at=noon(day=28))
    silenced = factories.SpaceFactory.create(name="Rom stille")
    watch(reader, Watch.Level.NONE, space=silenced)
    make_topic(silenced, writer, title="Tittel stille", created_at=noon(day=28))
    make_topic(
        factories.SpaceFactory.create(kind="restricted"), writer, title="Tittel utenfor", created_at=noon(day=28)
    )
    run()
    (message,) = [message for message in mailoutbox if message.to == [reader.email]]
    everything = message.body + message.alternatives[0].content
    assert set(re.findall(r"Tittel \w+", everything)) == {"Tittel open"}
    assert set(re.findall(r"Rom [a-z_]+\b(?= ?[\n<«]|$)", message.body)) >= {"Rom open"}
    assert not re.search("Rom (private|youth_panel|learning_group|stille)", everything)
    assert "Nytt i Rom restricted" in message.body
    assert message.body.count("Nytt i et rom du er med i") == 1


def test_ones_own_posts_are_no_news(home: Any, mailoutbox: list[Any], clock: Callable[[datetime], None]) -> None:
    clock(noon(day=30))
    owner = make_member("owner")
    space = factories.SpaceFactory.create()
    make_topic(space, owner, created_at=noon(day=28))
    make_topic(space, owner, alias=factories.make_pseudonym(owner, space), created_at=noon(day=28))
    run()
    assert mailoutbox == []
    assert SentMail.objects.get().nothing_to_tell is True


@pytest.mark.parametrize("topics", [1, 30])
def test_a_digest_costs_the_same_for_little_and_for_much(
    space: Space, writer: User, clock: Callable[[datetime], None], mailoutbox: list[Any], topics: int
) -> None:
    clock(noon(day=30))
    reader = make_member("reader")
    for number in range(topics):
        topic = make_topic(space, writer, title=f"T{number}", created_at=noon(day=28))
        tell(add_post(topic, writer, mentions=(reader,), created_at=noon(day=28)))
    with CaptureQueriesContext(connection) as captured:
        outcome = sending.send_digests(day=noon(day=30).date(), accounts=[reader.pk])
    assert outcome.sent == 1
    assert len(captured) == 12


@pytest.mark.parametrize("posts", [1, 30])
def test_mails_at_once_cost_the_same_for_one_post_and_for_many(
    topic: Topic, writer: User, mailoutbox: list[Any], posts: int
) -> None:
    told = [tell(add_post(topic, writer), ago=LONG).pk for _ in range(posts)]
    with CaptureQueriesContext(connection) as captured:
        assert len(plan_at_once(posts=told).letters) == 1
    assert len(captured) == 7


# --- a real mail server ----------------------------------------------------------------------------------


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with serve_sink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        yield sink


def received(sink: Sink) -> list[str]:
    return sorted(str(message["To"]).split("@")[0] for message in sink.messages)


def mention_all(space: Space, writer: User, *people: User) -> Post:
    return tell(add_post(make_topic(space, writer), writer, mentions=people), ago=LONG)


def test_a_server_that_says_later_gets_it_again_and_the_others_once(
    space: Space, writer: User, sink: Sink, clock: Callable[[datetime], None]
) -> None:
    clock(noon())
    mention_all(space, writer, *(make_member(name) for name in ("anne", "berit", "carl")))
    sink.answers = lambda line: "450 later" if line.startswith("rcpt to:<berit") else None
    run()
    assert received(sink) == ["anne", "carl"]
    sink.answers = lambda line: None
    run()
    run()
    assert received(sink) == ["anne", "berit", "carl"]


def test_a_refused_address_is_not_tried_again_and_a_lost_connection_not_sent_twice(
    space: Space, writer: User, sink: Sink, clock: Callable[[datetime], None]
) -> None:
    clock(noon())
    mention_all(space, writer, *(make_member(name) for name in ("anne", "berit", "carl")))

    def answer(line: str) -> str | None:
        if line.startswith("rcpt to:<anne"):
            return "550 nobody here"
        if line.startswith("rcpt to:<berit"):
            raise HangUp
        return None

    sink.answers = answer
    run()
    sink.answers = lambda line: None
    run()
    assert received(sink) == ["carl"]
    states = [(mail.sent_at is not None, mail.refused_at is not None) for mail in SentMail.objects.all()]
    assert sorted(states) == [(False, False), (False, True), (True, False)]
    clock(noon(day=26, hour=13))
    assert run().count("never finished: at_once, claimed") == 1


def test_without_a_server_nothing_is_claimed(
    topic: Topic, writer: User, settings: Any, clock: Callable[[datetime], None]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    tell(add_post(topic, writer), ago=LONG)
    run()
    assert SentMail.objects.count() == 0
    assert Told.objects.filter(is_settled=False).count() == 1


def test_a_dry_run_sends_nothing_and_names_nobody(
    topic: Topic, asker: User, writer: User, mailoutbox: list[Any]
) -> None:
    tell(add_post(topic, writer), ago=LONG)
    out = StringIO()
    call_command("send_forum_mails", "--dry-run", stdout=out)
    assert out.getvalue().splitlines()[:2] == ["reviews: 0 items may be due", "at once: 1 posts may be due"]
    assert (mailoutbox, SentMail.objects.count()) == ([], 0)
    assert asker.email not in out.getvalue()


# --- choosing --------------------------------------------------------------------------------------------


def settings_of(person: User) -> dict[str, Any]:
    choice, profile = MailChoice.objects.get(person=person), Profile.of(person)
    return {
        "digest": choice.digest,
        "hour": choice.digest_hour,
        "day": choice.digest_weekday,
        "quiet": (choice.quiet_from, choice.quiet_to),
        "at_once": profile.mail_on_forum_at_once,
        "wants_digest": profile.mail_on_forum_digest,
    }


def test_choosing_when_and_whether(home: Any, asker: User, client: Client) -> None:
    client.force_login(asker)
    address = reverse("forum:notice-settings")
    sent = {"digest": "daily", "digest_hour": "15", "digest_weekday": "4", "quiet_from": "22", "quiet_to": "6"}
    assert client.post(address, sent).status_code == 302
    expected = {"digest": "daily", "hour": 15, "day": 4, "quiet": (22, 6), "at_once": False, "wants_digest": True}
    assert settings_of(asker) == expected
    client.post(address, sent | {"digest": "none", "at_once": "on"})
    assert settings_of(asker) == expected | {"at_once": True, "wants_digest": False}
    assert re.search(r'value="none"\s+selected', client.get(address).content.decode())
    client.post(reverse("people:preferences"), {"language": "nb", "mail_on_forum_digest": "on"})
    assert re.search(r'value="daily"\s+selected', client.get(address).content.decode())
    assert client.post(address, sent | {"digest_hour": "24"}).status_code == 422
    assert client.post(address, sent | {"digest": "hourly"}).status_code == 422


def test_an_anonymous_reader_chooses_nothing(home: Any, client: Client) -> None:
    for name in ("notices", "notice-settings"):
        response = client.get(reverse(f"forum:{name}"))
        assert (response.status_code, "/konto/login/" in response["Location"]) == (302, True)
