"""The library and the conversations: topics about an item, the item an answer became, and how one follows an item."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, UUIDField
from django.utils.translation import gettext as _

from courses.models import Principle
from forum.models import LibraryItem, LibraryPrinciple, Post, State, Topic, Watch
from forum.permissions import topics_visible_to
from forum.permissions.library import items_visible_to
from forum.prepared import Several, prepared
from forum.queries.moderation import name_of
from forum.queries.subjects import Subject


def topic_about(item: LibraryItem) -> Topic | None:
    """The one topic about the item, wherever it was moved or merged; None before somebody begins. One query.

    Says nothing of who may see it.
    """
    about = Topic.objects.filter(subject_kind=Topic.SubjectKind.ITEM, subject_key=item.key).exclude(state=State.DELETED)
    found = about.select_related("space", "merged_into__space").order_by("merged_into", "-pk")
    for topic in sorted(found, key=lambda each: each.merged_into_id is not None):
        where = topic.merged_into or topic
        if where.state != State.DELETED:
            return where
    return None


@dataclass(frozen=True, slots=True)
class JoinedTopic:
    """A topic on an item's page. `is_source` is the one with the answer it was made of."""

    topic: Topic
    is_source: bool

    @property
    def answers(self) -> int:
        return max(self.topic.post_count - 1, 0)

    @property
    def newest(self) -> datetime:
        return self.topic.last_post_at


def make_joined_topics(topics: Iterable[Any]) -> list[JoinedTopic]:
    """Of what `joined_topics` gave."""
    return [JoinedTopic(topic, topic.is_source) for topic in topics]


def topics_joined_to(*, key: Any, answer: Any) -> QuerySet[Topic, Any]:
    """The topic about the item with this key, wherever it went, and the one its answer stands in; whoever may see them.

    Three questions by their index: asked as one condition, the database looks at every topic there is.
    """
    about = Topic.objects.filter(subject_kind=Topic.SubjectKind.ITEM, subject_key__in=key).order_by()
    merged = about.filter(merged_into__isnull=False).exclude(state=State.DELETED)
    source = Post.objects.filter(pk__in=answer).order_by()
    return about.values_list("pk").union(merged.values_list("merged_into"), source.values_list("topic"))


def joined_topics(reader: Any, *, topics: Any, answer: Any) -> QuerySet[Topic]:
    """What the reader may see of these topics."""
    return (
        topics_visible_to(reader)
        .filter(pk__in=topics)
        .annotate(is_source=Exists(Post.objects.filter(pk__in=answer, topic=OuterRef("pk"))))
        .only("title", "post_count", "last_post_at")
        .order_by("is_source", "-last_post_at", "pk")
    )


def get_made_item(user: Any, post: Post | None) -> LibraryItem | None:
    """The item made of an answer, where the reader may see it. One query; none without an answer."""
    return None if post is None else items_visible_to(user).filter(from_post=post).only("pk", "title").first()


def get_item_subject(user: Any, key: UUID | None) -> Subject:
    """The item a topic is about. Without its title where the reader may not see it. One query."""
    key = key or UUID(int=0)
    item = items_visible_to(user).filter(key=key).only("pk", "key", "title", "language").first()
    if item is None:
        return Subject(kind=Topic.SubjectKind.ITEM, key=key)
    return Subject(Topic.SubjectKind.ITEM, item.key, item.title, item.get_absolute_url(), item.language)


PRACTICE_SHOWN = 3


def get_practice_items(user: Any, keys: Collection[UUID]) -> list[LibraryItem]:
    """The few of the library a reader of these principles may use: most used first, then newest. One query."""
    return _practice(user, keys=list(keys)) if keys else []


@prepared(keys=Several(UUIDField()))
def _practice(reader: Any, *, keys: Any) -> QuerySet[LibraryItem]:
    about = LibraryPrinciple.objects.filter(principle_key__in=keys, item=OuterRef("pk"))
    items = items_visible_to(reader).filter(Exists(about), state=State.NORMAL).select_related("team")
    return items.order_by("-team_count", "-changed_at", "-pk")[:PRACTICE_SHOWN]


def get_course_principles(key: UUID) -> list[UUID]:
    """The keys of the principles a course is about, in whatever language it is live. One query."""
    found = Principle.objects.filter(courses__translation_key=key, courses__live=True)
    return list(found.order_by("position").values_list("translation_key", flat=True).distinct())


def credit_of(item: LibraryItem) -> str:
    """Who wrote the answer an item was made of, as the topic says it; empty where there is none. No query where
    `from_post__author` and `from_post__pseudonym` are fetched.
    """
    return "" if item.from_post is None else credit_of_post(item.from_post)


def credit_of_post(post: Post) -> str:
    """As others see who wrote it: an alias stays an alias."""
    return name_of(post.author, post.pseudonym)


def posts_to_make_items_of() -> QuerySet[Post]:
    """With all that a form begins from."""
    return Post.objects.select_related("topic__space", "author", "pseudonym").prefetch_related("topic__principles")


@dataclass(frozen=True, slots=True)
class FollowState:
    """Whether news of an item come, and why, in words."""

    follows: bool
    why: str


def follow_state(user: Any, item: LibraryItem, *, level: str, builds_on_it: bool) -> FollowState:
    """`level` is what the person has chosen for the item, or nothing. No query."""
    by_default = item.owner_id == user.pk or builds_on_it
    follows = level == Watch.Level.ALL or (by_default and level != Watch.Level.NONE)
    if follows and builds_on_it:
        return FollowState(True, _("Du får vite om nye versjoner fordi du har bygget videre på den."))
    if follows:
        return FollowState(True, _("Du får vite om nye versjoner."))
    return FollowState(False, "")
