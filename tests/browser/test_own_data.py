"""One's own account in a real browser: the profile, the copy of everything, and the way out and back."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import expect

from people.models import Profile, Team, User
from people.own_data import retention
from tests import factories
from tests.browser.conftest import Watched
from tests.people.own import make_photo
from tests.safety.test_guard import BORN_1986

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kari(site_server: Any) -> User:
    """The only leader of a team."""
    person = factories.make_leader(
        factories.TeamFactory.create(name="FACT Bergen", slug="fact-bergen"),
        email="kari@example.org",
        first_name="Kari",
        last_name="Lien",
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def page(site_server: Any, kari: User, open_page: Callable[..., Watched]) -> Iterator[Watched]:
    """A page of Kari's; nothing may have gone wrong on it."""
    watched = open_page(user=kari)
    yield watched
    assert watched.problems() == []


def confirm(page: Watched) -> None:
    """Show who it is, by password."""
    expect(page.get_by_role("heading", name="Bekreft at det er deg")).to_be_visible()
    page.get_by_label("Passord", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Bekreft").click()


def test_somebody_says_who_they_are(site_server: Any, page: Watched, kari: User) -> None:
    page.goto(f"{site_server.url}{reverse('people:account')}")
    page.get_by_role("link", name="Profil Navn, bilde").click()
    page.get_by_label("Kort om deg").fill(f"Spør meg om {BORN_1986[:6]} {BORN_1986[6:]}.")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_label("Kort om deg")).to_have_accessible_description(
        "Hva du arbeider med og gjerne svarer på. Ingenting om pasienter, og ikke egen helse. Teksten inneholder et "
        "fødselsnummer («15•••••••••»). Det peker ut én person og skal aldri inn i Flett. Tallet er ikke lagret. Ta "
        "bort tallet, og beskriv situasjonen uten å si hvem det gjelder. Er det et kontonummer, så skriv det slik: "
        "1234.56.78901."
    )
    page.messages.clear()  # the browser notes the 422
    page.get_by_label("Kort om deg").fill("Spør meg om teammøter.")
    page.get_by_label("Bilde", exact=True).set_input_files(
        {"name": "meg.jpg", "mimeType": "image/jpeg", "buffer": make_photo()}
    )
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Profilen er lagret.")).to_be_visible()
    portrait = page.locator("img.portrait")
    expect(portrait).to_be_visible()
    assert portrait.evaluate("async image => { await image.decode(); return image.naturalWidth }") == 320
    page.get_by_role("link", name="Se profilen").click()
    expect(page.get_by_role("heading", name="Kari Lien")).to_be_visible()
    expect(page.get_by_text("Spør meg om teammøter.")).to_be_visible()


def test_somebody_takes_everything_along_leaves_and_comes_back(
    site_server: Any, page: Watched, kari: User, tmp_path: Path
) -> None:
    page.goto(f"{site_server.url}{reverse('people:own-data')}")
    page.get_by_role("button", name="Lag en kopi").click()
    confirm(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="Last ned", exact=True).click()
    target = tmp_path / "kari.zip"
    started.value.save_as(target)
    assert started.value.suggested_filename.startswith("flett-")
    with zipfile.ZipFile(target) as archive:
        data = json.loads(archive.read("opplysninger.json"))
    assert data["account_number"] == kari.pk

    page.get_by_role("link", name="Slett kontoen").click()
    expect(page.get_by_role("heading", name="Gi noen andre lederrollen først")).to_be_visible()
    expect(page.get_by_role("link", name="FACT Bergen")).to_be_visible()
    page.get_by_role("button", name="Slett kontoen min").click()
    expect(page.get_by_role("heading", name="Kontoen din slettes")).to_be_visible()
    assert [message.subject[:27] for message in mail.outbox] == ["Flett: Kontoen din slettes "]

    page.context.clear_cookies()
    page.goto(f"{site_server.url}{reverse('people:account')}")
    page.get_by_label("E-postadresse").fill(kari.email)
    page.get_by_label("Passord", exact=True).fill(factories.PASSWORD)
    page.get_by_role("button", name="Logg inn").click()
    expect(page.get_by_role("status").get_by_text("Vil du beholde den? Gå til Min konto.")).to_be_visible()
    page.get_by_role("button", name="Behold kontoen").click()
    expect(page.get_by_text("Kontoen din slettes ikke. Alt er som før.")).to_be_visible()
    assert Profile.of(kari).deletion_due_at is None


def test_somebody_leaves_for_good(site_server: Any, page: Watched, kari: User) -> None:
    page.goto(f"{site_server.url}{reverse('people:delete-account')}")
    page.get_by_role("button", name="Slett kontoen min").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Kontoen din slettes")).to_be_visible()
    Profile.objects.update(deletion_due_at=Profile.of(kari).deletion_requested_at)
    assert len(retention.plan_accounts()) == 1
    call_command("delete_expired_accounts")
    page.goto(f"{site_server.url}{reverse('people:account')}")
    expect(page.get_by_role("heading", name="Logg inn")).to_be_visible()
    assert not User.objects.filter(email=kari.email).exists()
    assert Team.objects.get(slug="fact-bergen").memberships.count() == 1
    assert mail.outbox[-1].subject == "Flett: Kontoen din er slettet"


@pytest.mark.parametrize("name", ["account", "profile", "preferences", "own-data", "delete-account", "person"])
def test_the_pages_hold_without_javascript_on_a_small_screen_in_the_dark(
    site_server: Any, kari: User, open_page: Callable[..., Watched], name: str
) -> None:
    Profile.objects.create(person=kari, presentation="Spør meg om teammøter.")
    address = site_server.url + reverse(f"people:{name}", args=[kari.pk] if name == "person" else [])
    for options in ({"width": 320, "color_scheme": "dark"}, {"width": 1280}):
        page = open_page(user=kari, **options)
        page.goto(address)
        assert page.axe_violations() == []
        assert not page.scrolls_sideways()
        small = page.evaluate(
            """[...document.querySelectorAll("main :is(button, input:not([type=hidden]), select, .account-way)")]
            .filter(each => each.getBoundingClientRect().height < 24).map(each => each.outerHTML)"""
        )
        assert small == []
        assert page.problems() == []
