"""Background work. Each calls what makes the change, and is safe to run twice.

What waits is in a table: a task that is about an alias names posts, never people.
"""

from collections.abc import Sequence
from datetime import date

from django_tasks import task

from forum.actions import event_notices, library_notices, notices, previews, seals
from forum.mails import event_letters, sending, sign_ups
from forum.signals import items_changed, news_changed, posts_changed
from people.tasks import after_commit


@task()
def follow_posts(post_ids: list[int], news: list[int]) -> None:
    """`news` are those of them that people are to be told of."""
    for post_id in news:
        notices.tell_of_post(post_id=post_id)
    posts_changed.send(sender=None, post_ids=post_ids)


def posts_were_changed(post_ids: Sequence[int], *, news: Sequence[int] = ()) -> None:
    """After commit, whoever keeps something of these posts makes it again, and people are told of those in `news`.

    Nothing for no posts. One task, since what waits is written while the space is locked.
    """
    if post_ids:
        after_commit(follow_posts, list(post_ids), list(news))


@task()
def follow_items(item_ids: list[int]) -> None:
    items_changed.send(sender=None, item_ids=item_ids)


@task()
def tell_of_version(version_id: int) -> None:
    library_notices.tell_of_version(version_id=version_id)


@task()
def tell_of_made_item(item_id: int) -> None:
    library_notices.tell_of_made_item(item_id=item_id)


@task()
def follow_news(news_ids: list[int]) -> None:
    news_changed.send(sender=None, news_ids=news_ids)


@task()
def make_previews(file_ids: list[int]) -> None:
    for file_id in file_ids:
        previews.make_preview(file_id=file_id)


@task()
def tell_of_accepted(post_id: int) -> None:
    notices.tell_of_accepted(post_id=post_id)


@task()
def tell_of_request(request_id: int) -> None:
    notices.tell_of_request(request_id=request_id)


@task()
def tell_of_news(item_id: int) -> None:
    notices.tell_of_news(item_id=item_id)


@task()
def send_at_once(posts: list[int]) -> None:
    sending.send_at_once(posts=posts)


@task()
def send_digests(day: str, accounts: list[int], missed: bool) -> None:
    sending.send_digests(day=date.fromisoformat(day), accounts=accounts, missed=missed)


@task()
def send_cases(day: str) -> None:
    sending.send_cases(day=date.fromisoformat(day))


@task()
def tell_of_opening(opening_id: int) -> None:
    seals.tell_of_opening(opening_id=opening_id)


@task()
def tell_of_sign_ups(sign_up_ids: list[int], kind: str, by: int | None) -> None:
    event_notices.tell_of_sign_ups(keys=sign_up_ids, kind=kind, by=by)


@task()
def send_sign_up_mails(sign_up_ids: list[int]) -> None:
    sign_ups.send_sign_up_mails(sign_ups=sign_up_ids)


@task()
def send_letters(mailing: int) -> None:
    event_letters.send_letters(mailing=mailing)


def send_letters_later(mailing: int) -> None:
    """After commit, hand a letter of an event over."""
    after_commit(send_letters, mailing)
