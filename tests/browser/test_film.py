"""Films in a real browser: what was played is kept, what was jumped over is not, and one goes on where one was."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test.testcases import _MediaFilesHandler
from playwright.sync_api import expect

from courses.models import LessonPage
from courses.urls_of import page_path
from learning.models import FilmProgress, LessonProgress
from people.models import User
from tests import factories
from tests.learning.playable import SECONDS, playable_film

pytestmark = pytest.mark.django_db(transaction=True)


def film_page(*, completion: str = "film", **film: Any) -> LessonPage:
    value = {"film": playable_film(**film).pk, "title": "Teamlederen forteller", "intro": "", "name_plate": {}}
    return factories.LessonPageFactory.create(
        title="Rollefilm", body=factories.make_body(("film", value)), completion=completion, published=True
    )


@pytest.fixture(autouse=True)
def _media_with_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django's test server sends whole files, and no browser can seek in those: let our own view serve them."""
    monkeypatch.setattr(_MediaFilesHandler, "_should_handle", lambda self, path: False)


@pytest.fixture
def lesson(site_server: Any) -> LessonPage:
    return film_page()


@pytest.fixture
def kari(site_server: Any) -> User:
    return factories.UserFactory.create(first_name="Kari")


def soon(found: Callable[[], Any], *, seconds: float = 20) -> Any:
    """What the server comes to know, when it knows it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("it was never kept")


def play(page: Any, *, until: float, speed: float = 8) -> None:
    """Play on from where the film is, and pause."""
    page.evaluate(
        """async ([until, speed]) => {
          const film = document.querySelector("video");
          film.muted = true;
          film.playbackRate = speed;
          await film.play();
          await new Promise((resolve) => {
            film.addEventListener("timeupdate", () => {
              if (film.currentTime >= until || film.ended) resolve();
            });
          });
          film.pause();
        }""",
        [until, speed],
    )


def seek(page: Any, to: float) -> None:
    page.evaluate(
        """(to) => new Promise((resolve) => {
          const film = document.querySelector("video");
          film.addEventListener("seeked", resolve, { once: true });
          film.currentTime = to;
        })""",
        to,
    )


def seen(person: User, least: float) -> FilmProgress | None:
    return FilmProgress.objects.filter(learner=person, seconds_watched__gte=least).first()


def open_lesson(page: Any, server: Any, lesson: LessonPage) -> None:
    page.goto(f"{server.url}{page_path(lesson)}")
    soon(lambda: page.evaluate("document.querySelector('video').readyState >= 1"))


def test_a_film_goes_on_on_another_device_where_it_was_left(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage, kari: User
) -> None:
    phone = open_page(user=kari, width=360, height=800)
    open_lesson(phone, site_server, lesson)
    play(phone, until=8.2)
    kept = soon(lambda: seen(kari, 8))
    assert 8 <= kept.position <= 12
    computer = open_page(user=kari)
    open_lesson(computer, site_server, lesson)
    clock = f"0:{int(kept.position):02d}"
    expect(computer.locator("[data-film-place]")).to_have_text(f"Du fortsetter der du slapp: {clock}")
    assert computer.evaluate("document.querySelector('video').currentTime") == pytest.approx(kept.position, abs=0.1)
    expect(computer.locator("[data-film-share]")).to_contain_text(f"Sett {kept.percent_watched} % av filmen.")
    assert computer.axe_violations() == []
    computer.get_by_role("button", name="Start på nytt").click()
    assert computer.evaluate("document.querySelector('video').currentTime") == 0
    expect(computer.locator("[data-film-resume]")).to_be_hidden()
    assert phone.problems() == computer.problems() == []


def test_a_film_played_to_its_end_completes_the_lesson_though_its_stated_length_is_longer(
    site_server: Any, open_page: Callable[..., Any], kari: User
) -> None:
    """Stated to be 40.05 seconds long, the file is 36: 89.9 % of it."""
    lesson = film_page(duration=40.05)
    page = open_page(user=kari)
    open_lesson(page, site_server, lesson)
    play(page, until=SECONDS + 1)
    soon(lambda: LessonProgress.objects.filter(learner=kari, completed_at__isnull=False).exists())
    assert FilmProgress.objects.get(learner=kari).percent_watched == 100
    expect(page.locator("[data-film-share]")).to_have_text("Sett 100 % av filmen.")
    assert page.problems() == []


def test_what_is_jumped_over_does_not_count(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage, kari: User
) -> None:
    page = open_page(user=kari)
    open_lesson(page, site_server, lesson)
    play(page, until=3)
    seek(page, 30)
    play(page, until=SECONDS + 1)
    kept = soon(lambda: seen(kari, 8))
    assert len(kept.segments) == 2
    assert kept.seconds_watched < 14
    assert not LessonProgress.objects.filter(learner=kari, completed_at__isnull=False).exists()
    expect(page.locator("[data-film-share]")).to_have_text(f"Sett {kept.percent_watched} % av filmen.")


def test_what_was_seen_in_the_last_second_before_the_tab_closed_is_kept(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage, kari: User
) -> None:
    page = open_page(user=kari)
    open_lesson(page, site_server, lesson)
    page.evaluate("document.querySelector('video').play()")
    soon(lambda: page.evaluate("document.querySelector('video').currentTime > 2"))
    with page.page.expect_event("close"):
        page.page.close(run_before_unload=True)
    kept = soon(lambda: seen(kari, 2))
    assert kept.position >= 2


def test_a_film_goes_on_in_another_language(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage, kari: User
) -> None:
    page = open_page(user=kari)
    open_lesson(page, site_server, lesson)
    play(page, until=6)
    kept = soon(lambda: seen(kari, 6))
    page.goto(f"{site_server.url}/da{page_path(lesson)}")
    soon(lambda: page.evaluate("document.querySelector('video').currentTime > 5"))
    assert page.evaluate("document.querySelector('video').currentTime") == pytest.approx(kept.position, abs=0.1)
    play(page, until=20)
    soon(lambda: seen(kari, 19))
    assert FilmProgress.objects.count() == 1


def test_a_new_recording_is_another_film(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage, kari: User
) -> None:
    page = open_page(user=kari)
    open_lesson(page, site_server, lesson)
    lesson.body[0].value["film"] = playable_film()
    lesson.save_revision().publish()
    play(page, until=4)
    expect(page.locator("[data-film-share]")).to_have_text("Filmen er byttet ut. Last siden på nytt for å se den nye.")
    assert FilmProgress.objects.count() == 0
    open_lesson(page, site_server, lesson)
    play(page, until=4)
    soon(lambda: seen(kari, 3.5))


def test_nothing_is_told_for_somebody_who_has_not_signed_in(
    site_server: Any, open_page: Callable[..., Any], lesson: LessonPage
) -> None:
    page = open_page()
    open_lesson(page, site_server, lesson)
    play(page, until=4)
    expect(page.locator("[data-film-state]")).to_have_count(0)
    assert [url for url in page.requests if "hendelser" in url] == []
    assert FilmProgress.objects.count() == 0
    assert page.problems() == []
