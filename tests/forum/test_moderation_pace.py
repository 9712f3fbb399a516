"""How much one may write in a while: the person and their aliases together."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from forum.actions import reply, start_topic
from forum.actions.pace import NEW_PEOPLE, OTHERS, TooFastError, pace_of
from forum.models import Post, Space, Topic
from people.models import User
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db


def make_member(*, days: int) -> User:
    joined = timezone.now() - timedelta(days=days)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined)).person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


def fill(author: User, topic: Topic, *, posts: int, ago: timedelta, alias: Any = None) -> None:
    """So many posts of the author's, as many seconds apart."""
    Post.objects.bulk_create(
        Post(
            topic=topic,
            number=topic.last_number + 1 + place,
            author=None if alias else author,
            pseudonym=alias,
            source="x",
            html="x",
            text="x",
            rendering_version=1,
            created_at=timezone.now() - ago + timedelta(seconds=place),
        )
        for place in range(posts)
    )
    topic.last_number += posts
    topic.save()


def test_the_pace_is_slower_in_the_first_week() -> None:
    assert [pace_of(make_member(days=days)) for days in (0, 6, 8)] == [NEW_PEOPLE, NEW_PEOPLE, OTHERS]
    assert (NEW_PEOPLE.topics_a_day, NEW_PEOPLE.posts_an_hour) == (5, 20)
    assert (OTHERS.topics_a_day, OTHERS.posts_an_hour) == (20, 60)


@pytest.mark.parametrize(("days", "most"), [(0, 20), (30, 60)])
def test_posts_of_person_and_alias_count_together(space: Space, days: int, most: int) -> None:
    author = make_member(days=days)
    alias = factories.make_pseudonym(author, space)
    topic = make_topic(space)
    fill(author, topic, posts=most // 2, ago=timedelta(minutes=50))
    fill(author, topic, posts=most // 2 - 1, ago=timedelta(minutes=40), alias=alias)
    reply(author=author, topic=topic, source="<p>den siste</p>", as_pseudonym=True)
    for as_pseudonym in (True, False):
        with pytest.raises(TooFastError) as refused:
            reply(author=author, topic=topic, source="<p>en for mye</p>", as_pseudonym=as_pseudonym)
    oldest = Post.objects.filter(author=author).order_by("created_at")[0].created_at
    assert refused.value.again_at == oldest + timedelta(hours=1)
    again = timezone.localtime(refused.value.again_at + timedelta(seconds=59))
    assert again.strftime("klokka %H.%M") in refused.value.message
    assert isinstance(refused.value, TextRefusedError)
    reply(author=make_member(days=0), topic=topic, source="<p>en annen</p>")


def test_what_is_older_than_an_hour_counts_no_more(space: Space) -> None:
    author, topic = make_member(days=0), make_topic(space)
    fill(author, topic, posts=20, ago=timedelta(minutes=61))
    reply(author=author, topic=topic, source="<p>ny time</p>")
    assert Post.objects.filter(author=author).count() == 21


def test_topics_have_a_pace_of_their_own(space: Space) -> None:
    author = make_member(days=0)
    factories.make_pseudonym(author, space)
    for number in range(5):
        start_topic(author=author, space=space, title=str(number), source="<p>x</p>", as_pseudonym=number % 2 == 0)
    with pytest.raises(TooFastError) as refused:
        start_topic(author=author, space=space, title="6", source="<p>x</p>")
    oldest = Topic.objects.order_by("created_at")[0].created_at
    assert refused.value.again_at == oldest + timedelta(days=1)
    reply(author=author, topic=Topic.objects.first(), source="<p>svare går</p>")


def make_topic(space: Space) -> Topic:
    return start_topic(author=make_member(days=400), space=space, title="Tråd", source="<p>x</p>")
