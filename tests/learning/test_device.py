"""What a page tells a browser of its reader: whose it is, and where a film was left."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import LessonPage
from courses.urls_of import page_path
from learning.actions import record_film
from learning.device import learner_token
from people.models import User
from tests import factories
from tests.learning.films import film_lesson, film_of

pytestmark = pytest.mark.django_db

DEVICE = re.compile(r'<meta name="flett-device" content="([0-9a-f]*)" data-events="([^"]*)" data-login="([^"]*)">')


@pytest.fixture
def lesson(home: Any) -> LessonPage:
    return film_lesson(films=[60, 30])


def page_of(client: Client, lesson: LessonPage, prefix: str = "") -> str:
    return " ".join(client.get(f"{prefix}{page_path(lesson)}").content.decode().split())


def test_a_page_says_whose_browser_it_is_without_saying_who(
    learner_client: Client, learner: User, lesson: LessonPage
) -> None:
    found = DEVICE.findall(page_of(learner_client, lesson))
    assert found == [(learner_token(learner), "/laering/hendelser/", "/konto/login/")]
    assert DEVICE.findall(page_of(learner_client, lesson, "/da"))[0][1:] == (
        "/da/laering/hendelser/",
        "/da/konto/login/",
    )


def test_an_anonymous_reader_has_no_token_and_no_state(client: Client, lesson: LessonPage) -> None:
    page = page_of(client, lesson)
    assert DEVICE.findall(page) == [("", "/laering/hendelser/", "/konto/login/")]
    assert "data-film-state" not in page
    assert client.cookies == {}


def test_a_kept_page_shows_each_reader_their_own(client: Client, learner: User, lesson: LessonPage) -> None:
    record_film(learner=learner, **film_of(lesson), segments=[[0, 15]], position=15)
    record_film(learner=learner, **film_of(lesson, 1), segments=[[0, 30]], position=30)
    other = factories.UserFactory.create()
    for _ in range(2):
        client.force_login(learner)
        page = page_of(client, lesson)
        assert re.findall(r'data-position="([\d.]+)" data-segments="(.*?)"', page) == [
            ("15.0", "[[0.0, 15.0]]"),
            ("30.0", "[[0.0, 30.0]]"),
        ]
        assert "Sett 25 % av filmen. Du slapp ved 0:15." in page
        assert "Sett 100 % av filmen. </p>" in page
        client.force_login(other)
        page = page_of(client, lesson)
        assert re.findall(r'data-position="([\d.]+)" data-segments="(.*?)"', page) == [("0.0", "[]")] * 2
        assert "av filmen. Du slapp" not in page


def test_an_editors_preview_keeps_nothing(administrator_client: Client, lesson: LessonPage) -> None:
    for mode in ("anonymous", "learner"):
        response = lesson.make_preview_request(preview_mode=mode)
        page = response.content.decode()
        assert "<video" in page
        assert "flett-device" not in page
        assert "data-film-state" not in page


@pytest.mark.parametrize("films", [1, 12])
def test_films_cost_a_page_one_query(learner_client: Client, learner: User, home: Any, films: int) -> None:
    without = factories.LessonPageFactory.create(published=True)
    lesson = film_lesson(films=[60] * films)
    record_film(learner=learner, **film_of(lesson), segments=[[0, 5]], position=5, age=timedelta(seconds=1))
    counts = []
    for page in (without, lesson):
        page_of(learner_client, page)
        with CaptureQueriesContext(connection) as captured:
            page_of(learner_client, page)
        counts.append(len(captured))
    assert counts[1] == counts[0] + 1
    assert counts[1] <= 14
