"""Ending a kind of mail by hand, on a small screen and in the dark, without having signed in."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from people.models import MailKind, Profile, User
from people.unsubscribe import make_token
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("options", [{"width": 320, "color_scheme": "dark"}, {"width": 1280}])
def test_the_link_of_a_mail_leads_to_a_button(
    site_server: Any, open_page: Callable[..., Watched], options: dict[str, Any]
) -> None:
    kari: User = factories.UserFactory.create()
    page = open_page(**options)
    page.goto(f"{site_server.url}/avmelding/{make_token(account=kari.pk, kind=MailKind.DEADLINES)}/")
    expect(page.get_by_role("heading", name="Vil du ha mindre e-post?")).to_be_visible()
    assert page.axe_violations() == []
    assert not page.scrolls_sideways()
    assert Profile.of(kari).mail_on_deadlines is True
    page.get_by_role("button", name="Slutt å sende").click()
    expect(page.get_by_role("heading", name="Det er gjort")).to_be_visible()
    assert Profile.of(kari).mail_on_deadlines is False
    assert page.axe_violations() == []
    assert page.problems() == []
