"""Accounts in a real browser, as production serves them: sign-up, passkeys, second factors, a workplace's provider.

The mail goes to a real mail server, the passkeys live in Chromium's virtual authenticator, and the provider is a
real one in a process of its own. Production settings throughout, so the second factor is required here.
"""

import hashlib
import hmac
import json
import re
import secrets
import shutil
import subprocess
import sys
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import PATIENCE, Watched
from tests.people import oidc_provider
from tests.people.oidc_provider import serve_provider
from tests.people.smtp_sink import Sink, serve_sink
from tests.served import ROOT, flett_environment, free_port, serve

SENTENCE = "tre blå katter på taket"
ADMIN, AT_WORK = "admin@flett.example", "kari@kommune.example"
PREPARE = """
import os, django
django.setup()
from django.core.management import call_command
for command in ("migrate", "compile_translations"):
    call_command(command, verbosity=0, stdout=open(os.devnull, "w"))
from allauth.account.models import EmailAddress
from tests.factories import make_home
from people.models import User
make_home()
admin = User.objects.create_superuser(os.environ["ADMIN"], os.environ["SENTENCE"])
EmailAddress.objects.create(user=admin, email=admin.email, primary=True, verified=True)
"""


@dataclass(frozen=True)
class Site:
    url: str
    mail: Sink


@pytest.fixture(scope="module")
def site(browser: Browser, static_root: Path, django_db_setup: Path | None) -> Iterator[Site]:
    """The browser comes first, so that a machine without one skips before the database is made."""
    port = free_port()
    url = f"http://localhost:{port}"  # a passkey belongs to a name, never to an address of the network
    people = [{"email": AT_WORK, "verified": True}]
    callback = f"{url}/konto/oidc/kommune/login/callback/"
    with (
        TemporaryDirectory(prefix="flett-accounts-") as name,
        serve_sink() as sink,
        serve_provider(Path(name), callbacks=[callback], people=people) as provider,
    ):
        folder = Path(name)
        environment = {
            **flett_environment(f"sqlite:///{folder}/flett.sqlite3", folder, static=static_root),
            "FLETT_BASE_URL": "http://localhost",
            "FLETT_EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
            "GUNICORN_CMD_ARGS": "--graceful-timeout=5",
            "FLETT_CACHE_URL": f"filecache://{folder}/cache",
            "FLETT_OIDC": json.dumps(provider.as_setting("kommune", "Min kommune")),
        }
        if django_db_setup:
            shutil.copytree(django_db_setup, folder, dirs_exist_ok=True)
        preparing = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings", "ADMIN": ADMIN, "SENTENCE": SENTENCE}
        subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=preparing, check=True)
        with serve("config.wsgi:application", environment, port, threads=8):
            yield Site(url, sink)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Watched]]:
    contexts: list[BrowserContext] = []

    def go(path: str, **options: Any) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 360, "height": 800}, "locale": "nb-NO", **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = Watched(context.new_page(), server=site.url)
        page.listen()
        page.goto(site.url + path)
        return page

    yield go
    for context in contexts:
        context.close()


def add_authenticator(page: Watched) -> None:
    """A phone or a laptop with a fingerprint reader, as far as Chromium can tell."""
    devtools = page.context.new_cdp_session(page.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def new_address() -> str:
    return f"{secrets.token_hex(4)}@example.org"


def type_code_from_mail(page: Watched, site: Site, address: str) -> None:
    body = site.mail.wait_for(address).get_content()
    found = re.search(r"^[A-Z0-9]+(?:-[A-Z0-9]+)?\s*$", body, re.MULTILINE)
    assert found, body
    page.get_by_label("Kode").fill(found[0].strip())
    page.get_by_role("button", name="Bekreft").click()


def sign_up(page: Watched, site: Site) -> str:
    address = new_address()
    page.goto(f"{site.url}/konto/signup/?next=/konto/okter/")
    page.get_by_label("E-postadresse").fill(address)
    page.get_by_label("Passord", exact=True).fill(SENTENCE)
    page.get_by_label("Passordet én gang til").fill(SENTENCE)
    page.get_by_role("button", name="Lag konto").click()
    type_code_from_mail(page, site, address)
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()
    return address


def sign_out(page: Watched, site: Site) -> None:
    page.goto(f"{site.url}/konto/logout/")
    page.get_by_role("main").get_by_role("button", name="Logg ut").click()
    page.wait_for_url(f"{site.url}/")


def sign_in(page: Watched, site: Site, address: str, *, onward: str = "/konto/okter/") -> None:
    page.goto(f"{site.url}/konto/login/?next={onward}")
    page.get_by_label("E-postadresse").fill(address)
    page.get_by_label("Passord", exact=True).fill(SENTENCE)
    page.get_by_role("button", name="Logg inn", exact=True).click()


def make_code(secret: str, *, later: int = 0) -> str:
    """RFC 6238, as an app on a phone computes it."""
    digest = hmac.digest(b32decode(secret), (int(time.time()) // 30 + later).to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"


def faults(page: Watched) -> list[str]:
    sideways = ["scrolls sideways"] if page.scrolls_sideways() else []
    return [*page.problems(), *page.axe_violations(), *sideways]


def test_sign_up_with_a_code_from_the_mail(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/")
    address = sign_up(page, site)
    assert str(site.mail.to(address)[0]["Subject"]).startswith("Flett: ")
    assert faults(page) == []


def test_sign_up_works_without_javascript(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/", java_script_enabled=False)
    sign_up(page, site)


def test_sign_in_with_a_passkey(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/")
    add_authenticator(page)
    address = sign_up(page, site)
    page.goto(f"{site.url}/konto/totrinn/webauthn/add/")
    assert faults(page) == []
    page.get_by_label("Navn på passnøkkelen").fill("Jobbmaskinen")
    page.get_by_role("button", name="Lag passnøkkelen").click()
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    page.goto(f"{site.url}/konto/totrinn/webauthn/")
    expect(page.get_by_role("heading", name="Jobbmaskinen")).to_be_visible()
    assert faults(page) == []
    assert "passnøkkel" in site.mail.wait_for(address, count=2).get_content()

    sign_out(page, site)
    page.goto(f"{site.url}/konto/login/?next=/konto/okter/")
    page.get_by_role("button", name="Bruk passnøkkel").click()
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()


def test_a_passkey_is_also_the_second_step_after_a_password(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/")
    add_authenticator(page)
    address = sign_up(page, site)
    page.goto(f"{site.url}/konto/totrinn/webauthn/add/")
    page.get_by_role("button", name="Lag passnøkkelen").click()
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    sign_out(page, site)
    sign_in(page, site, address)
    expect(page.get_by_role("heading", name="Ett trinn til")).to_be_visible()
    page.get_by_role("button", name="Bruk passnøkkel").click()
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()


def test_sign_up_without_a_password(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/")
    add_authenticator(page)
    address = new_address()
    page.goto(f"{site.url}/konto/signup/passkey/?next=/konto/okter/")
    assert faults(page) == []
    page.get_by_label("E-postadresse").fill(address)
    page.get_by_role("button", name="Gå videre").click()
    type_code_from_mail(page, site, address)
    expect(page.get_by_role("heading", name="Lag en passnøkkel")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Lag passnøkkelen").click()
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()
    sign_out(page, site)
    page.goto(f"{site.url}/konto/login/?next=/konto/okter/")
    page.get_by_role("button", name="Bruk passnøkkel").click()
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()


def test_a_passkey_that_does_not_come_is_told(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/konto/login/")
    add_authenticator(page)  # an empty one
    page.get_by_role("button", name="Bruk passnøkkel").click()
    expect(page.get_by_text("Passnøkkelen kom ikke fram.")).to_be_visible()
    assert page.axe_violations() == []


def test_an_administrator_sets_up_an_app_and_comes_back_to_the_editor(
    visit: Callable[..., Watched], site: Site
) -> None:
    page = visit("/admin/reports/site-history/")
    expect(page.get_by_role("heading", name="Logg inn")).to_be_visible()
    page.get_by_label("E-postadresse").fill(ADMIN)
    page.get_by_label("Passord", exact=True).fill(SENTENCE)
    page.get_by_role("button", name="Logg inn", exact=True).click()
    expect(page.get_by_role("heading", name="Innlogging i to trinn")).to_be_visible()
    expect(page.get_by_text("Dit du skal, kommer du bare med to trinn")).to_be_visible()
    assert faults(page) == []

    page.get_by_role("link", name="Koble til en kodeapp").click()
    assert faults(page) == []
    secret = page.locator(".totp-secret").inner_text()
    page.get_by_label("Authenticator code").or_(page.locator("input[name=code]")).first.fill(make_code(secret))
    page.get_by_role("button", name="Koble til").click()
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    assert faults(page) == []
    page.get_by_role("link", name="Gå videre").click()
    page.wait_for_url(f"{site.url}/admin/reports/site-history/")

    sign_out(page, site)
    sign_in(page, site, ADMIN, onward="/admin/")
    expect(page.get_by_role("heading", name="Ett trinn til")).to_be_visible()
    assert faults(page) == []
    page.locator("input[name=code]").fill(make_code(secret, later=1))
    page.get_by_role("button", name="Logg inn").click()
    page.wait_for_url(f"{site.url}/admin/")


def test_sign_in_with_the_workplaces_provider(visit: Callable[..., Watched], site: Site) -> None:
    page = visit("/konto/login/?next=/konto/okter/")
    assert faults(page) == []
    page.get_by_role("button", name="Logg inn med Min kommune").click()
    page.locator("input[name=login]").fill(AT_WORK)
    page.locator("input[name=password]").fill(oidc_provider.PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{site.url}/konto/okter/")
    expect(page.get_by_role("heading", name="Her er du logget inn")).to_be_visible()
    assert [message for message in page.messages if "favicon" not in message and "404" not in message] == []


def test_a_session_elsewhere_is_ended_from_here(visit: Callable[..., Watched], site: Site) -> None:
    here, there = visit("/"), visit("/", user_agent="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0")
    address = sign_up(here, site)
    sign_in(there, site, address)
    expect(there.get_by_role("heading", name="Her er du logget inn")).to_be_visible()
    here.goto(f"{site.url}/konto/okter/")
    assert faults(here) == []
    here.get_by_role("button", name=re.compile("^Logg ut der.*Firefox på Windows")).click()
    expect(here.get_by_text("Du er logget ut der.")).to_be_visible()
    there.goto(f"{site.url}/konto/okter/")
    expect(there.get_by_role("heading", name="Logg inn")).to_be_visible()
