"""People and posts that notices are about."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from forum.actions.notices import tell_of_post
from forum.models import Mention, Notice, Post, Pseudonym, Space, State, Told, Topic, Watch
from people.models import User
from tests import factories
from tests.people.cast import make_person


def make_member(name: str, **fields: Any) -> User:
    """In a team, with a verified address."""
    person = make_person(name, **fields)
    factories.MembershipFactory.create(person=person)
    return person


def make_topic(
    space: Space, author: User | None = None, *, alias: Pseudonym | None = None, title: str = "Tavlemøte", **more: Any
) -> Topic:
    """A topic with its first post, told of to nobody."""
    topic = Topic.objects.create(space=space, title=title, author=None if alias else author, pseudonym=alias, **more)
    add_post(topic, author, alias=alias)
    return topic


def add_post(
    topic: Topic,
    author: User | None = None,
    *,
    alias: Pseudonym | None = None,
    reply_to: Post | None = None,
    mentions: tuple[User, ...] = (),
    text: str = "Et svar",
    **more: Any,
) -> Post:
    topic.last_number += 1
    topic.post_count += 1
    topic.last_post_at = timezone.now()
    topic.save()
    post = Post.objects.create(
        topic=topic,
        number=topic.last_number,
        author=None if alias else author,
        pseudonym=alias,
        source=text,
        html=f"<p>{text}</p>",
        text=text,
        rendering_version=1,
        reply_to=reply_to,
        **more,
    )
    Mention.objects.bulk_create([Mention(post=post, person=person) for person in mentions])
    return post


def tell(post: Post, *, ago: timedelta = timedelta(0)) -> Post:
    """Tell of it, as if so long ago by the clock of the test."""
    tell_of_post(post_id=post.pk)
    at = timezone.now() - ago
    Told.objects.filter(post=post).update(told_at=at)
    Notice.objects.filter(post=post).update(created_at=at)
    return post


def told(post: Post) -> dict[str, str]:
    """What the rows say, by first name."""
    return dict(Notice.objects.filter(post=post).values_list("person__first_name", "kind"))


def watch(person: User, level: str, *, space: Space | None = None, topic: Topic | None = None) -> None:
    Watch.objects.create(person=person, space=space, topic=topic, level=level)


def set_state(post: Post, state: State) -> None:
    Post.objects.filter(pk=post.pk).update(state=state)


def noon(year: int = 2026, month: int = 11, day: int = 25, hour: int = 12, minute: int = 0) -> datetime:
    """That hour of Norway's clock. 25 November 2026 is a Wednesday."""
    return timezone.make_aware(datetime(year, month, day, hour, minute))  # noqa: DTZ001 – made aware
