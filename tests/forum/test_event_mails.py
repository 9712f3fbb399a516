"""Letters to those who come: who gets one, what it says, how often, and what is left of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions import event_mails
from forum.actions.evaluations import Asked, set_evaluation
from forum.actions.event_mails import NobodyThereError, TooManyLettersError, ask_for_evaluations, send_letter
from forum.actions.event_receivers import PATIENCE, claim_letter, letters_to_send
from forum.mails.event_letters import address_in, send_letters
from forum.models import Event, EventGroup, EventMailing, EventMailReceiver, EventSignUp
from forum.permissions.event_after import sign_ups_to_write_to
from people.models import Profile, User
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(home: Any) -> Event:
    return make_event(contact="Samling, post@example.org")


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def send(by: User, event: Event, audience: str = "place", **fields: Any) -> EventMailing:
    given = {"subject": "Program", "text": "Hei!\n\nVi begynner klokka ni.", "submission": uuid4(), **fields}
    return send_letter(by=by, event=event, audience=audience, **given)


def test_the_letter_goes_to_each_with_a_place_in_their_language(
    arranger: User, event: Event, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sign_up("kari", event)
    mette = sign_up("mette", event).person
    User.objects.filter(pk=mette.pk).update(language="en")
    sign_up("ola", event, status="waiting", queue_number=1)
    sign_up("gone", event, status="cancelled", ended_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        mailing = send(arranger, event)
    assert [message.to for message in mailoutbox] == [["kari@example.org"], ["mette@example.org"]]
    assert {(message.subject, *message.reply_to) for message in mailoutbox} == {("Flett: Program", "post@example.org")}
    first, second = (message.body for message in mailoutbox)
    assert first.startswith("Hei!\n\nVi begynner klokka ni.\n\n--\nDu får dette brevet fordi du er meldt på")
    assert f"/forum/arrangementer/{event.pk}/" in first
    assert "Du får dette brevet" not in second
    assert "List-Unsubscribe" not in mailoutbox[0].extra_headers
    assert (mailing.receiver_count, mailing.receivers.filter(sent_at__isnull=False).count()) == (2, 2)


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        ("place", {"came", "away", "unsaid"}),
        ("waiting", {"waits"}),
        ("group", {"came"}),
        ("came", {"came"}),
        ("away", {"away"}),
    ],
)
def test_each_audience_is_who_it_says(event: Event, audience: str, expected: set[str]) -> None:
    group = EventGroup.objects.create(event=event, number=1)
    sign_up("came", event, attended=True, group=group)
    sign_up("away", event, attended=False)
    sign_up("unsaid", event)
    sign_up("waits", event, status="waiting", queue_number=1)
    sign_up("offered", event, status="offered", offered_until=timezone.now())
    sign_up("gone", event, status="cancelled", ended_at=timezone.now(), group=group)
    going = sign_up("going", event, group=group, attended=True).person
    Profile.objects.create(person=going, deletion_requested_at=timezone.now(), deletion_due_at=timezone.now())
    sign_up("off", event, group=group)
    User.objects.filter(email="off@example.org").update(is_active=False)
    found = EventSignUp.objects.filter(sign_ups_to_write_to(audience), event=event)
    assert {each.person.email.partition("@")[0] for each in found} == expected


def test_the_same_form_sent_twice_is_one_letter(
    arranger: User, event: Event, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sign_up("kari", event)
    key = uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        first = send(arranger, event, submission=key)
        assert send(arranger, event, submission=key, subject="Et annet") == first
    assert (EventMailing.objects.count(), len(mailoutbox)) == (1, 1)
    other = make_event(event.space)
    with pytest.raises(PermissionDenied):
        send(arranger, other, submission=key)


def test_who_gave_up_or_lost_the_space_before_it_went_gets_none(
    arranger: User, event: Event, mailoutbox: list[Any]
) -> None:
    kari, ola, per, eva = (sign_up(name, event) for name in ("kari", "ola", "per", "eva"))
    mailing = send(arranger, event)
    EventSignUp.objects.filter(pk=kari.pk).update(status="cancelled", ended_at=timezone.now())
    ola.person.memberships.update(ended_at=timezone.now())
    User.objects.filter(pk=per.person_id).update(is_active=False)
    outcome = send_letters(mailing=mailing.pk)
    assert (outcome.sent, [message.to for message in mailoutbox]) == (1, [["eva@example.org"]])
    assert list(mailing.receivers.values_list("person", flat=True)) == [eva.person_id]
    assert send_letters(mailing=mailing.pk).sent == 0


def test_a_claimed_letter_is_never_sent_again(arranger: User, event: Event, mailoutbox: list[Any]) -> None:
    sign_up("kari", event)
    mailing = send(arranger, event)
    receiver = mailing.receivers.get()
    assert claim_letter(receiver=receiver.pk) == receiver.pk
    assert claim_letter(receiver=receiver.pk) is None
    assert send_letters(mailing=mailing.pk).sent == 0
    assert (mailoutbox, letters_to_send()) == ([], [])


def test_what_no_server_took_waits_and_is_sent_by_the_next_run(
    arranger: User, event: Event, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from smtplib import SMTPSenderRefused

    sign_up("kari", event)
    mailing = send(arranger, event)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise SMTPSenderRefused(450, b"later", "flett@example.org")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", refuse)
        assert send_letters(mailing=mailing.pk).put_back == 1
    assert letters_to_send() == [mailing.pk]
    call_command("send_forum_mails")
    assert [message.to for message in mailoutbox] == [["kari@example.org"]]


def test_a_letter_too_old_is_left(arranger: User, event: Event) -> None:
    sign_up("kari", event)
    mailing = send(arranger, event)
    EventMailing.objects.filter(pk=mailing.pk).update(created_at=timezone.now() - PATIENCE - timedelta(minutes=1))
    assert letters_to_send() == []


def test_there_are_so_many_letters_a_day(arranger: User, event: Event) -> None:
    sign_up("kari", event)
    for _ in range(event_mails.LETTERS_A_DAY):
        send(arranger, event)
    with pytest.raises(TooManyLettersError):
        send(arranger, event)
    EventMailing.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    send(arranger, event)


def test_a_letter_to_nobody_is_not_sent(arranger: User, event: Event) -> None:
    with pytest.raises(NobodyThereError):
        send(arranger, event)
    assert not EventMailing.objects.exists()


@pytest.mark.parametrize("fields", [{"audience": "evaluation"}, {"audience": "all"}, {"audience": "group"}])
def test_there_is_no_such_audience(arranger: User, event: Event, fields: dict[str, str]) -> None:
    sign_up("kari", event)
    with pytest.raises(ValueError, match="etter"):
        send(arranger, event, **fields)


@pytest.mark.parametrize("field", ["subject", "text"])
def test_no_identity_number_leaves_in_a_letter(arranger: User, event: Event, field: str) -> None:
    sign_up("kari", event)
    with pytest.raises(PatientDataError):
        send(arranger, event, **{field: f"Hun er født {BORN}"})
    with pytest.raises(TextRefusedError):
        send(arranger, event, **{field: " "})
    assert not EventMailing.objects.exists()


def test_a_subject_is_one_line(arranger: User, event: Event) -> None:
    sign_up("kari", event)
    assert send(arranger, event, subject="Program\r\nBcc: x@example.org").subject == "Program Bcc: x@example.org"


def test_only_whoever_arranges_it_writes(event: Event) -> None:
    person = sign_up("kari", event).person
    with pytest.raises(PermissionDenied):
        send(person, event)


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("post@example.org", "post@example.org"),
        ("Kari (post@example.org), tlf. 55 00 00 00", "post@example.org"),
        ("Ring sentralbordet.", ""),
        ("", ""),
    ],
)
def test_answers_go_to_the_address_among_the_contact(contact: str, address: str) -> None:
    assert address_in(contact) == address


def test_without_an_address_the_letter_says_that_nobody_answers(
    arranger: User, event: Event, mailoutbox: list[Any]
) -> None:
    Event.objects.filter(pk=event.pk).update(contact="Sentralbordet")
    sign_up("kari", event)
    send_letters(mailing=send(arranger, event).pk)
    assert (mailoutbox[0].reply_to, mailoutbox[0].body.strip().splitlines()[-1]) == (
        [],
        "Du kan ikke svare på denne e-posten. Kontakt: Sentralbordet",
    )


# --- asking how it was ---------------------------------------------------------------------------------


def test_those_who_came_and_want_mails_are_asked_once(arranger: User, mailoutbox: list[Any]) -> None:
    event = make_event(arranger.space_memberships.get().space, is_over=True)
    came, quiet = sign_up("came", event, attended=True), sign_up("quiet", event, attended=True)
    sign_up("away", event, attended=False)
    Profile.objects.create(person=quiet.person, mail_on_forum_at_once=False)
    set_evaluation(by=arranger, event=event, questions=[Asked("Hvordan var det?")], is_ready=True)
    made = ask_for_evaluations()
    assert ask_for_evaluations() == []
    assert list(EventMailReceiver.objects.values_list("mailing", "person")) == [(made[0], came.person_id)]
    call_command("send_forum_mails")
    call_command("send_forum_mails")
    message = mailoutbox[0]
    assert ([each.to for each in mailoutbox], "List-Unsubscribe" in message.extra_headers) == (
        [["came@example.org"]],
        True,
    )
    assert reverse("forum:event-evaluation", args=[event.pk]) in message.body


def test_nobody_is_asked_before_there_was_time_to_say_who_came(arranger: User) -> None:
    start = timezone.now() - timedelta(hours=8)
    space = arranger.space_memberships.get().space
    event = make_event(space, starts_at=start, ends_at=start + timedelta(hours=6))
    sign_up("kari", event)
    set_evaluation(by=arranger, event=event, questions=[Asked("Hvordan var det?")], is_ready=True)
    assert ask_for_evaluations() == []


# --- the page ------------------------------------------------------------------------------------------


def test_a_letter_is_seen_before_it_is_sent_and_stands_in_the_log_after(
    client: Client, arranger: User, event: Event, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sign_up("kari", event)
    client.force_login(arranger)
    address = reverse("forum:event-letters", args=[event.pk])
    sent = {"audience": "place", "subject": "Program", "text": "Vi begynner <b>ni</b>.", "submission": str(uuid4())}
    page = client.post(address, sent | {"do": "preview"})
    assert (page.status_code, page.context["preview"]["count"]) == (200, 1)
    assert "Vi begynner &lt;b&gt;ni&lt;/b&gt;." in page.content.decode()
    assert not EventMailing.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, sent | {"do": "send"}).status_code == 302
    assert "Vi begynner <b>ni</b>." in mailoutbox[0].body
    html = client.get(address).content.decode()
    assert "1 av 1 er sendt." in html
    assert "kari@example.org" not in html


def test_a_number_does_not_come_back_in_the_field(client: Client, arranger: User, event: Event) -> None:
    sign_up("kari", event)
    client.force_login(arranger)
    sent = {"audience": "place", "subject": "Hei", "text": f"Født {BORN}", "submission": str(uuid4()), "do": "send"}
    page = client.post(reverse("forum:event-letters", args=[event.pk]), sent)
    assert (page.status_code, BORN in page.content.decode()) == (422, False)


def test_the_page_costs_the_same_for_three_letters_and_thirty(
    client: Client, arranger: User, event: Event, django_assert_num_queries: Any
) -> None:
    sign_up("kari", event)
    client.force_login(arranger)
    address = reverse("forum:event-letters", args=[event.pk])

    def write(count: int) -> None:
        for _ in range(count):
            mailing = EventMailing.objects.create(event=event, audience="place", subject="Hei", text="Hei")
            EventMailReceiver.objects.create(mailing=mailing, person=arranger)

    write(3)
    client.get(address)
    with django_assert_num_queries(QUERIES):
        client.get(address)
    write(27)
    with django_assert_num_queries(QUERIES):
        client.get(address)


QUERIES = 9
