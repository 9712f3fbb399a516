"""The counters of spaces and topics compared with the posts they are made from, and made again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, Subquery

from forum.actions.counting import lock_space, lock_topic, recount_space, recount_topic, state_by_posts
from forum.models import Post, Space, State, Topic

TOPICS_AT_ONCE = 2000


class TopicFigures(NamedTuple):
    """What a topic says of itself, or should."""

    state: str
    last_number: int
    post_count: int
    last_post_at: datetime
    accepted_post: int | None


class SpaceFigures(NamedTuple):
    topic_count: int
    last_post_at: datetime | None


@dataclass(frozen=True, slots=True)
class Drift:
    """A row that says something else than its posts do."""

    kind: str
    pk: int
    says: TopicFigures | SpaceFigures
    should_say: TopicFigures | SpaceFigures


def find_drift() -> Iterator[Drift]:
    """Every row that differs. Two queries; the rows pass one by one, however many there are."""
    spaces: dict[int, SpaceFigures] = {}
    normal = Q(posts__state=State.NORMAL)
    first = Post.objects.filter(topic=OuterRef("pk"), number=1).values("state")
    accepted = Post.objects.filter(
        pk=OuterRef("accepted_post"), topic=OuterRef("pk"), number__gt=1, state=State.NORMAL
    ).values("pk")
    topics = Topic.objects.annotate(
        shown=Count("posts", filter=normal),
        newest=Max("posts__created_at", filter=normal),
        top=Max("posts__number"),
        living=Count("posts", filter=~Q(posts__state=State.DELETED)),
        first_state=Subquery(first),
        right_answer=Subquery(accepted),
    ).order_by("pk")
    for topic in topics.iterator(chunk_size=TOPICS_AT_ONCE):
        says = TopicFigures(
            topic.state, topic.last_number, topic.post_count, topic.last_post_at, topic.accepted_post_id
        )
        should_say = TopicFigures(
            state=_state(topic.state, topic.first_state, posts=topic.top or 0, living=topic.living),
            last_number=max(topic.last_number, topic.top or 0),
            post_count=topic.shown,
            last_post_at=topic.newest or topic.created_at,
            accepted_post=topic.right_answer,
        )
        if says != should_say:
            yield Drift("topic", topic.pk, says, should_say)
        if should_say.state == State.NORMAL and topic.merged_into_id is None:
            count, newest = spaces.get(topic.space_id, SpaceFigures(0, None))
            if should_say.post_count and (newest is None or should_say.last_post_at > newest):
                newest = should_say.last_post_at
            spaces[topic.space_id] = SpaceFigures(count + 1, newest)
    for space in Space.objects.order_by("pk").iterator(chunk_size=TOPICS_AT_ONCE):
        found, wanted = SpaceFigures(space.topic_count, space.last_post_at), spaces.get(space.pk, SpaceFigures(0, None))
        if found != wanted:
            yield Drift("space", space.pk, found, wanted)


def _state(state: str, first: str | None, *, posts: int, living: int) -> str:
    """As `state_by_posts`, from figures alone."""
    if not posts:
        return state
    if first is not None and first != State.DELETED:
        return first
    return State.NORMAL if living else State.DELETED


@transaction.atomic
def rebuild_topic(*, topic_id: int) -> None:
    """Make a topic's figures, and its space's, from its posts. Doing it again changes nothing."""
    topic = Topic.objects.filter(pk=topic_id).first()
    if topic is None:
        return
    topic = lock_topic(topic)
    posts = Post.objects.filter(topic=topic)
    topic.last_number = max(topic.last_number, posts.aggregate(top=Max("number"))["top"] or 0)
    topic.state = state_by_posts(topic)
    if not posts.filter(pk=topic.accepted_post_id or 0, number__gt=1, state=State.NORMAL).exists():
        topic.accepted_post = None
    topic.save(update_fields=["last_number", "state", "accepted_post"])
    recount_topic(topic)
    recount_space(topic.space)


@transaction.atomic
def rebuild_space(*, space_id: int) -> None:
    recount_space(lock_space(space_id))
