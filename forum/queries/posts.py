"""A topic to read: its page of posts by number, and the ways into it.

A page is a range of numbers, so that a topic of 5,000 posts opens at its end as fast as at its beginning, and a link to
a post leads to the same page whatever became of the others.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat
from django.http import Http404

from forum.models import POSTS_A_PAGE, Attachment, Draft, LibraryItem, Post, Reaction, State, Topic
from forum.permissions import (
    aliases_asked_about_by,
    shown_in_space,
    spaces_moderated_by,
    spaces_writable_by,
    topics_visible_to,
    user_wrote,
)
from forum.prepared import Several, key_of, prepared
from forum.queries.authors import add_author_lines, not_in_lines
from forum.queries.joined import get_item_subject, get_made_item
from forum.queries.subjects import Subject, add_principles, get_subject, with_principle_keys
from forum.queries.topics import unread_posts, with_reading
from forum.queries.watching import own_level


class MovedError(Exception):
    """The topic was merged into another one, which this person may see."""

    def __init__(self, topic: Topic) -> None:
        super().__init__(topic.pk)
        self.topic = topic


@dataclass(slots=True)
class ReactionLine:
    """One kind of reaction under a post."""

    kind: str
    label: str
    count: int = 0
    is_mine: bool = False


@dataclass(slots=True)
class TopicPage:
    """A page of a topic. Posts that are not for this reader have no text: only that they were there."""

    topic: Topic
    posts: list[Post]
    page: int
    page_count: int
    subject: Subject | None = None
    made_item: LibraryItem | None = None
    """What the answer that helped has become in the library."""
    may_make_item: bool = False
    last_shown: int = 0
    """The number up to which the reader has read once they have seen this page."""
    is_news: bool = False
    """Whether the page shows something beyond what the reader has read."""
    pages: list[int] = field(default_factory=list)
    """Page numbers to link to; 0 stands for those that are left out."""


def page_of(number: int) -> int:
    """The page on which a post of this number stands, from 1."""
    return max(1, -(-number // POSTS_A_PAGE))


@prepared(pk=BigIntegerField())
def _topic(reader: Any, *, pk: Any) -> QuerySet[Topic]:
    here = {"pk": OuterRef("space")}
    place = Concat(Value("topic:"), Cast(OuterRef("pk"), CharField()))  # as `forum.places.Place.key` has it
    return (
        with_principle_keys(with_reading(topics_visible_to(reader), reader))
        .annotate(
            last_read_number=F("last_read_number"),
            read_all_at=F("read_all_at"),
            may_moderate=Exists(spaces_moderated_by(reader).filter(**here)),
            may_write=Exists(spaces_writable_by(reader).filter(**here)),
            level_of_space=own_level(reader, space=OuterRef("space")),
            level=own_level(reader, topic=OuterRef("pk")),
            was_made_item=Exists(
                LibraryItem.objects.filter(from_post=OuterRef("accepted_post")).exclude(state=State.DELETED)
            ),
            has_draft=Exists(Draft.objects.filter(person=reader, place=place)),
        )
        .select_related("space", "author", "pseudonym", "accepted_post")
        .defer(*[f"accepted_post__{name}" for name in ("source", "html", "text")], *not_in_lines(""))
        .filter(pk=pk)
    )


def get_topic_for(user: Any, pk: int) -> Topic:
    """The topic with `may_moderate`, `may_write`, `may_reply`, `may_settle`, how far the person has read, their `level`
    here and in the space, whether they have a draft of an answer, and whether what helped is an item of the library.

    One query. Raises Http404 for those who may not see it, and MovedError where it is another topic now.
    """
    topic = next(iter(_topic(user, pk=pk)), None)
    if topic is None:
        merged = Topic.objects.filter(merged=pk, pk__in=topics_visible_to(user).values("pk")).first()
        if merged is None:
            raise Http404
        raise MovedError(merged)
    _add_rights(topic, user)
    return topic


def _add_rights(topic: Any, user: Any) -> None:
    """`may_reply` and `may_settle` are what `user_can_reply` and `user_can_settle_topic` say, without asking again."""
    is_open = topic.closed_at is None or topic.may_moderate
    topic.may_reply = topic.may_write and is_open and topic.state in {State.NORMAL, State.HELD}
    mine = user_wrote(user, topic)
    topic.may_settle = topic.may_write and topic.state == State.NORMAL and (mine or topic.may_moderate)


def _text_where_shown(name: str) -> Case:
    field_type = TextField() if name == "html" else CharField()
    return Case(When(is_shown=True, then=F(name)), default=Value(""), output_field=field_type)


def posts_with_tombstones(user: Any, topic: Topic) -> QuerySet[Post]:
    """All posts of a topic that `get_topic_for` has found; the text leaves the database only where it is shown.

    Each has `is_shown`, `body`, `warning` and `has_files`.
    """
    return _with_tombstones(user, topic.pk, moderates=topic.may_moderate)  # type: ignore[attr-defined]


def _with_tombstones(user: Any, topic: Any, *, moderates: bool) -> QuerySet[Post]:
    shown = shown_in_space(user, moderates=moderates)
    return (
        Post.objects.filter(topic=topic)
        .annotate(is_shown=Case(When(shown, then=Value(True)), default=Value(False)))
        .annotate(body=_text_where_shown("html"), warning=_text_where_shown("content_warning"))
        .annotate(has_files=Exists(Attachment.objects.filter(post=OuterRef("pk"))))
        .defer("source", "html", "text", "content_warning")
    )


@prepared(topic=BigIntegerField(), first=IntegerField(), last=IntegerField())
def _posts(reader: Any, *, topic: Any, first: Any, last: Any, moderates: bool) -> QuerySet[Post]:
    """Those whose numbers lie between."""
    return (
        _with_tombstones(reader, topic, moderates=moderates)
        .filter(number__gte=first, number__lte=last)
        .select_related("author", "pseudonym", "reply_to", "reply_to__author", "reply_to__pseudonym")
        .defer(
            "source",
            "html",
            "text",
            "content_warning",
            "reply_to__source",
            "reply_to__html",
            "reply_to__text",
            "reply_to__content_warning",
            *not_in_lines("", "reply_to__"),
        )
        .order_by("number")
    )


def get_topic_page(user: Any, topic: Topic, *, page: int) -> TopicPage:
    """Three queries, one more where the topic is about something, one where there are files, one where an answer is
    an item of the library, and one for those who moderate it where somebody writes under an alias. A page beyond the
    last is the last.
    """
    page_count = topic.page_count
    page = min(max(page, 1), page_count)
    first, last = (page - 1) * POSTS_A_PAGE + 1, page * POSTS_A_PAGE
    moderates = topic.may_moderate  # type: ignore[attr-defined]
    posts = _posts(user, ways={"moderates": moderates}, topic=topic.pk, first=first, last=last)
    shown = [post for post in posts if post.is_shown]
    accepted = [topic.accepted_post] if topic.accepted_post else []
    answered = [post.reply_to for post in shown if post.reply_to is not None]
    add_author_lines([*shown, *answered, topic], space=topic.space)
    _add_reactions(shown, user)
    _add_attachments(shown)
    add_principles([topic])
    for post in shown:
        _add_post_rights(post, topic, user)
    _add_seal_rights(shown, topic, user)
    last_shown = min(last, topic.last_number)
    found = TopicPage(
        topic=topic,
        posts=posts,
        page=page,
        page_count=page_count,
        last_shown=last_shown,
        is_news=last_shown > topic.last_read_number,  # type: ignore[attr-defined]
        pages=pages_around(page, page_count),
    )
    if topic.subject_kind == Topic.SubjectKind.ITEM:
        found.subject = get_item_subject(user, topic.subject_key)
    elif topic.subject_key is not None:
        found.subject = get_subject(kind=topic.subject_kind, key=topic.subject_key)
    if topic.was_made_item:  # type: ignore[attr-defined]
        found.made_item = get_made_item(user, topic.accepted_post)
    else:
        found.may_make_item = _may_make_item(topic, user)
    topic.accepted_page = page_of(accepted[0].number) if accepted else 0  # type: ignore[attr-defined]
    return found


def _may_make_item(topic: Any, user: Any) -> bool:
    """What `user_can_make_item_of` says, without asking again."""
    answer = topic.accepted_post
    if answer is None or answer.state != State.NORMAL or topic.state != State.NORMAL or not topic.may_write:
        return False
    return user.pk in {topic.author_id, answer.author_id} or topic.may_moderate


def _add_post_rights(post: Any, topic: Any, user: Any) -> None:
    """`may_edit`, `may_react` and `is_new`: what the predicates of `forum.permissions` say, without asking again."""
    post.is_mine = user_wrote(user, post)
    living = {State.NORMAL, State.HELD}
    post.may_edit = topic.may_write and post.is_mine and post.state in living and topic.state in living
    post.may_react = topic.may_write and not post.is_mine and post.state == State.NORMAL
    post.is_new = not post.is_mine and post.number > topic.last_read_number and post.created_at > topic.read_all_at
    post.is_accepted = post.pk == topic.accepted_post_id
    post.may_accept = topic.may_settle and post.number > 1 and post.state == State.NORMAL


def _add_seal_rights(posts: Iterable[Post], topic: Topic, user: Any) -> None:
    """Set `may_ask_seal`: whether this moderator may ask to have the alias opened. One query where there is one."""
    aliases = {post.pseudonym_id for post in posts if post.pseudonym_id}
    askable: set[int] = set()
    if aliases and topic.may_moderate:  # type: ignore[attr-defined]
        askable = set(aliases_asked_about_by(user).filter(pk__in=aliases).values_list("pk", flat=True))
    for post in posts:
        post.may_ask_seal = post.pseudonym_id in askable  # type: ignore[attr-defined]


@prepared(posts=Several(BigIntegerField()))
def _reactions(reader: Any, *, posts: Any) -> QuerySet[Reaction, Any]:
    return (
        Reaction.objects.alias(of=key_of("post"))
        .filter(of__in=posts)
        .values_list("post", "kind")
        .annotate(count=Count("pk"), mine=Count("pk", filter=Q(person=reader)))
        .order_by()
    )


def _add_reactions(posts: Iterable[Post], user: Any) -> None:
    """Set `reaction_lines`: how many of each kind, and which are the reader's own. One query."""
    by_post = {post.pk: post for post in posts}
    counted = _reactions(user, posts=by_post)
    found = {(post, kind): (count, mine > 0) for post, kind, count, mine in counted}
    kinds = [(kind, str(label)) for kind, label in Reaction.Kind.choices]
    for pk, post in by_post.items():
        post.reaction_lines = [  # type: ignore[attr-defined]
            ReactionLine(kind, label, *found.get((pk, kind), (0, False))) for kind, label in kinds
        ]
        post.has_unused_reactions = any(not line.count for line in post.reaction_lines)  # type: ignore[attr-defined]


@prepared(posts=Several(BigIntegerField()))
def _attachments(reader: Any, *, posts: Any) -> QuerySet[Attachment]:
    return Attachment.objects.alias(of=key_of("post")).filter(of__in=posts).defer("text").order_by("pk")


def _add_attachments(posts: "Iterable[Any]") -> None:
    """Set `files`. One query where there are any."""
    by_post: dict[int, Any] = {}
    for post in posts:
        post.files = []
        if post.has_files:
            by_post[post.pk] = post
    for attachment in _attachments.for_all(posts=by_post):
        by_post[attachment.post_id or 0].files.append(attachment)


def pages_around(page: int, page_count: int) -> list[int]:
    """The first, the last and those beside the current one; 0 where some are left out."""
    near = sorted({1, page_count, *(each for each in range(page - 1, page + 2) if 1 <= each <= page_count)})
    found: list[int] = []
    for each in near:
        if found and each - found[-1] == 2:
            found.append(each - 1)
        elif found and each - found[-1] > 2:
            found.append(0)
        found.append(each)
    return found


def get_first_unread(user: Any, topic: Topic) -> int:
    """The number of the first post the person has not read, else of the last one there is. One query."""
    shown = shown_in_space(user, moderates=topic.may_moderate)  # type: ignore[attr-defined]
    rows = with_reading(Topic.objects.filter(pk=topic.pk), user)
    unread = unread_posts(user, shown=shown).order_by("number").values("number")[:1]
    found = rows.annotate(first_unread=unread).values_list("first_unread", flat=True).first()
    return found or max(topic.last_number, 1)


def get_post_place(user: Any, pk: int) -> Post:
    """A post in a topic the person may see, to lead there: also one that is not shown, whose place is. One query.

    Raises Http404.
    """
    post = Post.objects.filter(pk=pk, topic__in=topics_visible_to(user).values("pk")).only("number", "topic").first()
    if post is None:
        raise Http404
    return post
