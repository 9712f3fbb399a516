"""Two at once about one post or by one person, on a database that lets them."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from forum.actions import delete_post, reply, start_topic
from forum.actions.moderation import appeal, decide, decide_appeal, stamp_of
from forum.actions.reports import report_post
from forum.models import Appeal, ModerationEntry, Notice, Post, Report, Space, State, Topic
from people.models import User
from people.own_data.actions import delete_person
from tests import factories
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def make_member(*, days: int = 400) -> User:
    joined = timezone.now() - timedelta(days=days)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined)).person


@pytest.fixture
def space(transactional_db: None) -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


@pytest.fixture
def people(space: Space) -> dict[str, Any]:
    return {
        "author": make_member(),
        "reader": make_member(),
        "moderators": [
            factories.SpaceMembershipFactory.create(space=space, facilitator=True).person,
            factories.SpaceMembershipFactory.create(space=space, facilitator=True).person,
        ],
    }


def make_post(people: dict[str, Any], space: Space) -> Post:
    joined = timezone.now() - timedelta(days=400)
    User.objects.filter(pk=people["author"].pk).update(date_joined=joined)
    return start_topic(author=people["author"], space=space, title="T", source="<p>x</p>").posts.get()


def test_two_decide_one_report(space: Space, people: dict[str, Any]) -> None:
    for _ in range(ROUNDS):
        post = make_post(people, space)
        report_post(reporter=people["reader"], post=post, reason="harassment")
        seen = stamp_of(post)
        one, two = people["moderators"]
        outcomes = at_once(
            partial(decide, moderator=one, post=post, verb="hide", reason="x", seen=seen),
            partial(decide, moderator=two, post=post, verb="dismiss", seen=seen),
        )
        assert sorted(outcomes) == ["CaseChangedError", "done"]
        entry = ModerationEntry.objects.get(post=post)
        assert Report.objects.get(post=post).outcome == ("upheld" if entry.verb == "hide" else "dismissed")
        assert Notice.objects.filter(person=people["reader"], entry=entry).count() == 1
        Report.objects.all().delete()


def test_reporting_while_its_author_deletes_it(space: Space, people: dict[str, Any]) -> None:
    """Either nobody reports what is gone, or the text waits for the decision."""
    for _ in range(ROUNDS):
        post = make_post(people, space)
        reported, deleted = at_once(
            partial(report_post, reporter=people["reader"], post=post, reason="harassment"),
            partial(delete_post, person=people["author"], post=post),
        )
        post.refresh_from_db()
        assert (reported in {"done", "PermissionDenied"}, deleted) == (True, "done")
        assert (post.state, post.text != "") == (State.DELETED, reported == "done")
        Report.objects.all().delete()


def test_reporting_twice_at_once_is_one_report(space: Space, people: dict[str, Any]) -> None:
    for _ in range(ROUNDS):
        post = make_post(people, space)
        report = partial(report_post, reporter=people["reader"], post=post, reason="patient_data")
        assert at_once(report, report) == ["done", "done"]
        assert Report.objects.filter(post=post).count() == 1
        assert ModerationEntry.objects.filter(post=post).count() == 1
        Report.objects.all().delete()


def test_two_appeals_at_once_are_one(space: Space, people: dict[str, Any]) -> None:
    one, two = people["moderators"]
    for _ in range(ROUNDS):
        post = make_post(people, space)
        entry = decide(moderator=one, post=post, verb="hide", reason="x")
        ask = partial(appeal, person=people["author"], entry=entry, text="Nei")
        assert sorted(at_once(ask, ask)) == ["AppealError", "done"]
        asked = Appeal.objects.get(entry=entry)
        answers = at_once(
            partial(decide_appeal, moderator=two, appeal=asked, upheld=True, answer="Ja"),
            partial(decide_appeal, moderator=two, appeal=asked, upheld=False, answer="Nei"),
        )
        assert sorted(answers) == ["CaseChangedError", "done"]
        post.refresh_from_db()
        asked.refresh_from_db()
        assert post.state == (State.NORMAL if asked.upheld else State.HIDDEN)


def test_the_pace_holds_against_many_requests_at_once(space: Space) -> None:
    """By name and by alias together, in two topics whose locks are not the same."""
    elsewhere = factories.SpaceFactory.create()
    for _ in range(3):
        author = make_member(days=0)
        factories.make_pseudonym(author, space, name=f"Rev {author.pk}")
        topics = [
            start_topic(author=make_member(), space=each, title="T", source="<p>x</p>") for each in (space, elsewhere)
        ]
        for number in range(17):
            reply(author=author, topic=topics[0], source=f"<p>{number}</p>")
        outcomes = at_once(
            *(partial(reply, author=author, topic=topics[number % 2], source="<p>y</p>") for number in range(6)),
            *(partial(reply, author=author, topic=topics[0], source="<p>z</p>", as_pseudonym=True) for _ in range(2)),
        )
        assert sorted(outcomes) == ["TooFastError"] * 5 + ["done"] * 3
        assert Post.objects.filter(topic__in=topics).count() == 2 + 20


def test_deciding_about_somebody_whose_account_goes(space: Space, people: dict[str, Any]) -> None:
    moderator = people["moderators"][0]
    for _ in range(ROUNDS):
        author = make_member()
        post = start_topic(author=author, space=space, title="T", source="<p>x</p>").posts.get()
        outcomes = at_once(
            partial(decide, moderator=moderator, post=post, verb="hide", reason="x"),
            partial(delete_person, person=author),
        )
        assert outcomes == ["done", "done"]
        post.refresh_from_db()
        assert (post.state, post.author.email) == (State.HIDDEN, "tidligere-medlem@flett.invalid")
        assert Topic.objects.get(pk=post.topic_id).author == post.author
