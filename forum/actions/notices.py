"""Whom a post, a request, a decision or a reminder of news is told to, and that they have seen it.

Rules of a post, for those who read its space (moderators by office alone are not told):

- a level chosen for the topic decides over one chosen for the space; without either it is the quiet default, mentions
  and answers to oneself. One's own topic is followed in full, unless one has chosen less or silenced the space.
- «all»: new topics and all posts. «topics»: new topics. «mentions»: mentions and answers. «none»: nothing at all.
- one notice a post and person: a mention comes before an answer, an answer before what one follows.

Answers to an alias are told to nobody here: that row would join the alias and the person. And posts by an alias are
told to all who watch, the owner too, since a row that is missing each time would do the same. Both are put right when
somebody reads their own news (`forum.queries.notices`).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from forum.models import (
    EntryRequest,
    Mention,
    ModerationEntry,
    NewsItem,
    NewsReading,
    Notice,
    NoticeRead,
    Post,
    Space,
    SpaceRead,
    State,
    Told,
    TopicRead,
    Watch,
)
from forum.permissions import people_who_moderate, people_who_read
from forum.permissions.news import people_it_is_for
from forum.prepared import Several, prepared
from people.models import Membership, User

BATCH = 1000
KEPT = timedelta(days=365)
"""How long a notice is kept."""

Level = Watch.Level


@transaction.atomic
def tell_of_post(*, post_id: int) -> None:
    """A line in the list of each person the post speaks to, who may read it. Doing it again tells nobody twice.

    The same number of queries for every post, and two more for each further thousand people.
    """
    post = next(iter(_shown_post.for_all(pk=post_id)), None)
    if post is None:
        return
    Told.objects.bulk_create([Told(post=post, kind=Told.Kind.POST)], ignore_conflicts=True)
    _tell(space=post.topic.space, post=post, kinds=_kinds_by_person(post))


@prepared(pk=BigIntegerField())
def _shown_post(_reader: Any, *, pk: Any) -> QuerySet[Post]:
    """Without what it says; `has_mentions` is whether it speaks to anybody by name."""
    words = ("source", "html", "text")
    return (
        Post.objects.select_related("topic__space", "reply_to")
        .defer(*words, *(f"reply_to__{name}" for name in words))
        .annotate(has_mentions=Exists(Mention.objects.filter(post=OuterRef("pk"))))
        .filter(pk=pk, state=State.NORMAL, topic__state=State.NORMAL)
    )


def _tell(*, space: Space, post: Post, kinds: dict[int, str]) -> None:
    everybody = sorted(kinds)
    for start in range(0, len(everybody), BATCH):
        people = everybody[start : start + BATCH]
        reading = _reading.for_all(ways={"kind": space.kind}, space=space.pk, role=space.role_id, people=people)
        Notice.objects.bulk_create(
            [Notice(person_id=person, kind=kinds[person], post=post) for (person,) in reading], ignore_conflicts=True
        )


@prepared(space=BigIntegerField(), role=BigIntegerField(), people=Several(BigIntegerField()))
def _reading(reader: Any, *, space: Any, role: Any, people: Any, kind: str) -> "QuerySet[User, Any]":
    """Those of the people who read the space."""
    this = Space(kind=kind)
    this.pk, this.role_id = space, role
    return people_who_read(this).filter(pk__in=people).values_list("pk")


def _kinds_by_person(post: Post) -> dict[int, str]:
    """Everybody who wants to hear of it, and as what. Who may read it is not asked here. At most three queries."""
    topic = post.topic
    answered = (post.reply_to or topic).author_id if post.number > 1 else None
    mentioned = _mentioned(post)
    topic_levels: dict[int, str] = {}
    space_levels: dict[int, str] = {}
    for person, level, of_topic in _levels.for_all(topic=topic.pk, space=topic.space_id):
        (topic_levels if of_topic else space_levels)[person] = level
    kinds: dict[int, str] = {}
    for person in {*mentioned, *topic_levels, *space_levels, answered, topic.author_id}:
        if person is None or person == post.author_id:
            continue
        level = topic_levels.get(person) or space_levels.get(person, Level.MENTIONS)
        if person == topic.author_id and person not in topic_levels and level != Level.NONE:
            level = Level.ALL
        if level == Level.NONE:
            continue
        if person in mentioned:
            kinds[person] = Notice.Kind.MENTION
        elif person == answered:
            kinds[person] = Notice.Kind.REPLY
        elif post.number == 1 and level in {Level.ALL, Level.TOPICS}:
            kinds[person] = Notice.Kind.TOPIC
        elif post.number > 1 and level == Level.ALL:
            kinds[person] = Notice.Kind.POST
    return kinds


@prepared(topic=BigIntegerField(), space=BigIntegerField())
def _levels(_reader: Any, *, topic: Any, space: Any) -> "QuerySet[Watch, Any]":
    return Watch.objects.filter(Q(topic=topic) | Q(space=space)).order_by().values_list("person", "level", "topic")


def _mentioned(post: Post) -> set[int]:
    """Persons, and those who have a role or are in a team now. At most two queries, none for who mentions nobody."""
    if not post.has_mentions:  # type: ignore[attr-defined]
        return set()
    people, roles, teams = set(), set(), set()
    for person, role, team in post.mentions.values_list("person", "role", "team"):
        people.add(person)
        roles.add(role)
        teams.add(team)
    roles.discard(None)
    teams.discard(None)
    if roles or teams:
        found = Membership.objects.active().filter(Q(roles__in=roles) | Q(team__in=teams))
        people.update(found.values_list("person", flat=True))
    return people - {None}


@transaction.atomic
def tell_of_accepted(*, post_id: int) -> None:
    """That an answer was chosen by whoever asked: to its author, not where that is the one who asked.

    An alias' owner finds it by query.
    """
    post = Post.objects.select_related("topic__space").filter(pk=post_id, state=State.NORMAL).first()
    if post is None or post.topic.accepted_post_id != post.pk:
        return
    Told.objects.bulk_create([Told(post=post, kind=Told.Kind.ACCEPTED)], ignore_conflicts=True)
    author = post.author_id
    if author is None or author == post.topic.author_id:
        return
    levels = Watch.objects.filter(Q(topic=post.topic) | Q(space=post.topic.space), person=author)
    chosen = {watch.topic_id is not None: watch.level for watch in levels}
    if chosen.get(True, chosen.get(False)) != Level.NONE:
        _tell(space=post.topic.space, post=post, kinds={author: Notice.Kind.ACCEPTED})


@transaction.atomic
def tell_of_request(*, request_id: int) -> None:
    """The next step of an entry request, to whoever it waits for or was answered.

    Somebody asks: those who moderate the space. Answered: who asked. Invited: the one invited. An invitation accepted:
    who invited. Called after each step; again, it tells nobody twice.
    """
    request = EntryRequest.objects.select_related("space").filter(pk=request_id).first()
    if request is None:
        return
    is_open, is_approved = request.outcome == "", request.outcome == EntryRequest.Outcome.APPROVED
    people: Iterable[int | None] = ()
    if request.invited_by_id is None and is_open:
        people = people_who_moderate(request.space).exclude(pk=request.person_id).values_list("pk", flat=True)
    elif request.invited_by_id is None and request.outcome != EntryRequest.Outcome.WITHDRAWN:
        people = [request.person_id]
    elif request.invited_by_id is not None and (is_open or is_approved):
        people = [request.person_id if is_open else request.invited_by_id]
    Notice.objects.bulk_create(
        [Notice(person_id=person, kind=Notice.Kind.ENTRY, request=request) for person in people if person is not None],
        ignore_conflicts=True,
    )


@transaction.atomic
def tell_of_decision(*, entry_id: int) -> None:
    """What moderators did, to whom it was done. What was done to an alias is found by query and never stored."""
    entry = ModerationEntry.objects.filter(pk=entry_id).first()
    if entry is not None and entry.person_id is not None:
        Notice.objects.bulk_create(
            [Notice(person_id=entry.person_id, kind=Notice.Kind.DECISION, entry=entry)], ignore_conflicts=True
        )


@transaction.atomic
def tell_of_news(*, item_id: int) -> None:
    """A reminder of a must-read, to those it is for who have not confirmed it now and want to hear from the space.

    Doing it again tells nobody twice. Whether they may see the news is asked once more when they read their list. Four
    queries, and one more for each further thousand people.
    """
    now = timezone.now()
    item = NewsItem.objects.current(now).select_related("space").filter(pk=item_id, must_read=True).first()
    if item is None or item.reminded_at is None:
        return
    confirmed = NewsReading.objects.filter(
        person=OuterRef("pk"), item=item, round=item.round, confirmed_at__isnull=False
    )
    silenced = Watch.objects.filter(person=OuterRef("pk"), space=item.space, level=Level.NONE)
    people = people_it_is_for(item).exclude(Exists(confirmed)).exclude(Exists(silenced))
    Notice.objects.filter(news=item, person__in=people.values("pk"), created_at__lt=item.reminded_at).update(
        created_at=item.reminded_at, read_at=None
    )
    Notice.objects.bulk_create(
        [
            Notice(person_id=person, kind=Notice.Kind.NEWS, news=item, created_at=item.reminded_at)
            for person in people.order_by("pk").values_list("pk", flat=True)
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def mark_notice_read(*, notice: Notice) -> None:
    """Reading it again changes nothing. One query."""
    Notice.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=timezone.now())


def mark_all_notices_read(*, person: User) -> None:
    """Everything told until now is read, however much there is: one row."""
    NoticeRead.objects.update_or_create(person=person, defaults={"all_read_at": timezone.now()})


def settle(*, post_ids: Sequence[int]) -> None:
    """No mail of these posts waits any more."""
    Told.objects.filter(post__in=post_ids, kind=Told.Kind.POST).update(is_settled=True)


def note_what_is_read() -> int:
    """Write down on notices what is read in the forum itself or by «all», so that the badge looks at few rows.

    Changes nothing of what anybody sees. Returns how many.
    """
    in_topic = TopicRead.objects.filter(
        person=OuterRef("person"), topic=OuterRef("post__topic"), last_read_number__gte=OuterRef("post__number")
    )
    in_space = SpaceRead.objects.filter(
        person=OuterRef("person"), space=OuterRef("post__topic__space"), read_all_at__gte=OuterRef("post__created_at")
    )
    by_all = NoticeRead.objects.filter(person=OuterRef("person"), all_read_at__gte=OuterRef("created_at"))
    is_read = (Q(kind__in=Notice.OF_POSTS) & (Q(Exists(in_topic)) | Q(Exists(in_space)))) | Q(Exists(by_all))
    return Notice.objects.filter(is_read, read_at__isnull=True).update(read_at=timezone.now())


def forget_old_news() -> int:
    """Drop notices that are a year old. Returns how many."""
    return Notice.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
