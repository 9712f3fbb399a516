"""Background work. Each calls what makes the change, and is safe to run twice."""

from uuid import UUID

from django_tasks import task

from learning.actions import enrolments
from learning.mails import sending
from learning.reports import files, refresh


@task()
def refresh_subjects(course_keys: list[str]) -> None:
    enrolments.refresh_subjects(course_keys=[UUID(key) for key in course_keys])


@task()
def refresh_paths(path_keys: list[str]) -> None:
    enrolments.refresh_paths(path_keys=[UUID(key) for key in path_keys])


@task()
def send_letters(kind: str, accounts: list[int]) -> None:
    sending.send_due(kind=kind, accounts=accounts)


@task()
def send_asked(notices: list[int]) -> None:
    sending.send_asked(notices=notices)


@task()
def make_report_export(key: str) -> None:
    files.make_report_export(key=UUID(key))


@task()
def refresh_report_figures() -> None:
    refresh.refresh_report_figures()
