"""Queries that are put together once ask for who and when it is now; nothing of an earlier asking stays in them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial, partialmethod
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum import prepared
from forum.actions import reply, start_topic
from forum.actions.library import Content, Details, share_item
from forum.models import NewsItem, NewsPrinciple, Silence, Space
from forum.permissions import spaces_writable_by, user_can_write_in_space
from forum.prepared import EVERY, NUMBERS, Among, Prepared, Reader, Several, Together, keep_plans
from forum.queries.authors import add_author_lines
from people.models import User
from people.permissions import people_visible_to
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


def member() -> User:
    return factories.MembershipFactory.create().person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(slug="torget", allows_pseudonyms=True)


@pytest.fixture
def timeless(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything is put together anew, and whoever asks the clock while that is done fails."""

    def without_clock(build: Any, self: Prepared, *args: Any, **ways: Any) -> Any:
        def no_clock(*_args: Any, **_kwargs: Any) -> Any:
            raise AssertionError("the time is built into a query")

        with monkeypatch.context() as patched:
            patched.setattr(timezone, "now", no_clock)
            patched.setattr(timezone, "localdate", no_clock)
            patched.setattr(timezone, "localtime", no_clock)
            return build(self, *args, **ways)

    for each in EVERY:
        each._compiled.clear()
    for kind, name in ((Prepared, "queryset"), (Together, "built")):
        monkeypatch.setattr(kind, name, partialmethod(partial(without_clock, getattr(kind, name))))
    yield
    for each in EVERY:
        each._compiled.clear()


@pytest.mark.usefixtures("timeless")
def test_no_time_is_built_into_a_page_or_an_answer(space: Space) -> None:
    kari, ola = member(), member()
    principle = factories.PrincipleFactory.create()
    key = principle.translation_key
    NewsPrinciple.objects.create(item=NewsItem.objects.create(space=space, title="Nytt"), principle_key=key)
    topic = start_topic(author=kari, space=space, title="Tavlemøte", source="<p>Hvordan?</p>", principle_keys=[key])
    reply(author=ola, topic=topic, source="<p>Slik.</p>")
    item = share_item(person=kari, space=space, details=Details(title="Tavle"), content=Content(source="Slik."))
    client = signed_in(ola)
    where = space.get_absolute_url()
    cursor = "1700000000000000-1"
    for address in (
        reverse("forum:home"),
        where,
        f"{where}?vis=ulest",
        f"{where}?vis=uten-svar",
        f"{where}?eldre={cursor}",
        f"{where}?nyere={cursor}",
        topic.get_absolute_url(),
        reverse("forum:space-about", args=[space.slug]),
        f"{reverse('home:search')}?q=tavle",
        reverse("forum:library"),
        f"{reverse('forum:library')}?q=tavle&slag=template&prinsipp={key}&emneord=plan&rom={space.slug}",
        item.get_absolute_url(),
        principle.get_absolute_url(),
    ):
        assert client.get(address).status_code == 200, address
    sent = {"do": "post", "source": "Vi også.", "source_format": "text", "submission": str(uuid4())}
    assert client.post(reverse("forum:reply", args=[topic.pk]), sent).status_code == 302
    assert sum(bool(each._compiled) for each in EVERY) > 15


def test_a_pause_ends_when_its_time_has_passed_though_the_query_is_old(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    kari = member()
    now = timezone.now()
    Silence.objects.create(person=kari, until=now + timedelta(days=1), reason="Ro")
    assert not user_can_write_in_space(kari, space)
    monkeypatch.setattr(prepared.timezone, "now", lambda: now + timedelta(days=2))
    assert user_can_write_in_space(kari, space)
    assert list(spaces_writable_by(kari)) == [space]


def test_an_answer_is_about_the_person_who_is_asked_about(space: Space) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    inside = factories.SpaceMembershipFactory.create(space=closed).person
    inactive = factories.SpaceMembershipFactory.create(space=closed, person__is_active=False).person
    asked = [inside, member(), inside, inactive, inside]
    assert [user_can_write_in_space(person, closed) for person in asked] == [True, False, True, False, True]


def test_a_rule_that_branches_by_what_a_builder_was_not_told_is_refused() -> None:
    """Else everybody would be answered as whoever asked first."""
    with pytest.raises(AttributeError, match="is_superuser"):
        people_visible_to(Reader())


@pytest.mark.parametrize("count", [0, 1, 2_000])
def test_however_many_numbers_are_one_value(space: Space, count: int) -> None:
    @prepared.prepared(numbers=NUMBERS)
    def among(reader: Any, *, numbers: Any) -> Any:
        return Space.objects.filter(Among("pk", numbers)).values_list("pk")

    numbers = [space.pk, *range(-count, -1)][:count]
    assert among.for_all(numbers=numbers) == ([(space.pk,)] if count else [])
    EVERY.remove(among)


@pytest.mark.parametrize(("count", "length"), [(0, 4), (1, 4), (4, 4), (5, 16), (16, 16), (17, 64), (300, 1024)])
def test_lists_of_values_come_in_few_lengths(count: int, length: int) -> None:
    assert Several.length(count) == length


@pytest.mark.parametrize("authors", [1, 4, 5, 17])
def test_each_of_several_is_found_once(space: Space, authors: int) -> None:
    topics = [
        start_topic(author=member(), space=space, title=f"Tråd {number}", source="<p>Hei</p>")
        for number in range(authors)
    ]
    county = factories.TeamFactory.create(county="Vestland")
    for topic in topics:
        topic.author.memberships.update(team=county)
    add_author_lines(topics)
    assert [topic.author_line.facts for topic in topics] == [("Vestland",)] * authors  # type: ignore[attr-defined]


@pytest.mark.postgresql
def test_the_database_keeps_one_plan_on_a_connection_that_lasts(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, outside = member(), factories.UserFactory.create()
    asked = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%forum_silence%'"
    with connection.cursor() as cursor:
        assert user_can_write_in_space(inside, space)
        cursor.execute(asked)
        assert cursor.fetchall() == []
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
        keep_plans(connection)
        assert [user_can_write_in_space(person, space) for person in (inside, outside) * 4] == [True, False] * 4
        cursor.execute(asked)
        assert cursor.fetchall() == [(8, 0)]
        cursor.execute("SET plan_cache_mode = auto")
    connection.connection.prepare_threshold = None
