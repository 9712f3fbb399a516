"""The way from a lesson and a principle to the topics about them, on pages that are kept for everybody."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import LessonPage
from courses.urls_of import page_path
from forum.actions import start_topic
from forum.models import Space
from people.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


@pytest.fixture
def lesson(home: object) -> LessonPage:
    return factories.LessonPageFactory.create(title="Tavla i hverdagen")


@pytest.fixture
def kari() -> User:
    return factories.MembershipFactory.create().person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def about(lesson: LessonPage, space: Space, author: User) -> None:
    start_topic(
        author=author,
        space=space,
        title="Om tavla",
        source="<p>Hei</p>",
        subject=("lesson", lesson.translation_key),
    )


def words(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_lesson_says_how_many_topics_the_reader_may_see(lesson: LessonPage, kari: User) -> None:
    ola = factories.MembershipFactory.create().person
    private = factories.SpaceFactory.create(kind="private")
    factories.SpaceMembershipFactory.create(space=private, person=ola)
    about(lesson, factories.SpaceFactory.create(), kari)
    about(lesson, private, ola)
    address = page_path(lesson)
    for client, expected in (
        (signed_in(kari), "1 tråd </span>"),
        (signed_in(ola), "2 tråder </span>"),
        (signed_in(factories.UserFactory.create()), ""),
        (Client(), ""),
    ):
        text = words(client, address)
        assert "Diskuter denne leksjonen" in text
        assert f"/forum/om/leksjon/{lesson.translation_key}/" in text
        if expected:
            assert expected in text
        else:
            assert not any(count in text for count in ("1 tråd </span>", "2 tråder </span>"))


def test_a_lesson_costs_an_anonymous_reader_nothing_and_a_member_two_small_queries_a_minute(
    lesson: LessonPage, kari: User
) -> None:
    about(lesson, factories.SpaceFactory.create(), kari)
    address = page_path(lesson)
    client = signed_in(kari)

    def ask_the_forum(reader: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            reader.get(address)
        return sum('"forum_' in query["sql"] for query in captured)

    for reader in (Client(), client):
        reader.get(address)
    cache.clear()
    assert [ask_the_forum(Client()), ask_the_forum(client), ask_the_forum(client)] == [0, 2, 0]


def test_topics_about_a_lesson_are_those_the_reader_may_see(lesson: LessonPage, kari: User) -> None:
    space = factories.SpaceFactory.create(name="Torget")
    closed = factories.SpaceFactory.create(kind="restricted", name="Lukket")
    ola = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=closed, person=ola)
    about(lesson, space, kari)
    about(lesson, closed, ola)
    address = reverse("forum:topics-about", args=["leksjon", lesson.translation_key])
    assert [topic.space.name for topic in signed_in(kari).get(address).context["list"].topics] == ["Torget"]
    assert [topic.space.name for topic in signed_in(ola).get(address).context["list"].topics] == ["Lukket", "Torget"]
    text = words(signed_in(kari), address)
    assert "Tavla i hverdagen" in text
    assert "Ny tråd om dette" in text
    assert Client().get(address).status_code == 302
    lesson.delete()
    assert "Siden finnes ikke lenger" in words(signed_in(kari), address)
    outsider = signed_in(factories.UserFactory.create())
    assert outsider.get(address).status_code == 404


@pytest.mark.parametrize("kind", ["prinsipp", "kurs", "leksjon", "tull"])
def test_what_there_is_not_is_not_found(home: object, kari: User, kind: str) -> None:
    address = reverse("forum:topics-about", args=[kind, "00000000-0000-4000-8000-000000000000"])
    assert signed_in(kari).get(address).status_code == 404


def test_a_principle_lists_its_newest_topics_to_those_who_may_see_them(home: object, kari: User) -> None:
    principle = factories.PrincipleFactory.create(name="Fleksibilitet")
    space = factories.SpaceFactory.create()
    for number in range(7):
        start_topic(
            author=kari,
            space=space,
            title=f"Tråd {number}",
            source="<p>Hei</p>",
            principle_keys=[principle.translation_key],
        )
    address = principle.get_absolute_url()
    anonymous, member = words(Client(), address), words(signed_in(kari), address)
    assert ("Logg inn og les" in anonymous, "Tråd 6" in anonymous) == (True, False)
    assert [f"Tråd {number}" in member for number in range(7)] == [False, False, True, True, True, True, True]
    assert f"/forum/om/prinsipp/{principle.translation_key}/" in member
    assert "Tråd 6" not in words(signed_in(factories.UserFactory.create()), address)


@pytest.mark.parametrize("topics", [1, 30])
def test_queries_of_topics_about_a_principle(home: object, kari: User, topics: int) -> None:
    principle = factories.PrincipleFactory.create()
    for _ in range(topics):
        start_topic(
            author=factories.MembershipFactory.create().person,
            space=factories.SpaceFactory.create(),
            title="Tråd",
            source="<p>Hei</p>",
            principle_keys=[principle.translation_key],
        )
    client = signed_in(kari)
    address = reverse("forum:topics-about", args=["prinsipp", principle.translation_key])
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    assert len(captured) == 6
