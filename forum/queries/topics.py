"""Lists of topics and single topics, as one person may see them, with what they have not read.

Unread of a topic: posts shown to the person, not their own, with a number above what they have read there
(`TopicRead`) and written after they marked the whole space as read (`SpaceRead`). Numbers in words stop at 99.

Lists are cut by position (`Cursor`), never by counting rows, so that the hundredth page costs what the first does.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import (
    BooleanField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.http import Http404

from forum.models import Post, Space, SpaceMembership, SpaceRead, State, Topic, TopicPrinciple, TopicRead
from forum.permissions import (
    posts_shown_to,
    shown_in_space,
    spaces_moderated_by,
    spaces_readable_by,
    spaces_visible_to,
    spaces_writable_by,
    topics_visible_to,
)
from forum.pseudonyms import owned_by
from forum.queries.authors import add_author_lines
from forum.queries.subjects import add_principles
from people.models import Membership

TOPICS_A_PAGE = 30
PINNED_AT_MOST = 20
NEWEST_TOPICS = 10
COUNTED_AT_MOST = 100
"""What is unread is counted up to here, so that a reader who has been away for years costs no more than others."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CappedCount(Subquery):
    """How many rows a sliced query has, counted no further than its slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS capped)"
    output_field = IntegerField()


# --- positions in a list -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between topics in the order of their newest post."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.pk}"

    @classmethod
    def of(cls, topic: Topic) -> "Cursor":
        return cls(at=topic.last_post_at, pk=topic.pk)

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """What an address says, or None where it says nothing of the kind."""
        at, dash, pk = text.partition("-")
        if not (dash and at.isdecimal() and pk.isdecimal() and len(at) < 17 and len(pk) < 19):
            return None
        return cls(at=_EPOCH + int(at) * _MICROSECOND, pk=int(pk))

    @property
    def older(self) -> Q:
        return Q(last_post_at__lte=self.at) & (Q(last_post_at__lt=self.at) | Q(pk__lt=self.pk))

    @property
    def newer(self) -> Q:
        return Q(last_post_at__gte=self.at) & (Q(last_post_at__gt=self.at) | Q(pk__gt=self.pk))


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """What the reader asks to see of a list."""

    principle: UUID | None = None
    without_answer: bool = False
    unread: bool = False

    def __bool__(self) -> bool:
        return bool(self.principle or self.without_answer or self.unread)


@dataclass(slots=True)
class TopicList:
    """A part of a list, and where the parts before and after it begin."""

    topics: list[Topic]
    pinned: list[Topic] = field(default_factory=list)
    newer: Cursor | None = None
    older: Cursor | None = None


# --- spaces --------------------------------------------------------------------------------------------


def with_rights(spaces: QuerySet[Space], user: Any) -> QuerySet[Space]:
    """Each space with `may_read`, `may_write`, `may_moderate`, and `read_all_at` of this person."""
    here = {"pk": OuterRef("pk")}
    return spaces.annotate(
        may_read=Exists(spaces_readable_by(user).filter(**here)),
        may_write=Exists(spaces_writable_by(user).filter(**here)),
        may_moderate=Exists(spaces_moderated_by(user).filter(**here)),
        read_all_at=_read_all_at(user, space="pk"),
    )


def _read_all_at(user: Any, *, space: str) -> Coalesce:
    mine = SpaceRead.objects.filter(person=user, space=OuterRef(space)).values("read_all_at")
    return Coalesce(Subquery(mine), Value(LONG_AGO), output_field=DateTimeField())


def get_visible_space_for(user: Any, slug: str) -> Space:
    """The space with the rights of `with_rights`, also one that cannot be read yet. One query. Raises Http404."""
    space = with_rights(spaces_visible_to(user), user).filter(slug=slug).first()
    if space is None:
        raise Http404
    return space


def get_space_for(user: Any, slug: str) -> Space:
    """The same for those who read it. Raises Http404, and PermissionDenied for those who may only know of it."""
    space = get_visible_space_for(user, slug)
    if not space.may_read:  # type: ignore[attr-defined]
        raise PermissionDenied
    return space


# --- what is unread ------------------------------------------------------------------------------------


def with_reading(topics: QuerySet[Topic], user: Any) -> QuerySet[Topic]:
    """Each topic with how far the person has read it, and when they marked its space as read."""
    mine = TopicRead.objects.filter(person=user, topic=OuterRef("pk")).values("last_read_number")
    return topics.annotate(
        last_read_number=Coalesce(Subquery(mine), Value(0)), read_all_at=_read_all_at(user, space="space")
    )


def unread_posts(user: Any, *, shown: Q) -> QuerySet[Post]:
    """Unread posts of the outer query's topic, which has the values of `with_reading`."""
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return (
        Post.objects.filter(shown, ~own)
        .filter(topic=OuterRef("pk"), number__gt=OuterRef("last_read_number"), created_at__gt=OuterRef("read_all_at"))
        .order_by()
    )


def with_unread(topics: QuerySet[Topic], user: Any, *, shown: Q) -> QuerySet[Topic]:
    """Each topic with `unread`, the number of its unread posts, counted to `COUNTED_AT_MOST`."""
    return with_reading(topics, user).annotate(
        unread=CappedCount(unread_posts(user, shown=shown).values("pk")[:COUNTED_AT_MOST])
    )


def only_unread(topics: QuerySet[Topic], user: Any, *, shown: Q) -> QuerySet[Topic]:
    """Those with something unread. The cheap conditions leave out nearly all that has been read."""
    return with_reading(topics, user).filter(
        Q(last_number__gt=F("last_read_number")), Exists(unread_posts(user, shown=shown))
    )


def _listed(topics: QuerySet[Topic], user: Any, *, shown: Q) -> QuerySet[Topic]:
    gone = Post.objects.filter(topic=OuterRef("pk"), number=1, state=State.DELETED)
    return (
        with_unread(topics, user, shown=shown)
        .annotate(first_is_gone=Exists(gone))
        .select_related("author", "pseudonym")
    )


def _finish(topics: list[Topic], *, space: Space | None = None) -> None:
    """What a row shows beside the topic itself. Two queries, and one a minute for the principles."""
    add_author_lines(topics, space=space)
    add_principles(topics)
    for topic in topics:
        shown = topic.post_count if topic.first_is_gone else topic.post_count - 1  # type: ignore[attr-defined]
        topic.answer_count = max(shown, 0)  # type: ignore[attr-defined]


# --- lists ---------------------------------------------------------------------------------------------


def get_topic_list(
    user: Any,
    space: Space,
    *,
    chosen: TopicFilter | None = None,
    older_than: Cursor | None = None,
    newer_than: Cursor | None = None,
) -> TopicList:
    """Topics of a space that `get_space_for` has found, the pinned ones first on the first page. Four queries."""
    chosen = chosen or TopicFilter()
    shown = shown_in_space(user, moderates=space.may_moderate)  # type: ignore[attr-defined]
    everything = Topic.objects.filter(shown, space=space, merged_into__isnull=True)
    if chosen.principle:
        about = TopicPrinciple.objects.filter(topic=OuterRef("pk"), principle_key=chosen.principle)
        everything = everything.filter(Exists(about))
    if chosen.without_answer:
        everything = everything.filter(post_count__lte=1, accepted_post__isnull=True)
    if chosen.unread:
        read_all_at = space.read_all_at  # type: ignore[attr-defined]
        everything = only_unread(everything.filter(last_post_at__gt=read_all_at), user, shown=shown)
    rows = _listed(everything, user, shown=shown)
    is_first = older_than is None and newer_than is None
    pinned = rows.filter(pinned_at__isnull=False).order_by("-pinned_at", "-pk")[:PINNED_AT_MOST] if is_first else []
    found = cut(rows.filter(pinned_at__isnull=True), older_than=older_than, newer_than=newer_than)
    found.pinned = list(pinned)
    _finish([*found.pinned, *found.topics], space=space)
    return found


def cut(
    rows: QuerySet[Topic], *, older_than: Cursor | None, newer_than: Cursor | None, size: int = TOPICS_A_PAGE
) -> TopicList:
    """The part of a list after or before a position. One query."""
    if newer_than is not None:
        found = list(rows.filter(newer_than.newer).order_by("last_post_at", "pk")[: size + 1])
        more, topics = len(found) > size, found[:size][::-1]
        return TopicList(
            topics=topics,
            newer=Cursor.of(topics[0]) if more else None,
            older=Cursor.of(topics[-1]) if topics else None,
        )
    if older_than is not None:
        rows = rows.filter(older_than.older)
    found = list(rows.order_by("-last_post_at", "-pk")[: size + 1])
    topics = found[:size]
    return TopicList(
        topics=topics,
        newer=Cursor.of(topics[0]) if older_than is not None and topics else None,
        older=Cursor.of(topics[-1]) if len(found) > size else None,
    )


@dataclass(slots=True)
class ForumHome:
    """The spaces somebody may know of, by how they stand to them, and the newest in those they read."""

    mine: list[Space] = field(default_factory=list)
    open: list[Space] = field(default_factory=list)
    closed: list[Space] = field(default_factory=list)
    archived: list[Space] = field(default_factory=list)
    topics: list[Topic] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.mine or self.open or self.closed or self.archived)

    @property
    def first(self) -> Space | None:
        """Where to begin in a forum in which nobody has written."""
        return next(iter([*self.mine, *self.open]), None)


def get_forum_home(user: Any) -> ForumHome:
    """What `forum:home` shows: each space with `unread`, its topics with news. Four queries.

    The newest topics stand in the spaces with the newest posts, each among the newest of its own: so they are found by
    as many short walks along an index, however many topics there are.
    """
    newest = _plain_topics().filter(space=OuterRef("pk")).order_by("-last_post_at")
    spaces = list(
        with_rights(spaces_visible_to(user), user)
        .annotate(
            is_mine=_is_in(user),
            unread=CappedCount(_unread_topics_of_space(user).values("pk")[:COUNTED_AT_MOST]),
            newest_from=Coalesce(
                Subquery(newest.values("last_post_at")[NEWEST_TOPICS - 1 : NEWEST_TOPICS]),
                Value(LONG_AGO),
                output_field=DateTimeField(),
            ),
        )
        .select_related("role")
        .order_by("position", "name", "pk")
    )
    found = ForumHome()
    for space in spaces:
        if not space.may_read:  # type: ignore[attr-defined]
            space.unread = 0
            if not space.is_archived:
                found.closed.append(space)
        elif space.is_archived:
            found.archived.append(space)
        else:
            (found.mine if space.is_mine else found.open).append(space)
    readable = [*found.mine, *found.open]
    found.topics = _newest_of(user, readable)
    return found


def _plain_topics() -> QuerySet[Topic]:
    return Topic.objects.filter(state=State.NORMAL, merged_into__isnull=True)


def _is_in(user: Any) -> ExpressionWrapper:
    """In the space by a row of their own, or by the role they have: not by an office, nor because it is open to all."""
    in_space = SpaceMembership.objects.active().filter(person=user, space=OuterRef("pk"))
    has_role = Membership.objects.active().filter(person=user, roles=OuterRef("role"))
    return ExpressionWrapper(
        Q(Exists(in_space)) | (Q(kind=Space.Kind.ROLE_NETWORK) & Q(Exists(has_role))), output_field=BooleanField()
    )


def _unread_topics_of_space(user: Any) -> QuerySet[Topic]:
    """Topics of the outer query's space with something unread. What is held or hidden makes no news here."""
    topics = _plain_topics().filter(space=OuterRef("pk"), last_post_at__gt=_read_all_at(user, space="space"))
    return only_unread(topics, user, shown=Q(state=State.NORMAL)).order_by()


def _newest_of(user: Any, spaces: list[Space]) -> list[Topic]:
    latest = sorted(
        (space for space in spaces if space.last_post_at is not None),
        key=lambda space: space.last_post_at or LONG_AGO,
        reverse=True,
    )[:NEWEST_TOPICS]
    if not latest:
        return []
    near = Q(pk__in=[])
    for space in latest:
        near |= Q(space=space.pk, last_post_at__gte=space.newest_from)  # type: ignore[attr-defined]
    rows = topics_visible_to(user).filter(near, state=State.NORMAL).select_related("space")
    topics = list(_listed(rows, user, shown=posts_shown_to(user)).order_by("-last_post_at", "-pk")[:NEWEST_TOPICS])
    _finish(topics)
    return topics


def get_topics_about(
    user: Any,
    *,
    kind: str,
    key: UUID,
    older_than: Cursor | None = None,
    newer_than: Cursor | None = None,
    size: int = TOPICS_A_PAGE,
) -> TopicList:
    """Topics about a principle (`kind` is "principle"), course or lesson in all the spaces somebody reads. Three
    queries.
    """
    rows = topics_visible_to(user).select_related("space")
    if kind == "principle":
        rows = rows.filter(pk__in=TopicPrinciple.objects.filter(principle_key=key).values("topic"))
    else:
        rows = rows.filter(subject_kind=kind, subject_key=key)
    found = cut(
        _listed(rows, user, shown=posts_shown_to(user)), older_than=older_than, newer_than=newer_than, size=size
    )
    _finish(found.topics)
    return found
