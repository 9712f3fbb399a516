"""The counters of topics and spaces, made from the posts. Called with the space's row locked.

A new post is added to them; whatever else happens counts the posts anew.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import BigIntegerField, Count, Max, Q, QuerySet
from django.utils import timezone

from forum.models import Post, Space, State, Topic
from forum.prepared import prepared


@prepared(pk=BigIntegerField())
def _locked_space(_reader: Any, *, pk: Any) -> QuerySet[Space]:
    return Space.objects.select_for_update(no_key=True).filter(pk=pk)


@prepared(pk=BigIntegerField())
def _locked_topic(_reader: Any, *, pk: Any) -> QuerySet[Topic]:
    return Topic.objects.select_for_update(no_key=True).filter(pk=pk)


def lock_space(space_id: int) -> Space:
    """Wait until nobody else writes in the space. The caller is in a transaction.

    All locks here are without the key, which nobody changes: a row elsewhere that points at the post and at its space,
    as search's does, takes both at its commit in an order of the database's, and would lock out whoever has one.
    """
    for space in _locked_space.for_all(pk=space_id):
        return cast(Space, space)
    raise Space.DoesNotExist


def lock_topic(topic: Topic) -> Topic:
    """The topic as it is, with its space and itself locked, in that order. Raises Topic.DoesNotExist."""
    locked = lock_topic_if(topic, lambda: _locked_topic.for_all(pk=topic.pk))
    if locked is None:
        raise Topic.DoesNotExist
    return locked


def lock_topic_if(topic: Topic, ask: Callable[[], list[Topic]]) -> Topic | None:
    """As `lock_topic`, where `ask` locks the topic's row and says whether it may be had: with it, or with nothing.

    A topic that was moved is asked for again, so that the lock is of the space it stands in; the other space is let go
    first, since to hold it and wait for a second one would let two people wait for each other for ever.
    """
    space_id = topic.space_id
    while True:
        before = transaction.savepoint()
        space = lock_space(space_id)
        locked = next(iter(ask()), None)
        if locked is None or locked.space_id == space.pk:
            transaction.savepoint_commit(before)
            if locked is not None:
                locked.space = space
            return locked
        transaction.savepoint_rollback(before)
        space_id = locked.space_id


def lock_post(post: Post) -> tuple[Topic, Post]:
    """The post as it is, with the topic it stands in locked as `lock_topic` does, and itself.

    A post that is split off or merged while we wait is asked for again. Raises Post.DoesNotExist.
    """
    while True:
        topic_id, space_id = Post.objects.values_list("topic", "topic__space").get(pk=post.pk)
        before = transaction.savepoint()
        topic = lock_topic(Topic(pk=topic_id, space_id=space_id))
        locked = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
        if locked.topic_id == topic.pk:
            transaction.savepoint_commit(before)
            locked.topic = topic
            return topic, locked
        transaction.savepoint_rollback(before)


def lock_topics(*topics: Topic, also_spaces: Iterable[int] = ()) -> list[Topic]:
    """Several topics as they are, with their spaces and `also_spaces` locked first, each in the order of its key.

    Raises Topic.DoesNotExist. As with `lock_topic`, one that is moved while we wait is asked for again.
    """
    keys = [topic.pk for topic in topics]
    while True:
        standing = dict(Topic.objects.filter(pk__in=keys).values_list("pk", "space_id"))
        before = transaction.savepoint()
        wanted = sorted({*standing.values(), *also_spaces})
        spaces = {
            space.pk: space
            for space in Space.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        }
        locked = {
            topic.pk: topic
            for topic in Topic.objects.select_for_update(no_key=True).filter(pk__in=sorted(keys)).order_by("pk")
        }
        if set(locked) != set(keys):
            raise Topic.DoesNotExist
        if all(topic.space_id in spaces for topic in locked.values()):
            transaction.savepoint_commit(before)
            for topic in locked.values():
                topic.space = spaces[topic.space_id]
            return [locked[key] for key in keys]
        transaction.savepoint_rollback(before)


def next_time(space: Space) -> datetime:
    """Now, or just after the space's newest post where a clock runs behind: a space's posts have times in order."""
    now = timezone.now()
    if space.last_post_at is not None and space.last_post_at >= now:
        return space.last_post_at + timedelta(microseconds=1)
    return now


def count_new_post(post: Post) -> None:
    """Add a post to the counters of its topic and space, which are right without it.

    To count all of them anew would make each answer dearer than the one before. Two queries, one where it is not shown.
    """
    topic, space = post.topic, post.topic.space
    is_shown = post.state == State.NORMAL
    if is_shown:
        topic.last_post_at = max(topic.last_post_at, post.created_at) if topic.post_count else post.created_at
        topic.post_count += 1
    topic.save(update_fields=["last_number", "post_count", "last_post_at"])
    if is_shown and topic.state == State.NORMAL:
        space.last_post_at = max(space.last_post_at or topic.last_post_at, topic.last_post_at)
        space.topic_count += post.number == 1
        space.save(update_fields=["topic_count", "last_post_at"])


def recount_topic(topic: Topic) -> None:
    """Shown posts, and when the newest of them was written."""
    shown = Post.objects.filter(topic=topic, state=State.NORMAL).aggregate(count=Count("pk"), newest=Max("created_at"))
    topic.post_count = shown["count"]
    topic.last_post_at = shown["newest"] or topic.created_at
    topic.save(update_fields=["post_count", "last_post_at"])


def state_by_posts(topic: Topic) -> State:
    """What the topic's state is by its posts: that of the first; deleted only when nobody else has written in it.

    A topic without posts (a merged one) keeps its own.
    """
    states = dict(Post.objects.filter(topic=topic).order_by("-number").values_list("number", "state"))
    if not states:
        return State(topic.state)
    first = states.get(1, State.DELETED)
    if first != State.DELETED:
        return State(first)
    return State.NORMAL if any(state != State.DELETED for state in states.values()) else State.DELETED


def recount_space(space: Space) -> None:
    """Shown topics, and when the newest post in them was written."""
    shown = Topic.objects.filter(space=space, state=State.NORMAL, merged_into__isnull=True).aggregate(
        count=Count("pk"), newest=Max("last_post_at", filter=Q(post_count__gt=0))
    )
    space.topic_count = shown["count"]
    space.last_post_at = shown["newest"]
    space.save(update_fields=["topic_count", "last_post_at"])
