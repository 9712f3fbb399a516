"""The counters of topics and spaces, made from the posts. Called with the space's row locked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from forum.models import Post, Space, State, Topic


def lock_space(space_id: int) -> Space:
    """Wait until nobody else writes in the space. The caller is in a transaction.

    All locks here are without the key, which nobody changes: a row elsewhere that points at the post and at its space,
    as search's does, takes both at its commit in an order of the database's, and would lock out whoever has one.
    """
    return Space.objects.select_for_update(no_key=True).get(pk=space_id)


def lock_topic(topic: Topic) -> Topic:
    """The topic as it is, with its space and itself locked, in that order. Raises Topic.DoesNotExist.

    A topic that is moved while we wait is asked for again, so that the lock is of the space it stands in; the other
    space is let go first, since to hold it and wait for a second one would let two people wait for each other for ever.
    """
    while True:
        space_id = Topic.objects.values_list("space_id", flat=True).get(pk=topic.pk)
        before = transaction.savepoint()
        space = lock_space(space_id)
        locked = Topic.objects.select_for_update(no_key=True).get(pk=topic.pk)
        if locked.space_id == space.pk:
            transaction.savepoint_commit(before)
            locked.space = space
            return locked
        transaction.savepoint_rollback(before)


def lock_post(post: Post) -> tuple[Topic, Post]:
    """The post as it is, with the topic it stands in locked as `lock_topic` does, and itself.

    A post that is split off or merged while we wait is asked for again. Raises Post.DoesNotExist.
    """
    while True:
        topic_id = Post.objects.values_list("topic_id", flat=True).get(pk=post.pk)
        before = transaction.savepoint()
        topic = lock_topic(Topic(pk=topic_id))
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
