"""Whom a post is told to, and that they have seen it."""

from django.db import transaction

from forum.models import Notice, Post, State
from forum.permissions import people_who_read


@transaction.atomic
def tell_of_post(*, post_id: int) -> None:
    """A line in the list of each person the post speaks to, who may read it. Doing it again tells nobody twice."""
    post = Post.objects.select_related("topic__space", "reply_to").filter(pk=post_id, state=State.NORMAL).first()
    if post is None:
        return
    readers = people_who_read(post.topic.space)
    told: dict[int, str] = {}
    answered = post.reply_to or post.topic
    if answered.author_id is not None:
        told[answered.author_id] = Notice.Kind.REPLY
    for person in post.mentions.filter(person__isnull=False).values_list("person", flat=True):
        told[person] = Notice.Kind.MENTION
    told.pop(post.author_id or 0, None)
    reading = readers.filter(pk__in=told).values_list("pk", flat=True)
    Notice.objects.bulk_create(
        [Notice(person_id=person, kind=told[person], post=post) for person in reading], ignore_conflicts=True
    )


@transaction.atomic
def tell_of_accepted(*, post_id: int) -> None:
    """Whoever wrote the answer hears that it helped, if it is still the accepted one and they may read it.

    Not somebody who answered their own question, nor an alias: who that is, is sealed. Doing it again tells nobody
    twice.
    """
    post = Post.objects.select_related("topic__space").filter(pk=post_id, state=State.NORMAL).first()
    if post is None or post.author_id is None or post.author_id == post.topic.author_id:
        return
    if (
        post.topic.accepted_post_id != post.pk
        or not people_who_read(post.topic.space).filter(pk=post.author_id).exists()
    ):
        return
    Notice.objects.get_or_create(person_id=post.author_id, kind=Notice.Kind.ACCEPTED, post=post)
