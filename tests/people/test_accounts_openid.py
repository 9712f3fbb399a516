"""Sign-in with a workplace's own provider, against a real one (see oidc_provider.py)."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client
from django.test.utils import override_settings

from config.settings import openid_providers
from people.models import User
from tests import factories
from tests.people.oidc_provider import PASSWORD, Provider, serve_provider

CALLBACK = "http://testserver/konto/oidc/lokal/login/callback/"
VERIFIED, UNVERIFIED = "kari@kommune.example", "ola@kommune.example"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    people = [{"email": VERIFIED, "verified": True}, {"email": UNVERIFIED, "verified": False}]
    with serve_provider(tmp_path_factory.mktemp("provider"), callbacks=[CALLBACK], people=people) as running:
        yield running


@pytest.fixture(autouse=True)
def _provider_is_configured(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FLETT_OIDC", json.dumps(provider.as_setting()))
    apps = openid_providers("FLETT_OIDC", allow_http=True)
    with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": apps}}):
        yield


def go_to_provider(client: Client, **data: str) -> str:
    """Choose the provider; returns where the browser is sent."""
    response = client.post("/konto/oidc/lokal/login/?process=login", data)
    assert response.status_code == 200
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', response.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


def sign_in_there(address: str, email: str) -> str:
    """As the person's browser at the provider; returns the callback's address with its code."""
    browser = requests.Session()
    page = browser.get(address)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    response = browser.post(
        page.url,
        {
            "login": email,
            "password": PASSWORD,
            "csrfmiddlewaretoken": token[1],
            "next": parse_qs(urlsplit(page.url).query)["next"][0],
        },
        allow_redirects=False,
    )
    while not response.headers["Location"].startswith("http://testserver/"):
        response = browser.get(urljoin(page.url, response.headers["Location"]), allow_redirects=False)
    return response.headers["Location"]


def sign_in(client: Client, email: str, **data: str) -> Any:
    back = urlsplit(sign_in_there(go_to_provider(client, **data), email))
    return client.get(f"{back.path}?{back.query}")


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def make_person(email: str, *, verified: bool) -> User:
    person = factories.UserFactory.create(email=email)
    EmailAddress.objects.create(user=person, email=email, primary=True, verified=verified)
    return person


def test_a_new_person_with_an_address_verified_there_is_in(home: Any, client: Client) -> None:
    response = sign_in(client, VERIFIED, next="/ordliste/")
    assert (response.status_code, response["Location"]) == (302, "/ordliste/")
    person = User.objects.get(email=VERIFIED)
    assert signed_in_as(client) == str(person.pk)
    assert not person.has_usable_password()
    assert EmailAddress.objects.get(user=person).verified
    assert SocialAccount.objects.get(user=person).extra_data == {}


def test_a_new_person_with_an_unverified_address_types_the_code(home: Any, client: Client) -> None:
    response = sign_in(client, UNVERIFIED)
    assert (response.status_code, response["Location"]) == (302, "/konto/confirm-email/")
    assert signed_in_as(client) is None
    code = re.search(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", mail.outbox[0].body, re.MULTILINE)
    assert code
    client.post("/konto/confirm-email/", {"code": code[0]})
    assert signed_in_as(client) == str(User.objects.get(email=UNVERIFIED).pk)


def test_an_account_is_linked_through_an_address_both_have_verified(home: Any, client: Client) -> None:
    person = make_person(VERIFIED, verified=True)
    sign_in(client, VERIFIED)
    assert signed_in_as(client) == str(person.pk)
    assert SocialAccount.objects.get().user == person
    assert [message.to for message in mail.outbox] == [[VERIFIED]]  # told that it was linked
    person.refresh_from_db()
    assert person.check_password(factories.PASSWORD)

    again = Client()
    sign_in(again, VERIFIED)
    assert signed_in_as(again) == str(person.pk)
    assert SocialAccount.objects.count() == 1


def test_an_account_whose_address_we_have_not_verified_is_not_linked(home: Any, client: Client) -> None:
    """Somebody may have signed up with a colleague's address and wait for that colleague to come."""
    make_person(VERIFIED, verified=False)
    response = sign_in(client, VERIFIED)
    assert (response.status_code, response["Location"]) == (302, "/konto/confirm-email/")
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()


def test_an_address_the_provider_has_not_verified_links_to_nothing(home: Any, client: Client) -> None:
    make_person(UNVERIFIED, verified=True)
    response = sign_in(client, UNVERIFIED)
    assert (response.status_code, response["Location"]) == (302, "/konto/confirm-email/")
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert [message.to for message in mail.outbox] == [[UNVERIFIED]]


def test_a_provider_does_not_stand_in_for_the_second_factor(home: Any, client: Client) -> None:
    person = make_person(VERIFIED, verified=True)
    TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    response = sign_in(client, VERIFIED)
    assert (response.status_code, response["Location"]) == (302, "/konto/totrinn/authenticate/")
    assert signed_in_as(client) is None


def test_an_inactive_account_stays_closed(home: Any, client: Client) -> None:
    person = make_person(VERIFIED, verified=True)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert sign_in(client, VERIFIED)["Location"] == "/konto/inactive/"
    assert signed_in_as(client) is None


def test_a_forged_answer_signs_nobody_in(home: Any, client: Client) -> None:
    """An answer to a question this browser has not asked, and one with a made-up code."""
    back = urlsplit(sign_in_there(go_to_provider(Client()), VERIFIED))
    response = client.get(f"{back.path}?{back.query}")
    assert "Innloggingen virket ikke" in response.content.decode()
    asked = parse_qs(urlsplit(go_to_provider(client)).query)
    response = client.get(f"/konto/oidc/lokal/login/callback/?code=made-up&state={asked['state'][0]}")
    assert "Innloggingen virket ikke" in response.content.decode()
    assert signed_in_as(client) is None
    assert not User.objects.exists()


def test_the_question_is_bound_to_this_browser_and_this_address(home: Any, client: Client) -> None:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(go_to_provider(client)).query).items()}
    assert asked["redirect_uri"] == CALLBACK
    assert asked["code_challenge_method"] == "S256"
    assert sorted(asked["scope"].split()) == ["email", "openid", "profile"]
    assert len(asked["state"]) >= 16


def test_the_sign_in_page_offers_it_in_three_languages(home: Any, client: Client) -> None:
    words = {"": "Logg inn med Lokal kommune", "/da": "Log ind med Lokal kommune", "/en": "Log in with Lokal kommune"}
    for prefix, text in words.items():
        page = client.get(f"{prefix}/konto/login/").content.decode()
        assert text in page
        assert 'action="/konto/oidc/lokal/login/?process=login"' in page


@pytest.mark.parametrize(
    ("prefix", "leaving", "failed"),
    [
        ("", "Du sendes videre til Lokal kommune", "Innloggingen virket ikke"),
        ("/da", "Du sendes videre til Lokal kommune", "Login virkede ikke"),
        ("/en", "You are being sent on to Lokal kommune", "Logging in did not work"),
    ],
)
def test_the_way_there_and_back_is_in_the_readers_language(
    home: Any, client: Client, prefix: str, leaving: str, failed: str
) -> None:
    came_from = f"http://testserver{prefix}/konto/login/"
    response = client.post("/konto/oidc/lokal/login/?process=login", HTTP_REFERER=came_from)
    assert leaving in response.content.decode()
    response = client.get("/konto/oidc/lokal/login/callback/?error=server_error&state=x")
    assert failed in response.content.decode()

    response = client.post("/konto/oidc/lokal/login/?process=login", HTTP_REFERER=came_from)
    target = re.search(r'content="0;url=([^"]+)"', response.content.decode())
    assert target
    back = urlsplit(sign_in_there(target[1].replace("&amp;", "&"), UNVERIFIED))
    response = client.get(f"{back.path}?{back.query}")
    assert response["Location"] == f"{prefix}/konto/confirm-email/"


def test_choosing_it_takes_a_form_of_ours(home: Any, client: Client) -> None:
    """A link from elsewhere starts nothing by itself."""
    response = client.get("/konto/oidc/lokal/login/")
    assert response.status_code == 200
    assert "http-equiv" not in response.content.decode()
    assert client.get("/konto/oidc/ukjent/login/").status_code == 404


def test_it_can_be_connected_and_taken_away_again(home: Any, client: Client) -> None:
    person = make_person("annen@example.org", verified=True)
    client.post("/konto/login/", {"login": person.email, "password": factories.PASSWORD})
    response = client.post("/konto/oidc/lokal/login/?process=connect")
    target = re.search(r'content="0;url=([^"]+)"', response.content.decode())
    assert target
    back = urlsplit(sign_in_there(target[1].replace("&amp;", "&"), VERIFIED))
    client.get(f"{back.path}?{back.query}")
    account = SocialAccount.objects.get()
    assert account.user == person
    assert "Lokal kommune" in client.get("/konto/tilkoblet/").content.decode()
    client.post("/konto/tilkoblet/", {"account": account.pk})
    assert not SocialAccount.objects.exists()
