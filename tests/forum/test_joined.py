"""What one part of the forum shows of another: invitations at the front, files in posts, help beside the box."""

from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions import reply, start_topic
from forum.actions.attachments import add_attachment
from forum.actions.counting import lock_topic
from forum.actions.posting import set_post_state
from forum.actions.spaces import invite_to_space
from forum.models import Attachment, Post, Space, State, Topic
from people.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


def member(**fields: Any) -> User:
    return factories.MembershipFactory.create(person=factories.UserFactory.create(**fields)).person


def page(person: User, address: str) -> str:
    client = Client()
    client.force_login(person)
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.fixture
def kari() -> User:
    return member(first_name="Kari")


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(name="Torget", slug="torget")


# --- the front -----------------------------------------------------------------------------------------


def invite(person: User, kind: str) -> str:
    """Have somebody invite the person; the address of the invitation."""
    facilitator = member()
    hidden = factories.SpaceFactory.create(kind=kind, name="Rommet ingen ser")
    factories.SpaceMembershipFactory.create(space=hidden, person=facilitator, facilitator=True)
    invitation = invite_to_space(space=hidden, person=person, by=facilitator)
    return reverse("forum:space-invitation", args=[invitation.pk])


def test_the_front_shows_what_one_is_invited_to(space: Space, kari: User) -> None:
    address = invite(kari, "private")
    assert address in page(kari, reverse("forum:home"))
    assert "Rommet ingen ser" not in page(member(), reverse("forum:home"))


def test_a_young_person_in_no_team_finds_the_invitation_at_the_front(space: Space) -> None:
    young = factories.UserFactory.create()
    address = invite(young, "youth_panel")
    html = page(young, reverse("forum:home"))
    assert address in html
    assert "css/membership.css" in html


def test_whoever_may_make_a_space_is_led_there(space: Space, kari: User) -> None:
    young = factories.UserFactory.create()
    panel = factories.SpaceFactory.create(kind="youth_panel")
    factories.SpaceMembershipFactory.create(space=panel, person=young)
    new = f'href="{reverse("forum:space-new")}"'
    assert new in page(kari, reverse("forum:home"))
    assert new in page(factories.make_moderator(), reverse("forum:home"))
    assert panel.name in page(young, reverse("forum:home"))
    assert new not in page(young, reverse("forum:home"))


def test_the_front_leads_to_how_the_forum_is_used(space: Space, kari: User, home: Any) -> None:
    guide = factories.StandardPageFactory.create(slug="slik-bruker-du-forumet", title="Slik bruker du forumet")
    assert f'href="{guide.url}"' in page(kari, reverse("forum:home"))
    assert f'href="{guide.url}"' not in page(kari, reverse("forum:notices"))


# --- files ---------------------------------------------------------------------------------------------


def put_file(post: Post, name: str = "plan.txt", content: bytes = b"0123456789") -> Attachment:
    attachment, _notices = add_attachment(
        person=post.author or factories.UserFactory.create(), place="", post=post, file=BytesIO(content), name=name
    )
    return attachment


def topic_of(space: Space, author: User) -> Topic:
    return start_topic(author=author, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")


def test_a_posts_files_are_named_with_their_kind_and_size(space: Space, kari: User) -> None:
    topic = topic_of(space, member())
    file = put_file(topic.posts.get())
    html = page(kari, topic.get_absolute_url())
    listed = html[html.index('<ul aria-label="Filer">') :].partition("</ul>")[0]
    assert f'href="{reverse("forum:attachment", args=[file.key])}">plan.txt</a>' in listed
    assert "TXT, 10\xa0byte" in listed


@pytest.mark.parametrize("state", [State.HIDDEN, State.HELD, State.DELETED])
def test_files_are_named_to_those_alone_who_see_the_post(space: Space, kari: User, state: State) -> None:
    topic = topic_of(space, member())
    answer = reply(author=member(), topic=topic, source="<p>Her er planen</p>")
    put_file(answer)
    assert "plan.txt" in page(kari, topic.get_absolute_url())
    set_post_state(topic=lock_topic(topic), post=answer, state=state)
    assert "plan.txt" not in page(kari, topic.get_absolute_url())
    moderator = factories.make_moderator()
    assert ("plan.txt" in page(moderator, topic.get_absolute_url())) is (state != State.DELETED)


def test_files_stand_behind_the_content_warning(space: Space, kari: User) -> None:
    topic = topic_of(space, member())
    answer = reply(author=member(), topic=topic, source="<p>Her er planen</p>", content_warning="tvang")
    put_file(answer)
    html = page(kari, topic.get_absolute_url())
    assert "plan.txt" in html[html.index('<details class="post-warned">') :].partition("</details>")[0]


@pytest.mark.parametrize("files", [1, 30])
def test_files_cost_no_query_each(space: Space, kari: User, files: int) -> None:
    topic = topic_of(space, member())
    for number in range(files):
        post = topic.posts.get(number=1) if number % 2 else reply(author=member(), topic=topic, source="<p>Svar</p>")
        Attachment.objects.create(post=post, name=f"{number}.pdf", media_type="application/pdf", size=9, file="x")
    client = Client()
    client.force_login(kari)
    client.get(topic.get_absolute_url())
    with CaptureQueriesContext(connection) as captured:
        html = client.get(topic.get_absolute_url()).content.decode()
    assert html.count('<span class="small">PDF, ') == files
    assert len(captured) == 11


# --- where to turn -------------------------------------------------------------------------------------


def ways_to_write(space: Space, person: User) -> dict[str, str]:
    topic = topic_of(space, person)
    return {
        "topic": topic.get_absolute_url(),
        "start": reverse("forum:topic-start", args=[space.slug]),
        "reply": reverse("forum:reply", args=[topic.pk]),
        "edit": reverse("forum:post-edit", args=[topic.posts.get().pk]),
    }


@pytest.mark.parametrize("way", ["topic", "start", "reply", "edit"])
def test_where_to_turn_stands_beside_every_box(space: Space, kari: User, way: str) -> None:
    html = page(kari, ways_to_write(space, kari)[way])
    box = html[html.index('<section class="compose') :]
    assert box.index('href="tel:116123"') < box.index("</section>")
    assert "css/forum-moderation.css" in html
