"""Background work. Each calls what makes the change, and is safe to run twice."""

from django_tasks import task

from forum.actions import notices, seals


@task()
def tell_of_post(post_id: int) -> None:
    notices.tell_of_post(post_id=post_id)


@task()
def tell_of_opening(opening_id: int) -> None:
    seals.tell_of_opening(opening_id=opening_id)


@task()
def tell_of_accepted(post_id: int) -> None:
    notices.tell_of_accepted(post_id=post_id)
