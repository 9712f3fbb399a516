"""From an item to the talk about it and back as an item of its own; and from a new version to what was changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from courses.urls_of import page_path
from forum.actions import reply
from forum.actions.item_cases import report_item
from forum.actions.joining import discuss_item
from forum.actions.library import Content, Details, share_item
from forum.actions.topics import accept_answer
from forum.models import LibraryItem, Notice, Report, Space, Topic
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_pace")]

Opener = Callable[..., Watched]


@pytest.fixture
def space(site_server: Any) -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def kari(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Kari", last_name="Myrvang")
    return factories.MembershipFactory.create(person=person, team__name="Team Nord").person


@pytest.fixture
def ola(space: Space) -> User:
    person = factories.UserFactory.create(first_name="Ola", last_name="Strand")
    return factories.MembershipFactory.create(person=person, team__name="Team Sør").person


@pytest.fixture
def item(space: Space, kari: User) -> LibraryItem:
    details = Details(title="Samarbeidsavtale mellom kommune og helseforetak", kind="agreement")
    return share_item(person=kari, space=space, details=details, content=Content(source="Partene møtes.\n\nSlutt."))


def test_an_item_is_talked_about_and_an_answer_becomes_an_item(
    space: Space, item: LibraryItem, kari: User, ola: User, open_page: Opener, site_server: Any
) -> None:
    asks = open_page(user=ola, width=360, java_script_enabled=False)
    asks.goto(f"{site_server.url}{item.get_absolute_url()}")
    asks.get_by_role("link", name="Diskuter denne").click()
    expect(asks.get_by_text("Om ressursen «Samarbeidsavtale")).to_be_visible()
    asks.get_by_label("Tittel").fill("Hvor ofte møtes dere?")
    asks.get_by_label("Tekst").fill("Vi lurer på punkt én.")
    asks.get_by_role("button", name="Legg ut").click()
    expect(asks.get_by_text("Innlegget er lagt ut.")).to_be_visible()

    answers = open_page(user=kari)
    answers.goto(f"{site_server.url}{item.get_absolute_url()}")
    answers.get_by_role("link", name="Hvor ofte møtes dere?").click()
    answers.get_by_role("textbox", name="Svaret ditt").click()
    expect(answers.locator("trix-editor")).to_be_focused()
    answers.keyboard.type("Annenhver uke, og oftere når noe haster.")
    answers.get_by_role("button", name="Svar", exact=True).click()
    expect(answers.get_by_text("Innlegget er lagt ut.")).to_be_visible()

    asks.reload()
    asks.get_by_role("button", name="Dette hjalp").click()
    asks.get_by_role("link", name="Gjør svaret til en ressurs i biblioteket").click()
    expect(asks.get_by_text("Du gjør svaret fra Kari Myrvang")).to_be_visible()
    expect(asks.get_by_label("Tittel")).to_have_value("Hvor ofte møtes dere?")
    asks.get_by_label("Tittel").fill("Slik møtes vi")
    asks.get_by_role("button", name="Del i biblioteket").click()
    expect(asks.get_by_text("Laget av et svar fra Kari Myrvang.")).to_be_visible()
    asks.get_by_role("link", name="Hvor ofte møtes dere?").click()
    expect(asks.get_by_role("link", name="Slik møtes vi")).to_be_visible()
    expect(asks.get_by_role("link", name="Samarbeidsavtale mellom kommune og helseforetak")).to_be_visible()
    assert (Topic.objects.count(), Notice.objects.filter(person=kari, kind="made").count()) == (1, 1)
    assert [*asks.problems(), *answers.problems()] == []


def test_a_new_version_is_told_to_who_built_on_it_and_compared(
    space: Space, item: LibraryItem, kari: User, ola: User, open_page: Opener, site_server: Any
) -> None:
    share_item(
        person=ola,
        space=space,
        details=Details(title="Avtale i Sør"),
        content=Content(source="Partene møtes ofte."),
        based_on=item.current,
    )
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{reverse('forum:library-new-version', args=[item.pk])}")
    page.get_by_label("Hva er nytt?").fill("Vi møtes oftere.")
    page.get_by_label("Tekst").fill("Partene møtes to ganger.\n\nSlutt.")
    page.get_by_role("button", name="Del versjonen").click()
    expect(page.get_by_role("heading", name="Hva er nytt i versjon 2")).to_be_visible()
    other = open_page(user=ola, width=360)
    other.goto(f"{site_server.url}{reverse('forum:notices')}")
    other.get_by_role("link", name="Ny versjon av «Samarbeidsavtale").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sammenlign")
    expect(other.locator("ins")).to_have_text(" to ganger")
    other.go_back()
    other.reload()
    expect(other.get_by_text("Du har lest alt.")).to_be_visible()
    assert [*page.problems(), *other.problems()] == []


@pytest.fixture
def world(space: Space, item: LibraryItem, kari: User, ola: User) -> dict[str, Any]:
    """An item to look through, talked about, made into another, reported; a principle and a lesson it is about."""
    post = discuss_item(author=ola, item=item, title="Hvor ofte møtes dere?", source="<p>Hva gjør dere?</p>")
    answer = reply(author=kari, topic=post.topic, source="<p>Annenhver uke.</p>")
    accept_answer(person=ola, topic=post.topic, post=answer)
    lesson = factories.LessonPageFactory.create(published=True)
    principle = factories.PrincipleFactory.create(name="Fleksibilitet")
    course = lesson.get_parent().specific
    course.principles.add(principle)
    course.save_revision().publish()
    item.principles.create(principle_key=principle.translation_key)
    LibraryItem.objects.filter(pk=item.pk).update(review_on=timezone.localdate() - timedelta(days=3))
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    report_item(reporter=ola, item=item, reason=Report.Reason.RIGHTS, message="Bildet er ikke vårt.")
    return {
        "topic": post.topic,
        "answer": answer,
        "lesson": page_path(lesson),
        "principle": principle.get_absolute_url(),
        "facilitator": facilitator,
    }


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    space: Space,
    item: LibraryItem,
    kari: User,
    ola: User,
    world: dict[str, Any],
    open_page: Opener,
    site_server: Any,
    scheme: str,
    width: int,
) -> None:
    pages = {
        kari: [item.get_absolute_url(), world["topic"].get_absolute_url(), world["principle"]],
        ola: [
            item.get_absolute_url(),
            f"{reverse('forum:library-share')}?svar={world['answer'].pk}",
            reverse("forum:library-report", args=[item.pk]),
            reverse("forum:library-report-thanks", args=[item.pk]),
            f"{reverse('forum:library')}?q=avtale",
        ],
        world["facilitator"]: [
            reverse("forum:space-moderation", args=[space.slug]),
            reverse("forum:space-item-case", args=[space.slug, item.pk]),
        ],
    }
    found = {}
    for person, addresses in pages.items():
        page = open_page(user=person, color_scheme=scheme, width=width)
        for path in addresses:
            page.goto(f"{site_server.url}{path}")
            wrong = [*page.axe_violations(), *(["scrolls sideways"] if page.scrolls_sideways() else [])]
            if wrong:
                found[path] = wrong
        assert page.problems() == []
    assert found == {}


def test_a_lesson_fetches_what_there_is_when_one_comes_to_it(
    item: LibraryItem, ola: User, world: dict[str, Any], open_page: Opener, site_server: Any
) -> None:
    page = open_page(user=ola)
    page.goto(f"{site_server.url}{world['lesson']}")
    page.locator("#practice-title").scroll_into_view_if_needed()
    page.get_by_role("link", name="Samarbeidsavtale mellom kommune og helseforetak").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Samarbeidsavtale mellom kommune og helseforetak")
    assert page.problems() == []
    plain = open_page(user=ola, java_script_enabled=False)
    plain.goto(f"{site_server.url}{world['lesson']}")
    plain.get_by_role("link", name="Se hva andre team bruker").click()
    expect(plain.get_by_role("link", name="Samarbeidsavtale mellom kommune og helseforetak")).to_be_visible()
