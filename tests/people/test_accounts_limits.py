"""Guessing: what stops it, whom it must not stop, and that nobody learns who has an account."""

import re
import statistics
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.test.utils import override_settings

from people.devices import COOKIE
from people.models import User
from tests import factories

LOGIN = "/konto/login/"
TOO_MANY = "For mange forsøk. Vent litt og prøv igjen."
WRONG = "E-postadressen eller passordet stemmer ikke."


def make_person(**fields: Any) -> User:
    person = factories.UserFactory.create(**fields)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    return person


def post_login(client: Client, email: str, password: str, *, address: str = "10.0.0.1", **more: str) -> Any:
    return client.post(LOGIN, {"login": email, "password": password, **more}, REMOTE_ADDR=address)


def guess(email: str, *, times: int, address: str = "10.0.0.1") -> list[str]:
    """What a stranger is told, one line for each wrong password."""
    told = []
    for number in range(times):
        page = post_login(Client(), email, f"feil passord {number}", address=address).content.decode()
        told.append("too many" if TOO_MANY in page else "wrong" if WRONG in page else "in")
    return told


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# --- sign-in --------------------------------------------------------------------------------------------


def test_the_sixth_guess_from_one_place_is_not_looked_at(home: Any) -> None:
    person = make_person()
    assert guess(person.email, times=7) == ["wrong"] * 5 + ["too many"] * 2
    client = Client()
    post_login(client, person.email, factories.PASSWORD)
    assert not signed_in(client), "the guesser does not get in with the right one either"


def test_an_unknown_address_is_limited_just_the_same(home: Any) -> None:
    assert guess("ingen@example.org", times=7) == ["wrong"] * 5 + ["too many"] * 2


def test_guesses_from_elsewhere_lock_nobody_out(home: Any, client: Client) -> None:
    person = make_person()
    guess(person.email, times=20, address="203.0.113.7")
    post_login(client, person.email, factories.PASSWORD, address="10.0.0.1")
    assert signed_in(client)


def test_guesses_at_the_same_workplace_do_not_lock_out_a_known_device(home: Any, client: Client) -> None:
    """A hospital shares one address of the network: a colleague next door is at the same one."""
    person = make_person()
    post_login(client, person.email, factories.PASSWORD)
    client.post("/konto/logout/")
    assert guess(person.email, times=8)[-1] == "too many"
    post_login(client, person.email, factories.PASSWORD)
    assert signed_in(client)


def test_a_flood_at_the_workplace_does_not_lock_out_a_known_device(home: Any, client: Client) -> None:
    person = make_person()
    post_login(client, person.email, factories.PASSWORD)
    client.post("/konto/logout/")
    for number in range(65):
        post_login(Client(), f"person{number}@example.org", "feil passord")
    newcomer = make_person()
    stranger = Client()
    post_login(stranger, newcomer.email, factories.PASSWORD)
    assert not signed_in(stranger), "sixty wrong a minute is what one address of the network may do"
    post_login(client, person.email, factories.PASSWORD)
    assert signed_in(client)


def test_guesses_on_a_known_device_are_limited_too(home: Any, client: Client) -> None:
    person = make_person()
    post_login(client, person.email, factories.PASSWORD)
    client.post("/konto/logout/")
    pages = [post_login(client, person.email, "feil").content.decode() for _ in range(6)]
    assert [TOO_MANY in page for page in pages] == [False] * 5 + [True]


def test_guesses_from_everywhere_at_once_stop_at_a_hundred_an_hour(home: Any, client: Client) -> None:
    person = make_person()
    post_login(client, person.email, factories.PASSWORD)
    client.post("/konto/logout/")
    told = [guess(person.email, times=5, address=f"198.51.100.{number}") for number in range(21)]
    assert told == [["wrong"] * 5] * 20 + [["too many"] * 5]
    post_login(client, person.email, factories.PASSWORD)
    assert signed_in(client), "a device the person has signed in on stays open"


def test_a_device_is_known_for_the_person_who_signed_in_on_it(home: Any, client: Client) -> None:
    person, other = make_person(), make_person()
    post_login(client, person.email, factories.PASSWORD)
    client.post("/konto/logout/")
    assert person.email not in client.cookies[COOKIE].value
    guess(other.email, times=5)
    assert TOO_MANY in post_login(client, other.email, factories.PASSWORD).content.decode()


def test_a_made_up_device_is_not_known(home: Any, client: Client) -> None:
    person = make_person()
    guess(person.email, times=5)
    client.cookies[COOKIE] = "eyJhIjoiYiJ9:1abcde:made-up"
    assert TOO_MANY in post_login(client, person.email, factories.PASSWORD).content.decode()


def test_the_device_cookie_is_out_of_reach_of_scripts(home: Any, client: Client) -> None:
    post_login(client, make_person().email, factories.PASSWORD)
    cookie = client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 180 * 24 * 3600)


def test_a_new_password_by_mail_opens_the_door_at_once(home: Any, client: Client) -> None:
    person = make_person()
    guess(person.email, times=6)
    client.post("/konto/password/reset/", {"email": person.email}, REMOTE_ADDR="10.0.0.1")
    link = re.search(r"/konto/password/reset/key/\S+", mail.outbox[-1].body)
    assert link
    form = client.get(link[0], follow=True, REMOTE_ADDR="10.0.0.1").request["PATH_INFO"]
    new = "en-helt-ny-setning-her"
    client.post(form, {"password1": new, "password2": new}, REMOTE_ADDR="10.0.0.1")
    post_login(client, person.email, new)
    assert signed_in(client)


def test_the_proxys_word_counts_only_where_it_is_trusted(home: Any) -> None:
    """Without it every reader behind the proxy would share one limit; with it unasked for, everybody chooses one."""
    person = make_person()

    def try_from(address: str) -> bool:
        page = Client().post(
            LOGIN, {"login": person.email, "password": "feil"}, REMOTE_ADDR="10.9.9.9", HTTP_X_FORWARDED_FOR=address
        )
        return TOO_MANY in page.content.decode()

    assert [try_from(f"192.0.2.{number}") for number in range(6)] == [False] * 5 + [True]
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert [try_from(f"192.0.2.{number}") for number in range(6)] == [False] * 6
        assert [try_from(f"192.0.2.{number}, 192.0.2.77") for number in range(6)] == [False] * 5 + [True]


# --- the other doors ------------------------------------------------------------------------------------


def test_codes_of_the_second_step_are_limited(home: Any, client: Client) -> None:
    person = make_person()
    TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    post_login(client, person.email, factories.PASSWORD)
    pages = [client.post("/konto/totrinn/authenticate/", {"code": f"{n:06}"}).content.decode() for n in range(7)]
    assert [TOO_MANY in page for page in pages] == [False] * 5 + [True] * 2
    assert not signed_in(client)


def test_codes_from_the_mail_are_limited(home: Any, client: Client) -> None:
    client.post("/konto/signup/", new_account("ny@example.org"))
    statuses = [client.post("/konto/confirm-email/", {"code": "AAAAAA"}).status_code for _ in range(4)]
    assert statuses == [200, 200, 302, 302]
    assert not signed_in(client)
    code = find_code(mail.outbox[-1].body)
    client.post("/konto/confirm-email/", {"code": code})
    assert not signed_in(client), "after three wrong ones the code is dead"


def test_mails_with_codes_are_limited(home: Any) -> None:
    """Nobody's inbox is filled by somebody else: one in ten seconds, ten an hour."""
    statuses = [Client().post("/konto/signup/", new_account("ny@example.org")).status_code for _ in range(3)]
    assert statuses == [302, 429, 429]
    assert len(mail.outbox) == 1


def test_mails_for_a_new_password_are_limited(home: Any) -> None:
    person = make_person()
    for email in (person.email, "ingen@example.org"):
        mail.outbox.clear()
        statuses = [Client().post("/konto/password/reset/", {"email": email}).status_code for _ in range(5)]
        assert statuses == [302, 302, 302, 429, 429]
        assert len(mail.outbox) == 3


@pytest.mark.parametrize(
    ("path", "most"),
    [("/konto/signup/", 60), ("/konto/password/reset/", 60), ("/konto/totrinn/webauthn/login/", 60), (LOGIN, 300)],
)
def test_every_open_form_stops_a_flood(home: Any, path: str, most: int) -> None:
    sent = [{"email": f"ny{number}@example.org"} for number in range(most + 2)]
    statuses = [Client().post(path, data).status_code for data in sent[: most + 1]]
    assert statuses[-2:] in ([200, 429], [302, 429])
    assert "Det gikk litt fort" in Client().post(path, sent[-1]).content.decode()


# --- who has an account is told to nobody -----------------------------------------------------------------


SENTENCE = "en setning jeg husker godt"


def new_account(email: str, password: str = SENTENCE) -> dict[str, str]:
    return {"email": email, "password1": password, "password2": password}


def find_code(body: str) -> str:
    found = re.search(r"^[A-Z0-9]+(?:-[A-Z0-9]+)?$", body, re.MULTILINE)
    assert found
    return found[0]


def without_what_changes(page: str, email: str) -> str:
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+|nonce="[^"]+"', r"\1", page).replace(email, "EMAIL")


def follow(path: str, data: dict[str, str], email: str) -> list[Any]:
    """Everything a stranger sees: status and address of each step, the last page, and how many mails went out."""
    mail.outbox.clear()
    response = Client().post(path, data, follow=True)
    return [
        response.redirect_chain,
        response.status_code,
        without_what_changes(response.content.decode(), email),
        [message.to for message in mail.outbox] == [[email]],
    ]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (LOGIN, lambda email: {"login": email, "password": "feil passord"}),
        ("/konto/signup/", new_account),
        ("/konto/signup/passkey/", lambda email: {"email": email}),
        ("/konto/password/reset/", lambda email: {"email": email}),
    ],
    ids=["sign-in", "sign-up", "sign-up with passkey", "reset"],
)
def test_known_and_unknown_addresses_look_the_same(home: Any, path: str, fields: Any) -> None:
    person = make_person()
    unverified = factories.UserFactory.create()
    EmailAddress.objects.create(user=unverified, email=unverified.email, primary=True, verified=False)
    seen = [follow(path, fields(email), email) for email in (person.email, unverified.email, "ny@example.org")]
    assert seen[0] == seen[1] == seen[2]


def test_asking_for_another_code_looks_the_same(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a mail goes out each time, so that it takes the same time too."""
    person = make_person()
    seen = []
    now = time.time()
    for place, email in enumerate((person.email, "ny@example.org")):
        mail.outbox.clear()
        monkeypatch.setattr(time, "time", lambda at=now + 100 * place: at)
        client = Client()
        client.post("/konto/signup/", new_account(email))
        steps = []
        for again in (1, 2, 3):
            monkeypatch.setattr(time, "time", lambda at=now + 100 * place + 20 * again: at)
            response = client.post("/konto/confirm-email/", {"action": "resend"}, follow=True)
            steps.append((response.redirect_chain, without_what_changes(response.content.decode(), email)))
        seen.append((steps, len(mail.outbox)))
    assert seen[0] == seen[1]
    assert seen[0][1] == 3


ARGON2 = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
RUNS = 24


def processor_time(path: str, data: dict[str, str]) -> float:
    client = Client()
    client.get(path)
    start = time.process_time()
    client.post(path, data)
    return time.process_time() - start


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (LOGIN, lambda email: {"login": email, "password": "feil passord"}),
        ("/konto/signup/", new_account),
        ("/konto/password/reset/", lambda email: {"email": email}),
    ],
    ids=["sign-in", "sign-up", "reset"],
)
def test_known_and_unknown_addresses_cost_the_same(home: Any, path: str, fields: Any, capsys: Any) -> None:
    """As a ratio of medians of processor time, turn and turn about in one run: other programs change neither."""
    with ARGON2, override_settings(ACCOUNT_RATE_LIMITS=False):
        person = make_person()
        for email in (person.email, "opp@example.org"):
            processor_time(path, fields(email))
        known, unknown = [], []
        for number in range(RUNS):
            known.append(processor_time(path, fields(person.email)))
            unknown.append(processor_time(path, fields(f"ny{number}@example.org")))
    ratio = statistics.median(known) / statistics.median(unknown)
    with capsys.disabled():
        print(  # noqa: T201 – the figure is what the test is about
            f"\n{path}: known {statistics.median(known) * 1000:.1f} ms,"
            f" unknown {statistics.median(unknown) * 1000:.1f} ms, ratio {ratio:.2f}"
        )
    assert 0.75 < ratio < 1.33


def test_a_hash_costs_a_tenth_of_a_second_at_most(capsys: Any) -> None:
    """A sign-in costs one hash. Much dearer, and sixty wrong ones a minute would be a lever against the server."""
    with ARGON2:
        costs = []
        for _ in range(5):
            start = time.process_time()
            make_password(factories.PASSWORD)
            costs.append(time.process_time() - start)
    with capsys.disabled():
        print(f"\none Argon2 hash: {statistics.median(costs) * 1000:.0f} ms of processor time")  # noqa: T201
    assert 0.005 < statistics.median(costs) < 0.5


# --- passwords ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "passord123456",
        "Passord2026!",
        "P4ssord-2026",
        "Sommer2026!!",
        "sommersommer",
        "Velkommen1",
        "Password12345",
        "qwertyuiop1",
        "iloveyou2026",
        "Fact-team-2026",
        "kort",
        "person7@exam",
    ],
)
def test_guessed_passwords_are_refused(home: Any, password: str) -> None:
    response = Client().post("/konto/signup/", new_account("person7@example.org", password))
    assert response.status_code == 200
    assert response.context["form"].errors["password1"]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "password", ["en setning jeg husker", "tre blå katter spiser", "Vinteren kom brått i år", "kvitfjell-ost-grønn"]
)
def test_sentences_are_accepted(home: Any, password: str) -> None:
    assert Client().post("/konto/signup/", new_account("person7@example.org", password)).status_code == 302


# --- where one goes afterwards ----------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "https:evil.example",
    "https://evil.example/",
    "http:///evil.example",
    r"\\evil.example",
    r"/\evil.example",
    r"\/evil.example",
    "%2f%2fevil.example",
    "//evil.example%2f..",
    "javascript:alert(1)",
    "https://testserver@evil.example/",
    "//testserver.evil.example",
    "\t//evil.example",
    "/\t/evil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("how", ["form", "address"])
def test_one_is_sent_on_only_within_flett(home: Any, client: Client, target: str, how: str) -> None:
    person = make_person()
    data = {"login": person.email, "password": factories.PASSWORD}
    if how == "form":
        response = client.post(LOGIN, {**data, "next": target})
    else:
        response = client.post(LOGIN, data, QUERY_STRING=f"next={target}")
    assert response.status_code == 302
    assert response["Location"] in {"/min-side/", "%2f%2fevil.example", "/%2f%2fevil.example"}


@pytest.mark.parametrize("target", ELSEWHERE)
@pytest.mark.parametrize("path", ["/konto/logout/", "/admin/login/", "/_util/login/"])
def test_other_doors_send_on_only_within_flett(home: Any, learner_client: Client, target: str, path: str) -> None:
    response = learner_client.post(path, {"next": target})
    assert "evil" not in response.get("Location", "").replace("%2f%2fevil", "")
