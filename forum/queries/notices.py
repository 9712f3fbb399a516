"""Somebody's own news: what they may see of it now, newest first, and how much of it is unread.

Three sources are read as one list. Notices are stored (`forum.actions.notices`). What is written to an alias, and what
moderators decided about one, is found by the owner's digest each time it is asked for, and nowhere kept: a row that
joined it and the person would open the seal. What is read of it is told by `TopicRead` and `SpaceRead`, which
everybody has of every topic they open, and by the one time of `NoticeRead`.

Visibility is part of each query, so what one may no longer see is neither listed nor counted. What is held, hidden or
deleted is news to nobody; those who moderate find it in their queue.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.module_loading import import_string

from forum.models import (
    EntryRequest,
    Event,
    EventSignUp,
    LibraryItem,
    LibraryVersion,
    Mention,
    ModerationEntry,
    NewsItem,
    Notice,
    NoticeRead,
    Post,
    Pseudonym,
    SpaceRead,
    State,
    Told,
    Topic,
    TopicRead,
    Watch,
)
from forum.permissions import posts_visible_to, spaces_moderated_by, spaces_visible_to
from forum.permissions.event_after import evaluations_open_to
from forum.permissions.events import events_visible_to
from forum.permissions.library import items_visible_to
from forum.permissions.news import news_asked_of
from forum.prepared import now_of, prepared
from forum.pseudonyms import owned_by
from forum.queries.topics import CappedCount
from people.models import Membership, User

A_PAGE = 30
MANY = 100
"""The badge counts no further."""
HORIZON = timedelta(days=90)
"""How far back what is written to an alias is looked for."""

Kind = Notice.Kind
OF_POSTS = Notice.OF_POSTS
OF_LIBRARY = (Kind.VERSION, Kind.REVIEW, Kind.MADE)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

STORED, TO_ALIAS, ABOUT_ALIAS = range(3)
"""The sources, in the order in which they stand where two have the same time."""


# --- what there is ---------------------------------------------------------------------------------------


def _own_aliases(person: User) -> QuerySet[Pseudonym]:
    return Pseudonym.objects.filter(owned_by(person))


def _shown_posts(person: User) -> QuerySet[Post]:
    return posts_visible_to(person).filter(state=State.NORMAL, topic__state=State.NORMAL)


def _by_others(posts: QuerySet[Post], person: User) -> QuerySet[Post]:
    return posts.exclude(author=person).exclude(pseudonym__in=_own_aliases(person))


def _all_read_at(person: User) -> Coalesce:
    return Coalesce(Subquery(NoticeRead.objects.filter(person=person).values("all_read_at")), Value(LONG_AGO))


def _is_read_in_forum(person: User, *, post: str) -> Q:
    """Whether the person has come as far in the topic. `post` is the way to the post, with its underscores."""
    in_topic = TopicRead.objects.filter(
        person=person, topic=OuterRef(f"{post}topic"), last_read_number__gte=OuterRef(f"{post}number")
    )
    in_space = SpaceRead.objects.filter(
        person=person, space=OuterRef(f"{post}topic__space"), read_all_at__gte=OuterRef(f"{post}created_at")
    )
    return Q(Exists(in_topic)) | Q(Exists(in_space))


def _is_mentioned(person: User) -> Exists:
    """Whether the post still speaks to the person."""
    active = Membership.objects.active().filter(person=person)
    return Exists(
        Mention.objects.filter(
            Q(person=person) | Q(team__in=active.values("team")) | Q(role__in=active.values("roles")),
            post=OuterRef("post"),
        )
    )


def _requests_shown(person: User) -> QuerySet[EntryRequest]:
    """One's own and one's invitations; and those of others in spaces one moderates."""
    own = Q(person=person) & (
        Q(invited_by__isnull=False, outcome="") | Q(space__in=spaces_visible_to(person).values("pk"))
    )
    others = Q(space__in=spaces_moderated_by(person).values("pk")) | Q(
        invited_by=person, space__in=spaces_visible_to(person).values("pk")
    )
    return EntryRequest.objects.exclude(outcome=EntryRequest.Outcome.WITHDRAWN).filter(
        own | (~Q(person=person) & others)
    )


def _of_library(person: User) -> Q:
    """About what one may see now, both the new version and one's own item it is told for."""
    seen = items_visible_to(person)
    return (
        Q(kind__in=OF_LIBRARY)
        & (Q(version__isnull=True) | Q(Exists(seen.filter(pk=OuterRef("version__item")))))
        & (Q(item__isnull=True) | Q(Exists(seen.filter(pk=OuterRef("item")))))
    )


def _of_events(person: User) -> Q:
    """About an event one may see now; of its evaluation while one may answer."""
    evaluated = evaluations_open_to(person).filter(event=OuterRef("event"))
    return (
        Q(kind__in=Notice.OF_EVENTS)
        & Q(Exists(events_visible_to(person).filter(pk=OuterRef("event"))))
        & (~Q(kind=Kind.EVALUATION) | Q(Exists(evaluated)))
    )


def notices_of(person: User) -> QuerySet[Any]:
    """The stored notices this person may see now, with `is_unread`. A reminder of news goes when that is confirmed."""
    shown = _shown_posts(person)
    of_posts = Q(kind__in=OF_POSTS) & Q(Exists(_by_others(shown, person).filter(pk=OuterRef("post"))))
    accepted = Q(kind=Kind.ACCEPTED, post__topic__accepted_post=F("post")) & Q(
        Exists(shown.filter(pk=OuterRef("post")))
    )
    requests = Q(kind=Kind.ENTRY) & Q(Exists(_requests_shown(person).filter(pk=OuterRef("request"))))
    found = Notice.objects.filter(
        (of_posts & (~Q(kind=Kind.MENTION) | Q(_is_mentioned(person))))
        | accepted
        | requests
        | _of_library(person)
        | _of_events(person)
        | Q(kind=Kind.DECISION, entry__isnull=False)
        | (Q(kind=Kind.NEWS) & Q(Exists(news_asked_of(person).filter(pk=OuterRef("news"))))),
        person=person,
    )
    unread = (
        Q(read_at__isnull=True, created_at__gt=_all_read_at(person))
        & ~(Q(kind__in=OF_POSTS) & _is_read_in_forum(person, post="post__"))
        & ~(Q(kind=Kind.ENTRY) & ~Q(request__person=person) & ~Q(request__outcome="") & ~Q(request__invited_by=person))
    )
    return found.annotate(is_unread=_whether(unread))


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def alias_news(person: User, *, with_told: bool = False) -> QuerySet[Any]:
    """Posts written to the person's aliases, with `told_at`, `is_answer` and `is_unread`.

    As for everybody: one's own topic is followed in full, unless a level says less. Those that a stored notice tells
    of are left out, unless `with_told`.
    """
    mine = _own_aliases(person).values("pk")
    since = now_of(person) - HORIZON
    in_own_topics = Post.objects.filter(topic__pseudonym__in=mine, number__gt=1, created_at__gt=since)
    to_own_posts = Post.objects.filter(reply_to__pseudonym__in=mine, created_at__gt=since)
    levels = Watch.objects.filter(person=person)
    told = Told.objects.filter(post=OuterRef("pk"), kind=Told.Kind.POST)
    posts = (
        _by_others(_shown_posts(person), person)
        .filter(pk__in=in_own_topics.order_by().values("pk").union(to_own_posts.order_by().values("pk")))
        .annotate(
            told_at=Subquery(told.values("told_at")),
            topic_level=Coalesce(Subquery(levels.filter(topic=OuterRef("topic")).values("level")), Value("")),
            space_level=Coalesce(Subquery(levels.filter(space=OuterRef("topic__space")).values("level")), Value("")),
            is_answer=_whether(Q(reply_to__isnull=True) | Q(reply_to__pseudonym__in=mine)),
        )
        .filter(Q(is_answer=True) | Q(topic_level__in=["", Watch.Level.ALL]), told_at__isnull=False)
        .exclude(topic_level=Watch.Level.NONE)
        .exclude(topic_level="", space_level=Watch.Level.NONE)
    )
    if not with_told:
        posts = posts.exclude(Exists(Notice.objects.filter(person=person, post=OuterRef("pk"), kind__in=OF_POSTS)))
    unread = Q(told_at__gt=_all_read_at(person)) & ~_is_read_in_forum(person, post="")
    return posts.annotate(is_unread=_whether(unread))


@cache
def _find_decisions() -> Any:
    """`forum.queries.moderation.decisions_about`, or None in a forum without it."""
    try:
        return import_string("forum.queries.moderation.decisions_about")
    except ImportError:
        return None


def alias_decisions(person: User) -> QuerySet[Any]:
    """What was decided about the person's aliases, with `is_unread`."""
    decisions_about = _find_decisions()
    found = (
        ModerationEntry.objects.none()
        if decisions_about is None
        else decisions_about(person).filter(pseudonym__isnull=False)
    )
    return found.annotate(is_unread=_whether(Q(at__gt=_all_read_at(person))))


def unread_of(person: User, *, but: Collection[str] = ()) -> Combinable:
    """How many unread notices there are, each source counted to `MANY`: part of a query about the person.

    `but` are kinds that are not counted.
    """
    stored = notices_of(person).filter(is_unread=True, read_at__isnull=True)
    if but:
        stored = stored.exclude(kind__in=but)
    to_alias = alias_news(person).filter(is_unread=True)
    about_alias = alias_decisions(person).filter(is_unread=True)
    counts = [Coalesce(CappedCount(arm.order_by().values("pk")[:MANY]), 0) for arm in (stored, to_alias, about_alias)]
    return counts[0] + counts[1] + counts[2]


@prepared()
def _unread(reader: Any) -> QuerySet[User, Any]:
    return User.objects.filter(pk=reader).values_list(unread_of(reader))


def count_unread(person: User) -> int:
    """How many unread notices there are, counted to `MANY`; none for an inactive account. One query."""
    return min(MANY, sum(count for (count,) in _unread(person)))


@prepared()
def _unread_for_digest(reader: Any) -> QuerySet[User, Any]:
    return User.objects.filter(pk=reader).values_list(unread_of(reader, but=Notice.OF_EVENTS))


def count_unread_for_digest(person: User) -> int:
    """As `count_unread`, but what is told of events: each was mailed when it was told. One query."""
    return min(MANY, sum(count for (count,) in _unread_for_digest(person)))


def unread_for_mail(person: User, posts: Collection[int]) -> set[int]:
    """Which of these posts name or answer the person, may be seen by them now and are unread. One query."""
    stored = notices_of(person).filter(is_unread=True, post__in=posts, kind__in=[Kind.MENTION, Kind.REPLY])
    to_alias = alias_news(person, with_told=True).filter(is_unread=True, is_answer=True, pk__in=posts)
    return {
        pk for (pk,) in stored.order_by().values_list("post_id").union(to_alias.order_by().values_list("pk"), all=True)
    }


def get_notice_for(person: User, pk: int) -> Notice:
    """One's own, while one may see what it is about. Raises Http404."""
    related = ("post", "request__space", "entry", "version__item", "item", "news", "event")
    found: Notice = get_object_or_404(notices_of(person).select_related(*related), pk=pk)
    return found


# --- the list --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class News:
    """One line of news, wherever it was found. One of the things it may be about is there, or two for a notice."""

    source: int
    pk: int
    at: datetime
    kind: str
    is_unread: bool
    post: Post | None = None
    entry: ModerationEntry | None = None
    request: EntryRequest | None = None
    version: LibraryVersion | None = None
    item: LibraryItem | None = None
    news: NewsItem | None = None
    event: Event | None = None
    sign_up: EventSignUp | None = None
    """The reader's latest at the event, where their place is what it is about."""
    is_about_me: bool = True
    """Of a decision: whether it was made about the reader, and not about what the reader reported."""

    @property
    def is_stored(self) -> bool:
        return self.source == STORED

    @property
    def key(self) -> str:
        """Its place in the list, for the address of the next page."""
        return f"{self.at.isoformat()}_{self.source}_{self.pk}"


@dataclass(slots=True)
class NewsGroup:
    """News about one topic, or one line about something else."""

    topic: Topic | None
    items: list[News] = field(default_factory=list)

    @property
    def is_unread(self) -> bool:
        return any(item.is_unread for item in self.items)

    @property
    def at(self) -> datetime:
        return self.items[0].at


@dataclass(frozen=True, slots=True)
class NewsPage:
    groups: list[NewsGroup]
    next: str
    """The key of the last line shown, where there are more; else empty."""


def read_key(key: str) -> tuple[datetime, int, int]:
    """Raises Http404 for what is no key."""
    at, _mark, rest = key.partition("_")
    source, _mark, pk = rest.partition("_")
    try:
        found = datetime.fromisoformat(at), int(source), int(pk)
    except ValueError as error:
        raise Http404 from error
    if timezone.is_naive(found[0]) or found[1] not in {STORED, TO_ALIAS, ABOUT_ALIAS} or not 0 < found[2] < 2**62:
        raise Http404
    return found


def _after(key: tuple[datetime, int, int] | None, *, source: int, at: str) -> Q:
    """What comes after the key in the list."""
    if key is None:
        return Q()
    moment, key_source, pk = key
    later = Q(**{f"{at}__lt": moment})
    if source > key_source:
        return later | Q(**{at: moment})
    return later | Q(**{at: moment, "pk__lt": pk}) if source == key_source else later


def get_news_page(person: User, *, after: str = "") -> NewsPage:
    """A page of the list, grouped by topic. Three queries and no more. Raises Http404 for a malformed key."""
    key = read_key(after) if after else None
    most = A_PAGE + 1
    stored = (
        notices_of(person)
        .filter(_after(key, source=STORED, at="created_at"))
        .select_related(
            "post__topic__space",
            "post__author",
            "post__pseudonym",
            "entry__space",
            "request__space",
            "request__person",
            "version__item",
            "item",
            "news",
            "event",
        )
        .defer("version__source", "version__html", "version__text")
        .order_by("-created_at", "-pk")[:most]
    )
    to_alias = (
        alias_news(person)
        .filter(_after(key, source=TO_ALIAS, at="told_at"))
        .select_related("topic__space", "author", "pseudonym")
        .order_by("-told_at", "-pk")[:most]
    )
    about_alias = alias_decisions(person).filter(_after(key, source=ABOUT_ALIAS, at="at")).order_by("-at", "-pk")[:most]
    rows = list(stored)
    places = _own_places(person, [row.event_id for row in rows if row.kind == Kind.PLACE])
    news = [
        *(
            News(
                STORED,
                row.pk,
                row.created_at,
                row.kind,
                row.is_unread,
                row.post,
                row.entry,
                row.request,
                row.version,
                row.item,
                row.news,
                row.event,
                places.get(row.event_id) if row.kind == Kind.PLACE else None,
                is_about_me=row.entry is None or row.entry.person_id == person.pk,
            )
            for row in rows
        ),
        *(
            News(TO_ALIAS, row.pk, row.told_at, Kind.REPLY if row.is_answer else Kind.POST, row.is_unread, row)
            for row in to_alias
        ),
        *(News(ABOUT_ALIAS, row.pk, row.at, Kind.DECISION, row.is_unread, None, row) for row in about_alias),
    ]
    news.sort(key=lambda each: (each.at, -each.source, each.pk), reverse=True)
    shown = news[:A_PAGE]
    return NewsPage(groups=_by_topic(shown), next=shown[-1].key if len(news) > A_PAGE else "")


def _own_places(person: User, events: list[int]) -> dict[int, EventSignUp]:
    """The person's latest sign-up to each. One query, none where there is nothing to ask for."""
    if not events:
        return {}
    found = EventSignUp.objects.filter(person=person, event__in=events).select_related("event").order_by("pk")
    return {each.event_id: each for each in found}


def _by_topic(news: list[News]) -> list[NewsGroup]:
    groups: list[NewsGroup] = []
    of_topics: dict[int, NewsGroup] = {}
    for each in news:
        topic = each.post.topic if each.post is not None else None
        group = of_topics.get(topic.pk) if topic is not None else None
        if group is None:
            group = NewsGroup(topic=topic)
            groups.append(group)
            if topic is not None:
                of_topics[topic.pk] = group
        group.items.append(each)
    return groups
