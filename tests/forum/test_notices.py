"""Whom a post is told to, how the news is listed, counted and read, and what no row may give away."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions import mark_all_read, mark_read
from forum.actions.notices import (
    forget_old_news,
    mark_all_notices_read,
    mark_notice_read,
    note_what_is_read,
    tell_of_accepted,
    tell_of_decision,
    tell_of_post,
    tell_of_request,
)
from forum.models import (
    EntryRequest,
    Mention,
    ModerationEntry,
    Notice,
    Space,
    State,
    Told,
    Topic,
    Watch,
)
from forum.notice_words import lines_of
from forum.queries import notices as queries
from forum.queries.notices import count_unread, get_news_page
from people.models import Membership, User
from tests import factories
from tests.forum.news import add_post, make_member, make_topic, set_state, tell, told, watch

pytestmark = pytest.mark.django_db

Level = Watch.Level
Kind = Notice.Kind


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Tavla", slug="tavla", allows_pseudonyms=True)


@pytest.fixture
def asker() -> User:
    return make_member("asker")


@pytest.fixture
def writer() -> User:
    return make_member("writer")


@pytest.fixture
def topic(space: Space, asker: User) -> Topic:
    return make_topic(space, asker)


def words(person: User) -> list[str]:
    return [line.words for group in get_news_page(person).groups for line in lines_of(group)]


# --- whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_space", "of_topic", "new_topic", "answer", "to_me", "mention"),
    [
        (None, None, None, None, "reply", "mention"),
        (Level.ALL, None, "topic", "post", "reply", "mention"),
        (Level.TOPICS, None, "topic", None, "reply", "mention"),
        (Level.MENTIONS, None, None, None, "reply", "mention"),
        (Level.NONE, None, None, None, None, None),
        (None, Level.ALL, None, "post", "reply", "mention"),
        (Level.NONE, Level.ALL, None, "post", "reply", "mention"),
        (Level.ALL, Level.MENTIONS, "topic", None, "reply", "mention"),
        (Level.ALL, Level.NONE, "topic", None, None, None),
        (Level.TOPICS, Level.ALL, "topic", "post", "reply", "mention"),
    ],
)
def test_levels_of_space_and_topic_decide(
    space: Space,
    topic: Topic,
    writer: User,
    of_space: str | None,
    of_topic: str | None,
    new_topic: str | None,
    answer: str | None,
    to_me: str | None,
    mention: str | None,
) -> None:
    me = make_member("me")
    mine = add_post(topic, me)
    if of_space:
        watch(me, of_space, space=space)
    if of_topic:
        watch(me, of_topic, topic=topic)
    posts = [
        make_topic(space, writer).posts.get(),
        add_post(topic, writer, reply_to=topic.posts.get(number=1)),
        add_post(topic, writer, reply_to=mine),
        add_post(topic, writer, mentions=(me,), reply_to=mine),
    ]
    assert [told(tell(post)).get("me") for post in posts] == [new_topic, answer, to_me, mention]


@pytest.mark.parametrize(
    ("of_space", "of_topic", "plain", "to_another"),
    [
        (None, None, "reply", "post"),
        (Level.MENTIONS, None, "reply", "post"),
        (Level.NONE, None, None, None),
        (None, Level.MENTIONS, "reply", None),
        (None, Level.NONE, None, None),
        (Level.NONE, Level.ALL, "reply", "post"),
    ],
)
def test_ones_own_topic_is_followed_unless_one_says_less(
    space: Space,
    topic: Topic,
    asker: User,
    writer: User,
    of_space: str | None,
    of_topic: str | None,
    plain: str | None,
    to_another: str | None,
) -> None:
    if of_space:
        watch(asker, of_space, space=space)
    if of_topic:
        watch(asker, of_topic, topic=topic)
    first = add_post(topic, writer)
    second = add_post(topic, make_member("third"), reply_to=first)
    assert [told(tell(first)).get("asker"), told(tell(second)).get("asker")] == [plain, to_another]
    assert "third" not in told(second)


def test_a_role_and_a_team_are_their_people_who_may_read(writer: User) -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED)
    nurse = factories.TeamRoleFactory.create()
    team = factories.TeamFactory.create()
    inside, outside, colleague, former = (make_member(name) for name in ("inside", "outside", "colleague", "former"))
    for person in (inside, outside):
        factories.MembershipFactory.create(person=person, roles=[nurse])
    factories.MembershipFactory.create(person=colleague, team=team)
    factories.MembershipFactory.create(person=former, team=team, ended_at=timezone.now())
    for person in (writer, inside, colleague, former):
        factories.SpaceMembershipFactory.create(space=space, person=person)
    topic = make_topic(space, writer)
    post = add_post(topic, writer)
    Mention.objects.create(post=post, role=nurse)
    Mention.objects.create(post=post, team=team)
    Mention.objects.create(post=post, person=outside)
    assert told(tell(post)) == {"inside": "mention", "colleague": "mention"}


def test_telling_again_tells_nobody_twice(topic: Topic, writer: User) -> None:
    post = add_post(topic, writer)
    for _ in range(3):
        tell_of_post(post_id=post.pk)
    assert (Notice.objects.count(), Told.objects.count()) == (1, 1)


@pytest.mark.parametrize("state", [State.HELD, State.HIDDEN, State.DELETED])
def test_what_is_not_shown_is_not_told(topic: Topic, writer: User, state: State) -> None:
    post = add_post(topic, writer, state=state)
    tell_of_post(post_id=post.pk)
    assert (Notice.objects.count(), Told.objects.count()) == (0, 0)


@pytest.mark.parametrize("people", [1, 30])
def test_a_post_costs_the_same_for_one_and_for_many(space: Space, topic: Topic, writer: User, people: int) -> None:
    for number in range(people):
        watch(make_member(f"p{number}"), Level.ALL, space=space)
    post = add_post(topic, writer)
    with CaptureQueriesContext(connection) as captured:
        tell_of_post(post_id=post.pk)
    assert len(captured) == 7
    assert Notice.objects.count() == people + 1


def test_thousands_who_watch_are_told_in_batches(
    space: Space, topic: Topic, writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.actions.notices.BATCH", 5)
    for number in range(12):
        watch(make_member(f"p{number}"), Level.ALL, space=space)
    assert len(told(tell(add_post(topic, writer)))) == 13


# --- aliases ---------------------------------------------------------------------------------------------


def test_an_answer_to_an_alias_is_found_by_its_owner_and_stored_nowhere(space: Space, writer: User) -> None:
    owner, other = make_member("owner"), make_member("other")
    alias = factories.make_pseudonym(owner, space)
    topic = make_topic(space, owner, alias=alias, title="Vanskelig")
    tell(topic.posts.get())
    answer = tell(add_post(topic, writer, text="Jeg kjenner det igjen"))
    further = tell(add_post(topic, other, reply_to=answer))
    assert set(Notice.objects.values_list("person", "kind", "post")) == {(writer.pk, "reply", further.pk)}
    assert words(owner) == [f"{other.get_full_name()} svarte deg", f"{writer.get_full_name()} svarte deg"] or words(
        owner
    ) == [f"Nytt svar av {other.get_full_name()}", f"{writer.get_full_name()} svarte deg"]
    assert (count_unread(owner), count_unread(other)) == (2, 0)
    mark_read(reader=owner, topic=topic, number=2)
    assert count_unread(owner) == 1
    mark_all_notices_read(person=owner)
    assert count_unread(owner) == 0


def test_rows_are_the_same_for_the_owner_of_an_alias_as_for_all_who_watch(space: Space) -> None:
    """Somebody who is told of all posts but those of one alias would be its owner."""
    owner, other = make_member("owner"), make_member("other")
    for person in (owner, other):
        watch(person, Level.ALL, space=space)
    alias = factories.make_pseudonym(owner, space)
    topic = make_topic(space, owner, alias=alias)
    first = tell(topic.posts.get())
    second = tell(add_post(topic, owner, alias=alias, mentions=(owner, other)))
    assert told(first) == {"owner": "topic", "other": "topic"}
    assert told(second) == {"owner": "mention", "other": "mention"}
    assert (count_unread(owner), count_unread(other)) == (0, 2)
    assert words(owner) == []


@pytest.mark.parametrize(
    ("of_space", "of_topic", "expected"),
    [
        (None, None, ["reply", "post"]),
        (Level.NONE, None, []),
        (None, Level.MENTIONS, ["reply"]),
        (None, Level.NONE, []),
        (Level.NONE, Level.ALL, ["reply", "post"]),
    ],
)
def test_levels_hold_for_topics_under_an_alias(
    space: Space, writer: User, of_space: str | None, of_topic: str | None, expected: list[str]
) -> None:
    owner = make_member("owner")
    topic = make_topic(space, owner, alias=factories.make_pseudonym(owner, space))
    first = tell(add_post(topic, writer))
    tell(add_post(topic, make_member("third"), reply_to=first))
    if of_space:
        watch(owner, of_space, space=space)
    if of_topic:
        watch(owner, of_topic, topic=topic)
    found = [item.kind for group in get_news_page(owner).groups for item in reversed(group.items)]
    assert found == expected


def test_a_post_that_is_stored_and_written_to_an_alias_is_one_line(space: Space, writer: User) -> None:
    owner = make_member("owner")
    watch(owner, Level.ALL, space=space)
    topic = make_topic(space, owner, alias=factories.make_pseudonym(owner, space))
    tell(add_post(topic, writer))
    assert count_unread(owner) == 1
    assert len(words(owner)) == 1


def test_without_the_key_aliases_belong_to_nobody(space: Space, writer: User, settings: Any) -> None:
    owner = make_member("owner")
    topic = make_topic(space, owner, alias=factories.make_pseudonym(owner, space))
    tell(add_post(topic, writer))
    settings.PSEUDONYM_KEY = ""
    assert (count_unread(owner), words(owner)) == (0, [])


def test_decisions_about_an_alias_come_by_query(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_member("owner")
    alias = factories.make_pseudonym(owner, space)
    entry = ModerationEntry.objects.create(verb="warn", pseudonym=alias, space=space, message="Vær snill")
    own = ModerationEntry.objects.create(verb="warn", person=owner, space=space, message="Du også")
    tell_of_decision(entry_id=entry.pk)
    tell_of_decision(entry_id=own.pk)
    tell_of_decision(entry_id=own.pk)
    assert list(Notice.objects.values_list("person", "entry")) == [(owner.pk, own.pk)]
    monkeypatch.setattr(queries, "_find_decisions", lambda: None)
    monkeypatch.setattr(queries._unread, "_compiled", {})
    assert count_unread(owner) == 1
    monkeypatch.setattr(queries, "_find_decisions", lambda: lambda person: ModerationEntry.objects.all())
    monkeypatch.setattr(queries._unread, "_compiled", {})
    assert count_unread(owner) == 2
    page = get_news_page(owner)
    assert [line.text for group in page.groups for line in lines_of(group)] == ["Du også", "Vær snill"]
    mark_all_notices_read(person=owner)
    assert count_unread(owner) == 0


def test_whoever_reported_is_not_shown_what_the_author_was_told(space: Space, writer: User) -> None:
    reporter = make_member("reporter")
    entry = ModerationEntry.objects.create(verb="warn", person=writer, space=space, message="Vær snill")
    Notice.objects.create(person=reporter, kind=Kind.DECISION, entry=entry)
    (group,) = get_news_page(reporter).groups
    assert [(line.words, line.text) for line in lines_of(group)] == [("Moderatorene har sett på det du meldte", "")]


@pytest.mark.parametrize("invited", [True, False])
def test_opening_news_of_a_space_leads_where_one_may_be(home: Any, client: Client, writer: User, invited: bool) -> None:
    kind = Space.Kind.PRIVATE if invited else Space.Kind.RESTRICTED
    space = factories.SpaceFactory.create(kind=kind)
    guest = make_member("guest")
    outcome = {} if invited else {"outcome": "approved", "decided_at": timezone.now()}
    request = EntryRequest.objects.create(space=space, person=guest, invited_by=writer if invited else None, **outcome)
    tell_of_request(request_id=request.pk)
    client.force_login(guest)
    response = client.get(reverse("forum:notice", args=[Notice.objects.get(person=guest).pk]))
    if invited:
        expected = {reverse("forum:notices"), f"/forum/invitasjoner/{request.pk}/"}
    else:
        expected = {space.get_absolute_url()}
    assert response.status_code == 302
    assert response["Location"] in expected


# --- accepted answers and requests ------------------------------------------------------------------------


def test_an_accepted_answer_is_told_once_and_while_it_is_accepted(topic: Topic, writer: User, asker: User) -> None:
    post = add_post(topic, writer)
    tell_of_accepted(post_id=post.pk)
    assert told(post) == {}
    Topic.objects.filter(pk=topic.pk).update(accepted_post=post)
    mark_read(reader=writer, topic=topic, number=2)
    tell_of_accepted(post_id=post.pk)
    tell_of_accepted(post_id=post.pk)
    assert told(post) == {"writer": "accepted"}
    assert (words(writer), count_unread(writer)) == (["Svaret ditt hjalp"], 1)
    Topic.objects.filter(pk=topic.pk).update(accepted_post=None)
    assert (words(writer), count_unread(writer)) == ([], 0)


def test_choosing_ones_own_answer_is_no_news(topic: Topic, asker: User) -> None:
    post = add_post(topic, asker)
    Topic.objects.filter(pk=topic.pk).update(accepted_post=post)
    tell_of_accepted(post_id=post.pk)
    assert told(post) == {}


def test_an_entry_request_is_told_step_by_step() -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED, name="Lukket")
    guide, asker = make_member("guide", last_name="Vik"), make_member("asker", last_name="Berg")
    factories.SpaceMembershipFactory.create(space=space, person=guide, facilitator=True)
    request = EntryRequest.objects.create(space=space, person=asker)
    for _ in range(2):
        tell_of_request(request_id=request.pk)
    assert (words(guide), count_unread(guide), words(asker)) == (["asker Berg vil bli med i Lukket"], 1, [])
    EntryRequest.objects.filter(pk=request.pk).update(outcome="approved", decided_at=timezone.now())
    tell_of_request(request_id=request.pk)
    assert (words(asker), count_unread(asker), count_unread(guide)) == (["Du er med i Lukket"], 1, 0)


def test_an_invitation_is_told_to_the_invited_and_its_answer_to_who_invited() -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, name="Skjult")
    guide, guest = make_member("guide"), make_member("guest", last_name="Dahl")
    factories.SpaceMembershipFactory.create(space=space, person=guide, facilitator=True)
    request = EntryRequest.objects.create(space=space, person=guest, invited_by=guide)
    tell_of_request(request_id=request.pk)
    assert (words(guest), words(guide)) == (["Du er invitert til Skjult"], [])
    EntryRequest.objects.filter(pk=request.pk).update(outcome="approved", decided_at=timezone.now())
    factories.SpaceMembershipFactory.create(space=space, person=guest)
    tell_of_request(request_id=request.pk)
    assert words(guide) == ["guest Dahl er blitt med i Skjult"]


def test_a_withdrawn_invitation_leaves_nothing_of_a_private_space() -> None:
    space = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, name="Skjult")
    guide, guest = make_member("guide"), make_member("guest")
    factories.SpaceMembershipFactory.create(space=space, person=guide, facilitator=True)
    request = EntryRequest.objects.create(space=space, person=guest, invited_by=guide)
    tell_of_request(request_id=request.pk)
    for outcome in ("withdrawn", "refused"):
        EntryRequest.objects.filter(pk=request.pk).update(outcome=outcome, decided_at=timezone.now())
        assert (words(guest), count_unread(guest)) == ([], 0)


# --- reading ---------------------------------------------------------------------------------------------


def test_what_is_read_in_the_forum_is_read_here(space: Space, topic: Topic, asker: User, writer: User) -> None:
    posts = [tell(add_post(topic, writer)) for _ in range(3)]
    assert count_unread(asker) == 3
    mark_read(reader=asker, topic=topic, number=2)
    assert count_unread(asker) == 2
    mark_notice_read(notice=Notice.objects.get(post=posts[2]))
    assert count_unread(asker) == 1
    space.refresh_from_db()
    mark_all_read(reader=asker, space=space)
    assert count_unread(asker) == 0
    tell(add_post(topic, writer, created_at=timezone.now() + timedelta(seconds=1)))
    assert count_unread(asker) == 1


def test_marking_all_costs_the_same_however_much_there_is(topic: Topic, asker: User, writer: User) -> None:
    mark_all_notices_read(person=asker)
    for _ in range(40):
        tell(add_post(topic, writer))
    with CaptureQueriesContext(connection) as captured:
        mark_all_notices_read(person=asker)
    assert len(captured) <= 4
    assert count_unread(asker) == 0


def test_leaving_hides_and_uncounts_and_coming_back_shows(topic: Topic, asker: User, writer: User) -> None:
    tell(add_post(topic, writer))
    Membership.objects.filter(person=asker).update(ended_at=timezone.now())
    assert (words(asker), count_unread(asker)) == ([], 0)
    Membership.objects.filter(person=asker).update(ended_at=None)
    assert count_unread(asker) == 1


def test_a_mention_that_is_edited_away_is_gone(topic: Topic, writer: User) -> None:
    me = make_member("me")
    post = tell(add_post(topic, writer, mentions=(me,)))
    assert count_unread(me) == 1
    post.mentions.all().delete()
    assert (words(me), count_unread(me)) == ([], 0)


def test_noting_what_is_read_changes_nothing_that_is_seen(space: Space, asker: User, writer: User) -> None:
    topics = [make_topic(space, asker, title=f"T{number}") for number in range(3)]
    for topic in topics:
        tell(add_post(topic, writer))
        tell(add_post(topic, writer))
    mark_read(reader=asker, topic=topics[0], number=2)
    Topic.objects.filter(pk=topics[1].pk).update(accepted_post=topics[1].posts.get(number=2))
    before = (count_unread(asker), words(asker))
    assert before[0] == 5
    assert note_what_is_read() == 1
    assert (count_unread(asker), words(asker)) == before
    mark_all_notices_read(person=asker)
    assert note_what_is_read() == 5
    assert Notice.objects.filter(read_at__isnull=True).count() == 0


def test_old_news_is_forgotten(topic: Topic, writer: User) -> None:
    tell(add_post(topic, writer), ago=timedelta(days=366))
    tell(add_post(topic, writer), ago=timedelta(days=364))
    assert (forget_old_news(), Notice.objects.count()) == (1, 1)


# --- the list --------------------------------------------------------------------------------------------


def test_the_list_goes_on_where_it_ended_over_all_sources(space: Space, writer: User) -> None:
    owner = make_member("owner")
    own = make_topic(space, owner, title="Min egen")
    under_alias = make_topic(space, owner, alias=factories.make_pseudonym(owner, space), title="Alias")
    at, expected = timezone.now(), []
    for number in range(70):
        post = tell(add_post(own if number % 3 else under_alias, writer))
        moment = at - timedelta(minutes=number // 4)  # some at the same time
        Notice.objects.filter(post=post).update(created_at=moment)
        Told.objects.filter(post=post).update(told_at=moment)
        expected.append(post.pk)
    seen: list[int] = []
    after, pages = "", 0
    while True:
        page = get_news_page(owner, after=after)
        seen += [item.post.pk for group in page.groups for item in group.items if item.post is not None]
        pages += 1
        if not page.next:
            break
        after = page.next
    assert (pages, sorted(seen)) == (3, sorted(expected))
    assert count_unread(owner) == 70


def test_the_badge_counts_to_a_hundred(topic: Topic, asker: User, writer: User) -> None:
    for _ in range(103):
        tell(add_post(topic, writer))
    assert count_unread(asker) == 100


@pytest.mark.parametrize("rows", [1, 30])
def test_the_page_costs_the_same_for_one_and_for_many(
    home: Any, client: Client, space: Space, asker: User, writer: User, rows: int
) -> None:
    for number in range(rows):
        tell(add_post(make_topic(space, asker, title=f"Tråd {number}"), writer))
    client.force_login(asker)
    client.get(reverse("forum:notices"))
    with CaptureQueriesContext(connection) as captured:
        response = client.get(reverse("forum:notices"))
    assert response.content.decode().count("notice-topic") == rows
    assert len(captured) == 7  # session, reader, three kinds of news, how many are unread, the footer's links


@pytest.mark.parametrize(
    "key", ["x", "2026-01-01_0_1", "2026-01-01T00:00:00+00:00_7_1", "2026-01-01T00:00:00+00:00_0_"]
)
def test_a_malformed_place_in_the_list_is_not_found(home: Any, client: Client, asker: User, key: str) -> None:
    client.force_login(asker)
    assert client.get(reverse("forum:notices"), {"etter": key}).status_code == 404


def test_news_is_grouped_by_topic_and_counted_in_words(
    home: Any, client: Client, topic: Topic, asker: User, writer: User
) -> None:
    for _ in range(3):
        tell(add_post(topic, writer))
    tell(add_post(topic, writer, mentions=(asker,)))
    client.force_login(asker)
    page = client.get(reverse("forum:notices")).content.decode()
    assert page.count("notice-topic") == 1
    assert "3 svar til deg" in page
    assert f"{writer.get_full_name()} nevnte deg" in page
    assert '<span class="visually-hidden">\n      \n        4 nye varsler' in page


def test_opening_a_notice_reads_it_and_leads_there(
    home: Any, client: Client, topic: Topic, asker: User, writer: User
) -> None:
    post = tell(add_post(topic, writer))
    client.force_login(asker)
    assert "1 nytt varsel" in client.get(reverse("people:account")).content.decode()
    response = client.get(reverse("forum:notice", args=[Notice.objects.get().pk]))
    assert (response.status_code, response["Location"]) == (302, post.get_absolute_url())
    assert "Varsler, ingen nye" in client.get(reverse("people:account")).content.decode()


def test_a_notice_is_its_owners_alone(home: Any, client: Client, topic: Topic, asker: User, writer: User) -> None:
    post = tell(add_post(topic, writer))
    address = reverse("forum:notice", args=[Notice.objects.get().pk])
    assert client.get(address).status_code == 302
    assert "/konto/login/" in client.get(address)["Location"]
    client.force_login(writer)
    assert client.get(address).status_code == 404
    client.force_login(asker)
    set_state(post, State.HIDDEN)
    assert client.get(address).status_code == 404


def test_marking_all_by_the_button(home: Any, client: Client, topic: Topic, asker: User, writer: User) -> None:
    tell(add_post(topic, writer))
    client.force_login(asker)
    assert client.get(reverse("forum:notices-read")).status_code == 405
    response = client.post(reverse("forum:notices-read"), follow=True)
    assert "Du har lest alt." in response.content.decode()
    assert count_unread(asker) == 0


# --- the badge -------------------------------------------------------------------------------------------


def test_the_badge_costs_one_query_and_none_while_it_is_kept(
    client: Client, home: Any, asker: User, topic: Topic, writer: User
) -> None:
    tell(add_post(topic, writer))
    counts = []
    client.force_login(asker)
    client.get("/")
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/").content.decode()
        counts.append(sum("forum_notice" in query["sql"] for query in captured))
        assert "1 nytt varsel" in page
        caches["learners"].clear()
    assert counts == [0, 1]
    with CaptureQueriesContext(connection) as captured:
        assert 'class="bell"' not in Client().get("/").content.decode()
    assert not any("forum_" in query["sql"] for query in captured)
