"""A certificate in a real browser: from one's own page to the page where anyone checks it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import expect

from people.typesetting.codes import show_code
from tests import factories
from tests.browser.conftest import Watched
from tests.learning.certificates import certify, make_course

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 320])
def test_a_certificate_is_taken_home_and_checked_by_somebody_else(
    site_server: Any, open_page: Callable[..., Watched], tmp_path: Path, width: int
) -> None:
    holder = factories.UserFactory.create(first_name="Kari", last_name="Østby")
    certificate = certify(holder, make_course(certificate_valid_months=1))
    page = open_page(user=holder)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site_server.url}/kursbevis/")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Last ned PDF").click()
    file = tmp_path / "bevis.pdf"
    downloading.value.save_as(file)
    assert downloading.value.suggested_filename == "kursbevis-kommunikasjon-i-fact-team.pdf"
    assert len(pypdfium2.PdfDocument(file)) == 1
    page.get_by_text("Del og kontroller").click()
    expect(page.get_by_text(show_code(certificate.code))).to_be_visible()
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    page.get_by_role("button", name="Skjul navnet mitt").click()
    page.get_by_text("Del og kontroller").click()
    expect(page.get_by_text("ser ikke navnet ditt.")).to_be_visible()
    assert page.problems() == []

    stranger = open_page()
    stranger.set_viewport_size({"width": width, "height": 800})
    stranger.goto(f"{site_server.url}/bevis/")
    stranger.get_by_label("Kode").fill(show_code(certificate.code).lower())
    stranger.get_by_role("button", name="Kontroller").click()
    expect(stranger.get_by_role("heading", name="Beviset er ekte")).to_be_visible()
    expect(stranger.get_by_text("Innehaveren har valgt å ikke vise navnet her.")).to_be_visible()
    assert "Kari" not in stranger.content()
    assert stranger.axe_violations() == []
    assert not stranger.scrolls_sideways()
    stranger.goto(f"{site_server.url}/bevis/333333333333/")
    expect(stranger.get_by_role("heading", name="Vi finner ikke noe bevis med denne koden")).to_be_visible()
    assert stranger.axe_violations() == []
    assert [problem for problem in stranger.problems() if "404" not in problem] == []
