"""Starting topics and answering, changing and deleting what one wrote.

Order of locks: the person, the space, then the topic. Every text passes the guard before anything is stored
(ARCHITECTURE §5.2).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BigIntegerField, QuerySet, UUIDField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.actions.attachments import claim_attachments, delete_files
from forum.actions.counting import (
    count_new_post,
    lock_post,
    lock_space,
    lock_topic_if,
    next_time,
    recount_space,
    recount_topic,
)
from forum.actions.drafts import drop_draft
from forum.actions.pace import check_pace, lock_person
from forum.mentions import note_mentions
from forum.models import TITLE_MAX, Post, PostEdit, Pseudonym, Space, State, Topic, TopicPrinciple
from forum.permissions import (
    topics_open_to,
    user_can_edit_post,
    user_can_moderate_space,
    user_can_write_in_space,
    user_wrote,
)
from forum.places import Place
from forum.prepared import prepared
from forum.pseudonyms import owned_by
from forum.writing import Written, read_writing, tidy_source
from people.models import User
from safety.text import TextRefusedError, clean_line


def own_pseudonym(*, person: User, space: Space) -> Pseudonym:
    """The alias the person has in the space. Raises PermissionDenied where there is none, or the space allows none."""
    found = Pseudonym.objects.filter(owned_by(person), space=space).first() if space.allows_pseudonyms else None
    if found is None:
        raise PermissionDenied
    return found


def must_be_held(*, space: Space, author: User, pseudonym: Pseudonym | None) -> bool:
    """Whether a post waits until somebody has seen it: the first of each author, where the space asks for that.

    Not that of somebody who could let it through, unless it is an alias': to let that pass would tell of whom it is.
    """
    if not space.holds_first_posts or (pseudonym is None and user_can_moderate_space(author, space)):
        return False
    own = Post.objects.filter(topic__space=space, state=State.NORMAL)
    return not (own.filter(pseudonym=pseudonym) if pseudonym else own.filter(author=author)).exists()


def _submission_key(submission: UUID | None, *, author: User, source: str) -> UUID | None:
    """Of the form, its writer and its text: another text from the same form, after «Back», is another post."""
    return None if submission is None else uuid5(submission, f"{author.pk}:{source}")


def _sent_before(key: UUID | None) -> Post | None:
    """The post an earlier sending of the same form made. Only its writer can have the key, whose row is locked."""
    return None if key is None else next(iter(_sent.for_all(key=key)), None)


@prepared(key=UUIDField())
def _sent(_reader: Any, *, key: Any) -> QuerySet[Post]:
    return Post.objects.select_related("topic").filter(submission=key)


@sensitive_variables()
def was_posted(*, author: User, submission: UUID, source: str, source_format: str, title: str | None = None) -> bool:
    """Whether this text from this form is a post already: a late saving must not make a draft of it. One query.

    `title` for a new topic only. Raises TextRefusedError over the limits.
    """
    tidied = tidy_source(source, source_format=source_format)
    if title is not None:
        tidied = f"{clean_line(title, most=TITLE_MAX)}:{tidied}"
    return _sent_before(_submission_key(submission, author=author, source=tidied)) is not None


@prepared(pk=BigIntegerField())
def _topic_to_answer(reader: Any, *, pk: Any) -> QuerySet[Topic]:
    return topics_open_to(reader).select_for_update(no_key=True, of=("self",)).filter(pk=pk)


def lock_topic_to_answer(topic: Topic, *, author: User) -> Topic:
    """As `lock_topic`, by the rule of who may answer in it now. Raises PermissionDenied."""
    locked = lock_topic_if(topic, lambda: _topic_to_answer(author, pk=topic.pk))
    if locked is None:
        raise PermissionDenied
    return locked


@sensitive_variables()
@transaction.atomic
def start_topic(
    *,
    author: User,
    space: Space,
    title: str,
    source: str,
    source_format: str = Post.Format.HTML,
    content_warning: str = "",
    as_pseudonym: bool = False,
    principle_keys: Iterable[UUID] = (),
    subject: tuple[str, UUID] | None = None,
    confirmed: bool = False,
    submission: UUID | None = None,
) -> Topic:
    """A new topic with its first post. `subject` is a `Topic.SubjectKind` and the page's translation key.

    `confirmed`: the writer has seen the guard's warnings. `submission` is the form it was written in, new for each:
    the writer's draft and files for the place go into the post, and the same sent twice makes one.

    Raises PermissionDenied and TextRefusedError (what the lengths and the pace refuse; PatientDataError and
    ConfirmationNeededError from the guard). Nothing is stored then.
    """
    written = read_writing(
        title=title, source=source, source_format=source_format, content_warning=content_warning, confirmed=confirmed
    )
    if not written.title:
        raise TextRefusedError(_("Skriv en tittel."))
    key = _submission_key(submission, author=author, source=f"{written.title}:{written.source}")
    lock_person(author)
    if before := _sent_before(key):
        return before.topic
    check_pace(author=author, starts_topic=True)
    space = lock_space(space.pk)
    if not user_can_write_in_space(author, space):
        raise PermissionDenied
    pseudonym = own_pseudonym(person=author, space=space) if as_pseudonym else None
    held = must_be_held(space=space, author=author, pseudonym=pseudonym)
    now = next_time(space)
    kind, subject_key = subject or ("", None)
    topic = Topic.objects.create(
        space=space,
        title=written.title,
        author=None if pseudonym else author,
        pseudonym=pseudonym,
        state=State.HELD if held else State.NORMAL,
        content_warning=written.content_warning,
        subject_kind=kind,
        subject_key=subject_key,
        created_at=now,
        last_post_at=now,
    )
    TopicPrinciple.objects.bulk_create(
        [TopicPrinciple(topic=topic, principle_key=each) for each in dict.fromkeys(principle_keys)]
    )
    _add_post(
        topic=topic,
        author=author,
        pseudonym=pseudonym,
        written=written,
        held=held,
        place=Place(space=space),
        submission=key,
    )
    return topic


@sensitive_variables()
@transaction.atomic
def reply(
    *,
    author: User,
    topic: Topic,
    source: str,
    source_format: str = Post.Format.HTML,
    content_warning: str = "",
    as_pseudonym: bool = False,
    reply_to: Post | None = None,
    confirmed: bool = False,
    submission: UUID | None = None,
) -> Post:
    """The next post of a topic. Parameters and errors are those of `start_topic`."""
    written = read_writing(
        source=source, source_format=source_format, content_warning=content_warning, confirmed=confirmed
    )
    key = _submission_key(submission, author=author, source=written.source)
    lock_person(author)
    if before := _sent_before(key):
        return before
    check_pace(author=author, starts_topic=False)
    topic = lock_topic_to_answer(topic, author=author)
    if reply_to is not None and reply_to.topic_id != topic.pk:
        raise PermissionDenied
    pseudonym = own_pseudonym(person=author, space=topic.space) if as_pseudonym else None
    return _add_post(
        topic=topic,
        author=author,
        pseudonym=pseudonym,
        written=written,
        held=must_be_held(space=topic.space, author=author, pseudonym=pseudonym),
        reply_to=reply_to,
        place=Place(space=topic.space, topic=topic),
        submission=key,
    )


@sensitive_variables()
def _add_post(
    *,
    topic: Topic,
    author: User,
    pseudonym: Pseudonym | None,
    written: Written,
    held: bool,
    place: Place,
    reply_to: Post | None = None,
    submission: UUID | None = None,
) -> Post:
    topic.last_number += 1
    post = Post.objects.create(
        topic=topic,
        number=topic.last_number,
        author=None if pseudonym else author,
        pseudonym=pseudonym,
        source=written.source,
        source_format=written.source_format,
        html=written.rendered.html,
        text=written.rendered.text,
        rendering_version=written.rendered.version,
        content_warning=written.content_warning,
        state=State.HELD if held else State.NORMAL,
        reply_to=reply_to,
        submission=submission,
        created_at=next_time(topic.space),
    )
    if submission is not None:
        drop_draft(person=author, place=place.key)
        claim_attachments(person=author, place=place.key, post=post)
    note_mentions(post=post, space=topic.space, author=author)
    count_new_post(post)
    tasks.posts_were_changed([post.pk], news=[] if held else [post.pk])
    return post


@sensitive_variables()
@transaction.atomic
def edit_post(
    *,
    editor: User,
    post: Post,
    source: str,
    source_format: str = Post.Format.HTML,
    content_warning: str = "",
    title: str | None = None,
    confirmed: bool = False,
) -> Post:
    """Write one's own post anew; how it read is kept. `title` only for the first post of a topic.

    Mentions that come new are told of, those that go are left. The editor's draft of the change goes. The same text
    again changes nothing. Raises as `start_topic` does.
    """
    topic, post = lock_post(post)
    if not user_can_edit_post(editor, post):
        raise PermissionDenied
    is_first = post.number == 1
    written = read_writing(
        title=(title or topic.title) if is_first else "",
        source=source,
        source_format=source_format,
        content_warning=content_warning,
        confirmed=confirmed,
    )
    drop_draft(person=editor, place=Place(space=topic.space, topic=topic, post=post).key)
    is_same = (written.rendered.html, written.content_warning) == (post.html, post.content_warning)
    if is_same and (not is_first or written.title == topic.title):
        return post
    PostEdit.objects.create(
        post=post, html=post.html, title=topic.title if is_first else "", content_warning=post.content_warning
    )
    post.source, post.source_format = written.source, written.source_format
    post.html, post.text, post.rendering_version = (
        written.rendered.html,
        written.rendered.text,
        written.rendered.version,
    )
    post.content_warning, post.edited_at = written.content_warning, timezone.now()
    post.save()
    if is_first:
        topic.title = written.title
        topic.content_warning = written.content_warning
        topic.save(update_fields=["title", "content_warning"])
    speaks_to_more = note_mentions(post=post, space=topic.space, author=editor) and post.state == State.NORMAL
    tasks.posts_were_changed([post.pk], news=[post.pk] if speaks_to_more else [])
    return post


@transaction.atomic
def delete_post(*, person: User, post: Post) -> None:
    """Take back what one wrote: the place stays, the text goes at once, with its files and earlier versions.

    A topic goes with its only post. Text that is reported stays, unseen, until the report is decided, and is emptied
    then (`forum.actions.moderation`). Raises PermissionDenied.
    """
    topic, post = lock_post(post)
    if not user_wrote(person, post) or post.state == State.DELETED:
        raise PermissionDenied
    set_post_state(topic=topic, post=post, state=State.DELETED)
    if not post.reports.filter(outcome="").exists():
        empty_post(post=post)


def empty_post(*, post: Post) -> None:
    """Remove what was written in a deleted post. Its files go from the disk after commit; with the last post of a
    topic its title goes too.
    """
    delete_files(post.attachments.all())
    post.edits.all().delete()
    post.mentions.all().delete()
    post.notices.all().delete()
    post.source = post.html = post.text = post.content_warning = ""
    post.save(update_fields=["source", "html", "text", "content_warning"])
    Topic.objects.filter(pk=post.topic_id, state=State.DELETED).update(title="", content_warning="")


def set_post_state(*, topic: Topic, post: Post, state: State, is_news: bool = False) -> None:
    """Give a post another state, with all that follows: the topic's, the counters, search. Topic and post are locked.

    `is_news`: people are told of it, as of one that was written now.

    A topic follows its first post, but for deletion: it is deleted only when nobody else has written in it.
    """
    post.state = state
    post.save(update_fields=["state"])
    if post.number == 1:
        others = Post.objects.filter(topic=topic).exclude(pk=post.pk).exclude(state=State.DELETED).exists()
        topic.state = State.NORMAL if state == State.DELETED and others else state
        topic.save(update_fields=["state"])
    elif state == State.DELETED and not Post.objects.filter(topic=topic).exclude(state=State.DELETED).exists():
        topic.state = State.DELETED
        topic.save(update_fields=["state"])
    if topic.accepted_post_id == post.pk and state != State.NORMAL:
        topic.accepted_post = None
        topic.save(update_fields=["accepted_post"])
    recount_topic(topic)
    recount_space(topic.space)
    changed = Post.objects.filter(topic=topic).values_list("pk", flat=True) if post.number == 1 else [post.pk]
    tasks.posts_were_changed(list(changed), news=[post.pk] if is_news else [])
