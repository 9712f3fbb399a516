"""Background work. Each calls what makes the change, and is safe to run twice."""

from django_tasks import task

from people.own_data import exports


@task()
def build_export(key: str) -> None:
    exports.build_export(key=key)
