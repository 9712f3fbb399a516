"""Two people at once, on a database that lets them."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from courses.actions import bump_content_stamp, record_lesson_version
from courses.models import ContentStamp, LessonVersion
from courses.rendering import current_stamp
from tests import factories

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def at_once(count: int, work) -> None:
    """Run `work` in `count` threads that start together; raise what any of them raised."""
    barrier, errors = Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            work()
        except Exception as error:  # noqa: BLE001 – handed to the test
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_publications_at_once_get_numbers_of_their_own() -> None:
    lesson = factories.LessonPageFactory.create()
    at_once(4, lambda: record_lesson_version(lesson=lesson, revision=None))
    numbers = LessonVersion.objects.filter(lesson_key=lesson.translation_key).values_list("number", flat=True)
    assert sorted(numbers) == [1, 2, 3, 4]


def test_content_stamp_loses_no_change() -> None:
    before = current_stamp()
    at_once(8, bump_content_stamp)
    assert current_stamp() == before + 8


def test_first_content_stamp_is_made_once() -> None:
    ContentStamp.objects.all().delete()
    at_once(4, bump_content_stamp)
    assert ContentStamp.objects.count() == 1
