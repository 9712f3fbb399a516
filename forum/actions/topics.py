"""What those who moderate do with whole topics: pin, close, move, split, merge. And which answer helped.

Order of locks: spaces by key, then topics by key. What a moderator does is written to the log in the same transaction.

Two rules hold for whatever leaves its topic. An alias belongs to its space: a post written under one never moves to
another space. And what was written where not everybody reads is not carried out of there: who wrote it counted on that.
"""

from collections.abc import Sequence
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from forum import tasks
from forum.actions.counting import lock_topic, lock_topics, recount_space, recount_topic, state_by_posts
from forum.models import (
    ModerationEntry,
    Post,
    Space,
    State,
    Topic,
    TopicPrinciple,
    TopicRead,
    Watch,
)
from forum.permissions import spaces_moderated_by, user_can_moderate_topic, user_can_settle_topic
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_line

READERS_AT_ONCE = 1000
SPLIT_AT_MOST = 200
"""Posts that are taken out of a topic in one go."""


class CannotTidyError(ValueError):
    """The topic cannot be moved, split or merged so; the message is written for whoever tried."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def _own_topic(*, moderator: User, topic: Topic) -> Topic:
    locked = lock_topic(topic)
    if not user_can_moderate_topic(moderator, locked):
        raise PermissionDenied
    return locked


def _log(verb: ModerationEntry.Verb, *, moderator: User, topic: Topic, space: Space, reason: str = "") -> None:
    ModerationEntry.objects.create(
        verb=verb,
        actor=moderator,
        space=space,
        topic=topic,
        person_id=topic.author_id,
        pseudonym_id=topic.pseudonym_id,
        reason=reason,
    )


@transaction.atomic
def pin_topic(*, moderator: User, topic: Topic, pinned: bool) -> None:
    """Keep the topic at the top of its space, or no longer. Doing it again changes nothing. Raises PermissionDenied."""
    topic = _own_topic(moderator=moderator, topic=topic)
    if (topic.pinned_at is not None) == pinned:
        return
    topic.pinned_at = timezone.now() if pinned else None
    topic.save(update_fields=["pinned_at"])
    verb = ModerationEntry.Verb.PIN if pinned else ModerationEntry.Verb.UNPIN
    _log(verb, moderator=moderator, topic=topic, space=topic.space)


@transaction.atomic
def close_topic(*, moderator: User, topic: Topic, closed: bool) -> None:
    """Take no more answers, or take them again. Doing it again changes nothing. Raises PermissionDenied."""
    topic = _own_topic(moderator=moderator, topic=topic)
    if (topic.closed_at is not None) == closed:
        return
    topic.closed_at = timezone.now() if closed else None
    topic.save(update_fields=["closed_at"])
    verb = ModerationEntry.Verb.CLOSE if closed else ModerationEntry.Verb.REOPEN
    _log(verb, moderator=moderator, topic=topic, space=topic.space)


def _refuse_to_leave(*, topic: Topic, space: Space) -> None:
    """Raise CannotTidyError where the topic's posts may not go to this other space."""
    if topic.space.kind != Space.Kind.OPEN:
        raise CannotTidyError(_("Det som er skrevet i et rom som ikke er åpent for alle, kan ikke tas ut av rommet."))
    if space.is_archived:
        raise CannotTidyError(_("Rommet er arkivert. Velg et annet."))
    if topic.pseudonym_id or Post.objects.filter(topic=topic, pseudonym__isnull=False).exists():
        raise CannotTidyError(
            _("Noen har skrevet under alias i tråden. Et alias hører til rommet sitt, så tråden må bli der.")
        )


@transaction.atomic
def move_topic(*, moderator: User, topic: Topic, space: Space) -> None:
    """To another space that the person moderates too. Raises PermissionDenied and CannotTidyError."""
    (topic,) = lock_topics(topic, also_spaces=[space.pk])
    space = Space.objects.get(pk=space.pk)
    if not user_can_moderate_topic(moderator, topic) or not spaces_moderated_by(moderator).filter(pk=space.pk).exists():
        raise PermissionDenied
    if space.pk == topic.space_id:
        raise CannotTidyError(_("Tråden er i dette rommet allerede."))
    _refuse_to_leave(topic=topic, space=space)
    left = topic.space
    topic.space, topic.pinned_at = space, None
    topic.save(update_fields=["space", "pinned_at"])
    recount_space(left)
    recount_space(space)
    _log(ModerationEntry.Verb.MOVE, moderator=moderator, topic=topic, space=left)
    tasks.posts_were_changed(list(Post.objects.filter(topic=topic).values_list("pk", flat=True)))


def _must_be_shown(*topics: Topic) -> None:
    if any(topic.state != State.NORMAL for topic in topics):
        raise CannotTidyError(_("Bare tråder som vises, kan deles og slås sammen."))


def _loosen_answers(*, moved: Sequence[int], left: Topic) -> None:
    """An answer and what it answered are no longer in one topic: the answer stands by itself."""
    here = Post.objects.filter(topic=left)
    here.filter(reply_to__in=moved).exclude(pk__in=moved).update(reply_to=None)
    here.filter(pk__in=moved).exclude(reply_to__in=moved).update(reply_to=None)


@transaction.atomic
def split_topic(*, moderator: User, topic: Topic, numbers: Sequence[int], title: str) -> Topic:
    """A new topic in the same space of some posts of this one, in their order. The old numbers stay empty.

    Who had read a post has read it there too. The first post stays: whoever wants it elsewhere moves the topic.
    Raises PermissionDenied, CannotTidyError and TextRefusedError.
    """
    topic = _own_topic(moderator=moderator, topic=topic)
    _must_be_shown(topic)
    title = clean_line(title, most=Topic._meta.get_field("title").max_length or 0)
    if not title:
        raise CannotTidyError(_("Gi den nye tråden en tittel."))
    refuse_identity_numbers(title)
    wanted = set(numbers)
    posts = list(Post.objects.select_for_update(no_key=True).filter(topic=topic, number__in=wanted).order_by("number"))
    if not posts or len(posts) != len(wanted):
        raise CannotTidyError(_("Velg minst ett innlegg."))
    if len(posts) > SPLIT_AT_MOST:
        raise CannotTidyError(_("Velg høyst %(count)d innlegg om gangen.") % {"count": SPLIT_AT_MOST})
    if posts[0].number == 1:
        raise CannotTidyError(_("Det første innlegget kan ikke skilles ut. Flytt heller hele tråden."))
    first = posts[0]
    if first.state != State.NORMAL:
        raise CannotTidyError(_("Det første innlegget du velger, må være et som vises."))
    is_about_item = topic.subject_kind == Topic.SubjectKind.ITEM
    made = Topic.objects.create(
        space=topic.space,
        title=title,
        author_id=first.author_id,
        pseudonym_id=first.pseudonym_id,
        content_warning=first.content_warning or topic.content_warning,
        # An item is talked of in one topic: what is taken out of it is about something else.
        subject_kind="" if is_about_item else topic.subject_kind,
        subject_key=None if is_about_item else topic.subject_key,
        created_at=first.created_at,
        last_number=len(posts),
    )
    keys = list(TopicPrinciple.objects.filter(topic=topic).values_list("principle_key", flat=True))
    TopicPrinciple.objects.bulk_create([TopicPrinciple(topic=made, principle_key=key) for key in keys])
    moved = [post.pk for post in posts]
    _loosen_answers(moved=moved, left=topic)
    old_numbers = [post.number for post in posts]
    for place, post in enumerate(posts, start=1):
        post.topic, post.number = made, place
        if post.state != State.DELETED:
            post.content_warning = post.content_warning or topic.content_warning
    Post.objects.bulk_update(posts, ["topic", "number", "content_warning"])
    _carry_reading(topic=topic, made=made, old_numbers=old_numbers)
    if topic.accepted_post_id in moved:
        made.accepted_post_id = topic.accepted_post_id if topic.accepted_post_id != first.pk else None
        made.save(update_fields=["accepted_post"])
        topic.accepted_post = None
    topic.state = state_by_posts(topic)
    topic.save(update_fields=["accepted_post", "state"])
    recount_topic(topic)
    recount_topic(made)
    recount_space(topic.space)
    _log(ModerationEntry.Verb.SPLIT, moderator=moderator, topic=topic, space=topic.space)
    tasks.posts_were_changed(moved)
    return made


def _carry_reading(*, topic: Topic, made: Topic, old_numbers: Sequence[int]) -> None:
    """The posts keep their order, so what somebody had read of them is the beginning of the new topic."""
    reading = TopicRead.objects.filter(topic=topic, last_read_number__gte=old_numbers[0]).values_list(
        "person", "last_read_number"
    )
    TopicRead.objects.bulk_create(
        [
            TopicRead(person_id=person, topic=made, last_read_number=sum(number <= read for number in old_numbers))
            for person, read in reading.iterator(chunk_size=READERS_AT_ONCE)
        ],
        batch_size=READERS_AT_ONCE,
    )


@transaction.atomic
def merge_topics(*, moderator: User, topic: Topic, into: Topic) -> None:
    """All posts of `topic` come after those of `into`, in their order; its address leads there from now on.

    Whoever had read all of `into` keeps what they had read of the rest; for others it is unread, never the other way
    round. `into` keeps its title, its pin and its answer; it takes over the answer where it has none of its own.
    Raises PermissionDenied and CannotTidyError.
    """
    if topic.pk == into.pk:
        raise CannotTidyError(_("Velg en annen tråd enn denne."))
    topic, into = lock_topics(topic, into)
    if not (user_can_moderate_topic(moderator, topic) and user_can_moderate_topic(moderator, into)):
        raise PermissionDenied
    _must_be_shown(topic, into)
    left = topic.space
    if left.pk != into.space_id:
        _refuse_to_leave(topic=topic, space=into.space)
    shift = into.last_number
    moved = list(Post.objects.filter(topic=topic).values_list("pk", flat=True))
    if topic.content_warning:
        Post.objects.filter(topic=topic, content_warning="").exclude(state=State.DELETED).update(
            content_warning=topic.content_warning
        )
    Post.objects.filter(topic=topic).update(topic=into, number=F("number") + shift)
    _join_reading(topic=topic, into=into)
    watching = list(Watch.objects.filter(topic=into).values_list("person", flat=True))
    Watch.objects.filter(topic=topic).exclude(person__in=watching).update(topic=into)
    TopicPrinciple.objects.bulk_create(
        [TopicPrinciple(topic=into, principle_key=each.principle_key) for each in topic.principles.all()],
        ignore_conflicts=True,
    )
    into.last_number = shift + topic.last_number
    into.accepted_post_id = into.accepted_post_id or topic.accepted_post_id
    into.save(update_fields=["last_number", "accepted_post"])
    topic.merged_into, topic.accepted_post, topic.pinned_at = into, None, None
    topic.save(update_fields=["merged_into", "accepted_post", "pinned_at"])
    Topic.objects.filter(merged_into=topic).update(merged_into=into)
    recount_topic(topic)
    recount_topic(into)
    recount_space(into.space)
    if left.pk != into.space_id:
        recount_space(left)
    _log(ModerationEntry.Verb.MERGE, moderator=moderator, topic=topic, space=left)
    tasks.posts_were_changed(moved)


def _join_reading(*, topic: Topic, into: Topic) -> None:
    up_to_date = TopicRead.objects.filter(topic=into, last_read_number__gte=into.last_number)
    read = TopicRead.objects.filter(topic=topic, person__in=up_to_date.values("person"))
    numbers = dict(read.values_list("person", "last_read_number"))
    rows = list(up_to_date.filter(person__in=numbers))
    for row in rows:
        row.last_read_number = into.last_number + numbers[row.person_id]
    TopicRead.objects.bulk_update(rows, ["last_read_number"], batch_size=READERS_AT_ONCE)


@transaction.atomic
def accept_answer(*, person: User, topic: Topic, post: Post | None) -> None:
    """Say which answer helped, or with None that none does. Whoever wrote it is told. Raises PermissionDenied."""
    topic = lock_topic(topic)
    if not user_can_settle_topic(person, topic):
        raise PermissionDenied
    if post is not None:
        post = Post.objects.filter(pk=post.pk, topic=topic, state=State.NORMAL, number__gt=1).first()
        if post is None:
            raise PermissionDenied
    if topic.accepted_post_id == (post.pk if post else None):
        return
    topic.accepted_post = post
    topic.save(update_fields=["accepted_post"])
    if post is not None:
        transaction.on_commit(partial(tasks.tell_of_accepted.enqueue, post.pk))
