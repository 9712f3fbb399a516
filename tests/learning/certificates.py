"""Somebody who has completed something, and what comes of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

from django.utils import timezone

from courses.models import CoursePage
from learning.actions import complete_lesson, issue_certificate
from learning.models import Certificate, Completion, LearningPathPage
from people.models import User
from tests import factories


def make_course(**changes: Any) -> CoursePage:
    """A short course of one lesson, published."""
    fields = {"title": "Kommunikasjon i FACT-team", "kind": CoursePage.Kind.SHORT_COURSE, "cpd_hours": Decimal("1.50")}
    course = factories.CoursePageFactory.create(**{**fields, **changes})
    factories.LessonPageFactory.create(parent=course, published=True)
    return CoursePage.objects.get(pk=course.pk)  # which knows that it has a child


def complete(learner: User, course: CoursePage, *, path: LearningPathPage | None = None) -> Completion:
    """Tick every lesson; returns the course's completion."""
    for lesson in course.get_children():
        complete_lesson(
            learner=learner, lesson_key=lesson.translation_key, path_key=path.translation_key if path else None
        )
    return Completion.objects.filter(learner=learner, subject_key=course.translation_key).latest("attempt")


def certify(learner: User, course: CoursePage | None = None) -> Certificate:
    issued = issue_certificate(completion=complete(learner, course or make_course()))
    assert issued is not None
    return issued


def bare_certificate(**changes: Any) -> Certificate:
    """One that is in no database, to print."""
    today = timezone.localdate()
    fields = {
        "code": "34CDFGHJKMNP",
        "kind": "course",
        "holder_name": "Kari Østby Nordmann",
        "title": "Kommunikasjon i FACT-team",
        "hours": Decimal("1.50"),
        "principles": ["Fleksibilitet", "Felles ansvar"],
        "version": 2,
        "issuer": "Flett",
        "language": "nb",
        "completed_on": today,
        "expires_on": None,
    }
    return Certificate(**{**fields, **changes})


@contextmanager
def noon_of(day: str) -> Iterator[None]:
    """Let it be noon (UTC) of this day for whoever asks Django."""
    now = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    with mock.patch("django.utils.timezone.now", return_value=now):
        yield
