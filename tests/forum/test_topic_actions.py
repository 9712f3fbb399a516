"""Pinning, closing, moving, splitting, merging, and which answer helped."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from forum.actions import mark_read, reply, start_topic
from forum.actions.counting import lock_topic
from forum.actions.posting import set_post_state
from forum.actions.rebuild import find_drift
from forum.actions.topics import (
    CannotTidyError,
    accept_answer,
    close_topic,
    merge_topics,
    move_topic,
    pin_topic,
    split_topic,
)
from forum.models import ModerationEntry, Notice, Post, Space, State, Topic, TopicRead, Watch
from forum.permissions import (
    posts_editable_by,
    posts_open_to_reactions_of,
    posts_visible_to,
    topics_moderated_by,
    topics_open_to,
    topics_settled_by,
    topics_visible_to,
    user_can_edit_post,
    user_can_moderate_topic,
    user_can_react,
    user_can_reply,
    user_can_settle_topic,
)
from forum.queries.posts import get_topic_for, get_topic_page
from people.models import User
from safety.text import TextRefusedError
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]

BIRTH_NUMBER = "01010" + "750160"


@pytest.fixture
def kari() -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def ola() -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def moderator() -> User:
    return factories.make_moderator()


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create()


def topic_in(space: Space, author: User, title: str = "Tråd", *, replies: int = 0, **more: Any) -> Topic:
    topic = start_topic(author=author, space=space, title=title, source="<p>Først</p>", **more)
    for number in range(replies):
        reply(author=author, topic=topic, source=f"<p>Svar {number + 2}</p>")
    topic.refresh_from_db()
    return topic


def log() -> list[str]:
    return list(ModerationEntry.objects.order_by("pk").values_list("verb", flat=True))


def texts(topic: Topic) -> list[tuple[int, str]]:
    return list(Post.objects.filter(topic=topic).order_by("number").values_list("number", "text"))


# --- pinning and closing -------------------------------------------------------------------------------


def test_pinning_and_closing_are_logged_once(space: Space, kari: User, moderator: User) -> None:
    topic = topic_in(space, kari)
    for on in (True, True, False):
        pin_topic(moderator=moderator, topic=topic, pinned=on)
        close_topic(moderator=moderator, topic=topic, closed=on)
    assert log() == ["pin", "close", "unpin", "reopen"]
    assert set(ModerationEntry.objects.values_list("actor", "topic", "space", "person")) == {
        (moderator.pk, topic.pk, space.pk, kari.pk)
    }
    topic.refresh_from_db()
    assert (topic.pinned_at, topic.closed_at) == (None, None)


def test_a_closed_topic_takes_no_answers_but_from_those_who_moderate(space: Space, kari: User, moderator: User) -> None:
    topic = topic_in(space, kari)
    close_topic(moderator=moderator, topic=topic, closed=True)
    with pytest.raises(PermissionDenied):
        reply(author=kari, topic=topic, source="<p>Svar</p>")
    assert reply(author=moderator, topic=topic, source="<p>Svar</p>").number == 2


@pytest.mark.parametrize("what", ["pin", "close", "move", "split", "merge"])
def test_only_those_who_moderate_tidy(space: Space, kari: User, what: str) -> None:
    topic, other = topic_in(space, kari, replies=1), topic_in(space, kari)
    elsewhere = factories.SpaceMembershipFactory.create(facilitator=True, person=kari).space
    doings: dict[str, Any] = {
        "pin": lambda: pin_topic(moderator=kari, topic=topic, pinned=True),
        "close": lambda: close_topic(moderator=kari, topic=topic, closed=True),
        "move": lambda: move_topic(moderator=kari, topic=topic, space=elsewhere),
        "split": lambda: split_topic(moderator=kari, topic=topic, numbers=[2], title="Ny"),
        "merge": lambda: merge_topics(moderator=kari, topic=topic, into=other),
    }
    with pytest.raises(PermissionDenied):
        doings[what]()
    assert log() == []


# --- moving --------------------------------------------------------------------------------------------


def test_moving_counts_both_spaces_anew(space: Space, kari: User, moderator: User) -> None:
    other = factories.SpaceFactory.create()
    topic, left = topic_in(space, kari, replies=2), topic_in(space, kari)
    pin_topic(moderator=moderator, topic=topic, pinned=True)
    move_topic(moderator=moderator, topic=topic, space=other)
    for each in (space, other, topic):
        each.refresh_from_db()
    assert (space.topic_count, other.topic_count, topic.space, topic.pinned_at) == (1, 1, other, None)
    assert (space.last_post_at, other.last_post_at) == (left.last_post_at, topic.last_post_at)
    assert list(find_drift()) == []
    assert log() == ["pin", "move"]


def test_one_moves_only_to_where_one_moderates(space: Space, kari: User) -> None:
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    factories.MembershipFactory.create(person=facilitator)
    other = factories.SpaceFactory.create()
    topic = topic_in(space, kari)
    with pytest.raises(PermissionDenied):
        move_topic(moderator=facilitator, topic=topic, space=other)
    factories.SpaceMembershipFactory.create(space=other, person=facilitator, facilitator=True)
    move_topic(moderator=facilitator, topic=topic, space=other)
    topic.refresh_from_db()
    assert topic.space == other


def test_what_was_written_under_an_alias_stays_in_its_space(kari: User, moderator: User) -> None:
    space, other = factories.SpaceFactory.create(allows_pseudonyms=True), factories.SpaceFactory.create()
    factories.make_pseudonym(kari, space)
    topic = topic_in(space, kari)
    reply(author=kari, topic=topic, source="<p>Vanskelig</p>", as_pseudonym=True)
    into = topic_in(other, kari)
    for doing in (
        lambda: move_topic(moderator=moderator, topic=topic, space=other),
        lambda: merge_topics(moderator=moderator, topic=topic, into=into),
    ):
        with pytest.raises(CannotTidyError, match="alias"):
            doing()
    here = topic_in(space, kari)
    merge_topics(moderator=moderator, topic=topic, into=here)
    assert Post.objects.filter(topic=here, pseudonym__isnull=False).count() == 1


@pytest.mark.parametrize("kind", ["restricted", "private", "learning_group"])
def test_what_was_written_in_confidence_is_not_carried_out(kari: User, kind: str) -> None:
    closed, open_space = factories.SpaceFactory.create(kind=kind), factories.SpaceFactory.create()
    person = factories.SpaceMembershipFactory.create(space=closed, person=kari, facilitator=True).person
    factories.SpaceMembershipFactory.create(space=open_space, person=person, facilitator=True)
    topic, into = topic_in(closed, kari), topic_in(open_space, kari)
    with pytest.raises(CannotTidyError):
        move_topic(moderator=person, topic=topic, space=open_space)
    with pytest.raises(CannotTidyError):
        merge_topics(moderator=person, topic=topic, into=into)
    move_topic(moderator=person, topic=into, space=closed)
    into.refresh_from_db()
    assert into.space == closed


def test_nothing_is_moved_into_the_archive_or_to_where_it_is(space: Space, kari: User, moderator: User) -> None:
    topic = topic_in(space, kari)
    archived = factories.SpaceFactory.create(archived_at=topic.created_at)
    for target in (space, archived):
        with pytest.raises(CannotTidyError):
            move_topic(moderator=moderator, topic=topic, space=target)


# --- splitting -----------------------------------------------------------------------------------------


def test_splitting_keeps_order_and_what_was_read(space: Space, kari: User, ola: User, moderator: User) -> None:
    key = factories.PrincipleFactory.create().translation_key
    topic = topic_in(space, kari, replies=6, content_warning="vold", principle_keys=[key])
    posts = {post.number: post for post in topic.posts.all()}
    Post.objects.filter(pk=posts[6].pk).update(reply_to=posts[4])
    Post.objects.filter(pk=posts[7].pk).update(reply_to=posts[4])
    accept_answer(person=kari, topic=topic, post=posts[6])
    mark_read(reader=ola, topic=topic, number=5)
    made = split_topic(moderator=moderator, topic=topic, numbers=[4, 6, 3], title="  Noe annet ")
    topic.refresh_from_db()
    made.refresh_from_db()
    assert texts(made) == [(1, "Svar 3"), (2, "Svar 4"), (3, "Svar 6")]
    assert texts(topic) == [(1, "Først"), (2, "Svar 2"), (5, "Svar 5"), (7, "Svar 7")]
    assert (made.title, made.author, made.content_warning, made.post_count, made.last_number) == (
        "Noe annet",
        kari,
        "vold",
        3,
        3,
    )
    assert (topic.post_count, topic.last_number, topic.accepted_post, made.accepted_post) == (4, 7, None, posts[6])
    assert [each.principle_key for each in made.principles.all()] == [key]
    assert TopicRead.objects.get(person=ola, topic=made).last_read_number == 2
    assert Post.objects.get(pk=posts[6].pk).reply_to == posts[4]
    assert Post.objects.get(pk=posts[7].pk).reply_to is None
    assert list(find_drift()) == []
    assert log() == ["split"]
    assert reply(author=kari, topic=topic, source="<p>Nytt</p>").number == 8


@pytest.mark.parametrize("numbers", [[], [1], [1, 2], [9], [3]])
def test_what_cannot_be_split_off(space: Space, kari: User, moderator: User, numbers: list[int]) -> None:
    topic = topic_in(space, kari, replies=2)
    set_post_state(topic=lock_topic(topic), post=topic.posts.get(number=3), state=State.HIDDEN)
    with pytest.raises(CannotTidyError):
        split_topic(moderator=moderator, topic=topic, numbers=numbers, title="Ny")
    with pytest.raises(CannotTidyError):
        split_topic(moderator=moderator, topic=topic, numbers=[2], title=" ")
    assert Topic.objects.count() == 1


def test_a_new_title_passes_the_guard(space: Space, kari: User, moderator: User) -> None:
    topic = topic_in(space, kari, replies=1)
    with pytest.raises(TextRefusedError):
        split_topic(moderator=moderator, topic=topic, numbers=[2], title=f"Om {BIRTH_NUMBER}")
    assert Topic.objects.count() == 1


def test_taking_the_last_words_out_of_a_topic_leaves_it_deleted(space: Space, kari: User, ola: User) -> None:
    moderator = factories.make_moderator()
    topic = topic_in(space, kari)
    reply(author=ola, topic=topic, source="<p>Svar</p>")
    set_post_state(topic=lock_topic(topic), post=topic.posts.get(number=1), state=State.DELETED)
    split_topic(moderator=moderator, topic=topic, numbers=[2], title="Ny")
    topic.refresh_from_db()
    assert topic.state == State.DELETED
    assert list(find_drift()) == []


# --- merging -------------------------------------------------------------------------------------------


def test_merging_puts_the_posts_after_and_keeps_what_was_read(
    space: Space, kari: User, ola: User, moderator: User
) -> None:
    topic, into = topic_in(space, kari, "Ene", replies=2, content_warning="vold"), topic_in(space, ola, replies=1)
    answer = topic.posts.get(number=2)
    accept_answer(person=kari, topic=topic, post=answer)
    third = factories.MembershipFactory.create().person
    for reader, one, two in ((kari, 2, 2), (ola, 3, 1)):
        mark_read(reader=reader, topic=topic, number=one)
        mark_read(reader=reader, topic=into, number=two)
    mark_read(reader=third, topic=topic, number=3)
    Watch.objects.create(person=third, topic=topic, level="all")
    merge_topics(moderator=moderator, topic=topic, into=into)
    topic.refresh_from_db()
    into.refresh_from_db()
    assert texts(into) == [(1, "Først"), (2, "Svar 2"), (3, "Først"), (4, "Svar 2"), (5, "Svar 3")]
    assert (into.post_count, into.last_number, into.accepted_post) == (5, 5, answer)
    assert (topic.merged_into, topic.post_count, topic.accepted_post) == (into, 0, None)
    read = dict(TopicRead.objects.filter(topic=into).values_list("person", "last_read_number"))
    assert read == {kari.pk: 4, ola.pk: 1}
    assert set(Post.objects.filter(topic=into, number__gt=2).values_list("content_warning", flat=True)) == {"vold"}
    assert Watch.objects.get().topic == into
    assert list(find_drift()) == []
    assert log() == ["merge"]


def test_a_chain_of_merged_topics_leads_to_its_end(space: Space, kari: User, moderator: User) -> None:
    first, second, third = (topic_in(space, kari) for _ in range(3))
    merge_topics(moderator=moderator, topic=first, into=second)
    merge_topics(moderator=moderator, topic=second, into=third)
    assert set(Topic.objects.values_list("pk", "merged_into")) == {
        (first.pk, third.pk),
        (second.pk, third.pk),
        (third.pk, None),
    }
    with pytest.raises(CannotTidyError):
        merge_topics(moderator=moderator, topic=third, into=third)
    with pytest.raises(PermissionDenied):
        merge_topics(moderator=moderator, topic=third, into=first)


def test_what_is_hidden_comes_to_light_by_no_merging(space: Space, kari: User, moderator: User) -> None:
    topic, into = topic_in(space, kari, replies=1), topic_in(space, kari)
    set_post_state(topic=lock_topic(topic), post=topic.posts.get(number=1), state=State.HIDDEN)
    with pytest.raises(CannotTidyError):
        merge_topics(moderator=moderator, topic=topic, into=into)
    with pytest.raises(CannotTidyError):
        split_topic(moderator=moderator, topic=topic, numbers=[2], title="Ny")


# --- the answer that helped ----------------------------------------------------------------------------


def test_an_accepted_answer_is_told_once(
    space: Space, kari: User, ola: User, django_capture_on_commit_callbacks: Any
) -> None:
    topic = topic_in(space, kari)
    answer = reply(author=ola, topic=topic, source="<p>Svar</p>")
    for post in (answer, None, answer):
        with django_capture_on_commit_callbacks(execute=True):
            accept_answer(person=kari, topic=topic, post=post)
    notices = Notice.objects.filter(kind=Notice.Kind.ACCEPTED)
    assert list(notices.values_list("person", "post")) == [(ola.pk, answer.pk)]


def test_only_a_shown_answer_of_the_topic_can_have_helped(space: Space, kari: User, ola: User) -> None:
    topic, other = topic_in(space, kari, replies=1), topic_in(space, ola, replies=1)
    hidden = reply(author=ola, topic=topic, source="<p>Svar</p>")
    set_post_state(topic=lock_topic(topic), post=hidden, state=State.HIDDEN)
    for post in (topic.posts.get(number=1), other.posts.get(number=2), hidden):
        with pytest.raises(PermissionDenied):
            accept_answer(person=kari, topic=topic, post=post)
    with pytest.raises(PermissionDenied):
        accept_answer(person=kari, topic=other, post=other.posts.get(number=2))
    accept_answer(person=kari, topic=topic, post=topic.posts.get(number=2))
    set_post_state(topic=lock_topic(topic), post=topic.posts.get(number=2), state=State.HIDDEN)
    topic.refresh_from_db()
    assert topic.accepted_post is None


# --- who may -------------------------------------------------------------------------------------------


def test_predicates_and_querysets_agree_and_so_does_the_page(kari: User, ola: User, moderator: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    archived = factories.SpaceFactory.create()
    private = factories.SpaceMembershipFactory.create(space__kind="private", person=kari).space
    factories.make_pseudonym(kari, space)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    factories.MembershipFactory.create(person=facilitator)
    outsider = factories.UserFactory.create()
    inactive = factories.MembershipFactory.create(person__is_active=False).person
    topics = [
        topic_in(space, kari, replies=2),
        topic_in(space, kari, replies=1, as_pseudonym=True),
        topic_in(archived, kari, replies=1),
        topic_in(private, kari, replies=1),
        topic_in(space, ola, replies=1),
        topic_in(space, ola, replies=1),
    ]
    close_topic(moderator=moderator, topic=topics[4], closed=True)
    set_post_state(topic=lock_topic(topics[5]), post=topics[5].posts.get(number=1), state=State.HIDDEN)
    set_post_state(topic=lock_topic(topics[0]), post=topics[0].posts.get(number=3), state=State.HELD)
    Space.objects.filter(pk=archived.pk).update(archived_at=archived.created_at)
    posts = list(Post.objects.select_related("topic", "pseudonym"))
    for person in (kari, ola, moderator, facilitator, outsider, inactive):
        for predicate, twin in (
            (user_can_moderate_topic, topics_moderated_by),
            (user_can_settle_topic, topics_settled_by),
            (user_can_reply, topics_open_to),
        ):
            assert {topic.pk for topic in topics if predicate(person, topic)} == {each.pk for each in twin(person)}
        assert {post.pk for post in posts if user_can_react(person, post)} == {
            each.pk for each in posts_open_to_reactions_of(person)
        }
        for topic in topics_visible_to(person):
            found: Any = get_topic_for(person, topic.pk)
            assert found.may_moderate == user_can_moderate_topic(person, topic)
            assert found.may_settle == user_can_settle_topic(person, topic)
            assert found.may_reply == user_can_reply(person, topic)
            page: Any = get_topic_page(person, found, page=1)
            shown = {post.pk: post for post in page.posts if post.is_shown}
            assert set(shown) == {post.pk for post in posts_visible_to(person).filter(topic=topic)}
            for pk, post in shown.items():
                assert post.may_edit == posts_editable_by(person).filter(pk=pk).exists()
                assert post.may_edit == user_can_edit_post(person, post)
                assert post.may_react == user_can_react(person, post)


# --- the pages -----------------------------------------------------------------------------------------


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_tools_are_plain_forms(home: object, space: Space, kari: User, moderator: User) -> None:
    topic, into = topic_in(space, kari, replies=3), topic_in(space, kari, "Den andre")
    other = factories.SpaceFactory.create(name="Et annet rom")
    client = signed_in(moderator)
    assert "Rydd i tråden" in client.get(topic.get_absolute_url()).content.decode()
    assert "Rydd i tråden" not in signed_in(kari).get(topic.get_absolute_url()).content.decode()
    client.post(reverse("forum:topic-pin", args=[topic.pk]), {"on": "1"})
    client.post(reverse("forum:topic-close", args=[topic.pk]), {"on": "1"})
    split = client.post(reverse("forum:topic-split", args=[topic.pk]), {"title": "Ny", "innlegg": ["3", "4"]})
    made = Topic.objects.get(title="Ny")
    assert split["Location"] == made.get_absolute_url()
    moved = client.post(reverse("forum:topic-move", args=[made.pk]), {"space": other.pk})
    made.refresh_from_db()
    assert (moved["Location"], made.space) == (made.get_absolute_url(), other)
    address = f"https://flett.example{into.get_absolute_url()}?side=1#innlegg-1"
    merged = client.post(reverse("forum:topic-merge", args=[topic.pk]), {"into": address})
    assert merged["Location"] == into.get_absolute_url()
    assert log() == ["pin", "close", "split", "move", "merge"]


@pytest.mark.parametrize("into", ["", "tull", "https://flett.example/forum/trad/999999/", "self"])
def test_a_wrong_address_is_said_so(home: object, space: Space, kari: User, moderator: User, into: str) -> None:
    topic = topic_in(space, kari)
    wanted = topic.get_absolute_url() if into == "self" else into
    response = signed_in(moderator).post(reverse("forum:topic-merge", args=[topic.pk]), {"into": wanted})
    assert response.status_code == 422
    assert log() == []


def test_the_form_says_why_a_topic_stays(home: object, kari: User, moderator: User) -> None:
    space, other = factories.SpaceFactory.create(allows_pseudonyms=True), factories.SpaceFactory.create()
    factories.make_pseudonym(kari, space)
    topic = topic_in(space, kari, as_pseudonym=True)
    response = signed_in(moderator).post(reverse("forum:topic-move", args=[topic.pk]), {"space": other.pk})
    assert response.status_code == 422
    assert "Et alias hører til rommet sitt" in response.content.decode()
