"""Background work. Each calls what makes the change, and is safe to run twice."""

from django_tasks import task

from home.search import actions


@task()
def index_documents(source: str, numbers: list[int]) -> None:
    actions.index_documents(source=source, numbers=numbers)


@task()
def index_page_tree(numbers: list[int]) -> None:
    actions.index_page_tree(numbers=numbers)
