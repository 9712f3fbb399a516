"""Lists of topics and single topics, as one person may see them, with what they have not read.

Unread of a topic: posts shown to the person, not their own, with a number above what they have read there
(`TopicRead`) and written after they marked the whole space as read (`SpaceRead`). Numbers in words stop at 99.

Lists are cut by position (`Cursor`), never by counting rows, so that the hundredth page costs what the first does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
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
from forum.prepared import prepared
from forum.pseudonyms import owned_by
from forum.queries.authors import add_author_lines, not_in_lines
from forum.queries.subjects import add_principles, with_principle_keys
from forum.queries.watching import own_level
from people.models import Membership

TOPICS_A_PAGE = 30
PINNED_AT_MOST = 20
NEWEST_TOPICS = 10
COUNTED_AT_MOST = 100
"""What is unread is counted up to here, so that a reader who has been away for years costs no more than others."""

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


NOT_IN_ROWS = [f"space__{field.name}" for field in Space._meta.concrete_fields if field.name not in {"id", "name"}]
"""Columns of its space that a topic's row does not show."""


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


NOWHERE = Cursor(at=LONG_AGO, pk=0)
"""Where a part does not depend on a place."""


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


@prepared(slug=CharField())
def _space(reader: Any, *, slug: Any) -> QuerySet[Space]:
    pinned = Topic.objects.filter(space=OuterRef("pk"), pinned_at__isnull=False)
    spaces = with_rights(spaces_visible_to(reader), reader).annotate(
        level=own_level(reader, space=OuterRef("pk")), has_pinned=Exists(pinned)
    )
    return spaces.filter(slug=slug)


def get_visible_space_for(user: Any, slug: str) -> Space:
    """The space with the rights of `with_rights` and the person's own `level`, also one that cannot be read yet.

    One query. Raises Http404.
    """
    space = next(iter(_space(user, slug=slug)), None)
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
    """To ask by: how far the person has read each topic, and when they marked its space as read."""
    mine = TopicRead.objects.filter(person=user, topic=OuterRef("pk")).values("last_read_number")
    return topics.alias(
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
        with_principle_keys(with_unread(topics, user, shown=shown))
        .annotate(first_is_gone=Exists(gone))
        .select_related("author", "pseudonym")
        .defer("created_at", "subject_kind", "subject_key", *not_in_lines(""))
    )


def _finish(topics: list[Topic], *, space: Space | None = None) -> None:
    """What a row shows beside the topic itself. One query, and one a minute for the principles."""
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
    """Topics of a space that `get_space_for` has found, the pinned ones first on the first page. Two queries, one more
    where some are pinned.
    """
    chosen = chosen or TopicFilter()
    ways = {
        "moderates": space.may_moderate,  # type: ignore[attr-defined]
        "by_principle": chosen.principle is not None,
        "without_answer": chosen.without_answer,
        "unread": chosen.unread,
    }
    values = {"space": space.pk, "principle": chosen.principle, "since": space.read_all_at}  # type: ignore[attr-defined]

    def ask(part: str, cursor: Cursor) -> list[Topic]:
        return _topics(user, ways=ways | {"part": part}, at=cursor.at, pk=cursor.pk, **values)

    found = cut(ask, older_than=older_than, newer_than=newer_than)
    if older_than is None and newer_than is None and space.has_pinned:  # type: ignore[attr-defined]
        found.pinned = ask("pinned", NOWHERE)
    _finish([*found.pinned, *found.topics], space=space)
    return found


@prepared(
    space=BigIntegerField(), principle=UUIDField(), since=DateTimeField(), at=DateTimeField(), pk=BigIntegerField()
)
def _topics(
    reader: Any,
    *,
    space: Any,
    principle: Any,
    since: Any,
    at: Any,
    pk: Any,
    moderates: bool,
    by_principle: bool,
    without_answer: bool,
    unread: bool,
    part: str,
) -> QuerySet[Topic]:
    shown = shown_in_space(reader, moderates=moderates)
    topics = Topic.objects.filter(shown, space=space, merged_into__isnull=True)
    if by_principle:
        about = TopicPrinciple.objects.filter(topic=OuterRef("pk"), principle_key=principle)
        topics = topics.filter(Exists(about))
    if without_answer:
        topics = topics.filter(post_count__lte=1, accepted_post__isnull=True)
    if unread:
        topics = only_unread(topics.filter(last_post_at__gt=since), reader, shown=shown)
    pinned = topics.filter(pinned_at__isnull=False).order_by("-pinned_at", "-pk")
    if part == "pinned":
        return _listed(pinned, reader, shown=shown)[:PINNED_AT_MOST]
    # Those that are too many for the top stand where they stood before they were pinned.
    lowest = Subquery(pinned.values("pinned_at")[PINNED_AT_MOST - 1 : PINNED_AT_MOST])
    rest = topics.filter(Q(pinned_at__isnull=True) | Q(pinned_at__lt=lowest))
    return _part(_listed(rest, reader, shown=shown), part, at=at, pk=pk)


def _part(rows: QuerySet[Topic], part: str, *, at: Any, pk: Any, size: int = TOPICS_A_PAGE) -> QuerySet[Topic]:
    """One topic more than a page, before or after a place: «first», «older» or «newer»."""
    if part == "newer":
        later = Q(last_post_at__gt=at) | Q(last_post_at=at, pk__gt=pk)
        return rows.filter(later, last_post_at__gte=at).order_by("last_post_at", "pk")[: size + 1]
    if part == "older":
        earlier = Q(last_post_at__lt=at) | Q(last_post_at=at, pk__lt=pk)
        rows = rows.filter(earlier, last_post_at__lte=at)
    return rows.order_by("-last_post_at", "-pk")[: size + 1]


def cut(
    ask: Callable[[str, Cursor], list[Topic]],
    *,
    older_than: Cursor | None,
    newer_than: Cursor | None,
    size: int = TOPICS_A_PAGE,
) -> TopicList:
    """The part of a list after or before a position. `ask` gives what `_part` describes. One query."""
    if newer_than is not None:
        found = ask("newer", newer_than)
        more, topics = len(found) > size, found[:size][::-1]
        return TopicList(
            topics=topics,
            newer=Cursor.of(topics[0]) if more else None,
            older=Cursor.of(topics[-1]) if topics else None,
        )
    found = ask("older", older_than) if older_than is not None else ask("first", NOWHERE)
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


@prepared()
def _home_spaces(reader: Any) -> QuerySet[Space]:
    newest = _plain_topics().filter(space=OuterRef("pk")).order_by("-last_post_at")
    here = {"pk": OuterRef("pk")}
    return (
        spaces_visible_to(reader)
        .annotate(
            may_read=Exists(spaces_readable_by(reader).filter(**here)),
            may_moderate=Exists(spaces_moderated_by(reader).filter(**here)),
            is_mine=_is_in(reader),
            unread=CappedCount(_unread_topics_of_space(reader).values("pk")[:COUNTED_AT_MOST]),
            newest_from=Coalesce(
                Subquery(newest.values("last_post_at")[NEWEST_TOPICS - 1 : NEWEST_TOPICS]),
                Value(LONG_AGO),
                output_field=DateTimeField(),
            ),
        )
        .select_related("role")
        .defer("rules_source", "rules", "welcome_source", "welcome")
        .order_by("position", "name", "pk")
    )


def get_forum_home(user: Any) -> ForumHome:
    """What `forum:home` shows: each space with `unread`, its topics with news. Three queries.

    The newest topics stand in the spaces with the newest posts, each among the newest of its own: so they are found by
    as many short walks along an index, however many topics there are.
    """
    spaces = _home_spaces(user)
    found = ForumHome()
    for space in spaces:
        if not space.may_read:
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


@prepared(
    **{f"space_{place}": BigIntegerField() for place in range(NEWEST_TOPICS)},
    **{f"since_{place}": DateTimeField() for place in range(NEWEST_TOPICS)},
)
def _newest_near(reader: Any, **given: Any) -> QuerySet[Topic]:
    near = Q(pk__in=[])
    for place in range(NEWEST_TOPICS):
        near |= Q(space=given[f"space_{place}"], last_post_at__gte=given[f"since_{place}"])
    rows = topics_visible_to(reader).filter(near, state=State.NORMAL).select_related("space")
    listed = _listed(rows, reader, shown=posts_shown_to(reader)).defer(*NOT_IN_ROWS)
    return listed.order_by("-last_post_at", "-pk")[:NEWEST_TOPICS]


def _newest_of(user: Any, spaces: list[Space]) -> list[Topic]:
    latest = sorted(
        (space for space in spaces if space.last_post_at is not None),
        key=lambda space: space.last_post_at or LONG_AGO,
        reverse=True,
    )[:NEWEST_TOPICS]
    if not latest:
        return []
    near = [*latest, *latest[-1:] * (NEWEST_TOPICS - len(latest))]
    topics = _newest_near(
        user,
        **{f"space_{place}": cast(Any, space.pk) for place, space in enumerate(near)},
        **{f"since_{place}": space.newest_from for place, space in enumerate(near)},  # type: ignore[attr-defined]
    )
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
    """Topics about a principle (`kind` is "principle"), course or lesson in all the spaces somebody reads. Two
    queries.
    """

    def ask(part: str, cursor: Cursor) -> list[Topic]:
        ways = {"kind": kind, "part": part, "size": size}
        return _topics_about(user, ways=ways, key=key, at=cursor.at, pk=cursor.pk)

    found = cut(ask, older_than=older_than, newer_than=newer_than, size=size)
    _finish(found.topics)
    return found


@prepared(key=UUIDField(), at=DateTimeField(), pk=BigIntegerField())
def _topics_about(reader: Any, *, key: Any, at: Any, pk: Any, kind: str, part: str, size: int) -> QuerySet[Topic]:
    topics = topics_visible_to(reader).select_related("space")
    if kind == "principle":
        topics = topics.filter(pk__in=TopicPrinciple.objects.filter(principle_key=key).values("topic"))
    else:
        topics = topics.filter(subject_kind=kind, subject_key=key)
    listed = _listed(topics, reader, shown=posts_shown_to(reader)).defer(*NOT_IN_ROWS)
    return _part(listed, part, at=at, pk=pk, size=size)
