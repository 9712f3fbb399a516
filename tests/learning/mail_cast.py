"""Learners of a path with a deadline, as the mails about learning meet them."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from learning.models import (
    Certificate,
    Completion,
    Enrolment,
    LearningPathPage,
    PathAssignment,
    SubjectKind,
    Syllabus,
)
from people.models import User
from tests import factories
from tests.people.cast import make_person


def make_path(title: str = "Grunnopplæring i FACT", **fields: Any) -> LearningPathPage:
    fields = {"slug": "grunnopplaering", "onboarding_for": "FACT"} | fields
    return factories.LearningPathPageFactory.create(title=title, **fields)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def assign(person: User, path: LearningPathPage, *, due_in: int | None) -> PathAssignment:
    due_on = None if due_in is None else in_days(due_in)
    return PathAssignment.objects.create(person=person, path_key=path.translation_key, due_on=due_on)


def make_learner(name: str, path: LearningPathPage, *, due_in: int | None = 7, **fields: Any) -> User:
    person = make_person(name, **fields)
    assign(person, path, due_in=due_in)
    return person


def syllabus_of(path: Any) -> Syllabus:
    kind = SubjectKind.PATH if isinstance(path, LearningPathPage) else SubjectKind.COURSE
    return Syllabus.objects.get_or_create(
        subject_key=path.translation_key, digest="x", defaults={"kind": kind, "number": 1}
    )[0]


def begin(person: User, path: Any, *, attempt: int = 1) -> Enrolment:
    syllabus = syllabus_of(path)
    return Enrolment.objects.create(
        learner=person,
        kind=syllabus.kind,
        subject_key=path.translation_key,
        syllabus=syllabus,
        required_count=4,
        done_count=1,
        attempt=attempt,
    )


def complete(person: User, path: Any, *, days_ago: int = 0, attempt: int = 1) -> Completion:
    syllabus = syllabus_of(path)
    return Completion.objects.create(
        learner=person,
        kind=syllabus.kind,
        subject_key=path.translation_key,
        syllabus=syllabus,
        attempt=attempt,
        title=path.title,
        completed_at=timezone.now() - timedelta(days=days_ago),
    )


def certify(person: User, path: Any, *, expires_in: int | None, attempt: int = 1, **fields: Any) -> Certificate:
    completion = complete(person, path, days_ago=300, attempt=attempt)
    number = Certificate.objects.count()
    return Certificate.objects.create(
        **{
            "code": f"KODE{number}",
            "completion": completion,
            "learner": person,
            "kind": completion.kind,
            "subject_key": completion.subject_key,
            "holder_name": str(person),
            "title": path.title,
            "version": 1,
            "issuer": "NAPHA",
            "completed_on": timezone.localdate(completion.completed_at),
            "expires_on": None if expires_in is None else in_days(expires_in),
            **fields,
        }
    )
