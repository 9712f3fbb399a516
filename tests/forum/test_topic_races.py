"""Several people at once in the same topics, on a database that lets them."""

import random
from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from forum.actions import mark_read, reply, start_topic
from forum.actions.counting import lock_post
from forum.actions.posting import set_post_state
from forum.actions.rebuild import find_drift
from forum.actions.topics import CannotTidyError, accept_answer, merge_topics, move_topic, split_topic
from forum.models import Post, State, Topic, TopicRead
from people.models import User
from tests import factories

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("any_pace"),
]

ROUNDS = 6


def at_once(*work: Callable[[], Any]) -> list[str]:
    """Run all of it in threads that start together. What each came to: "done", or the name of its error."""
    barrier, outcomes = Barrier(len(work)), [""] * len(work)

    def run(place: int) -> None:
        try:
            barrier.wait()
            work[place]()
            outcomes[place] = "done"
        except Exception as error:  # noqa: BLE001 – told to the test
            outcomes[place] = type(error).__name__
        finally:
            connection.close()

    threads = [Thread(target=run, args=[place]) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    return [factories.MembershipFactory.create().person for _ in range(4)]


def test_answers_while_a_topic_is_moved_back_and_forth(people: list[User]) -> None:
    here, there = factories.SpaceFactory.create(), factories.SpaceFactory.create()
    moderators = [factories.make_moderator(), factories.make_moderator()]
    topics = [start_topic(author=people[0], space=space, title="Tråd", source="<p>Hei</p>") for space in (here, there)]
    for _ in range(ROUNDS):
        outcomes = at_once(
            *(partial(reply, author=person, topic=topics[0], source="<p>Svar</p>") for person in people),
            partial(move_topic, moderator=moderators[0], topic=topics[0], space=there),
            partial(move_topic, moderator=moderators[1], topic=topics[1], space=here),
            partial(move_topic, moderator=moderators[1], topic=topics[0], space=here),
        )
        assert outcomes[:4] == ["done"] * 4
        assert set(outcomes) <= {"done", "CannotTidyError"}
    assert list(find_drift()) == []
    numbers = list(Post.objects.filter(topic=topics[0]).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 2 + 4 * ROUNDS))


def test_two_topics_merged_into_each_other_at_once(people: list[User]) -> None:
    space, moderator = factories.SpaceFactory.create(), factories.make_moderator()
    for _ in range(ROUNDS):
        one, two = (start_topic(author=people[0], space=space, title="Tråd", source="<p>Hei</p>") for _ in range(2))
        outcomes = at_once(
            partial(merge_topics, moderator=moderator, topic=one, into=two),
            partial(merge_topics, moderator=moderator, topic=two, into=one),
            partial(mark_read, reader=people[1], topic=one, number=1),
        )
        assert sorted(outcomes) == ["PermissionDenied", "done", "done"]
        assert Topic.objects.filter(pk__in=[one.pk, two.pk], merged_into__isnull=True).count() == 1
    assert list(find_drift()) == []


def test_reading_in_many_tabs_ends_at_the_farthest(people: list[User]) -> None:
    space = factories.SpaceFactory.create()
    topic = start_topic(author=people[0], space=space, title="Tråd", source="<p>Hei</p>")
    for _ in range(9):
        reply(author=people[0], topic=topic, source="<p>Svar</p>")
    topic.refresh_from_db()
    for reader in people[1:]:
        outcomes = at_once(*(partial(mark_read, reader=reader, topic=topic, number=number) for number in range(1, 11)))
        assert outcomes == ["done"] * 10
        assert TopicRead.objects.get(person=reader, topic=topic).last_read_number == 10


def test_everything_at_once_leaves_no_drift(people: list[User]) -> None:
    spaces, moderator = factories.SpaceFactory.create_batch(2), factories.make_moderator()
    for number in range(6):
        topic = start_topic(author=people[0], space=spaces[number % 2], title="Tråd", source="<p>Hei</p>")
        reply(author=people[1], topic=topic, source="<p>Svar</p>")

    def work(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 – which order, no secret
        for _ in range(25):
            topics = list(Topic.objects.filter(merged_into__isnull=True))
            topic, other = chance.choice(topics), chance.choice(topics)
            person = people[seed % len(people)]
            try:
                match chance.randrange(8):
                    case 0:
                        start_topic(author=person, space=chance.choice(spaces), title="Ny", source="<p>Hei</p>")
                    case 1 | 2 | 3:
                        reply(author=person, topic=topic, source="<p>Svar</p>")
                    case 4:
                        move_topic(moderator=moderator, topic=topic, space=chance.choice(spaces))
                    case 5:
                        split_topic(moderator=moderator, topic=topic, numbers=[2], title="Delt")
                    case 6:
                        merge_topics(moderator=moderator, topic=topic, into=other)
                    case _:
                        _hide_or_show(chance)
                accept_answer(person=moderator, topic=topic, post=topic.posts.last())
            except (CannotTidyError, PermissionDenied):
                continue

    assert at_once(*(partial(work, seed) for seed in range(6))) == ["done"] * 6
    assert list(find_drift()) == []
    assert Topic.objects.filter(merged_into__isnull=False).exists()


def _hide_or_show(chance: random.Random) -> None:
    with transaction.atomic():
        chosen = chance.choice(list(Post.objects.filter(state__in=[State.NORMAL, State.HIDDEN])))
        topic, post = lock_post(chosen)
        if post.state in {State.NORMAL, State.HIDDEN}:
            set_post_state(topic=topic, post=post, state=State.HIDDEN if post.state == State.NORMAL else State.NORMAL)
