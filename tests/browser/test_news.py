"""News in a browser: published, read and confirmed by keyboard, followed up; every page of it looked over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from forum.actions.news import NewsDetails, confirm_news, edit_news, publish_news, remind_of_news
from forum.models import NewsItem, Space
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis i teamet", slug="praksis")


@pytest.fixture
def editor(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Eva", last_name="Lund")
    return factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True).person


@pytest.fixture
def kari(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Kari", last_name="Myrvang")
    return factories.MembershipFactory.create(person=person, team__name="Team Nord").person


def press_until(page: Watched, name: str) -> None:
    """Tab to what has this name, and press Enter."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_must_read_is_published_confirmed_by_keyboard_and_followed_up(
    space: Space, editor: User, kari: User, open_page: Opener, site_server: Any, javascript: bool
) -> None:
    page = open_page(user=editor, java_script_enabled=javascript)
    page.goto(f"{site_server.url}{reverse('forum:news')}")
    page.get_by_role("link", name="Ny nyhet").click()
    page.get_by_label("Tittel").fill("Ny rutine for tavlemøtet")
    page.get_by_label("Ingress").fill("Gjelder fra uke 3.")
    if javascript:
        page.locator("trix-editor").click()
        page.keyboard.press("Control+b")
        page.keyboard.type("Vi begynner presis.")
    else:
        page.get_by_label("Tekst").fill("Vi begynner presis.")
    page.get_by_label("Må leses").check()
    page.get_by_role("button", name="Forhåndsvis").click()
    expect(page.get_by_text("Slik blir den. Ingenting er lagret ennå.")).to_be_visible()
    expect(page.locator(".news-preview .prose")).to_contain_text("Vi begynner presis.")
    assert not NewsItem.objects.exists()
    page.get_by_role("button", name="Publiser").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ny rutine for tavlemøtet")
    assert page.locator(".news-text strong").count() == (1 if javascript else 0)
    assert page.problems() == []

    reader = open_page(user=kari, java_script_enabled=javascript, width=360)
    reader.goto(f"{site_server.url}{reverse('home:my-page')}")
    expect(reader.get_by_role("heading", name="Les og bekreft")).to_be_visible()
    press_until(reader, "Ny rutine for tavlemøtet")
    expect(reader.get_by_role("heading", level=1)).to_have_text("Ny rutine for tavlemøtet")
    press_until(reader, "Jeg har lest og forstått")
    expect(reader.get_by_text("Du bekreftet", exact=False).last).to_be_visible()
    reader.goto(f"{site_server.url}{reverse('home:my-page')}")
    expect(reader.get_by_role("heading", name="Les og bekreft")).to_have_count(0)
    assert reader.problems() == []

    page.get_by_role("link", name="Hvem har bekreftet").click()
    expect(page.get_by_text("1 av 1 har lest og forstått.")).to_be_visible()
    page.get_by_role("link", name="Har bekreftet (1)").click()
    expect(page.get_by_text("Kari Myrvang")).to_be_visible()
    expect(page.get_by_text("Team Nord")).to_be_visible()
    assert page.problems() == []


@pytest.fixture
def items(space: Space, editor: User, kari: User) -> list[NewsItem]:
    today = timezone.localdate()
    ola = factories.MembershipFactory.create(person__first_name="Ola", person__last_name="Strand").person
    for number in range(3):
        factories.MembershipFactory.create(person__last_name=f"Menneskerettighetsorganisasjon{number}")
    must = NewsDetails(
        title="Ny rutine for varsling når noen i teamet er utsatt for vold",
        lead="Alle team skal ha en plan innen nyttår. Les den, og snakk om den på tavlemøtet.",
        source="<p>Planen har tre deler.</p><ul><li>Hvem dere ringer</li><li>Hvem som følger opp</li></ul>",
        source_format="html",
        must_read=True,
        read_by=today + timedelta(days=14),
        expires_at=timezone.now() + timedelta(days=60),
        is_pinned=True,
    )
    first = publish_news(person=editor, space=space, details=must)
    confirm_news(person=kari, item=first, round_=1)
    edit_news(person=editor, item=first, details=must, version=1, must_be_read_again=True)
    confirm_news(person=ola, item=first, round_=2)
    remind_of_news(person=editor, item=first)
    plain = NewsDetails(title="Samling i Bergen", lead="Sett av dagen.", source="Vi møtes i mars.", is_pinned=True)
    second = publish_news(person=editor, space=space, details=plain)
    later = NewsDetails(title="Kommer snart", source="Mer siden.", published_at=timezone.now() + timedelta(days=2))
    publish_news(person=editor, space=space, details=later)
    old = publish_news(person=editor, space=space, details=NewsDetails(title="Gammelt", source="Over."))
    now = timezone.now()
    NewsItem.objects.filter(pk=old.pk).update(published_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    return [first, second]


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    items: list[NewsItem], editor: User, kari: User, open_page: Opener, site_server: Any, scheme: str, width: int
) -> None:
    first, second = items
    read = [
        reverse("forum:news"),
        reverse("forum:news-archive"),
        first.get_absolute_url(),
        second.get_absolute_url(),
        reverse("forum:home"),
        reverse("home:my-page"),
    ]
    publish = [
        *read,
        reverse("forum:news-publish"),
        reverse("forum:news-edit", args=[first.pk]),
        reverse("forum:news-earlier", args=[first.pk]),
        reverse("forum:news-follow-up", args=[first.pk]),
        f"{reverse('forum:news-follow-up', args=[first.pk])}?vis=har",
        reverse("forum:news-delete", args=[first.pk]),
    ]
    found = {}
    for person, pages in ((kari, read), (editor, publish)):
        page = open_page(user=person, color_scheme=scheme, width=width)
        for path in pages:
            page.goto(f"{site_server.url}{path}")
            wrong = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
            if wrong:
                found[person.first_name, path] = wrong
        assert page.problems() == []
    assert found == {}
