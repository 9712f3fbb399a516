"""The private Atom feed: valid, for whoever holds the secret and nobody else, and no more than may be said outside."""

from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from forum.actions.watching import digest_of, make_feed_token
from forum.mails.outside import EXCERPT
from forum.models import FeedToken, Space
from people.models import User
from tests import factories
from tests.forum.news import add_post, make_member, make_topic

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def reader(home: Any) -> User:
    return make_member("reader")


@pytest.fixture
def writer() -> User:
    return make_member("writer", last_name="Vik")


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Tavla")


def address(token: str) -> str:
    return reverse("forum:feed", args=[token])


def read(person: User, **headers: str) -> Any:
    return Client(headers=headers).get(address(make_feed_token(person=person)))


def entries(response: Any) -> list[Element]:
    return fromstring(response.content).findall(f"{ATOM}entry")


def text_of(element: Element, name: str) -> str | None:
    found = element.find(f"{ATOM}{name}")
    return None if found is None else found.text


def test_a_feed_is_valid_atom(reader: User, writer: User, space: Space) -> None:
    """RFC 4287 §4.1: what a feed and an entry must have, each once."""
    topic = make_topic(space, writer, title="Tavle & møte <hver dag>")
    post = add_post(topic, writer, text="Vi står. " * 100)
    response = read(reader)
    assert (response.status_code, response["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    root = fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"{ATOM}{name}")) == 1
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "FACT Forum"
    newest, first = entries(response)
    for entry in (newest, first):
        for name in ("id", "title", "updated"):
            assert len(entry.findall(f"{ATOM}{name}")) == 1
        assert parse_datetime(text_of(entry, "updated") or "") is not None
        assert len([link for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"]) == 1
    assert len({text_of(entry, "id") for entry in (newest, first)}) == 2
    assert text_of(newest, "title") == "Tavle & møte <hver dag>"
    (link,) = newest.findall(f"{ATOM}link")
    assert (link.get("href") or "").endswith(post.get_absolute_url())
    summary = text_of(newest, "summary") or ""
    assert summary.startswith("Vi står.")
    assert summary.endswith(" …")
    assert len(summary) <= EXCERPT + 2
    assert b"Vik" not in response.content
    assert b"writer" not in response.content


def test_headers_keep_the_address_secret(reader: User) -> None:
    token = make_feed_token(person=reader)
    for response in (Client().get(address(token)), Client().head(address(token))):
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert set(response["Cache-Control"].split(", ")) == {"private", "no-cache"}
        assert "Set-Cookie" not in response.headers
        assert token.encode() not in response.content


def test_an_unchanged_feed_is_not_sent_again(reader: User, writer: User, space: Space) -> None:
    topic = make_topic(space, writer)
    token = make_feed_token(person=reader)
    first = Client().get(address(token))
    for known in (first["ETag"], f"W/{first['ETag']}", f'"x", {first["ETag"]}'):
        again = Client(headers={"If-None-Match": known}).get(address(token))
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    add_post(topic, writer)
    assert Client(headers={"If-None-Match": first["ETag"]}).get(address(token)).status_code == 200


def test_a_content_warning_stands_in_place_of_text_and_title(reader: User, writer: User, space: Space) -> None:
    warned = make_topic(space, writer, title="Da alt gikk galt", content_warning="selvmord")
    add_post(warned, writer, text="Hemmelig ett")
    add_post(make_topic(space, writer, title="Vanlig"), writer, text="Hemmelig to", content_warning="vold")
    content = read(reader).content.decode()
    assert "Hemmelig" not in content
    assert "Da alt gikk galt" not in content
    assert content.count("Tråd med innholdsvarsel: selvmord") == 2
    assert content.count("Innholdsvarsel: vold") == 1


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("restricted", "Nytt i Tavla"),
        ("private", "Nytt i et rom du er med i"),
        ("learning_group", "Nytt i et rom du er med i"),
        ("youth_panel", "Nytt i et rom du er med i"),
    ],
)
def test_a_closed_space_says_only_that_there_is_something(reader: User, writer: User, kind: str, title: str) -> None:
    space = factories.SpaceFactory.create(name="Tavla", kind=kind)
    factories.SpaceMembershipFactory.create(space=space, person=reader)
    make_topic(space, writer, title="Tittelen")
    response = read(reader)
    (entry,) = entries(response)
    assert (text_of(entry, "title"), text_of(entry, "summary")) == (title, None)
    assert "Tittelen" not in response.content.decode()


def test_the_secret_is_kept_as_a_digest_and_a_new_one_ends_the_old(reader: User) -> None:
    first = make_feed_token(person=reader)
    second = make_feed_token(person=reader)
    assert list(FeedToken.objects.values_list("digest", flat=True)) == [digest_of(second)]
    assert [Client().get(address(token)).status_code for token in (first, second, "x" * 43)] == [404, 200, 404]


def test_a_closed_account_has_no_feed(reader: User) -> None:
    token = make_feed_token(person=reader)
    User.objects.filter(pk=reader.pk).update(is_active=False)
    assert Client().get(address(token)).status_code == 404


def test_who_is_signed_in_changes_nothing(reader: User, writer: User, space: Space) -> None:
    private = factories.SpaceFactory.create(kind="private")
    factories.SpaceMembershipFactory.create(space=private, person=writer)
    make_topic(private, writer)
    client = Client()
    client.force_login(writer)
    token = make_feed_token(person=reader)
    assert client.get(address(token)).content == Client().get(address(token)).content
    assert entries(client.get(address(token))) == []


def test_use_is_noted_once_an_hour(reader: User) -> None:
    token = make_feed_token(person=reader)
    assert FeedToken.objects.get().last_used_at is None
    Client().get(address(token))
    first = FeedToken.objects.get().last_used_at
    Client().get(address(token))
    assert FeedToken.objects.get().last_used_at == first
    FeedToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=61))
    Client().get(address(token))
    assert (FeedToken.objects.get().last_used_at or timezone.now()) >= (first or timezone.now())


@pytest.mark.parametrize("posts", [1, 30])
def test_a_feed_costs_the_same_for_one_post_and_for_many(reader: User, writer: User, space: Space, posts: int) -> None:
    for number in range(posts):
        make_topic(space, writer, title=f"T{number}")
    token = make_feed_token(person=reader)
    Client().get(address(token))
    with CaptureQueriesContext(connection) as captured:
        response = Client().get(address(token))
    assert (len(entries(response)), len(captured)) == (posts, 4)


def test_a_feed_holds_the_newest_fifty_wherever_they_stand(reader: User, writer: User, space: Space) -> None:
    long, now = make_topic(space, writer, title="Lang"), timezone.now()
    posts = [add_post(long, writer, created_at=now - timedelta(minutes=number)) for number in range(30)]
    for number in range(60):
        topic = make_topic(space, writer, title=f"T{number}")
        at = now - timedelta(minutes=2 * number)
        topic.posts.update(created_at=at)
        type(topic).objects.filter(pk=topic.pk).update(last_post_at=at)
        posts.append(topic.posts.get())
    long.posts.filter(number=1).update(created_at=now - timedelta(days=1))
    type(long).objects.filter(pk=long.pk).update(last_post_at=now)
    newest = sorted(posts, key=lambda post: (post.created_at, post.pk), reverse=True)[:50]
    found = [(text_of(entry, "id") or "").split("/post/")[1] for entry in entries(read(reader))]
    assert found == [str(post.pk) for post in newest]


def test_making_and_revoking_on_the_page(reader: User, client: Client) -> None:
    client.force_login(reader)
    assert client.get(reverse("forum:feed-make")).status_code == 405
    made = client.post(reverse("forum:feed-make"))
    assert (made.status_code, made["Referrer-Policy"]) == (200, "no-referrer")
    assert "no-store" in made["Cache-Control"]
    token = made.content.decode().split("/forum/strom/")[1].split("/")[0]
    assert digest_of(token) == FeedToken.objects.get(person=reader).digest
    assert token not in client.get(reverse("forum:notice-settings")).content.decode()
    client.post(reverse("forum:feed-revoke"))
    client.post(reverse("forum:feed-revoke"))
    assert not FeedToken.objects.exists()
    assert Client().get(address(token)).status_code == 404


def test_without_javascript_or_session_nobody_makes_a_feed_for_another(home: Any) -> None:
    for name in ("feed-make", "feed-revoke"):
        response = Client().post(reverse(f"forum:{name}"))
        assert (response.status_code, "/konto/login/" in response["Location"]) == (302, True)
    assert Client(enforce_csrf_checks=True).post(reverse("forum:feed-make")).status_code in {302, 403}
    assert not FeedToken.objects.exists()
