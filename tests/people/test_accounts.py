"""Sessions, mails, what is kept of a sign-in, and what it costs."""

import json
import re
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from django.test.utils import override_settings

from config.settings import openid_providers
from people.account_views import describe_browser
from people.adapters import MFAAdapter
from people.models import User
from people.receivers import NO_ADDRESS
from tests import factories

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def make_person(**fields: Any) -> User:
    person = factories.UserFactory.create(**fields)
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    return person


def sign_in(person: User, **extra: str) -> Client:
    client = Client(**extra)
    client.post("/konto/login/", {"login": person.email, "password": factories.PASSWORD})
    assert client.session["_auth_user_id"] == str(person.pk)
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/konto/okter/").status_code == 200


# --- sessions -------------------------------------------------------------------------------------------


def test_sessions_are_listed_newest_first_with_this_one_marked(home: Any) -> None:
    person = make_person()
    sign_in(person, HTTP_USER_AGENT=FIREFOX)
    here = sign_in(person)
    page = here.get("/konto/okter/").content.decode()
    assert re.findall(r"<h2>([^<]+)</h2>", page) == ["Ukjent nettleser", "Firefox på Windows"]
    assert page.count("denne maskinen nå") == 1


def test_one_session_is_ended_and_the_others_stay(home: Any) -> None:
    person = make_person()
    there, elsewhere, here = sign_in(person), sign_in(person), sign_in(person)
    ended = UserSession.objects.get(session_key=there.session.session_key)
    response = here.post("/konto/okter/", {"session": ended.pk})
    assert (response.status_code, response["Location"]) == (302, "/konto/okter/")
    assert [is_signed_in(client) for client in (there, elsewhere, here)] == [False, True, True]


def test_all_other_sessions_are_ended(home: Any) -> None:
    person = make_person()
    there, elsewhere, here = sign_in(person), sign_in(person), sign_in(person)
    here.post("/konto/okter/")
    assert [is_signed_in(client) for client in (there, elsewhere, here)] == [False, False, True]


def test_nobody_ends_another_persons_session(home: Any) -> None:
    other = sign_in(make_person())
    session = UserSession.objects.get()
    client = sign_in(make_person())
    assert client.post("/konto/okter/", {"session": session.pk}).status_code == 404
    assert is_signed_in(other)
    response = Client().post("/konto/okter/", {"session": session.pk})
    assert (response.status_code, response["Location"]) == (302, "/konto/login/?next=/konto/okter/")
    assert is_signed_in(other)


def test_a_new_password_ends_all_other_sessions(home: Any) -> None:
    person = make_person()
    there, here = sign_in(person), sign_in(person)
    new = "en helt annen setning"
    here.post("/konto/password/change/", {"oldpassword": factories.PASSWORD, "password1": new, "password2": new})
    assert [is_signed_in(client) for client in (there, here)] == [False, True]


def test_from_where_somebody_worked_is_not_kept(home: Any) -> None:
    client = sign_in(make_person(), REMOTE_ADDR="198.51.100.23")
    assert [session.ip for session in UserSession.objects.all()] == [NO_ADDRESS]
    assert "198.51.100.23" not in client.get("/konto/okter/").content.decode()
    assert "198.51.100.23" not in json.dumps(dict(client.session.items()))


@pytest.mark.parametrize(
    ("user_agent", "described"),
    [
        (FIREFOX, "Firefox på Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge på Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome på Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari på iPhone"),
        ("curl/8", "Ukjent nettleser"),
    ],
)
def test_a_browser_is_described_as_people_know_it(user_agent: str, described: str) -> None:
    assert describe_browser(user_agent) == described


# --- mails and screens in three languages -----------------------------------------------------------------

CODE_MAIL = {
    "": ("Flett: Bekreft e-postadressen din", "Hei", "Hilsen Flett"),
    "/da": ("Flett: Bekræft din e-mailadresse", "Hej", "Hilsen Flett"),
    "/en": ("Flett: Confirm your e-mail address", "Hello", "Kind regards, Flett"),
}


@pytest.mark.parametrize("prefix", ["", "/da", "/en"])
def test_the_mail_with_the_code_is_in_the_readers_language(home: Any, client: Client, prefix: str) -> None:
    words = "en setning jeg husker"
    client.post(f"{prefix}/konto/signup/", {"email": "ny@example.org", "password1": words, "password2": words})
    subject, hello, bye = CODE_MAIL[prefix]
    sent = mail.outbox[0]
    lines = sent.body.splitlines()
    assert (sent.subject, lines[0]) == (subject, hello)
    assert bye in lines
    codes = re.findall(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]+)?$", sent.body, re.MULTILINE)
    assert len(codes) == 1
    client.post(f"{prefix}/konto/confirm-email/", {"code": codes[0]})
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize(
    ("prefix", "day"), [("", r"\d+\. \w+ \d+ kl\."), ("/da", r"\d+\. \w+ \d+ kl\."), ("/en", r"\d+ \w+ \d+ at")]
)
def test_a_change_is_told_with_its_day_as_the_language_writes_it(home: Any, prefix: str, day: str) -> None:
    person = make_person()
    client = sign_in(person)
    TOTP.activate(person, SECRET)
    client.post(f"{prefix}/konto/totrinn/totp/deactivate/")
    assert re.search(rf" {day} \d\d:\d\d\.", mail.outbox[-1].body)


SCREENS = [
    "/konto/totrinn/",
    "/konto/totrinn/totp/activate/",
    "/konto/totrinn/webauthn/",
    "/konto/totrinn/webauthn/add/",
    "/konto/totrinn/recovery-codes/",
    "/konto/totrinn/recovery-codes/generate/",
    "/konto/totrinn/reauthenticate/",
    "/konto/totrinn/totp/deactivate/",
    "/konto/tilkoblet/",
    "/konto/okter/",
    "/konto/reauthenticate/",
]


@pytest.mark.parametrize("path", SCREENS)
def test_every_screen_is_in_three_languages(home: Any, path: str) -> None:
    person = make_person()
    client = sign_in(person)
    if "activate" not in path or "deactivate" in path:
        TOTP.activate(person, SECRET)
        call_command_codes(person)
    titles = []
    for prefix in ("", "/da", "/en"):
        response = client.get(f"{prefix}{path}")
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        page = response.content.decode()
        titles.append(re.findall(r"<h1>\s*([^<]+?)\s*</h1>", page)[0])
        if prefix == "":
            assert not re.search(r"\b(Security|Authenticator|Activate|Two-Factor|Sessions)\b", page.split("<main")[1])
    assert len(set(titles)) >= (2 if "recovery" in path else 3)


def call_command_codes(person: User) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    RecoveryCodes.activate(person)


# --- second factors at rest -------------------------------------------------------------------------------


def test_seeds_cannot_be_read_from_the_database(db: None) -> None:
    person = make_person()
    TOTP.activate(person, SECRET)
    kept = Authenticator.objects.get(user=person).data["secret"]
    assert SECRET not in kept
    assert MFAAdapter().decrypt(kept) == SECRET


def test_a_changed_key_still_reads_what_the_old_one_wrote(db: None) -> None:
    kept = MFAAdapter().encrypt(SECRET)
    with override_settings(SECRET_KEY="n" * 60, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert MFAAdapter().decrypt(kept) == SECRET


def test_a_seed_of_an_unknown_key_opens_nothing(home: Any, client: Client) -> None:
    person = make_person()
    TOTP.activate(person, SECRET)
    with override_settings(SECRET_KEY="n" * 60):
        client.post("/konto/login/", {"login": person.email, "password": factories.PASSWORD})
        response = client.post("/konto/totrinn/authenticate/", {"code": "000000"})
    assert "Koden stemmer ikke." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_lost_factor_is_taken_away_by_command(home: Any) -> None:
    person = make_person()
    client = sign_in(person)
    TOTP.activate(person, SECRET)
    call_command("remove_second_factor", person.email.upper())
    assert not Authenticator.objects.exists()
    assert not is_signed_in(client)
    sign_in(person)
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factor", "ingen@example.org")


# --- what is configured -----------------------------------------------------------------------------------

GOOD = {
    "id": "kommune",
    "name": "Kommunen",
    "server_url": "https://login.example.org/v2.0",
    "client_id": "flett",
    "secret": "a-secret-that-is-never-shown",
}


def read(value: str, *, allow_http: bool = False) -> list[dict[str, Any]]:
    with mock.patch.dict("os.environ", {"FLETT_OIDC": value}):
        return openid_providers("FLETT_OIDC", allow_http=allow_http)


def test_providers_come_from_the_environment() -> None:
    found = read(json.dumps([GOOD]))
    assert [(each["provider_id"], each["name"], each["settings"]) for each in found] == [
        ("kommune", "Kommunen", {"server_url": "https://login.example.org/v2.0"})
    ]
    assert read("[]") == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "JSON list"),
        ('{"id": "a"}', "JSON list of objects"),
        ('["a"]', "JSON list of objects"),
        (json.dumps([{**GOOD, "extra": "x"}]), "provider 1: needs exactly"),
        (json.dumps([{name: value for name, value in GOOD.items() if name != "secret"}]), "provider 1: needs exactly"),
        (json.dumps([{**GOOD, "secret": ""}]), "provider 1: needs exactly"),
        (json.dumps([{**GOOD, "client_id": 7}]), "provider 1: needs exactly"),
        (json.dumps([GOOD, {**GOOD, "id": "Min Kommune"}]), "provider 2: id must be"),
        (json.dumps([{**GOOD, "server_url": "http://login.example.org"}]), "must begin with https"),
        (json.dumps([{**GOOD, "server_url": "login.example.org"}]), "must begin with https"),
        (json.dumps([GOOD, GOOD]), "same id"),
    ],
)
def test_a_malformed_provider_stops_the_start_without_telling_the_secret(given: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="FLETT_OIDC") as raised:
        read(given)
    assert told in str(raised.value)
    assert GOOD["secret"] not in str(raised.value)


def test_nothing_of_accounts_is_written_into_pages() -> None:
    """The content policy allows no inline script or style; data for a script of ours is neither."""
    inline = re.compile(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", re.IGNORECASE)
    folders = ("account", "mfa", "socialaccount", "usersessions")
    templates = [each for name in folders for each in Path(settings.BASE_DIR, "templates", name).rglob("*.html")]
    assert len(templates) > 30
    assert [str(each) for each in templates if inline.search(each.read_text())] == []
