"""The one visibility rule, looked at from every side: role × surface × kind of space × state of the post.

Each topic carries a word of its own in its title, its text, its file and its alias, and its post mentions everybody;
what a role sees of them on a surface is compared with the tables below, exactly. Search, feed, notices and mail have
more to say of themselves in tests of their own.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions import delete_post, pace, start_topic
from forum.actions.counting import lock_topic
from forum.actions.notices import tell_of_post
from forum.actions.posting import set_post_state
from forum.actions.watching import make_feed_token
from forum.mails.planning import plan_digests
from forum.mails.sending import send_at_once
from forum.models import Attachment, MailChoice, Mention, Space, State, Told, Topic
from forum.queries.composing import account_key
from home.search.actions import index_documents
from home.search.documents import Source, all_numbers
from people.models import User
from tests import databases, factories

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
BY_OFFICE = {"moderator", "administrator"}
"""They read listed spaces, and are told of what is in those that are open to all: nobody is told by office alone."""
SHOWN = {"normal", "alias"}
ALL = {"normal", "alias", "held", "hidden"}
"""What is held or hidden is there for those who moderate alone; what is deleted for nobody."""


def told_of(role: str) -> set[str]:
    """The kinds of space of which news reaches each role."""
    return READS[role] & {"open"} if role in BY_OFFICE else READS[role]


def sees(role: str, *, states: set[str], kinds: set[str] | None = None) -> set[str]:
    """The words of what a role may see, of these states, in the kinds it reads or in these."""
    found = set()
    for kind in READS[role] if kinds is None else kinds:
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
    mailed: dict[str, set[str]] = field(default_factory=dict)
    """By word: the addresses of those who got a mail of it."""

    def role_of(self, client: Client) -> str | None:
        number = client.session.get("_auth_user_id")
        return next((role for role, person in self.people.items() if str(person.pk) == number), None)


@pytest.fixture(scope="module")
def built(django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house stands for the whole module; what a test changes in it is undone."""
    kept = tmp_path_factory.mktemp("house")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        for name in ("NEW_PEOPLE", "OTHERS"):
            patch.setattr(pace, name, pace.Pace(topics_a_day=100, posts_an_hour=100))
        with transaction.atomic():
            found = build()
        databases.keep(kept)
        databases.stand_on(kept)
    yield found
    with django_db_blocker.unblock():
        databases.step_back()


@pytest.fixture
def house(built: House, db: None) -> House:
    return built


def build() -> House:
    """A space of each kind with a topic in each state, and somebody of each role."""
    found = House()
    role = factories.TeamRoleFactory.create()
    writer = factories.UserFactory.create(first_name="Skriverfornavn", last_name="Hemmeligsen")
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
    for person in found.people.values():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        MailChoice.objects.create(person=person, quiet_from=0, quiet_to=0)
    for source in Source:
        index_documents(source=source, numbers=list(all_numbers(source)))
    for word, topic in found.topics.items():
        mail.outbox = []
        send_at_once(posts=list(topic.posts.values_list("pk", flat=True)))
        assert not any("Hemmeligsen" in f"{each.subject} {each.body}" for each in mail.outbox)
        found.mailed[word] = {each.to[0] for each in mail.outbox}
    return found


def make_topic(writer: User, space: Space, word: str, state: str, house: House) -> Topic:
    topic = start_topic(
        author=writer,
        space=space,
        title=f"{word}tittel fellestittel",
        source=f"<p>{word}tekst fellestekst</p>",
        as_pseudonym=state == "alias",
    )
    post = topic.posts.get()
    Attachment.objects.create(
        post=post,
        uploader=None,
        file=ContentFile(f"{word}fil".encode(), name="fil.txt"),
        name=f"{word}.txt",
        media_type="text/plain",
        size=10,
        text=f"{word}fil fellesfil",
    )
    for person in house.people.values():
        Mention.objects.create(post=post, person=person)
    tell_of_post(post_id=post.pk)
    Told.objects.filter(post=post).update(told_at=timezone.now() - timedelta(minutes=6))
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
    """It leads to the page of the topic, which is looked at by itself."""
    found = set()
    for word, topic in house.topics.items():
        for post in topic.posts.all():
            response = client.get(reverse("forum:post", args=[post.pk]))
            assert response.status_code in {302, 403, 404}
            if response.status_code == 302 and response["Location"].startswith(topic.get_absolute_url()):
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


def by_search(client: Client, house: House) -> set[str]:
    """Asked for by what all titles have in common, all texts, and all files; found where a link leads to it."""
    found = []
    for shared in ("fellestittel", "fellestekst", "fellesfil"):
        address = f"{reverse('home:search')}?q={shared}"
        pages = "".join(visit(client, f"{address}&side={side}") for side in (1, 2, 3))
        found.append({word for word, topic in house.topics.items() if leads_to(pages, topic)})
    assert found[0] == found[1] == found[2]
    return found[0]


def leads_to(page: str, topic: Topic) -> bool:
    addresses = [topic.get_absolute_url(), *(post.get_absolute_url() for post in topic.posts.all())]
    return any(f'href="{address}' in page for address in addresses)


def in_feed(client: Client, house: House) -> set[str]:
    role = house.role_of(client)
    if role is None:
        return set()
    feed = visit(Client(), reverse("forum:feed", args=[make_feed_token(person=house.people[role])]))
    assert "Hemmeligsen" not in feed
    return {
        word
        for word, topic in house.topics.items()
        if any(f"forum/post/{post.pk}</id>" in feed for post in topic.posts.all())
    }


def by_mail_at_once(client: Client, house: House) -> set[str]:
    role = house.role_of(client)
    return set() if role is None else {w for w, sent_to in house.mailed.items() if house.people[role].email in sent_to}


def in_digest(client: Client, house: House) -> set[str]:
    role = house.role_of(client)
    if role is None:
        return set()
    day = timezone.localdate()
    MailChoice.objects.update(digest="daily", digest_hour=0)
    letters = [letter for _, letter in plan_digests(day=day, accounts=[house.people[role].pk]) if letter is not None]
    said = "".join(f"{letter.subject} {letter.sections}" for letter in letters)
    assert "Hemmeligsen" not in said
    return words_in(said, house, "tittel")


def among_notices(client: Client, house: House) -> set[str]:
    """Everybody is mentioned in everything."""
    return words_in(visit(client, reverse("forum:notices")), house, "tittel")


def as_unread(client: Client, house: House) -> set[str]:
    """The topics that a list says have something new, each with a way to the first of it."""
    pages = "".join(visit(client, reverse("forum:space", args=[space.slug])) for space in house.spaces.values())
    return {word for word, topic in house.topics.items() if reverse("forum:first-unread", args=[topic.pk]) in pages}


def to_answer(client: Client, house: House) -> set[str]:
    """The JSON that saves a draft: it answers for places where one may write, and for no others."""
    role = house.role_of(client)
    found = set()
    for word, topic in house.topics.items():
        sent = {"place": f"topic:{topic.pk}", "source": "Utkast", "source_format": "text"}
        if role is not None:
            sent["account"] = account_key(house.people[role])
        response = answer_of(client.post(reverse("forum:draft-save"), sent, headers={"Accept": "application/json"}))
        if response.status_code == 200:
            assert response.json()["version"] > 0
            found.add(word)
    return found


def by_names(client: Client, house: House) -> set[str]:
    """The JSON of names to mention: in each space the writer, who has written there under their own name too."""
    found = set()
    for word, topic in house.topics.items():
        response = answer_of(
            client.get(reverse("forum:mention-names"), {"place": f"topic:{topic.pk}", "q": "Skriverfornavn"})
        )
        if response.status_code == 200 and response.json() == {"names": ["Skriverfornavn Hemmeligsen"]}:
            found.add(word)
    return found


def answer_of(response: Any) -> HttpResponse:
    """A refusal says nothing of what is there."""
    assert response.status_code in {200, 302, 401, 403, 404}
    assert response.status_code == 200 or not re.search("ord[a-z]+tittel|Hemmeligsen", response.content.decode())
    return response


@dataclass(frozen=True)
class Surface:
    """Where to look, which states show there at all, and in which kinds of space; None means those a role reads."""

    look: Callable[[Client, House], set[str]]
    states: set[str]
    kinds: Callable[[str], set[str]] = READS.__getitem__


SURFACES = {
    # News first: what is opened is read.
    "counter: unread in the list": Surface(as_unread, ALL),
    "mention: the list of notices": Surface(among_notices, SHOWN, told_of),
    "mail: at once": Surface(by_mail_at_once, SHOWN, told_of),
    # Of a closed space a mail says that there is something, and no titles.
    "mail: the digest": Surface(in_digest, SHOWN, lambda role: READS[role] & {"open"}),
    "feed": Surface(in_feed, SHOWN),
    "search": Surface(by_search, ALL),
    "list of a space": Surface(in_lists, ALL),
    "page of the topic": Surface(on_pages, ALL),
    "page: the post's own address": Surface(by_permalink, ALL),
    "page: the post's history": Surface(in_history, ALL),
    "file": Surface(in_files, ALL),
    # One does not answer in what is hidden.
    "JSON: saving a draft": Surface(to_answer, {"normal", "alias", "held"}),
    "JSON: names to mention": Surface(by_names, {"normal", "alias", "held"}),
}
NAMED_IN_THE_ISSUE = {"list", "page", "search", "file", "feed", "mail", "mention", "counter", "JSON"}


def client_of(role: str, house: House) -> Client:
    client = Client()
    if role != "anonymous":
        client.force_login(house.people[role])
    return client


def test_every_surface_the_issue_names_is_looked_at() -> None:
    assert {re.split("[: ]", name)[0] for name in SURFACES} == NAMED_IN_THE_ISSUE


@pytest.mark.parametrize("role", READS)
def test_each_surface_shows_a_role_exactly_what_it_may_see(role: str, house: House) -> None:
    client = client_of(role, house)
    shown = {name: surface.look(client, house) for name, surface in SURFACES.items()}
    expected = {name: sees(role, states=each.states, kinds=each.kinds(role)) for name, each in SURFACES.items()}
    assert shown == expected


@pytest.mark.parametrize("role", READS)
def test_the_front_of_the_forum_shows_and_counts_exactly_that(role: str, house: House) -> None:
    """Its spaces, how much is new in each, the newest ten topics, the bell; and nobody behind an alias."""
    client = client_of(role, house)
    front = visit(client, reverse("forum:home"))
    counted, opened = {}, set()
    for kind, space in house.spaces.items():
        # The space's row, and for those who moderate a line about what waits there.
        if rows := re.findall(rf"/{space.slug}/.*?(?=</li>)", front, re.DOTALL):
            counted[kind] = sum(int(count) for row in rows for count in re.findall(r"(\d+) tråder med nytt", row))
        if client.get(reverse("forum:space-about", args=[space.slug])).status_code == 200:
            opened.add(kind)
    assert counted == {kind: 2 if kind in READS[role] else 0 for kind in LISTS[role]}
    assert opened == LISTS[role]
    plain, shown = sees(role, states=SHOWN), words_in(front, house, "tittel")
    assert (shown <= plain, len(shown)) == (True, min(len(plain), 10))
    told = len(sees(role, states=SHOWN, kinds=told_of(role)))
    bell = [f"{told} nye varsler"] if told else ["Varsler, ingen nye"]
    assert re.findall(r"\d+ nye varsler|Varsler, ingen nye", front) == ([] if role == "anonymous" else bell)
    for kind in KINDS:
        page = visit(client, reverse("forum:topic", args=[house.topics[word_of(kind, "alias")].pk]))
        assert "Hemmeligsen" not in page
        assert (f"Alias{kind}" in page) == (kind in READS[role])
