"""The counters of topics and spaces, made from the posts. Called with the space's row locked."""

from datetime import datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from forum.models import Post, Space, State, Topic


def lock_space(space_id: int) -> Space:
    """Wait until nobody else writes in the space. The caller is in a transaction."""
    return Space.objects.select_for_update().get(pk=space_id)


def lock_topic(topic: Topic) -> Topic:
    """The topic as it is, with its space and itself locked, in that order. Raises Topic.DoesNotExist.

    A topic that is moved while we wait is asked for again, so that the lock is of the space it stands in.
    """
    while True:
        space = lock_space(Topic.objects.values_list("space_id", flat=True).get(pk=topic.pk))
        locked = Topic.objects.select_for_update().get(pk=topic.pk)
        if locked.space_id == space.pk:
            locked.space = space
            return locked


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


def recount_space(space: Space) -> None:
    """Shown topics, and when the newest post in them was written."""
    shown = Topic.objects.filter(space=space, state=State.NORMAL, merged_into__isnull=True).aggregate(
        count=Count("pk"), newest=Max("last_post_at", filter=Q(post_count__gt=0))
    )
    space.topic_count = shown["count"]
    space.last_post_at = shown["newest"]
    space.save(update_fields=["topic_count", "last_post_at"])
