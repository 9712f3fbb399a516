"""Background work. Each calls what makes the change, and is safe to run twice."""

from uuid import UUID

from django_tasks import task

from learning.actions import enrolments


@task()
def refresh_subjects(course_keys: list[str]) -> None:
    enrolments.refresh_subjects(course_keys=[UUID(key) for key in course_keys])


@task()
def refresh_paths(path_keys: list[str]) -> None:
    enrolments.refresh_paths(path_keys=[UUID(key) for key in path_keys])
