"""Lists of topics and topics to read: what each person sees of them, at what cost."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions import delete_post, mark_all_read, mark_read, reply, start_topic
from forum.actions.counting import lock_topic
from forum.actions.posting import set_post_state
from forum.actions.reactions import set_reaction
from forum.actions.topics import accept_answer, merge_topics, pin_topic
from forum.models import NewsItem, Post, Reaction, Space, State, Topic, TopicRead
from forum.queries.posts import get_topic_for, get_topic_page, pages_around
from forum.queries.topics import PINNED_AT_MOST, Cursor, get_forum_home, get_space_for, get_topic_list
from people.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


def member(**fields: Any) -> User:
    return factories.MembershipFactory.create(person=factories.UserFactory.create(**fields)).person


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def topic_in(space: Space, author: User, title: str = "Tavlemøte", *, replies: int = 0, **more: Any) -> Topic:
    topic = start_topic(author=author, space=space, title=title, source="<p>Hvordan gjør dere det?</p>", **more)
    for number in range(replies):
        reply(author=author, topic=topic, source=f"<p>Svar {number + 2}.</p>")
    topic.refresh_from_db()
    return topic


@pytest.fixture
def kari() -> User:
    return member(first_name="Kari")


@pytest.fixture
def ola() -> User:
    return member(first_name="Ola")


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(name="Torget", slug="torget")


# --- the front of the forum ----------------------------------------------------------------------------


def test_spaces_are_grouped_by_how_one_stands_to_them(space: Space, kari: User) -> None:
    own = factories.SpaceFactory.create(kind="private")
    factories.SpaceMembershipFactory.create(space=own, person=kari)
    closed = factories.SpaceFactory.create(kind="restricted")
    factories.SpaceFactory.create(kind="private", name="Hemmelig")
    role = factories.TeamRoleFactory.create(key="jobbspesialist")
    network = factories.SpaceFactory.create(network=True, role=role)
    archived = factories.SpaceFactory.create(archived_at=timezone.now())
    found = get_forum_home(kari)
    assert (found.mine, found.open, found.archived) == ([own], [space], [archived])
    assert found.closed == [closed, network]
    kari.memberships.get().roles.add(role)
    assert get_forum_home(kari).mine == [own, network]
    text = signed_in(kari).get(reverse("forum:home")).content.decode()
    assert "Hemmelig" not in text
    assert "Ingen har skrevet her ennå" in text


def test_newest_topics_are_those_of_spaces_one_reads(space: Space, kari: User, ola: User) -> None:
    hidden = factories.SpaceFactory.create(kind="private")
    factories.SpaceMembershipFactory.create(space=hidden, person=ola)
    other = factories.SpaceFactory.create()
    topics = [topic_in(space if number % 2 else other, ola, f"Tråd {number}") for number in range(14)]
    topic_in(hidden, ola, "Hemmelig")
    assert [topic.title for topic in get_forum_home(kari).topics] == [f"Tråd {number}" for number in range(13, 3, -1)]
    reply(author=ola, topic=topics[0], source="<p>Svar</p>")
    assert get_forum_home(kari).topics[0] == topics[0]
    assert get_forum_home(ola).topics[0] == topics[0]
    assert get_forum_home(ola).topics[1].title == "Hemmelig"


def test_spaces_say_how_many_topics_have_news(space: Space, kari: User, ola: User) -> None:
    first, second = topic_in(space, ola, "Første", replies=2), topic_in(space, ola, "Andre")
    topic_in(space, kari, "Min egen")
    assert [each.unread for each in get_forum_home(kari).open] == [2]
    mark_read(reader=kari, topic=first, number=3)
    assert [each.unread for each in get_forum_home(kari).open] == [1]
    text = signed_in(kari).get(reverse("forum:home")).content.decode()
    assert "1 tråd med nytt" in text
    mark_all_read(reader=kari, space=space)
    assert [each.unread for each in get_forum_home(kari).open] == [0]
    reply(author=ola, topic=second, source="<p>Nytt</p>")
    assert [each.unread for each in get_forum_home(kari).open] == [1]
    assert "Ingenting nytt" not in signed_in(kari).get(reverse("forum:home")).content.decode()


def test_somebody_without_team_is_told_how_to_get_one(space: Space, learner_client: Client) -> None:
    response = learner_client.get(reverse("forum:home"))
    assert response.templates[0].name == "forum/home_no_team.html"
    assert space.name not in response.content.decode()
    assert reverse("people:directory") in response.content.decode()


# --- each person, each page ----------------------------------------------------------------------------


def addresses(topic: Topic) -> dict[str, str]:
    return {
        "home": reverse("forum:home"),
        "space": topic.space.get_absolute_url(),
        "topic": topic.get_absolute_url(),
        "first-unread": reverse("forum:first-unread", args=[topic.pk]),
        "post": reverse("forum:post", args=[topic.posts.get(number=1).pk]),
        "move": reverse("forum:topic-move", args=[topic.pk]),
        "merge": reverse("forum:topic-merge", args=[topic.pk]),
        "split": reverse("forum:topic-split", args=[topic.pk]),
    }


@pytest.mark.parametrize(
    ("kind", "who", "expected"),
    [
        ("open", "owner", [200, 200, 200, 302, 302, 403, 403, 403]),
        ("open", "teammate", [200, 200, 200, 302, 302, 403, 403, 403]),
        ("open", "facilitator", [200, 200, 200, 302, 302, 200, 200, 200]),
        ("open", "outsider", [200, 404, 404, 404, 404, 404, 404, 404]),
        ("open", "anonymous", [302] * 8),
        ("restricted", "teammate", [200, 403, 404, 404, 404, 404, 404, 404]),
        ("restricted", "facilitator", [200, 200, 200, 302, 302, 200, 200, 200]),
        ("private", "owner", [200, 200, 200, 302, 302, 403, 403, 403]),
        ("private", "teammate", [200, 404, 404, 404, 404, 404, 404, 404]),
        ("private", "moderator", [200, 404, 404, 404, 404, 404, 404, 404]),
        ("private", "anonymous", [302] * 8),
    ],
)
def test_who_comes_where(home: object, kari: User, ola: User, kind: str, who: str, expected: list[int]) -> None:
    space = factories.SpaceFactory.create(kind=kind)
    factories.SpaceMembershipFactory.create(space=space, person=kari)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    topic = topic_in(space, kari)
    people: dict[str, Callable[[], Client]] = {
        "owner": lambda: signed_in(kari),
        "teammate": lambda: signed_in(ola),
        "facilitator": lambda: signed_in(facilitator),
        "outsider": lambda: signed_in(factories.UserFactory.create()),
        "moderator": lambda: signed_in(factories.make_moderator()),
        "anonymous": Client,
    }
    client = people[who]()
    assert [client.get(address).status_code for address in addresses(topic).values()] == expected
    if who == "anonymous":
        assert client.get(topic.get_absolute_url())["Location"].startswith(reverse("account_login"))


def test_a_closed_space_says_how_to_enter(home: object, kari: User) -> None:
    space = factories.SpaceFactory.create(kind="restricted", name="Lukket rom", about="For noen")
    response = signed_in(kari).get(space.get_absolute_url())
    assert (response.status_code, response.templates[0].name) == (403, "forum/space_closed.html")


def test_posting_ways_refuse_those_without_the_right(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, kari, replies=1)
    answer = topic.posts.get(number=2)
    client = signed_in(ola)
    for name in ("topic-pin", "topic-close", "topic-move", "topic-merge", "topic-split"):
        assert client.post(reverse(f"forum:{name}", args=[topic.pk]), {"on": "1"}).status_code == 403
    assert client.post(reverse("forum:post-accept", args=[answer.pk]), {"given": "1"}).status_code == 403
    outsider = signed_in(factories.UserFactory.create())
    assert outsider.post(reverse("forum:post-react", args=[answer.pk]), {"kind": "thanks"}).status_code == 404
    assert outsider.post(reverse("forum:mark-all-read", args=[space.slug])).status_code == 404
    topic.refresh_from_db()
    assert (topic.pinned_at, topic.closed_at, topic.accepted_post) == (None, None, None)


# --- the list ------------------------------------------------------------------------------------------


def titles(person: User, space: Space, **more: Any) -> list[str]:
    found = get_topic_list(person, get_space_for(person, space.slug), **more)
    return [topic.title for topic in [*found.pinned, *found.topics]]


def test_pinned_come_first_and_the_rest_by_newest_post(space: Space, kari: User) -> None:
    topics = {name: topic_in(space, kari, name) for name in "ABC"}
    pin_topic(moderator=factories.make_moderator(), topic=topics["A"], pinned=True)
    assert titles(kari, space) == ["A", "C", "B"]
    reply(author=kari, topic=topics["B"], source="<p>Svar</p>")
    assert titles(kari, space) == ["A", "B", "C"]


def test_pages_are_cut_by_position_also_between_topics_of_one_moment(space: Space, kari: User) -> None:
    topics = [topic_in(space, kari, f"{number:02}") for number in range(70)]
    Topic.objects.filter(pk__in=[topic.pk for topic in topics[20:60]]).update(last_post_at=topics[20].last_post_at)
    standing = get_space_for(kari, space.slug)
    seen: list[str] = []
    page = get_topic_list(kari, standing)
    parts = [page]
    while page.older is not None:
        page = get_topic_list(kari, standing, older_than=Cursor.parse(str(page.older)))
        parts.append(page)
    seen = [topic.title for part in parts for topic in part.topics]
    assert ([len(part.topics) for part in parts], sorted(seen)) == ([30, 30, 10], [f"{n:02}" for n in range(70)])
    assert (parts[0].newer, parts[2].older) == (None, None)
    back = get_topic_list(kari, standing, newer_than=Cursor.parse(str(parts[2].newer)))
    assert [topic.pk for topic in back.topics] == [topic.pk for topic in parts[1].topics]
    assert back.older is not None
    first = get_topic_list(kari, standing, newer_than=back.newer)
    assert [topic.pk for topic in first.topics] == [topic.pk for topic in parts[0].topics]
    assert first.newer is None


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-2-3", "9" * 40 + "-1", "1-" + "9" * 30, "٣-٤x"])
def test_a_place_that_is_none_is_the_beginning(space: Space, kari: User, text: str) -> None:
    topic_in(space, kari)
    response = signed_in(kari).get(space.get_absolute_url(), {"eldre": text})
    assert (response.status_code, len(response.context["list"].topics)) == (200, 1)


def test_filters_stand_in_the_address(space: Space, kari: User, ola: User) -> None:
    principle = factories.PrincipleFactory.create(name="Fleksibilitet")
    key = principle.translation_key
    about = topic_in(space, ola, "Om prinsippet", principle_keys=[key])
    answered = topic_in(space, ola, "Besvart", replies=1)
    mark_read(reader=kari, topic=answered, number=2)
    client = signed_in(kari)

    def seen(**query: str) -> list[str]:
        return [topic.title for topic in client.get(space.get_absolute_url(), query).context["list"].topics]

    assert seen(prinsipp=str(key)) == ["Om prinsippet"]
    assert seen(vis="uten-svar") == ["Om prinsippet"]
    assert seen(vis="ulest") == ["Om prinsippet"]
    mark_read(reader=kari, topic=about, number=1)
    assert seen(vis="ulest") == []
    assert seen(prinsipp="tull", vis="tull") == ["Besvart", "Om prinsippet"]
    assert "Ingen tråder passer" in client.get(space.get_absolute_url(), {"vis": "ulest"}).content.decode()


def test_a_row_says_in_words_what_it_is(space: Space, kari: User, ola: User) -> None:
    role = factories.TeamRoleFactory.create(key="jobbspesialist", name="Jobbspesialist")
    kari.memberships.get().roles.add(role)
    topic = topic_in(space, kari, "Vanskelig", replies=3, content_warning="selvmord")
    accept_answer(person=kari, topic=topic, post=topic.posts.get(number=3))
    text = " ".join(signed_in(ola).get(space.get_absolute_url()).content.decode().split())
    for words in ("Innholdsvarsel: selvmord", "3 svar", "4 nye", "Besvart", "Jobbspesialist", "Vestland", "nå nettopp"):
        assert words in text


def test_what_waits_or_is_hidden_is_listed_for_those_who_may_see_it(home: object, kari: User, ola: User) -> None:
    space = factories.SpaceFactory.create(holds_first_posts=True)
    moderator = factories.make_moderator()
    topic_in(space, kari, "Venter")
    hidden = topic_in(space, kari, "Skjult")
    set_post_state(topic=lock_topic(hidden), post=hidden.posts.get(), state=State.HIDDEN)
    assert (titles(kari, space), titles(ola, space)) == (["Venter"], [])
    assert sorted(titles(moderator, space)) == ["Skjult", "Venter"]


def test_marking_all_read_is_one_row(space: Space, kari: User, ola: User) -> None:
    topics = [topic_in(space, ola, f"{number}") for number in range(3)]
    client = signed_in(kari)
    assert "Merk alt som lest" in client.get(space.get_absolute_url()).content.decode()
    client.post(reverse("forum:mark-all-read", args=[space.slug]))
    assert [topic.unread for topic in client.get(space.get_absolute_url()).context["list"].topics] == [0, 0, 0]
    assert not TopicRead.objects.exists()
    reply(author=ola, topic=topics[0], source="<p>Nytt</p>")
    assert [topic.unread for topic in client.get(space.get_absolute_url()).context["list"].topics] == [1, 0, 0]


def test_an_alias_gives_nobody_away_in_lists_and_on_the_page(home: object, kari: User, ola: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    factories.make_pseudonym(kari, space)
    topic = topic_in(space, kari, as_pseudonym=True)
    for address in (space.get_absolute_url(), topic.get_absolute_url(), reverse("forum:home")):
        text = signed_in(ola).get(address).content.decode()
        assert "Fjellrev" in text
        assert kari.last_name not in text
    assert [each.unread for each in get_topic_list(kari, get_space_for(kari, space.slug)).topics] == [0]


# --- the topic -----------------------------------------------------------------------------------------


def test_a_page_is_a_range_of_numbers(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, ola, replies=44)
    client = signed_in(kari)

    def numbers(side: str) -> tuple[int, int, int]:
        page = client.get(topic.get_absolute_url(), {"side": side}).context["page"]
        return page.posts[0].number, page.posts[-1].number, page.page

    assert [numbers(side) for side in ("", "2", "3", "99", "0", "tull")] == [
        (1, 20, 1),
        (21, 40, 2),
        (41, 45, 3),
        (41, 45, 3),
        (1, 20, 1),
        (1, 20, 1),
    ]


def test_reading_goes_as_far_as_the_page_and_never_back(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, ola, replies=44)
    client = signed_in(kari)

    def read() -> int:
        return TopicRead.objects.get(person=kari, topic=topic).last_read_number

    client.head(topic.get_absolute_url())
    assert not TopicRead.objects.filter(person=kari).exists()
    client.get(topic.get_absolute_url())
    assert read() == 20
    assert client.get(reverse("forum:first-unread", args=[topic.pk]))["Location"] == (
        f"{topic.get_absolute_url()}?side=2#innlegg-21"
    )
    client.get(topic.get_absolute_url(), {"side": "3"})
    assert read() == 45
    client.get(topic.get_absolute_url())
    assert read() == 45
    assert client.get(reverse("forum:first-unread", args=[topic.pk]))["Location"] == (
        f"{topic.get_absolute_url()}?side=3#innlegg-45"
    )
    own = reply(author=kari, topic=topic, source="<p>Mitt</p>")
    assert [each.unread for each in get_topic_list(kari, get_space_for(kari, space.slug)).topics] == [0]
    assert client.get(reverse("forum:post", args=[own.pk]))["Location"] == (
        f"{topic.get_absolute_url()}?side=3#innlegg-46"
    )


def test_what_is_gone_leaves_a_place_and_no_text(home: object, kari: User, ola: User) -> None:
    space = factories.SpaceFactory.create()
    topic = topic_in(space, kari)
    posts = [reply(author=kari, topic=topic, source=f"<p>Hemmelig {number}</p>") for number in range(3)]
    Post.objects.filter(pk=posts[1].pk).update(state=State.HIDDEN, content_warning="noe skjult")
    Post.objects.filter(pk=posts[2].pk).update(state=State.HELD)
    delete_post(person=kari, post=posts[0])
    text = signed_in(ola).get(topic.get_absolute_url()).content.decode()
    for words in ("Innlegget er slettet", "Skjult av moderator", "Et innlegg venter på å bli sett gjennom"):
        assert words in text
    assert "Hemmelig" not in text
    assert "noe skjult" not in text
    own = signed_in(kari).get(topic.get_absolute_url()).content.decode()
    assert ("Hemmelig 2" in own, "Hemmelig 1" in own) == (True, False)
    moderator = signed_in(factories.make_moderator()).get(topic.get_absolute_url()).content.decode()
    assert ("Hemmelig 2" in moderator, "Hemmelig 1" in moderator, "Hemmelig 0" in moderator) == (True, True, False)


def test_text_that_is_not_shown_does_not_leave_the_database(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, kari, replies=1)
    Post.objects.filter(topic=topic, number=2).update(state=State.HIDDEN)
    page = get_topic_page(ola, get_topic_for(ola, topic.pk), page=1)
    assert [(post.is_shown, post.body) for post in page.posts] == [
        (True, "<p>Hvordan gjør dere det?</p>"),
        (False, ""),
    ]


def test_strong_content_is_folded_until_it_is_opened(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, kari, content_warning="vold")
    text = " ".join(signed_in(ola).get(topic.get_absolute_url()).content.decode().split())
    assert '<details class="post-warned"> <summary>' in text
    assert "Innholdsvarsel: vold" in text


def test_a_merged_topic_leads_where_it_went(space: Space, kari: User, ola: User) -> None:
    topic, into = topic_in(space, kari, "Ene"), topic_in(space, kari, "Andre")
    post = topic.posts.get()
    merge_topics(moderator=factories.make_moderator(), topic=topic, into=into)
    client = signed_in(ola)
    assert client.get(topic.get_absolute_url())["Location"] == into.get_absolute_url()
    assert client.get(reverse("forum:first-unread", args=[topic.pk]))["Location"] == (
        reverse("forum:first-unread", args=[into.pk])
    )
    assert client.get(reverse("forum:post", args=[post.pk]))["Location"] == f"{into.get_absolute_url()}#innlegg-2"
    assert signed_in(factories.UserFactory.create()).get(topic.get_absolute_url()).status_code == 404


def test_reactions_are_numbers_and_can_be_taken_back(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, kari)
    post = topic.posts.get()
    client = signed_in(ola)
    address = reverse("forum:post-react", args=[post.pk])
    for _ in range(2):
        response = client.post(address, {"kind": "thanks", "given": "1"})
    assert response["Location"] == f"{topic.get_absolute_url()}#innlegg-1"
    assert Reaction.objects.count() == 1
    part = client.post(address, {"kind": "useful", "given": "1"}, headers={"HX-Request": "true"}).content.decode()
    assert part.count('aria-pressed="true"') == 2
    assert "<html" not in part
    client.post(address, {"kind": "thanks", "given": "0"})
    assert list(Reaction.objects.values_list("kind", flat=True)) == ["useful"]
    assert client.post(address, {"kind": "hate", "given": "1"}).status_code == 403
    assert signed_in(kari).post(address, {"kind": "thanks", "given": "1"}).status_code == 403
    text = signed_in(kari).get(topic.get_absolute_url()).content.decode()
    assert ("reaction-still" in text, ola.last_name in text) == (True, False)


def test_the_answer_that_helped_is_marked_and_linked(space: Space, kari: User, ola: User) -> None:
    topic = topic_in(space, kari, replies=25)
    answer = reply(author=ola, topic=topic, source="<p>Slik</p>")
    client = signed_in(kari)
    client.post(reverse("forum:post-accept", args=[answer.pk]), {"given": "1"})
    topic.refresh_from_db()
    assert topic.accepted_post == answer
    assert 'href="?side=2#innlegg-27"' in client.get(topic.get_absolute_url()).content.decode()
    assert "Dette svaret hjalp" in client.get(topic.get_absolute_url(), {"side": "2"}).content.decode()
    client.post(reverse("forum:post-accept", args=[topic.posts.get(number=2).pk]), {"given": "0"})
    topic.refresh_from_db()
    assert topic.accepted_post == answer
    client.post(reverse("forum:post-accept", args=[answer.pk]), {"given": "0"})
    topic.refresh_from_db()
    assert topic.accepted_post is None


def test_a_topic_leads_back_to_its_lesson_also_when_it_is_gone(space: Space, kari: User) -> None:
    lesson = factories.LessonPageFactory.create(title="Tavla i hverdagen")
    topic = topic_in(space, kari, subject=("lesson", lesson.translation_key))
    client = signed_in(kari)
    assert "Tavla i hverdagen" in client.get(topic.get_absolute_url()).content.decode()
    lesson.delete()
    assert "Om en leksjon som ikke finnes lenger" in client.get(topic.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("page", "count", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 9, [1, 0, 4, 5, 6, 0, 9]),
        (3, 5, [1, 2, 3, 4, 5]),
        (250, 250, [1, 0, 249, 250]),
    ],
)
def test_pages_to_link_to(page: int, count: int, expected: list[int]) -> None:
    assert pages_around(page, count) == expected


# --- cost ----------------------------------------------------------------------------------------------


def queries(client: Client, address: str, **query: str) -> int:
    """The second reader of the minute: rights to edit and the principles' names are kept."""
    client.get(address, query)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200
    return len(captured)


def fill(space: Space, topics: int) -> None:
    for number in range(topics):
        author = member()
        topic = topic_in(space, author, replies=1, principle_keys=[factories.PrincipleFactory.create().translation_key])
        if number % 3 == 0:
            pin_topic(moderator=factories.make_moderator(), topic=topic, pinned=True)


@pytest.mark.parametrize("topics", [1, 30])
def test_queries_of_a_space(space: Space, kari: User, topics: int) -> None:
    fill(space, topics)
    assert queries(signed_in(kari), space.get_absolute_url()) == 9


def test_a_space_in_which_nothing_is_pinned_costs_one_query_less(space: Space, kari: User) -> None:
    topic_in(space, member())
    assert queries(signed_in(kari), space.get_absolute_url()) == 8


def test_topics_pinned_beyond_what_the_top_holds_stand_in_the_list(space: Space, kari: User) -> None:
    topics = [topic_in(space, member(), f"Tråd {number}") for number in range(PINNED_AT_MOST + 2)]
    for topic in topics:
        Topic.objects.filter(pk=topic.pk).update(pinned_at=timezone.now())
    found = get_topic_list(kari, get_space_for(kari, space.slug))
    assert [topic.pk for topic in found.pinned] == [topic.pk for topic in topics[:1:-1]]
    assert [topic.pk for topic in found.topics] == [topics[1].pk, topics[0].pk]


@pytest.mark.parametrize("spaces", [1, 30])
def test_queries_of_the_front(space: Space, kari: User, spaces: int) -> None:
    for _ in range(spaces):
        fill(factories.SpaceFactory.create(), 1)
    client = signed_in(kari)
    assert [queries(client, reverse("forum:home")) for _ in range(2)] == [7, 7]


def test_news_and_events_cost_the_front_a_query_each_where_there_are_any(space: Space, kari: User) -> None:
    client = signed_in(kari)
    assert queries(client, reverse("forum:home")) == 5
    NewsItem.objects.create(space=space, title="Nytt rundskriv")
    factories.EventFactory.create(space=space)
    assert queries(client, reverse("forum:home")) == 7


@pytest.mark.parametrize("replies", [0, 19])
def test_queries_of_a_topic(space: Space, kari: User, replies: int) -> None:
    lesson = factories.LessonPageFactory.create()
    topic = topic_in(space, member(), subject=("lesson", lesson.translation_key))
    for number in range(replies):
        person = member()
        post = reply(author=person, topic=topic, source="<p>Svar</p>", reply_to=topic.posts.get(number=1))
        set_reaction(person=kari, post=post, kind="thanks", given=True)
        if number == 5:
            accept_answer(person=topic.author, topic=topic, post=post)
    client = signed_in(kari)
    assert [queries(client, topic.get_absolute_url()) for _ in range(3)] == [8, 8, 8]
