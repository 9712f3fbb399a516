"""The directory in a real browser: the map by keyboard, the filters without JavaScript, and the header at 320 px."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def teams(site_server: Any) -> Any:
    for name, county in (("Østre Agder", "Agder"), ("Stord", "Vestland"), ("Bjørgvin", "Vestland")):
        factories.TeamFactory.create(name=name, county=county)
    return site_server


def test_tile_is_reached_and_opened_by_keyboard(teams: Any, open_page: Callable[..., Watched]) -> None:
    page = open_page(width=360)
    page.goto(f"{teams.url}/team/")
    page.get_by_role("link", name="Til kartet").press("Enter")
    tile = page.get_by_role("link", name="Vestland 2 team")
    for _ in range(40):
        page.keyboard.press("Tab")
        if tile.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/team/?fylke=Vestland")
    expect(page.get_by_role("heading", name="2 team passer")).to_be_visible()
    expect(page.get_by_role("link", name="Stord fase: ukjent")).to_be_visible()
    assert page.get_by_role("link", name="Vestland 2 team").get_attribute("aria-current") == "true"
    page.get_by_text("Vis kartet som tabell").click()
    expect(page.get_by_role("row", name="Vestland 2", exact=True)).to_be_visible()
    assert page.problems() == []
    assert page.axe_violations() == []


@pytest.mark.parametrize("width", [320, 360])
def test_search_works_without_javascript_and_the_header_fits(
    teams: Any, open_page: Callable[..., Watched], width: int
) -> None:
    page = open_page(width=width, java_script_enabled=False)
    page.goto(f"{teams.url}/team/")
    page.get_by_label("Navn, kommune eller fylke").fill("ostre AGDER")
    page.get_by_role("button", name="Vis team").click()
    expect(page.get_by_role("heading", name="1 team passer")).to_be_visible()
    expect(page.locator(".team-row")).to_have_count(1)
    links = page.locator(".site-nav a").all()
    boxes = [link.bounding_box() for link in links]
    assert "Team" in [link.inner_text() for link in links]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 44 for box in boxes)


def test_tiles_are_large_enough_to_touch(teams: Any, open_page: Callable[..., Watched]) -> None:
    page = open_page(width=320)
    page.goto(f"{teams.url}/team/")
    boxes = [tile.bounding_box() for tile in page.locator(".tile").all()]
    assert len(boxes) == 15
    assert all(box and box["width"] >= 44 and box["height"] >= 44 for box in boxes)
    assert page.evaluate("[...document.querySelectorAll('.tile-name')].every(n => n.scrollWidth <= n.clientWidth + 1)")
    assert not page.scrolls_sideways()
