"""Several at once at the same piece of news, on a database that lets them."""

from functools import partial
from uuid import uuid4

import pytest
from django.utils import timezone

from forum.actions.news import NewsDetails, confirm_news, edit_news, mark_news_seen, publish_news, remind_of_news
from forum.actions.notices import tell_of_news
from forum.models import NewsEdit, NewsItem, NewsReading, Notice, Space
from people.models import User
from tests import factories
from tests.forum.test_topic_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROUNDS = 4
WORDS = NewsDetails(title="Ny rutine", source="Vi møtes.", must_read=True)


@pytest.fixture
def space(transactional_db: None) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def editor(space: Space) -> User:
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True).person


@pytest.fixture
def reader(space: Space) -> User:
    return factories.MembershipFactory.create().person


def test_the_same_form_and_the_same_button_many_times_at_once(space: Space, editor: User, reader: User) -> None:
    for _ in range(ROUNDS):
        before, key = NewsItem.objects.count(), uuid4()
        publish = partial(publish_news, person=editor, space=space, details=WORDS, submission=key)
        assert at_once(*[publish] * 4) == ["done"] * 4
        assert NewsItem.objects.count() == before + 1
        item = NewsItem.objects.get(submission=key)
        confirm = partial(confirm_news, person=reader, item=item, round_=1)
        see = partial(mark_news_seen, person=reader, item=item)
        assert at_once(*[confirm] * 4, *[see] * 2) == ["done"] * 6
        reading = NewsReading.objects.get(item=item)
        assert (reading.person, reading.round, reading.confirmed_at is not None) == (reader, 1, True)


def test_nobody_confirms_what_is_changed_in_the_same_moment(space: Space, editor: User, reader: User) -> None:
    """Either the first round is confirmed, before the change, or the reader is told to read again."""
    for _ in range(ROUNDS):
        item = publish_news(person=editor, space=space, details=WORDS)
        change = partial(edit_news, person=editor, item=item, details=WORDS, version=1, must_be_read_again=True)
        confirmed, first, second = at_once(partial(confirm_news, person=reader, item=item, round_=1), change, change)
        assert sorted([first, second]) == ["NewsChangedError", "done"]
        rounds = list(NewsReading.objects.filter(item=item).values_list("round", flat=True))
        assert (confirmed, rounds) in [("done", [1]), ("NewsChangedError", [])]
        item.refresh_from_db()
        assert (item.round, item.version, NewsEdit.objects.count()) == (2, 2, 0)


def test_two_who_remind_at_once_remind_once(space: Space, editor: User, reader: User) -> None:
    item = publish_news(person=editor, space=space, details=WORDS)
    remind = partial(remind_of_news, person=editor, item=item)
    assert sorted(at_once(remind, remind)) == ["RemindedAlreadyError", "done"]
    NewsItem.objects.update(reminded_at=timezone.now())
    assert at_once(*[partial(tell_of_news, item_id=item.pk)] * 3) == ["done"] * 3
    assert list(Notice.objects.values_list("person", "news")) == [(reader.pk, item.pk)]
