"""Talking about an item of the library: one topic about it, in its space, whoever begins."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from forum.actions.counting import lock_space
from forum.actions.pace import lock_person
from forum.actions.posting import reply, start_topic, was_posted
from forum.models import LibraryItem, Post, State, Topic
from forum.permissions.library import user_can_see_item
from forum.queries.joined import topic_about
from people.models import User


@sensitive_variables()
@transaction.atomic
def discuss_item(
    *,
    author: User,
    item: LibraryItem,
    title: str,
    source: str,
    source_format: str = Post.Format.HTML,
    submission: UUID | None = None,
    **written: Any,
) -> Post:
    """Begin the topic about an item; where somebody has begun it meanwhile, this is an answer in it.

    The space is locked first, so that two who begin at the same time come one after the other; the database refuses a
    second topic too. Parameters and errors are those of `start_topic`.
    """
    lock_person(author)
    space = lock_space(item.space_id)
    item = LibraryItem.objects.get(pk=item.pk)
    if item.state != State.NORMAL or not user_can_see_item(author, item):
        raise PermissionDenied
    words: dict[str, Any] = {"source": source, "source_format": source_format, "submission": submission} | written
    was_sent = submission is not None and was_posted(
        author=author, submission=submission, source=source, source_format=source_format, title=title
    )
    topic = None if was_sent else topic_about(item)
    if topic is not None:
        words.pop("principle_keys", None)
        return reply(author=author, topic=topic, **words)
    begun = start_topic(author=author, space=space, title=title, subject=(Topic.SubjectKind.ITEM, item.key), **words)
    return begun.posts.get(number=1)
