"""Whatever is done, in whatever order, the counters are what a rebuild would make, and unread is what the rule says.

`FORUM_OPERATIONS=10000 pytest tests/forum/test_rebuild.py` runs that many at random instead of 200.
"""

import os
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.actions import reply, start_topic
from forum.actions.rebuild import find_drift
from forum.models import Space, State, Topic
from tests import factories
from tests.forum.operations import OPERATIONS, Forum, random_steps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]

STEPS = int(os.environ.get("FORUM_OPERATIONS", "200"))
CHECKED_EVERY = 100

number = st.integers(min_value=0, max_value=40)


def run(*options: str) -> str:
    out = StringIO()
    call_command("rebuild_forum", *options, stdout=out)
    return out.getvalue()


def test_random_doings_leave_no_drift() -> None:
    forum = Forum.make()
    for place, step in enumerate(random_steps(17, STEPS), start=1):
        forum.step(*step)
        if place % CHECKED_EVERY == 0:
            forum.check_unread()
    forum.check_counters()
    forum.check_unread()
    assert list(find_drift()) == []
    assert run("--check") == "Nothing differs from the posts.\n"
    assert Topic.objects.filter(merged_into__isnull=False).exists()
    assert Topic.objects.filter(title="Ny").exists()


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.sampled_from(OPERATIONS), number, number), min_size=4, max_size=25))
def test_short_histories_agree_with_the_model(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        forum = Forum.make()
        for place in range(3):
            forum.do_start(place, place)
        for step in steps:
            forum.step(*step)
        forum.check_counters()
        forum.check_unread()
        assert list(find_drift()) == []
        transaction.set_rollback(True)


@pytest.fixture
def topic() -> Topic:
    person = factories.MembershipFactory.create().person
    topic = start_topic(author=person, space=factories.SpaceFactory.create(), title="Tråd", source="<p>Hei</p>")
    reply(author=person, topic=topic, source="<p>Svar</p>")
    topic.refresh_from_db()
    return topic


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (Topic, {"post_count": 7}),
        (Topic, {"last_number": 1}),
        (Topic, {"state": State.HIDDEN}),
        (Topic, {"last_post_at": "2020-01-01T00:00:00Z"}),
        (Space, {"topic_count": 7}),
        (Space, {"last_post_at": None}),
    ],
)
def test_what_differs_is_found_and_mended(topic: Topic, model: Any, wrong: dict[str, Any]) -> None:
    before = list(model.objects.values())
    model.objects.update(**wrong)
    with pytest.raises(CommandError, match="1 rows differ"):
        run("--check")
    assert model.objects.values(*wrong)[0] != {name: before[0][name] for name in wrong}
    assert run().endswith("1 rows differed.\n")
    assert list(model.objects.values()) == before
    assert run("--check") == "Nothing differs from the posts.\n"


def test_an_answer_that_is_none_is_taken_away(topic: Topic) -> None:
    Topic.objects.update(accepted_post=topic.posts.get(number=1))
    run()
    topic.refresh_from_db()
    assert topic.accepted_post is None
