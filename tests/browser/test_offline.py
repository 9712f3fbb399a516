"""Ticks in a real browser when something is in the way: no network, a session that ended, a tab that closes, a
computer that is shared. None is lost, and none becomes another person's."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from courses.models import LessonPage
from courses.urls_of import page_path
from learning.models import Enrolment, LessonCompletion
from people.models import User
from tests import factories
from tests.browser.conftest import sign_in

pytestmark = pytest.mark.django_db(transaction=True)

LINE = "[data-device-line]"
OFFLINE = "Ingen nett akkurat nå. Lagret på denne enheten."
SIGNED_OUT = "Lagret på denne enheten. Sendes når du har logget inn igjen."
EVENTS = "**/laering/hendelser/"


@pytest.fixture
def lessons(site_server: Any) -> list[LessonPage]:
    course = factories.CoursePageFactory.create(title="Fleksibilitet")
    return [
        factories.LessonPageFactory.create(parent=course, title=title, published=True)
        for title in ("Innledning", "Tavla", "Oppsummering")
    ]


@pytest.fixture
def kari(site_server: Any) -> User:
    return factories.UserFactory.create(first_name="Kari")


def ticked(person: User) -> set[Any]:
    return set(LessonCompletion.objects.filter(learner=person, undone_at=None).values_list("lesson_key", flat=True))


def soon(found: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What the server comes to know, when it knows it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("it was never kept")


def complete(page: Any) -> None:
    page.locator("form[data-complete] button").click()


def tick_of(page: Any, lesson: LessonPage) -> Any:
    """What the side bar says of a lesson, in the words a screen reader reads."""
    return page.locator(f'.path-nav [data-tick="{lesson.translation_key}"]').first


def kept_events(page: Any) -> list[str]:
    return list(page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('flett:event:'))"))


def test_a_tick_without_network_is_kept_shown_and_sent_later(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    expect(page.locator(LINE)).to_have_text(OFFLINE)
    expect(tick_of(page, lessons[0])).to_have_text(", fullført")
    expect(page.locator("[data-lesson-status]")).to_have_text("Fullført")
    expect(page.locator("form[data-complete]")).to_have_count(0)
    expect(page.get_by_role("link", name="Neste leksjon")).to_have_attribute("href", page_path(lessons[1]))
    expect(page.get_by_role("link", name="Neste leksjon")).to_be_focused()
    assert ticked(kari) == set()
    page.context.set_offline(False)
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(page.locator(LINE)).to_have_text("Sendt. Alt er lagret.")
    expect(page.locator(".path-nav [data-progress-text]")).to_have_text("33 % fullført · 1 av 3 leksjoner")
    assert kept_events(page) == []
    assert page.axe_violations() == []


def test_a_tick_is_kept_when_the_tab_closes_at_once(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.locator("form[data-complete] button").click(no_wait_after=True)
    page.page.close()
    again = page.context.new_page()
    again.goto(f"{site_server.url}{page_path(lessons[1])}")
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    assert LessonCompletion.objects.count() == 1


def test_a_tick_without_network_outlives_its_tab(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    expect(page.locator(LINE)).to_have_text(OFFLINE)
    page.page.close()
    page.context.set_offline(False)
    assert ticked(kari) == set()
    again = page.context.new_page()
    again.goto(f"{site_server.url}{page_path(lessons[2])}")
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(tick_of(again, lessons[0])).to_have_text(", fullført")


def held(page: Any, pattern: str) -> list[Any]:
    """Requests to this address, held back until the test lets them go."""
    found: list[Any] = []
    page.route(pattern, lambda route: found.append(route))
    return found


def until(page: Any, is_so: Callable[[], Any]) -> None:
    """Wait for what the browser does."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end, "it never came"
        page.wait_for_timeout(20)


THIRD = "33 % fullført · 1 av 3 leksjoner"


def test_a_tick_that_was_kept_while_the_next_page_was_on_its_way_is_shown_there(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    """The next page was made before the server knew of the tick; the page one leaves heard that it was kept."""
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    expect(page.locator(LINE)).to_have_text(OFFLINE)
    events, next_pages = held(page, EVENTS), held(page, f"**{page_path(lessons[1])}")
    page.context.set_offline(False)
    until(page, lambda: events)
    heard: list[Any] = []
    page.page.on("console", lambda said: heard.append(said) if said.text == "heard" else None)
    page.evaluate(
        """() => {
          document.addEventListener("flett:progress", () => console.info("heard"));
          setTimeout(() => document.querySelector(".lesson-nav-next[rel=next]").click());
        }"""
    )
    until(page, lambda: next_pages)
    made_before = next_pages[0].fetch()
    events[0].continue_()
    until(page, lambda: heard)
    assert ticked(kari) == {lessons[0].translation_key}
    next_pages[0].fulfill(response=made_before)
    page.wait_for_url(f"**{page_path(lessons[1])}")
    expect(tick_of(page, lessons[0])).to_have_text(", fullført")
    expect(page.locator(".path-nav [data-progress-text]")).to_have_text(THIRD)
    assert ticked(kari) == {lessons[0].translation_key}


def test_what_waits_in_the_browser_is_shown_as_done_until_the_server_has_answered(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    expect(page.locator(LINE)).to_have_text(OFFLINE)
    page.page.close()
    page.context.set_offline(False)
    again = page.context.new_page()
    events = held(again, EVENTS)
    again.goto(f"{site_server.url}{page_path(lessons[0])}")
    expect(tick_of(again, lessons[0])).to_have_text(", fullført")
    expect(tick_of(again, lessons[1])).to_have_text("")
    expect(again.locator("form[data-complete]")).to_have_count(0)
    until(again, lambda: events)
    assert (ticked(kari), len(kept_events(again))) == (set(), 1)
    events[0].continue_()
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(again.locator(".path-nav [data-progress-text]")).to_have_text(THIRD)
    assert kept_events(again) == []


def test_what_is_undone_is_not_shown_as_done_by_what_was_heard_before(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    page.context.set_offline(False)
    expect(page.locator(LINE)).to_have_text("Sendt. Alt er lagret.")
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.get_by_role("button", name="Angre").click()
    expect(page.locator("form[data-complete]")).to_have_count(1)
    page.goto(f"{site_server.url}{page_path(lessons[1])}")
    expect(tick_of(page, lessons[0])).to_have_text("")
    assert ticked(kari) == set()


def test_a_tick_after_the_session_ended_is_there_after_signing_in(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    EmailAddress.objects.create(user=kari, email=kari.email, primary=True, verified=True)
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    Session.objects.all().delete()
    complete(page)
    page.wait_for_url("**/konto/login/**")
    assert ticked(kari) == set()
    page.locator("[name=login]").fill(kari.email)
    page.locator("[name=password]").fill(factories.PASSWORD)
    page.locator("form:has([name=password]) button[type=submit]").first.click()
    page.wait_for_url(f"**{page_path(lessons[0])}")
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(tick_of(page, lessons[0])).to_have_text(", fullført")


def test_what_waits_while_signed_out_says_so_with_a_way_in(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari, width=360, height=800)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    Session.objects.all().delete()
    page.context.set_offline(False)
    expect(page.locator(LINE)).to_have_text(f"{SIGNED_OUT} Logg inn")
    way_in = f"/konto/login/?next={quote(page_path(lessons[0]), safe='')}"
    expect(page.locator(f"{LINE} a")).to_have_attribute("href", way_in)
    assert not page.scrolls_sideways()
    assert page.axe_violations() == []
    sign_in(page.context, kari, site_server.url)
    page.reload()
    soon(lambda: ticked(kari) == {lessons[0].translation_key})


def test_what_one_person_did_is_never_sent_as_anothers(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    """A computer of the ward: Kari's page stands open when Ola signs in."""
    ola = factories.UserFactory.create(first_name="Ola")
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    sign_in(page.context, ola, site_server.url)
    page.context.set_offline(False)
    expect(page.locator(LINE)).to_contain_text(SIGNED_OUT)
    page.goto(f"{site_server.url}{page_path(lessons[1])}")
    complete(page)
    soon(lambda: ticked(ola) == {lessons[1].translation_key})
    assert ticked(kari) == set()
    sign_in(page.context, kari, site_server.url)
    page.goto(f"{site_server.url}{page_path(lessons[2])}")
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    assert ticked(ola) == {lessons[1].translation_key}


def test_a_page_that_has_been_open_for_long_gets_a_fresh_token_by_itself(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    page.context.clear_cookies(name="csrftoken")
    page.context.set_offline(False)
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(page.locator(LINE)).to_have_text("Sendt. Alt er lagret.")


def test_two_tabs_show_the_same_and_send_it_once(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    one = open_page(user=kari)
    one.goto(f"{site_server.url}{page_path(lessons[0])}")
    other = one.context.new_page()
    other.goto(f"{site_server.url}{page_path(lessons[1])}")
    soon(lambda: Enrolment.objects.filter(learner=kari).exists())
    sent: list[str] = []
    for tab in (one.page, other):
        tab.on(  # what was tried before the browser knew it was offline has never left the device
            "requestfinished",
            lambda request: sent.append(request.post_data or "") if "hendelser" in request.url else None,
        )
    one.context.set_offline(True)
    complete(one)
    expect(one.locator(LINE)).to_have_text(OFFLINE)
    one.context.set_offline(False)
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(tick_of(other, lessons[0])).to_have_text(", fullført")
    soon(lambda: any("completed" in body for body in sent))
    assert sum("completed" in body for body in sent) == 1


def test_signing_out_sends_first_what_is_waiting(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.route(EVENTS, lambda route: route.abort())
    page.context.set_offline(True)
    complete(page)
    page.context.set_offline(False)
    expect(page.locator(LINE)).not_to_be_empty()
    page.unroute(EVENTS)
    page.locator(".account-menu summary").click()
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url(f"{site_server.url}/")
    assert ticked(kari) == {lessons[0].translation_key}
    assert kept_events(page) == []


def test_the_place_is_remembered_when_the_page_has_been_looked_at(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[1])}")
    assert not Enrolment.objects.exists()
    soon(lambda: Enrolment.objects.filter(learner=kari, last_lesson_key=lessons[1].translation_key).exists())
    assert page.problems() == []


def tick_as_nobody(page: Any, server: Any, lessons: list[LessonPage]) -> None:
    """Two lessons, ticked without signing in."""
    page.goto(f"{server.url}{page_path(lessons[0])}")
    complete(page)
    page.wait_for_url(f"**{page_path(lessons[1])}")
    expect(tick_of(page, lessons[0])).to_have_text(", fullført")
    complete(page)
    page.wait_for_url(f"**{page_path(lessons[2])}")


def test_ticks_made_without_signing_in_are_taken_along_by_whoever_says_yes(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(width=360, height=800)
    tick_as_nobody(page, site_server, lessons)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    expect(page.locator("[data-lesson-status]")).to_have_text(
        "Fullført på denne enheten. Logg inn for å ta det med deg."
    )
    assert [url for url in page.requests if "hendelser" in url] == []
    sign_in(page.context, kari, site_server.url)
    page.reload()
    card = page.locator("[data-device-ask]")
    expect(card.get_by_role("heading")).to_have_text("Du har fullført 2 leksjoner på denne enheten. Vil du ta dem med?")
    card.locator("summary").click()
    expect(card.get_by_role("listitem").first).to_contain_text("Innledning (")
    assert not page.scrolls_sideways()
    assert page.axe_violations() == []
    card.get_by_role("button", name="Ja, ta med").click()
    soon(lambda: ticked(kari) == {lessons[0].translation_key, lessons[1].translation_key})
    expect(card.get_by_role("heading")).to_have_text("Lagt til i framdriften din.")
    expect(card.get_by_role("heading")).to_be_focused()
    page.reload()
    expect(tick_of(page, lessons[1])).to_have_text(", fullført")
    expect(card).to_be_hidden()
    assert page.problems() == []


def test_ticks_made_without_signing_in_are_forgotten_by_whoever_says_no(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page()
    tick_as_nobody(page, site_server, lessons)
    sign_in(page.context, kari, site_server.url)
    page.goto(f"{site_server.url}/min-side/")
    page.get_by_role("button", name="Nei, slett").click()
    expect(page.locator("[data-device-question]")).to_have_text("Slettet fra denne enheten.")
    page.reload()
    expect(page.locator("[data-device-ask]")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('flett:anonymous')") is None
    assert ticked(kari) == set()


def test_what_is_older_than_thirty_days_is_asked_of_nobody(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page()
    tick_as_nobody(page, site_server, lessons)
    page.evaluate(
        """() => {
          const ticks = JSON.parse(localStorage.getItem("flett:anonymous"));
          ticks[0].at -= 31 * 24 * 3600 * 1000;
          localStorage.setItem("flett:anonymous", JSON.stringify(ticks));
          localStorage.setItem("flett:event:someone:old", JSON.stringify({ kind: "completed", at: 0 }));
        }"""
    )
    sign_in(page.context, kari, site_server.url)
    page.goto(f"{site_server.url}{page_path(lessons[2])}")
    expect(page.locator("[data-device-question]")).to_have_text(
        "Du har fullført 1 leksjon på denne enheten. Vil du ta den med?"
    )
    assert kept_events(page) == []


def test_a_tick_made_in_one_language_is_there_in_another(
    site_server: Any, open_page: Callable[..., Any], lessons: list[LessonPage], kari: User
) -> None:
    page = open_page(user=kari)
    page.goto(f"{site_server.url}{page_path(lessons[0])}")
    page.context.set_offline(True)
    complete(page)
    page.goto("about:blank")  # nothing but the next page may send it
    page.context.set_offline(False)
    page.goto(f"{site_server.url}/en{page_path(lessons[0])}")
    soon(lambda: ticked(kari) == {lessons[0].translation_key})
    expect(page.locator("form[data-complete]")).to_have_count(0)
