"""Ending a kind of mail from the mail: by a mail program, by a person, by somebody who tries other people's."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.signing import Signer
from django.test import Client, override_settings
from django.urls import reverse

from people import actions as people_actions
from people.models import MailKind, Profile, User
from people.own_data import actions
from people.queries.mail import get_mail_addresses, people_wanting
from people.unsubscribe import SEPARATOR, SIGNER_SALT, BadTokenError, make_token, read_token
from tests import factories
from tests.people.cast import make_person

pytestmark = pytest.mark.django_db

ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def program() -> Client:
    """A mail program: no cookies, no CSRF token, its own kind of request."""
    return Client(enforce_csrf_checks=True)


def address(person: User, kind: MailKind = MailKind.DEADLINES) -> str:
    return reverse("people:unsubscribe", args=[make_token(account=person.pk, kind=kind)])


def choices(person: User) -> dict[str, bool]:
    profile = Profile.of(person)
    return {kind.value: getattr(profile, kind.choice) for kind in MailKind}


ALL_WANTED = dict.fromkeys([kind.value for kind in MailKind], True)


@pytest.mark.parametrize("kind", list(MailKind))
def test_one_click_as_a_mail_program_does_it(home: Any, program: Client, learner: User, kind: MailKind) -> None:
    response = program.post(address(learner, kind), ONE_CLICK, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 200  # RFC 8058 §3.2: never a redirect
    assert "csrftoken" not in response.cookies
    assert "sessionid" not in response.cookies
    assert choices(learner) == ALL_WANTED | {kind.value: False}


def test_one_click_with_a_multipart_body(home: Any, program: Client, learner: User) -> None:
    assert program.post(address(learner), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert choices(learner)["deadlines"] is False


def test_opening_the_address_changes_nothing(home: Any, program: Client, learner: User) -> None:
    """Filters of mail open every link in it, some with HEAD."""
    page = program.get(address(learner))
    assert program.head(address(learner)).status_code == 200
    assert choices(learner) == ALL_WANTED
    text = page.content.decode()
    assert "påminnelser om grunnopplæringen" in text
    assert 'name="List-Unsubscribe" value="One-Click"' in text
    assert f'href="{reverse("people:preferences")}"' in text
    assert learner.email not in text
    assert learner.last_name not in text
    assert "no-store" in page["Cache-Control"]


def test_the_button_of_the_page_works_and_twice_is_once(home: Any, program: Client, learner: User) -> None:
    for _ in range(2):
        page = program.post(address(learner), {"List-Unsubscribe": "One-Click"}).content.decode()
        assert "Flett sender deg ikke lenger påminnelser om grunnopplæringen." in page
    assert choices(learner)["deadlines"] is False


def test_other_choices_and_other_people_are_left_alone(home: Any, program: Client, learner: User) -> None:
    other = factories.UserFactory.create()
    Profile.objects.create(person=learner, presentation="Hei", mail_on_requests=False)
    program.post(address(learner, MailKind.EXPIRY))
    assert choices(learner) == ALL_WANTED | {"requests": False, "expiry": False}
    assert Profile.of(learner).presentation == "Hei"
    assert choices(other) == ALL_WANTED


def altered(token: str) -> list[str]:
    body, signature = token.rsplit(SEPARATOR, 1)
    other_kind = Signer(salt=SIGNER_SALT, sep=SEPARATOR).sign_object([1, "expiry"]).rsplit(SEPARATOR, 1)[0]
    return [
        token[:-1],
        f"{token}x",
        f"{body}{SEPARATOR}{signature[::-1]}",
        f"{other_kind}{SEPARATOR}{signature}",
        body,
        "x",
        Signer(salt="another", sep=SEPARATOR).sign_object([1, "deadlines"]),
        Signer(key="another-key", salt=SIGNER_SALT, sep=SEPARATOR).sign_object([1, "deadlines"]),
        Signer(salt=SIGNER_SALT, sep=SEPARATOR).sign_object([1, "no-such-kind"]),
        Signer(salt=SIGNER_SALT, sep=SEPARATOR).sign("not-json"),
    ]


def test_forged_and_altered_tokens_are_refused(home: Any, program: Client, learner: User) -> None:
    for token in altered(make_token(account=learner.pk, kind=MailKind.DEADLINES)):
        with pytest.raises(BadTokenError):
            read_token(token)
        path = reverse("people:unsubscribe", args=[token])
        assert [program.get(path).status_code, program.post(path).status_code] == [404, 404]
    assert not Profile.objects.exists()


def test_a_deleted_account_is_no_error_and_comes_not_back(home: Any, program: Client, learner: User) -> None:
    path = address(learner)
    learner.delete()
    assert program.post(path, ONE_CLICK, content_type="application/x-www-form-urlencoded").status_code == 200
    assert not Profile.objects.exists()


def test_the_token_outlives_a_change_of_key(learner: User) -> None:
    token = make_token(account=learner.pk, kind=MailKind.EXPIRY)
    with override_settings(SECRET_KEY="b" * 50, SECRET_KEY_FALLBACKS=[]), pytest.raises(BadTokenError):
        read_token(token)
    old = settings.SECRET_KEY
    with override_settings(SECRET_KEY="b" * 50, SECRET_KEY_FALLBACKS=[old]):
        assert read_token(token) == (learner.pk, MailKind.EXPIRY)


def test_the_address_tells_nothing_of_the_person(learner: User) -> None:
    path = address(learner).lower()
    assert not any(word in path for word in (learner.email, "person", "kari", "nordmann", "@"))
    assert ":" not in path


@pytest.mark.parametrize(
    ("language", "path"), [("nb", "/avmelding/"), ("da", "/da/avmelding/"), ("en", "/en/avmelding/")]
)
def test_a_leaders_mail_of_a_request_can_be_ended(
    home: Any,
    program: Client,
    mailoutbox: list[Any],
    django_capture_on_commit_callbacks: Any,
    language: str,
    path: str,
) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team, language=language)

    def ask(name: str) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            people_actions.ask_to_join(person=make_person(name), team=team)

    ask("kari")
    (message,) = mailoutbox
    link = message.extra_headers["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert message.extra_headers == {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    assert link in message.body
    assert urlsplit(link).path.startswith(path)
    assert program.post(urlsplit(link).path).status_code == 200
    assert choices(leader)["requests"] is False
    ask("ola")
    assert len(mailoutbox) == 1


def test_mails_about_the_account_carry_no_unsubscribe(
    mailoutbox: list[Any], learner: User, django_capture_on_commit_callbacks: Any
) -> None:
    team = factories.TeamFactory.create()
    leader = factories.make_leader(team)
    with django_capture_on_commit_callbacks(execute=True):
        people_actions.invite(team=team, emails=["ny@example.org"], by=leader)
        people_actions.end_membership(membership=people_actions.add_member(person=learner, team=team), by=leader)
    assert sorted(message.to[0] for message in mailoutbox) == sorted(["ny@example.org", learner.email])
    assert [message.extra_headers for message in mailoutbox] == [{}, {}]
    assert not any("avmelding" in message.body for message in mailoutbox)


def test_preferences_are_saved_each_by_itself(home: Any, learner: User, learner_client: Client) -> None:
    page = learner_client.get(reverse("people:preferences")).content.decode()
    assert page.count("checked") == 6
    sent = {"language": "nb", "mail_on_deadlines": "on", "mail_on_expiry": "on"}
    learner_client.post(reverse("people:preferences"), sent)
    assert choices(learner) == dict.fromkeys(ALL_WANTED, False) | {"deadlines": True, "expiry": True}


def test_who_may_be_sent_what() -> None:
    wants, refused, closed, leaving = (make_person(name) for name in ("vil", "vil-ikke", "stengt", "gaar"))
    actions.stop_mails(account=refused.pk, kind=MailKind.EXPIRY)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    actions.request_deletion(person=leaving)
    assert set(people_wanting(MailKind.EXPIRY)) == {wants}
    assert set(people_wanting(MailKind.DEADLINES)) == {wants, refused}


def test_mail_goes_to_a_verified_address(django_assert_num_queries: Any) -> None:
    verified, unverified, another = make_person("a"), make_person("b"), make_person("c")
    unlisted = factories.UserFactory.create(email="d@example.org")
    EmailAddress.objects.filter(user__in=[unverified, another]).update(verified=False)
    EmailAddress.objects.create(user=another, email="jobb@example.org", verified=True)
    with django_assert_num_queries(1):
        found = get_mail_addresses([verified, unverified, another, unlisted])
    assert found == {verified.pk: "a@example.org", another.pk: "jobb@example.org", unlisted.pk: "d@example.org"}
