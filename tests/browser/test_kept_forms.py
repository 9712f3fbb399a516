"""A long form that was sent while the session had gone: signed in again in another tab, it is sent on and saved."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from forum.models import Event
from tests import factories
from tests.browser.conftest import Watched, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("javascript", "scheme"), [(True, "light"), (False, "dark")])
def test_an_event_filled_in_as_the_session_ended_is_saved(
    open_page: Callable[..., Watched], site_server: Any, javascript: bool, scheme: str
) -> None:
    space = factories.SpaceFactory.create(name="Praksis")
    host = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=host)
    page = open_page(user=host, width=320, java_script_enabled=javascript, color_scheme=scheme)
    page.goto(f"{site_server.url}{reverse('forum:event-new')}")
    page.get_by_label("Tittel").fill("Fagdag om brukermedvirkning")
    page.get_by_label("Kort om").fill("Første linje\nAndre linje")
    page.get_by_label("Første dag").fill("2027-01-12")
    page.get_by_label("Begynner kl.").fill("09:00")
    page.get_by_label("Slutter kl.").fill("15:30")
    page.get_by_label("Sted", exact=True).fill("Storsalen")
    Session.objects.all().delete()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_role("button", name="Lagre kladden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er logget ut")
    expect(page.get_by_label("Det du skrev")).to_have_value("Fagdag om brukermedvirkning\n\nFørste linje\nAndre linje")
    assert not Event.objects.exists()
    assert not page.scrolls_sideways()
    expect(page.locator("main input[name=summary]")).to_have_value("Første linje\nAndre linje")
    if javascript:
        assert page.axe_violations() == []
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="Logg inn (åpnes i en ny fane)").click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text("Logg inn")
        opened.value.close()
    sign_in(page.context, host, site_server.url)
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Gå videre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Siden har stått åpen for lenge")
    assert not page.scrolls_sideways()
    page.get_by_role("button", name="Gå videre").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fagdag om brukermedvirkning")
    event = Event.objects.get()
    assert (event.summary, event.place) == ("Første linje Andre linje", "Storsalen")
    refusals = [each for each in page.problems() if "401" in each or "403" in each]
    assert page.problems() == refusals
