"""Background work. Each calls what makes the change, and is safe to run twice."""

from functools import partial
from typing import Any

from django.db import transaction
from django_tasks import task
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task

from people.own_data import exports


def after_commit(work: "Task[Any, Any]", *given: Any) -> None:
    """Have this done when the transaction is committed.

    Where tasks wait in the database they are written with the change itself: whoever is killed right after the commit
    leaves the task behind, and a change that is rolled back leaves none.
    """
    if isinstance(work.get_backend(), ImmediateBackend):
        transaction.on_commit(partial(work.enqueue, *given))
    else:
        work.enqueue(*given)


@task()
def build_export(key: str) -> None:
    exports.build_export(key=key)
