"""Two devices at once, on a database that lets them."""

from functools import partial
from typing import Any

import pytest

from learning.actions import record_film
from learning.models import FilmProgress, LessonCompletion
from tests import factories
from tests.learning.films import film_lesson, film_of
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_pieces_from_many_devices_at_once_are_all_kept_and_complete_the_lesson_once(transactional_db: Any) -> None:
    factories.make_home()
    film = film_of(film_lesson())
    for _ in range(ROUNDS):
        learner = factories.UserFactory.create()
        pieces = [[0, 20], [20, 40], [40, 60], [10, 50]]
        work = [partial(record_film, learner=learner, **film, segments=[piece], position=piece[1]) for piece in pieces]
        assert at_once(*work) == ["done"] * 4
        row = FilmProgress.objects.get(learner=learner)
        assert row.segments == [[0.0, 60.0]]
        assert LessonCompletion.objects.filter(learner=learner).count() == 1
