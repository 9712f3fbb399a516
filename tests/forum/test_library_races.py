"""Two at once about one item, on a database that lets them."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from forum.actions import reply, start_topic
from forum.actions.item_cases import decide_item, report_item, stamp_of_item
from forum.actions.joining import discuss_item
from forum.actions.library import Content, Details, share_item
from forum.actions.library_notices import remind_of_reviews, tell_of_version
from forum.actions.topics import accept_answer
from forum.models import LibraryItem, ModerationEntry, Notice, Post, Report, Space, Topic
from people.models import User
from tests import factories
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_pace")]


@pytest.fixture
def space(transactional_db: None) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def people(space: Space) -> list[User]:
    return [factories.MembershipFactory.create().person for _ in range(2)]


def make_item(person: User, space: Space) -> LibraryItem:
    return share_item(person=person, space=space, details=Details(title="Avtale"), content=Content(source="Tekst"))


def test_two_begin_the_topic_of_one_item(space: Space, people: list[User]) -> None:
    for _ in range(ROUNDS):
        item = make_item(people[0], space)
        outcomes = at_once(
            *(partial(discuss_item, author=each, item=item, title="Om", source="<p>x</p>") for each in people)
        )
        assert outcomes == ["done", "done"]
        topic = Topic.objects.get(subject_key=item.key)
        assert (topic.post_count, sorted(topic.posts.values_list("number", flat=True))) == (2, [1, 2])


def test_two_make_an_item_of_one_answer(space: Space, people: list[User]) -> None:
    for _ in range(ROUNDS):
        topic = start_topic(author=people[0], space=space, title="T", source="<p>x</p>")
        post = reply(author=people[1], topic=topic, source="<p>y</p>")
        accept_answer(person=people[0], topic=topic, post=post)
        post = Post.objects.select_related("topic__space").get(pk=post.pk)
        make = partial(share_item, space=space, details=Details(title="T"), content=Content(source="y"), from_post=post)
        assert sorted(at_once(*(partial(make, person=each) for each in people))) == ["TextRefusedError", "done"]
        assert LibraryItem.objects.filter(from_post=post).count() == 1


def test_two_tell_of_one_version_and_two_remind(space: Space, people: list[User]) -> None:
    for _ in range(ROUNDS):
        item = make_item(people[0], space)
        share_item(
            person=people[1],
            space=space,
            details=Details(title="Bygget"),
            content=Content(source="x"),
            based_on=item.current,
        )
        LibraryItem.objects.filter(pk=item.pk).update(review_on=timezone.localdate())
        tell = partial(tell_of_version, version_id=item.current_id)
        assert at_once(tell, tell, remind_of_reviews, remind_of_reviews) == ["done"] * 4
        assert sorted(Notice.objects.values_list("kind", "person")) == [
            ("review", people[0].pk),
            ("version", people[1].pk),
        ]
        Notice.objects.all().delete()
        LibraryItem.objects.update(review_on=None)


def test_two_decide_one_reported_item(space: Space, people: list[User]) -> None:
    moderators = [factories.SpaceMembershipFactory.create(space=space, facilitator=True).person for _ in range(2)]
    joined = timezone.now() - timedelta(days=400)
    User.objects.filter(pk=people[1].pk).update(date_joined=joined)
    for _ in range(ROUNDS):
        item = make_item(people[0], space)
        report_item(reporter=people[1], item=item, reason="harassment")
        seen = stamp_of_item(item)
        outcomes = at_once(
            partial(decide_item, moderator=moderators[0], item=item, verb="hide", reason="x", seen=seen),
            partial(decide_item, moderator=moderators[1], item=item, verb="dismiss", seen=seen),
        )
        assert sorted(outcomes) == ["CaseChangedError", "done"]
        entry = ModerationEntry.objects.get(item=item)
        assert Report.objects.get(item=item).outcome == ("upheld" if entry.verb == "hide" else "dismissed")
        Report.objects.all().delete()
