"""A zip with a list in a browser: tried, looked over, taken in, and taken out again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from forum.models import Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched
from tests.forum.bulk import docx, sheet, zipped

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]

ROWS = [
    {"id": "mandat", "tittel": "Mandat for styringsgruppa", "filer": "mandat.docx"},
    {"id": "mandat", "versjon": "2", "filer": "mandat.docx", "nytt": "Plass til brukere."},
    {"id": "se-over", "tittel": "Samarbeidsavtale", "tekst": "Pasienten er født 12.03.1984."},
    {
        "id": "feil",
        "tittel": "Årshjul med et arbeids-og-utdanningsspesialistnavn",
        "filer": "borte.docx",
        "farge": "blå",
    },
]


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def kari(space: Space) -> User:
    person = factories.MembershipFactory.create(person__first_name="Kari", person__last_name="Myrvang").person
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


@pytest.fixture
def zip_file(tmp_path: Path) -> Path:
    path = tmp_path / "maler.zip"
    path.write_bytes(zipped({"liste.csv": sheet(*ROWS), "mandat.docx": docx("Om gruppa.")}).getvalue())
    return path


@pytest.mark.parametrize(
    ("javascript", "scheme", "width"), [(True, "light", 1280), (True, "dark", 320), (False, "light", 360)]
)
def test_a_zip_is_tried_looked_over_taken_in_and_out(
    kari: User, open_page: Opener, site_server: Any, zip_file: Path, javascript: bool, scheme: str, width: int
) -> None:
    page = open_page(user=kari, java_script_enabled=javascript, color_scheme=scheme, width=width)
    found: list[Any] = []

    def look() -> None:
        if javascript:
            found.extend(page.axe_violations())
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append("scrolls sideways")

    page.goto(f"{site_server.url}{reverse('forum:space-about', args=['praksis'])}")
    page.get_by_role("link", name="Bibliotek inn og ut").click()
    look()
    page.get_by_label("Zip-fil").set_input_files(zip_file)
    page.get_by_role("button", name="Prøv først").click()
    expect(page.get_by_role("heading", name="Slik ville det blitt")).to_be_visible()
    expect(page.get_by_text("Fant ikke filen «borte.docx».")).to_be_visible()
    look()
    page.get_by_label("Rad 4: Samarbeidsavtale").check()
    page.get_by_label("Zip-fil").set_input_files(zip_file)
    page.get_by_role("button", name="Hent inn", exact=True).click()
    expect(page.get_by_role("heading", name="Kvittering")).to_be_visible()
    expect(page.get_by_role("link", name="Mandat for styringsgruppa")).to_be_visible()
    expect(page.get_by_text("2 er hentet inn")).to_be_visible()
    look()
    with page.expect_download() as download:
        page.get_by_role("link", name="Last ned alt (zip)").click()
    assert download.value.suggested_filename == "praksis.zip"
    assert found == []
    assert page.problems() == []
