"""The door for what browsers send by themselves."""

import json
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import LessonPage
from learning.actions import events as events_module
from learning.actions import undo_completion
from learning.device import learner_token
from learning.models import Enrolment, FilmProgress, LessonCompletion, LessonProgress
from learning.views.events import MOST_EVENTS, MOST_POSTS_A_MINUTE
from people.models import User
from tests import factories
from tests.learning.films import film_lesson, film_of

pytestmark = pytest.mark.django_db

ADDRESS = "/laering/hendelser/"


@pytest.fixture
def course(home: Any) -> Any:
    return factories.CoursePageFactory.create(title="Fleksibilitet")


@pytest.fixture
def lessons(course: Any) -> list[LessonPage]:
    return [factories.LessonPageFactory.create(parent=course, published=True) for _ in range(3)]


def event(lesson: Any, kind: str = "completed", **more: Any) -> dict[str, Any]:
    key = str(getattr(lesson, "translation_key", lesson))
    return {"id": str(uuid.uuid4()), "kind": kind, "lesson": key, "age": 0, **more}


def film_event(lesson: LessonPage, *segments: Any, position: Any = 0, **more: Any) -> dict[str, Any]:
    film = film_of(lesson)
    return event(
        lesson,
        "film",
        block=str(film["block_id"]),
        film=str(film["film_key"]),
        segments=list(segments),
        position=position,
        **more,
    )


def send(client: Client, *events: Any, address: str = ADDRESS, **more: Any) -> Any:
    return client.post(address, json.dumps({"events": list(events), **more}), content_type="application/json")


def ticks(learner: User) -> int:
    return LessonCompletion.objects.filter(learner=learner, undone_at__isnull=True).count()


def test_a_tick_is_kept_and_answered_in_words(learner_client: Client, learner: User, lessons: Any, course: Any) -> None:
    sent = event(lessons[0])
    answer = send(learner_client, sent)
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "application/json",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert answer.json() == {
        "done": [sent["id"]],
        "refused": {},
        "ticked": [str(lessons[0].translation_key)],
        "subjects": {
            str(course.translation_key): {
                "percent": 33,
                "done": 1,
                "required": 3,
                "text": "33 % fullført · 1 av 3 leksjoner",
            }
        },
        "films": {},
    }
    assert ticks(learner) == 1


def test_a_replay_changes_nothing_and_is_answered_the_same(learner_client: Client, learner: User, lessons: Any) -> None:
    sent = event(lessons[0])
    first, second = send(learner_client, sent).json(), send(learner_client, sent).json()
    assert first == second
    assert LessonCompletion.objects.count() == 1
    assert send(learner_client, sent, sent).json()["done"] == [sent["id"]] * 2
    assert LessonCompletion.objects.count() == 1


def test_a_replay_does_not_bring_back_a_tick_that_was_taken_back(
    learner_client: Client, learner: User, lessons: Any
) -> None:
    sent = event(lessons[0])
    send(learner_client, sent)
    undo_completion(learner=learner, lesson_key=lessons[0].translation_key)
    answer = send(learner_client, sent).json()
    assert (answer["done"], answer["ticked"], answer["subjects"]) == ([sent["id"]], [], {})
    assert ticks(learner) == 0


def test_a_path_gets_its_figures_too(learner_client: Client, lessons: Any, course: Any) -> None:
    path = factories.LearningPathPageFactory.create(courses=[course])
    answer = send(learner_client, event(lessons[0], path=str(path.translation_key)), event(lessons[1])).json()
    assert {key: value["percent"] for key, value in answer["subjects"].items()} == {
        str(course.translation_key): 66,
        str(path.translation_key): 66,
    }


def test_opening_a_lesson_is_where_one_goes_on(learner_client: Client, learner: User, lessons: Any) -> None:
    send(learner_client, event(lessons[1], "opened"), event(lessons[0], "opened", age=60_000))
    assert Enrolment.objects.get(learner=learner).last_lesson_key == lessons[1].translation_key
    assert ticks(learner) == 0


def test_a_film_completes_its_lesson(learner_client: Client, learner: User, home: Any) -> None:
    lesson = film_lesson()
    answer = send(learner_client, film_event(lesson, [0, 30], position=30)).json()
    block = str(film_of(lesson)["block_id"])
    assert (answer["ticked"], answer["films"]) == ([], {block: {"percent": 50, "segments": [[0.0, 30.0]]}})
    answer = send(learner_client, film_event(lesson, [0, 30], [30, 59.2], position=59.2, ended=True)).json()
    assert answer["ticked"] == [str(lesson.translation_key)]
    assert [each["percent"] for each in answer["subjects"].values()] == [100]
    film = FilmProgress.objects.get(learner=learner)
    assert (film.segments, film.position) == ([[0.0, 60.0]], 59.2)


def test_events_that_cannot_be_taken_are_refused_and_the_rest_go_on(
    learner_client: Client, learner: User, lessons: Any
) -> None:
    by_film = film_lesson()
    good, unknown, by_hand = event(lessons[0]), event(uuid.uuid4()), event(by_film)
    wrong_film = film_event(by_film, [0, 1]) | {"film": str(uuid.uuid4())}
    wrong_place = film_event(by_film, [0, 1], position=-1)
    no_place = film_event(by_film, [0, 1], position=None)
    answer = send(
        learner_client, "x", unknown, by_hand, wrong_film, wrong_place, no_place, good, {"id": "7", "kind": "completed"}
    ).json()
    assert answer["done"] == [good["id"]]
    assert answer["refused"] == {
        "#0": "malformed",
        unknown["id"]: "unknown_lesson",
        by_hand["id"]: "not_by_hand",
        wrong_film["id"]: "unknown_film",
        wrong_place["id"]: "malformed",
        no_place["id"]: "malformed",
        "7": "malformed",
    }
    assert ticks(learner) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"id": "11111111-1111-1111-8111-111111111111"},  # version 1
        {"id": 7},
        {"kind": "erased"},
        {"kind": ["completed"]},
        {"lesson": "x" * 36},
        {"lesson": None},
        {"lesson": 10**30},
        {"age": "1"},
        {"age": True},
        {"age": float("nan")},
        {"path": "fact"},
        {"path": 5},
    ],
)
def test_malformed_events_are_refused(learner_client: Client, learner: User, lessons: Any, wrong: Any) -> None:
    answer = send(learner_client, event(lessons[0]) | wrong)
    assert answer.status_code == 200
    assert list(answer.json()["refused"].values()) == ["malformed"]
    assert LessonProgress.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "7", "null", '{"events": 7}', '{"event": []}', "[" * 60_000, "\ud800".encode("utf-8", "ignore")],
)
def test_what_is_no_batch_is_refused_whole(learner_client: Client, body: Any) -> None:
    answer = learner_client.post(ADDRESS, body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (400, {"error": "malformed"})


def test_other_kinds_of_bodies_are_refused(learner_client: Client, lessons: Any) -> None:
    answer = learner_client.post(ADDRESS, {"events": json.dumps([event(lessons[0])])})  # multipart
    assert (answer.status_code, answer.json()) == (400, {"error": "malformed"})


def test_too_many_and_too_much_is_refused_whole(learner_client: Client, learner: User, lessons: Any) -> None:
    assert send(learner_client, *[event(lessons[0]) for _ in range(MOST_EVENTS + 1)]).status_code == 413
    answer = send(learner_client, event(lessons[0]) | {"note": "x" * 70_000})
    assert (answer.status_code, answer.json()) == (413, {"error": "too_much"})
    assert ticks(learner) == 0
    assert len(send(learner_client, *[event(lessons[0], "opened") for _ in range(MOST_EVENTS)]).json()["done"]) == 50


@pytest.mark.parametrize(
    ("age", "days"),
    [(0, 0), (3_600_000, 1 / 24), (-5_000_000, 0), (10**30, 30), (1e300, 30), (float("inf"), 30)],
)
def test_devices_with_wrong_clocks_say_only_how_long_ago(
    learner_client: Client, learner: User, lessons: Any, age: Any, days: float
) -> None:
    send(learner_client, event(lessons[0], age=age))
    ago = timezone.now() - LessonCompletion.objects.get(learner=learner).completed_at
    assert timedelta(days=days) <= ago < timedelta(days=days, minutes=1)


def test_two_devices_with_different_clocks_agree_on_the_place(learner_client: Client, home: Any) -> None:
    """The phone was paused an hour ago and gets network now; the PC was paused a minute ago."""
    lesson = film_lesson()
    send(learner_client, film_event(lesson, [0, 50], position=50, age=60_000))
    send(learner_client, film_event(lesson, [0, 8], position=8, age=3_600_000))
    film = FilmProgress.objects.get()
    assert (film.position, film.segments) == (50.0, [[0.0, 50.0]])


def test_nobody_signed_in_is_told_in_json(client: Client, lessons: Any) -> None:
    answer = send(client, event(lessons[0]))
    assert (answer.status_code, answer.json()) == (401, {"error": "signed_out"})
    assert client.get(ADDRESS).status_code == 401
    assert LessonProgress.objects.count() == 0


def test_what_was_kept_for_one_person_is_not_taken_as_anothers(
    learner_client: Client, learner: User, lessons: Any
) -> None:
    """On a shared computer Kari's page may be open when Ola signs in."""
    kari = factories.UserFactory.create()
    answer = send(learner_client, event(lessons[0]), learner=learner_token(kari))
    assert (answer.status_code, answer.json()) == (409, {"error": "other_learner"})
    assert LessonProgress.objects.count() == 0
    assert send(learner_client, event(lessons[0]), learner=learner_token(learner)).status_code == 200
    assert send(learner_client, event(lessons[0]), learner="æøå").status_code == 409


def test_one_persons_event_says_nothing_of_anothers(client: Client, learner: User, lessons: Any) -> None:
    other = factories.UserFactory.create()
    sent = event(lessons[0])
    for person in (learner, other):
        client.force_login(person)
        assert send(client, sent).json()["done"] == [sent["id"]]
    assert (ticks(learner), ticks(other)) == (1, 1)


def test_a_token_is_of_one_person_and_tells_nothing(learner: User) -> None:
    other = factories.UserFactory.create()
    assert learner_token(learner) == learner_token(User.objects.get(pk=learner.pk)) != learner_token(other)
    assert len(learner_token(learner)) == 24


@pytest.fixture
def strict_client(learner: User) -> Client:
    """A client that is held to the rules of cross-site requests, as browsers are."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    return client


def test_a_stale_token_is_told_in_json_and_a_fresh_one_can_be_fetched(
    strict_client: Client, learner: User, lessons: Any
) -> None:
    answer = send(strict_client, event(lessons[0]))
    assert (answer.status_code, answer.json()) == (403, {"error": "csrf"})
    found = strict_client.get(ADDRESS).json()
    assert found["learner"] == learner_token(learner)
    body = json.dumps({"events": [event(lessons[0])]})
    headers = {"X-CSRFToken": found["csrf"]}
    assert strict_client.post(ADDRESS, body, content_type="application/json", headers=headers).status_code == 200
    assert ticks(learner) == 1


def test_a_beacon_carries_its_token_in_the_form(strict_client: Client, learner: User, lessons: Any) -> None:
    token = strict_client.get(ADDRESS).json()["csrf"]
    fields = {"events": json.dumps([event(lessons[0])]), "learner": learner_token(learner)}
    kind = "application/x-www-form-urlencoded"
    assert strict_client.post(ADDRESS, urlencode(fields), content_type=kind).status_code == 403
    answer = strict_client.post(ADDRESS, urlencode({**fields, "csrfmiddlewaretoken": token}), content_type=kind)
    assert (answer.status_code, len(answer.json()["done"])) == (200, 1)
    other = urlencode({**fields, "csrfmiddlewaretoken": token, "learner": "0" * 24})
    assert strict_client.post(ADDRESS, other, content_type=kind).status_code == 409


def test_a_flood_is_slowed_down_for_that_person_alone(client: Client, learner: User, lessons: Any) -> None:
    client.force_login(learner)
    cache.set(f"learning-events:{learner.pk}", MOST_POSTS_A_MINUTE - 1, 60)
    assert send(client, event(lessons[0])).status_code == 200
    answer = send(client, event(lessons[1]))
    assert (answer.status_code, answer["Retry-After"], answer.json()) == (429, "60", {"error": "slow_down"})
    client.force_login(factories.UserFactory.create())
    assert send(client, event(lessons[1])).status_code == 200
    assert ticks(learner) == 1


def test_an_event_the_database_could_not_keep_is_left_to_be_sent_again(
    learner_client: Client, learner: User, lessons: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = event(lessons[0]), event(lessons[1])
    really = events_module.take_event

    def busy(*, learner: User, event: Any) -> Any:
        if str(event.id) == first["id"]:
            raise OperationalError("database is locked")
        return really(learner=learner, event=event)

    monkeypatch.setattr(events_module, "take_event", busy)
    answer = send(learner_client, first, second).json()
    assert (answer["done"], answer["refused"]) == ([second["id"]], {})


@pytest.mark.parametrize(
    ("language", "words"), [("nb", "33 % fullført · 1 av 3 leksjoner"), ("da", None), ("en", None)]
)
def test_progress_is_told_in_the_language_being_read(
    learner_client: Client, lessons: Any, language: str, words: str | None
) -> None:
    address = ADDRESS if language == "nb" else f"/{language}{ADDRESS}"
    (subject,) = send(learner_client, event(lessons[0]), address=address).json()["subjects"].values()
    if words is None:
        assert subject["text"] != "33 % fullført · 1 av 3 leksjoner"
    else:
        assert subject["text"] == words


def test_other_methods_are_not_there(learner_client: Client) -> None:
    assert learner_client.put(ADDRESS).status_code == 405


# --- what it costs ------------------------------------------------------------------------------------


def count(client: Client, *events: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert len(send(client, *events).json()["done"]) == len(events)
    return len(captured)


@pytest.mark.parametrize("size", [1, 60])
def test_queries_of_a_tick(learner_client: Client, course: Any, size: int) -> None:
    """Session and reader; the savepoint and its release; one each for the lesson, the line, what is known of it, what
    is begun, the tick, the lesson's row, the summary and writing it."""
    lessons = [factories.LessonPageFactory.create(parent=course, published=True) for _ in range(size + 1)]
    send(learner_client, event(lessons[0], "opened"))
    send(learner_client, event(lessons[1], "opened"))
    assert count(learner_client, event(lessons[0])) == 12


@pytest.mark.parametrize("films", [1, 20])
def test_queries_of_a_film(learner_client: Client, home: Any, films: int) -> None:
    """Session and reader; the savepoint and its release; one each for the films, the line, the lesson's row, what was
    seen, and writing it."""
    lesson = film_lesson(films=[60] * films)
    send(learner_client, film_event(lesson, [0, 1]))
    assert count(learner_client, film_event(lesson, [1, 5])) == 9


def test_queries_of_the_film_event_that_completes_a_lesson(learner_client: Client, lessons: Any, course: Any) -> None:
    """What a tick costs is added, once for each lesson."""
    lesson = film_lesson(parent=course)
    send(learner_client, event(lesson, "opened"), film_event(lesson, [0, 1]))
    assert count(learner_client, film_event(lesson, [0, 60])) == 16


def test_queries_of_a_film_seen_again(learner_client: Client, home: Any) -> None:
    lesson = film_lesson()
    send(learner_client, event(lesson, "opened"), film_event(lesson, [0, 60]))
    assert count(learner_client, film_event(lesson, [0, 60])) == 11


def test_queries_of_opening(learner_client: Client, lessons: Any) -> None:
    send(learner_client, event(lessons[0], "opened"))
    assert count(learner_client, event(lessons[0], "opened")) == 9
