"""The one visibility rule, looked at from every page: role × surface × kind of space × state of the post.

Each topic carries a word of its own in its title, its text, its file and its alias; what a role sees of them on a
surface is compared with the table below, exactly. Search, feed and mail have the same table in their own tests.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from forum.actions import delete_post, start_topic
from forum.actions.counting import lock_topic
from forum.actions.posting import set_post_state
from forum.models import Attachment, Mention, Space, State, Topic
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db

KINDS = [str(kind) for kind in Space.Kind]
STATES = ["normal", "alias", "held", "hidden", "deleted"]

READS = {
    "anonymous": set(),
    "newcomer": set(),
    "member": {"open"},
    "in_space": set(KINDS),
    "facilitator": set(KINDS),
    "left_space": {"open"},
    "role_holder": {"open", "role_network"},
    "moderator": {"open", "restricted", "role_network"},
    "administrator": {"open", "restricted", "role_network"},
}
"""The kinds of space whose topics each role reads. Somebody in a space is in no team: the row alone lets them in."""
MODERATES = {
    "facilitator": set(KINDS),
    "moderator": {"open", "restricted", "role_network"},
    "administrator": {"open", "restricted", "role_network"},
}
LISTS = {
    **READS,
    "member": {"open", "restricted", "role_network"},
    "left_space": {"open", "restricted", "role_network"},
    "role_holder": {"open", "restricted", "role_network"},
}
"""The kinds of space each role may know of."""


def sees(role: str, *, states: set[str]) -> set[str]:
    """The words of what a role may see, of these states."""
    found = set()
    for kind in READS[role]:
        for state in STATES:
            shown = state in {"normal", "alias"} or (state in {"held", "hidden"} and kind in MODERATES.get(role, set()))
            if shown and state in states:
                found.add(word_of(kind, state))
    return found


def word_of(kind: str, state: str) -> str:
    return f"ord{kind.replace('_', '')}{state}"


@dataclass
class House:
    spaces: dict[str, Space] = field(default_factory=dict)
    topics: dict[str, Topic] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)


@pytest.fixture
def house() -> House:
    """A space of each kind with a topic in each state, and somebody of each role."""
    found = House()
    role = factories.TeamRoleFactory.create()
    writer = factories.UserFactory.create(last_name="Hemmeligsen")
    found.people = {
        "newcomer": factories.UserFactory.create(),
        "member": factories.MembershipFactory.create().person,
        "in_space": factories.UserFactory.create(),
        "facilitator": factories.UserFactory.create(),
        "left_space": factories.MembershipFactory.create().person,
        "moderator": factories.make_moderator(),
        "administrator": factories.UserFactory.create(is_superuser=True, is_staff=True),
    }
    membership = factories.MembershipFactory.create()
    membership.roles.add(role)
    found.people["role_holder"] = membership.person
    for kind in KINDS:
        space = factories.SpaceFactory.create(
            kind=kind,
            name=f"Rom {kind}",
            slug=f"slug{kind.replace('_', '')}",
            allows_pseudonyms=True,
            role=role if kind == Space.Kind.ROLE_NETWORK else None,
        )
        found.spaces[kind] = space
        for name in ("in_space", "facilitator"):
            row = factories.SpaceMembershipFactory.create(space=space, person=found.people[name])
            if name == "facilitator":
                row.role = "facilitator"
                row.save()
        factories.SpaceMembershipFactory.create(space=space, person=writer)
        factories.SpaceMembershipFactory.create(
            space=space, person=found.people["left_space"], ended_at="2026-01-01T00:00Z"
        )
        factories.make_pseudonym(writer, space, f"Alias{kind}")
        for state in STATES:
            found.topics[word_of(kind, state)] = make_topic(writer, space, word_of(kind, state), state, found)
    return found


def make_topic(writer: User, space: Space, word: str, state: str, house: House) -> Topic:
    topic = start_topic(
        author=writer, space=space, title=f"{word}tittel", source=f"<p>{word}tekst</p>", as_pseudonym=state == "alias"
    )
    post = topic.posts.get()
    Attachment.objects.create(
        post=post,
        uploader=None,
        file=ContentFile(f"{word}fil".encode(), name="fil.txt"),
        name=f"{word}.txt",
        media_type="text/plain",
        size=10,
        text=f"{word}fil",
    )
    for person in house.people.values():
        Mention.objects.create(post=post, person=person)
    if state in {"held", "hidden"}:
        set_post_state(topic=lock_topic(topic), post=post, state=State(state))
    if state == "deleted":
        delete_post(person=writer, post=post)
    topic.refresh_from_db()
    return topic


def visit(client: Client, address: str) -> str:
    response = client.get(address, follow=True)
    assert response.status_code in {200, 403, 404}, address
    if response.status_code != 200:
        return ""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def words_in(text: str, house: House, ending: str = "") -> set[str]:
    return {word for word in house.topics if re.search(rf"{word}{ending}\b", text)}


def at_home(client: Client, house: House) -> set[str]:
    return words_in(visit(client, reverse("forum:home")), house, "tittel")


def in_lists(client: Client, house: House) -> set[str]:
    pages = [visit(client, reverse("forum:space", args=[space.slug])) for space in house.spaces.values()]
    return words_in("\n".join(pages), house, "tittel")


def on_pages(client: Client, house: House) -> set[str]:
    return {
        word
        for word, topic in house.topics.items()
        if f"{word}tekst" in visit(client, reverse("forum:topic", args=[topic.pk]))
    }


def by_permalink(client: Client, house: House) -> set[str]:
    found = set()
    for word, topic in house.topics.items():
        for post in topic.posts.all():
            if f"{word}tekst" in visit(client, reverse("forum:post", args=[post.pk])):
                found.add(word)
    return found


def in_history(client: Client, house: House) -> set[str]:
    found = set()
    for word, topic in house.topics.items():
        for post in topic.posts.all():
            if f"{word}t" in visit(client, reverse("forum:post-history", args=[post.pk])):
                found.add(word)
    return found


def in_files(client: Client, house: House) -> set[str]:
    found = set()
    for word, topic in house.topics.items():
        for attachment in Attachment.objects.filter(post__topic=topic):
            if f"{word}fil" in visit(client, reverse("forum:attachment", args=[attachment.key])):
                found.add(word)
    return found


SURFACES: dict[str, tuple[Callable[[Client, House], set[str]], set[str]]] = {
    "the page of a topic": (on_pages, {"normal", "alias", "held", "hidden"}),
    "a post's own address": (by_permalink, {"normal", "alias", "held", "hidden"}),
    "the post's history": (in_history, {"normal", "alias", "held", "hidden"}),
    "its file": (in_files, {"normal", "alias", "held", "hidden"}),
    "the list of a space": (in_lists, {"normal", "alias", "held", "hidden"}),
}
"""Where to look, and which states show there at all."""


def client_of(role: str, house: House) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(house.people[role])
    return client


@pytest.mark.parametrize("role", READS)
def test_each_surface_shows_a_role_exactly_what_it_may_see(role: str, house: House) -> None:
    client = client_of(role, house)
    shown = {name: look(client, house) for name, (look, _) in SURFACES.items()}
    expected = {name: sees(role, states=states) for name, (_, states) in SURFACES.items()}
    assert shown == expected


@pytest.mark.parametrize("role", READS)
def test_the_front_of_the_forum_shows_no_more_than_that(role: str, house: House) -> None:
    shown = at_home(client_of(role, house), house)
    assert shown <= sees(role, states={"normal", "alias", "held", "hidden"})
    assert shown or not READS[role]


@pytest.mark.parametrize("role", READS)
def test_a_space_is_known_to_those_who_may_know_it(role: str, house: House) -> None:
    client = client_of(role, house)
    front = visit(client, reverse("forum:home"))
    named = {kind for kind, space in house.spaces.items() if f"/{space.slug}/" in front}
    opened = set()
    for kind, space in house.spaces.items():
        if client.get(reverse("forum:space-about", args=[space.slug])).status_code == 200:
            opened.add(kind)
    assert (named, opened) == (LISTS[role], LISTS[role])


@pytest.mark.parametrize("role", READS)
def test_nobody_sees_who_an_alias_is(role: str, house: House) -> None:
    client = client_of(role, house)
    writer = User.objects.get(forum_topics__title__startswith=word_of("open", "normal"))
    for kind in KINDS:
        topic = house.topics[word_of(kind, "alias")]
        page = visit(client, reverse("forum:topic", args=[topic.pk]))
        assert writer.last_name not in page
        assert (f"Alias{kind}" in page) == (kind in READS[role])
