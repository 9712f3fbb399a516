"""What was rendered is shown again only while everything it shows is the same, and never to somebody it is not for."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from forum.actions import edit_post, reply, start_topic
from forum.actions.posting import set_post_state
from forum.actions.reactions import set_reaction
from forum.kept_pages import digest
from forum.models import Post, Space, SpaceMembership, State, Topic
from forum.templatetags.topics import ago
from people.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


def member(name: str) -> User:
    return factories.MembershipFactory.create(person__first_name=name, person__last_name="Nes").person


def read(person: User, address: str) -> str:
    client = Client()
    client.force_login(person)
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(slug="torget")


@pytest.fixture
def kari() -> User:
    return member("Kari")


@pytest.fixture
def ola() -> User:
    return member("Ola")


@pytest.fixture
def topic(space: Space, kari: User) -> Topic:
    return start_topic(author=kari, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")


def test_each_change_shows_at_once(topic: Topic, kari: User, ola: User) -> None:
    address = topic.get_absolute_url()
    for _ in range(2):
        assert "Slik gjør vi det" not in read(ola, address)
    post = reply(author=kari, topic=topic, source="<p>Slik gjør vi det.</p>")
    assert "Slik gjør vi det." in read(ola, address)
    edit_post(editor=kari, post=post, source="<p>Slik gjorde vi det.</p>")
    assert "Slik gjorde vi det." in read(ola, address)
    before = read(ola, address)
    set_reaction(person=member("Per"), post=post, kind="thanks", given=True)
    assert before.count('class="reaction-count">1<') == 0
    assert read(ola, address).count('class="reaction-count">1<') == 1
    User.objects.filter(pk=kari.pk).update(last_name="Berg")
    page = read(ola, address)
    assert "Kari Berg" in page
    assert "Kari Nes" not in page
    set_post_state(topic=topic, post=post, state=State.HIDDEN)
    page = read(ola, address)
    assert "Slik gjorde vi det." not in page
    assert "Skjult av moderator" in page


def test_nobody_is_shown_what_was_rendered_for_somebody_else(space: Space, topic: Topic, kari: User, ola: User) -> None:
    moderator = factories.make_moderator(first_name="Mona", last_name="Nes")
    post = reply(author=kari, topic=topic, source="<p>Det som ble skjult.</p>")
    set_post_state(topic=topic, post=post, state=State.HIDDEN)
    address = topic.get_absolute_url()
    assert "Det som ble skjult." in read(moderator, address)
    page = read(ola, address)
    assert "Det som ble skjult." not in page
    assert reverse("forum:post-hide", args=[post.pk - 1]) not in page
    assert reverse("forum:post-edit", args=[post.pk - 1]) not in page
    assert "Mona" not in page


def test_whoever_may_no_longer_read_a_space_is_not_shown_a_kept_page(kari: User, home: object) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    membership = factories.SpaceMembershipFactory.create(space=closed, person=kari)
    topic = start_topic(author=kari, space=closed, title="Lukket", source="<p>Inne.</p>")
    client = Client()
    client.force_login(kari)
    for address in (topic.get_absolute_url(), closed.get_absolute_url()):
        assert [client.get(address).status_code for _ in range(2)] == [200, 200]
    SpaceMembership.objects.filter(pk=membership.pk).update(ended_at=topic.created_at)
    for address in (topic.get_absolute_url(), closed.get_absolute_url()):
        assert client.get(address).status_code == 404


def test_what_belongs_to_one_request_is_new_in_each(topic: Topic, ola: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ola)
    address = topic.get_absolute_url()
    pages = [client.get(address).content.decode() for _ in range(3)]
    forms = [UUID(re.search(r'name="submission" value="([^"]+)"', page)[1]) for page in pages]  # type: ignore[index]
    assert len(set(forms)) == 3
    nonces = {re.search(r'data-nonce="([^"]+)"', page)[1] for page in pages}  # type: ignore[index]
    assert len(nonces) == 3
    response = client.get(address)
    nonce = re.search(r'data-nonce="([^"]+)"', response.content.decode())[1]  # type: ignore[index]
    assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', pages[-1])[1]  # type: ignore[index]
    sent = {"do": "post", "source": "Vi også.", "source_format": "text", "submission": str(forms[0])}
    assert (
        client.post(reverse("forum:reply", args=[topic.pk]), sent | {"csrfmiddlewaretoken": token}).status_code == 302
    )
    assert Post.objects.filter(topic=topic, text="Vi også.").exists()


def test_a_page_is_the_same_kept_and_rendered_anew(topic: Topic, kari: User, ola: User) -> None:
    reply(author=ola, topic=topic, source="<p>Slik.</p>")
    changing = r'(csrfmiddlewaretoken|submission)" value="[^"]+"|data-nonce="[^"]+"'
    for address in (topic.get_absolute_url(), topic.space.get_absolute_url(), reverse("forum:home")):
        read(ola, address)
        kept = read(ola, address)
        caches["forum-pages"].clear()
        caches["forum-parts"].clear()
        assert re.sub(changing, "", kept) == re.sub(changing, "", read(ola, address))


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(TypeError):
        digest({"thing": object()})


@pytest.mark.parametrize("language", ["nb", "en"])
def test_what_is_kept_tells_ages_as_they_are_told_anew(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the words for an age change, so does what it is kept under; and that no oftener than it must."""
    written = datetime(2026, 3, 4, 11, 30, 20, tzinfo=UTC)
    seconds = [
        *range(-70, 4 * 3600, 7),
        *(hours * 3600 + more for hours in range(4, 24 * 9) for more in (-1, 0, 1, 1799, 1800)),
    ]
    kept: dict[str, str] = {}
    with translation.override(language):
        for second in seconds:
            now = written + timedelta(seconds=second)
            monkeypatch.setattr(timezone, "now", lambda now=now: now)
            assert kept.setdefault(digest({"at": written}), ago(written)) == ago(written), second
    days, minutes, hours = 9, 60, 2
    assert len(kept) <= days + 1 + minutes + hours
