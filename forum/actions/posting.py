"""Starting topics and answering, changing and deleting what one wrote.

Order of locks: the space, then the topic. Every text passes the guard before anything is stored (ARCHITECTURE §5.2).
"""

from collections.abc import Iterable, Sequence
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from forum import tasks
from forum.actions.counting import lock_post, lock_space, lock_topic, next_time, recount_space, recount_topic
from forum.models import Post, PostEdit, Pseudonym, Space, State, Topic, TopicPrinciple
from forum.permissions import (
    user_can_edit_post,
    user_can_reply,
    user_can_write_in_space,
    user_wrote,
)
from forum.pseudonyms import owned_by
from forum.rendering import render
from forum.signals import posts_changed
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_line


def say_posts_changed(post_ids: Sequence[int]) -> None:
    """After commit: search and whoever else keeps something of these posts makes it again."""
    transaction.on_commit(partial(posts_changed.send, sender=Post, post_ids=list(post_ids)))


def own_pseudonym(*, person: User, space: Space) -> Pseudonym:
    """The alias the person has in the space. Raises PermissionDenied where there is none, or the space allows none."""
    found = Pseudonym.objects.filter(owned_by(person), space=space).first() if space.allows_pseudonyms else None
    if found is None:
        raise PermissionDenied
    return found


def must_be_held(*, space: Space, author: User, pseudonym: Pseudonym | None) -> bool:
    """Whether a post waits until somebody has seen it: the first of each author, where the space asks for that."""
    if not space.holds_first_posts:
        return False
    own = Post.objects.filter(topic__space=space, state=State.NORMAL)
    return not (own.filter(pseudonym=pseudonym) if pseudonym else own.filter(author=author)).exists()


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
) -> Topic:
    """A new topic with its first post. `subject` is a `Topic.SubjectKind` and the page's translation key.

    Raises PermissionDenied, TextRefusedError (what the guard or the lengths refuse) and HtmlTooLargeError.
    """
    space = lock_space(space.pk)
    if not user_can_write_in_space(author, space):
        raise PermissionDenied
    title = clean_line(title, most=Topic._meta.get_field("title").max_length or 0)
    content_warning = clean_line(content_warning, most=Topic._meta.get_field("content_warning").max_length or 0)
    pseudonym = own_pseudonym(person=author, space=space) if as_pseudonym else None
    held = must_be_held(space=space, author=author, pseudonym=pseudonym)
    now = next_time(space)
    kind, key = subject or ("", None)
    topic = Topic.objects.create(
        space=space,
        title=title,
        author=None if pseudonym else author,
        pseudonym=pseudonym,
        state=State.HELD if held else State.NORMAL,
        content_warning=content_warning,
        subject_kind=kind,
        subject_key=key,
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
        source=source,
        source_format=source_format,
        content_warning=content_warning,
        held=held,
    )
    return topic


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
) -> Post:
    """The next post of a topic. Raises as `start_topic` does."""
    topic = lock_topic(topic)
    if not user_can_reply(author, topic) or (reply_to is not None and reply_to.topic_id != topic.pk):
        raise PermissionDenied
    content_warning = clean_line(content_warning, most=Post._meta.get_field("content_warning").max_length or 0)
    pseudonym = own_pseudonym(person=author, space=topic.space) if as_pseudonym else None
    return _add_post(
        topic=topic,
        author=author,
        pseudonym=pseudonym,
        source=source,
        source_format=source_format,
        content_warning=content_warning,
        held=must_be_held(space=topic.space, author=author, pseudonym=pseudonym),
        reply_to=reply_to,
    )


def _add_post(
    *,
    topic: Topic,
    author: User,
    pseudonym: Pseudonym | None,
    source: str,
    source_format: str,
    content_warning: str,
    held: bool,
    reply_to: Post | None = None,
) -> Post:
    rendered = render(source, source_format=source_format)
    refuse_identity_numbers("\n".join((topic.title, content_warning, source, rendered.text)))
    topic.last_number += 1
    topic.save(update_fields=["last_number"])
    post = Post.objects.create(
        topic=topic,
        number=topic.last_number,
        author=None if pseudonym else author,
        pseudonym=pseudonym,
        source=source,
        source_format=source_format,
        html=rendered.html,
        text=rendered.text,
        rendering_version=rendered.version,
        content_warning=content_warning,
        state=State.HELD if held else State.NORMAL,
        reply_to=reply_to,
        created_at=next_time(topic.space),
    )
    recount_topic(topic)
    recount_space(topic.space)
    say_posts_changed([post.pk])
    if not held:
        transaction.on_commit(partial(tasks.tell_of_post.enqueue, post.pk))
    return post


@transaction.atomic
def edit_post(
    *,
    editor: User,
    post: Post,
    source: str,
    source_format: str = Post.Format.HTML,
    content_warning: str = "",
    title: str | None = None,
) -> Post:
    """Write one's own post anew; how it read is kept. `title` only for the first post of a topic.

    Raises as `start_topic` does.
    """
    topic, post = lock_post(post)
    if not user_can_edit_post(editor, post):
        raise PermissionDenied
    rendered = render(source, source_format=source_format)
    content_warning = clean_line(content_warning, most=Post._meta.get_field("content_warning").max_length or 0)
    is_first = post.number == 1
    new_title = clean_line(title, most=Topic._meta.get_field("title").max_length or 0) if title and is_first else ""
    refuse_identity_numbers("\n".join((new_title, content_warning, source, rendered.text)))
    PostEdit.objects.create(
        post=post, html=post.html, title=topic.title if is_first else "", content_warning=post.content_warning
    )
    post.source, post.source_format = source, source_format
    post.html, post.text, post.rendering_version = rendered.html, rendered.text, rendered.version
    post.content_warning, post.edited_at = content_warning, timezone.now()
    post.save()
    if is_first:
        topic.title = new_title or topic.title
        topic.content_warning = content_warning
        topic.save(update_fields=["title", "content_warning"])
    say_posts_changed([post.pk])
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
    """Remove what was written in a deleted post. Its files go from the disk after commit."""
    for attachment in post.attachments.all():
        transaction.on_commit(partial(attachment.file.storage.delete, str(attachment.file.name)))
    post.attachments.all().delete()
    post.edits.all().delete()
    post.mentions.all().delete()
    post.notices.all().delete()
    post.source = post.html = post.text = post.content_warning = ""
    post.save(update_fields=["source", "html", "text", "content_warning"])


def set_post_state(*, topic: Topic, post: Post, state: State) -> None:
    """Give a post another state, with all that follows: the topic's, the counters, search. Topic and post are locked.

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
    say_posts_changed(list(changed))
