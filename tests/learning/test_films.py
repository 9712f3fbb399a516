"""Films: what is kept of playing them, and when they complete a lesson."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.models import ChangeKind, LessonPage
from learning.actions import UnknownFilmError, UnknownLessonError, record_film, start_again
from learning.models import Enrolment, FilmProgress, LessonCompletion, LessonProgress
from learning.segments import BadSegmentsError
from people.models import User
from tests import factories
from tests.learning.films import film_lesson, film_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson(home: Any) -> LessonPage:
    return film_lesson()


def play(
    learner: User, lesson: LessonPage, *segments: Any, place: int = 0, position: float = 0, **more: Any
) -> FilmProgress:
    film = film_of(lesson, place)
    return record_film(learner=learner, **film, segments=list(segments), position=position, **more).film


def is_done(learner: User, lesson: LessonPage) -> bool:
    return LessonProgress.objects.filter(
        learner=learner, lesson_key=lesson.translation_key, completed_at__isnull=False
    ).exists()


def test_pieces_grow_together(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 10])
    row = play(learner, lesson, [20, 30], [9.5, 12])
    assert (row.segments, row.seconds_watched, row.percent_watched, row.duration) == (
        [[0.0, 12.0], [20.0, 30.0]],
        22.0,
        36,
        60.0,
    )
    assert FilmProgress.objects.count() == 1


def test_ninety_percent_completes_the_lesson(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 53.9])
    assert not is_done(learner, lesson)
    event_id = uuid.uuid4()
    play(learner, lesson, [0, 54], event_id=event_id)
    tick = LessonCompletion.objects.get(learner=learner)
    assert (tick.how, tick.event_id, tick.lesson_key) == ("film", event_id, lesson.translation_key)
    assert Enrolment.objects.get(learner=learner).percent == 100


def test_seeking_past_does_not_count(learner: User, lesson: LessonPage) -> None:
    row = play(learner, lesson, [0, 3], [57, 60], ended=True, position=60)
    assert row.percent_watched == 10
    assert not is_done(learner, lesson)


def test_a_file_a_little_shorter_than_stated_counts_when_it_was_played_to_the_end(learner: User, home: Any) -> None:
    """The film is stated to be ten seconds; the file is 8.99: 89.9 %."""
    lesson = film_lesson(films=[10])
    play(learner, lesson, [0, 8.99])
    assert not is_done(learner, lesson)
    assert play(learner, lesson, [0, 8.99], ended=True).percent_watched == 100
    assert is_done(learner, lesson)


def test_every_film_of_the_lesson_has_to_be_seen(learner: User, home: Any) -> None:
    lesson = film_lesson(films=[60, 30])
    play(learner, lesson, [0, 60])
    assert not is_done(learner, lesson)
    play(learner, lesson, [0, 27], place=1)
    assert is_done(learner, lesson)


def test_a_lesson_that_is_ticked_by_hand_is_not_completed_by_its_film(learner: User, home: Any) -> None:
    lesson = film_lesson(completion="marked")
    assert play(learner, lesson, [0, 60]).percent_watched == 100
    assert not is_done(learner, lesson)


def test_the_place_moves_with_what_happened_last_whenever_it_comes(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 8], position=8, age=timedelta(minutes=5))
    play(learner, lesson, [0, 40], position=40, age=timedelta(days=2))
    row = FilmProgress.objects.get()
    assert (row.position, row.segments) == (8.0, [[0.0, 40.0]])
    assert play(learner, lesson, [8, 12], position=12).position == 12.0


def test_the_place_stays_within_the_film(learner: User, lesson: LessonPage) -> None:
    assert play(learner, lesson, position=400).position == 60.0


def test_a_clock_that_goes_wrong_is_not_believed(learner: User, lesson: LessonPage) -> None:
    before = timezone.now()
    row = play(learner, lesson, [0, 1], position=1, age=timedelta(days=-400))
    assert before <= row.position_at <= timezone.now()
    row = play(learner, film_lesson(), [0, 1], position=1, age=timedelta(days=4000))
    assert before - timedelta(days=31) < row.position_at < before - timedelta(days=29)


def test_a_new_recording_starts_anew_and_takes_no_completion_away(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 60])
    old = film_of(lesson)
    lesson.body[0].value["film"] = factories.MediaFactory.create(duration=100)
    lesson.save_revision().publish()
    with pytest.raises(UnknownFilmError):
        record_film(learner=learner, **old, segments=[[0, 5]], position=5)
    assert play(learner, lesson, [0, 10]).percent_watched == 10
    assert is_done(learner, lesson)
    assert FilmProgress.objects.count() == 2


def publish_again(lesson: LessonPage, kind: ChangeKind) -> None:
    lesson.change_kind = kind
    lesson.save_revision().publish()


def test_a_film_seen_before_is_seen_again_where_the_lesson_must_be_redone(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 60])
    publish_again(lesson, ChangeKind.MUST_REDO)
    assert play(learner, lesson, [0, 6]).percent_watched == 10
    assert LessonCompletion.objects.count() == 1
    play(learner, lesson, [30, 60], age=timedelta(days=1))  # what was played before is no answer
    assert play(learner, lesson, [6, 40]).percent_watched == 66
    assert LessonCompletion.objects.count() == 1
    play(learner, lesson, [40, 60])
    assert LessonCompletion.objects.count() == 2
    play(learner, lesson, [0, 1])
    assert (LessonCompletion.objects.count(), FilmProgress.objects.get().percent_watched) == (2, 100)


def test_an_edit_that_asks_for_nothing_leaves_the_film_as_it_is(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 60])
    publish_again(lesson, ChangeKind.NEW_CONTENT)
    assert play(learner, lesson, [0, 1]).percent_watched == 100
    assert LessonCompletion.objects.count() == 1


def test_a_new_attempt_asks_for_the_film_again(learner: User, lesson: LessonPage) -> None:
    play(learner, lesson, [0, 60])
    enrolment = Enrolment.objects.get()
    start_again(learner=learner, kind=enrolment.kind, subject_key=enrolment.subject_key)
    assert play(learner, lesson, [0, 6]).percent_watched == 10
    play(learner, lesson, [6, 60])
    assert [each.percent for each in Enrolment.objects.order_by("attempt")] == [100, 100]


def test_the_film_of_another_language_is_the_lessons_film_too(learner: User, lesson: LessonPage) -> None:
    danish = factories.MediaFactory.create(duration=50)
    copy = lesson.copy_for_translation(factories.make_locale("da"), copy_parents=True)
    copy.body[0].value["film"] = danish
    copy.save_revision().publish()
    key = film_of(copy)
    assert key["film_key"] == danish.key
    record_film(learner=learner, **key, segments=[[0, 45]], position=45)
    assert is_done(learner, lesson)
    assert FilmProgress.objects.get().duration == 50.0


def test_unknown_lessons_and_films_are_refused(learner: User, lesson: LessonPage) -> None:
    film = film_of(lesson)
    for wrong, error in [
        ({"lesson_key": uuid.uuid4()}, UnknownLessonError),
        ({"block_id": uuid.uuid4()}, UnknownFilmError),
        ({"film_key": uuid.uuid4()}, UnknownFilmError),
    ]:
        with pytest.raises(error):
            record_film(learner=learner, **{**film, **wrong}, segments=[[0, 5]], position=5)
    with pytest.raises(BadSegmentsError):
        record_film(learner=learner, **film, segments=[[0, 5]], position=float("nan"))
    assert FilmProgress.objects.count() == 0


def test_a_film_whose_length_nobody_stated_is_not_measured(learner: User, home: Any) -> None:
    with pytest.raises(UnknownFilmError):
        play(learner, film_lesson(films=[0]), [0, 5])


EVENTS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 70), st.integers(0, 30)).map(lambda at: [at[0], at[0] + at[1]]), max_size=3),
        st.integers(0, 80),
        st.integers(0, 5),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(events=EVENTS, random=st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_events_comes_to_the_same(
    lesson: LessonPage, monkeypatch: pytest.MonkeyPatch, events: Any, random: Any
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 23, tzinfo=UTC))
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    results = []
    for history in (events, shuffled):
        person = factories.UserFactory.create()
        for segments, position, minutes, ended in history:
            play(person, lesson, *segments, position=position, ended=ended, age=timedelta(minutes=minutes))
        row = FilmProgress.objects.get(learner=person)
        results.append((row.segments, row.seconds_watched, row.position, row.position_at, is_done(person, lesson)))
        assert 0 <= row.seconds_watched <= 60
        assert is_done(person, lesson) == (row.seconds_watched >= 54)
    assert results[0] == results[1]
