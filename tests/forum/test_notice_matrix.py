"""Who is told what: every role × kind of space × state of a post × surface, exactly.

A post that names everybody is told of, and comes to its state afterwards. The table below is written out by hand from
ARCHITECTURE §5.1 and does not ask `forum.permissions`.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.watching import make_feed_token
from forum.mails.sending import send_at_once
from forum.models import MailChoice, Mention, Notice, Space, SpaceMembership, State, Told
from people.models import Membership, Profile, User
from tests import factories
from tests.forum.news import add_post, make_member, make_topic, set_state, tell
from tests.people.cast import make_person

pytestmark = pytest.mark.django_db

Kind = Space.Kind
ROLES = (
    "member",
    "has_role",
    "had_role",
    "in_space",
    "was_in_space",
    "facilitator",
    "moderator",
    "administrator",
    "no_team",
    "inactive",
    "author",
)
INSIDE = {"in_space", "facilitator", "author"}
BY_OFFICE = {"moderator", "administrator"}
MEMBERS = {"member", "has_role", "had_role", "in_space", "was_in_space", "facilitator", "author"} | BY_OFFICE
TOLD = {
    Kind.OPEN: MEMBERS,
    Kind.RESTRICTED: INSIDE,
    Kind.PRIVATE: INSIDE,
    Kind.ROLE_NETWORK: INSIDE | {"has_role"},
    Kind.LEARNING_GROUP: INSIDE,
    Kind.YOUTH_PANEL: INSIDE,
}
"""Whom a mention reaches: those who read the space as its people, not by office alone."""
READ = {
    kind: told | (BY_OFFICE if kind in {Kind.RESTRICTED, Kind.ROLE_NETWORK} else set()) for kind, told in TOLD.items()
}
STATES = ("normal", "held", "hidden", "deleted", "pseudonymous")
SHOWN = {"normal", "pseudonymous"}
NEUTRAL = {Kind.RESTRICTED: "Nytt i Rommet", Kind.ROLE_NETWORK: "Nytt i Rommet"}


@pytest.fixture
def cast() -> dict[str, User]:
    people = {}
    for name in ROLES:
        if name == "moderator":
            people[name] = factories.make_moderator(email="moderator@example.org", first_name=name)
            EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
        elif name == "administrator":
            people[name] = make_person(name, is_superuser=True, is_staff=True)
        else:
            people[name] = make_person(name) if name == "no_team" else make_member(name)
        MailChoice.objects.create(person=people[name], quiet_from=0, quiet_to=0)
    User.objects.filter(pk=people["inactive"].pk).update(is_active=False)
    return people


def make_space(kind: str, cast: dict[str, User]) -> Space:
    role = factories.TeamRoleFactory.create() if kind == Kind.ROLE_NETWORK else None
    space = factories.SpaceFactory.create(kind=kind, role=role, name="Rommet", allows_pseudonyms=True)
    if role:
        factories.MembershipFactory.create(person=cast["has_role"], roles=[role])
        factories.MembershipFactory.create(person=cast["had_role"], roles=[role], ended_at=timezone.now())
    for name in ("in_space", "was_in_space", "facilitator", "author", "inactive"):
        factories.SpaceMembershipFactory.create(space=space, person=cast[name], facilitator=name == "facilitator")
    SpaceMembership.objects.filter(person=cast["was_in_space"]).update(ended_at=timezone.now())
    return space


def names(accounts: Any, cast: dict[str, User]) -> set[str]:
    by_account = {person.pk: name for name, person in cast.items()}
    return {by_account[account] for account in accounts}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", list(Kind))
def test_who_is_told_what(home: Any, cast: dict[str, User], mailoutbox: list[Any], kind: str, state: str) -> None:
    space = make_space(kind, cast)
    starter = make_member("starter")
    Profile.objects.create(person=starter, mail_on_forum_at_once=False)
    factories.SpaceMembershipFactory.create(space=space, person=starter)
    topic = make_topic(space, starter, title="Hemmelig tittel")
    alias = factories.make_pseudonym(cast["author"], space) if state == "pseudonymous" else None
    text = "Hemmelig tekst i innlegget"
    post = add_post(topic, cast["author"], alias=alias, text=text, mentions=tuple(cast.values()))
    tell(post)
    mentioned = names(Notice.objects.filter(post=post, kind="mention").values_list("person", flat=True), cast)
    assert mentioned == (TOLD[kind] if alias else TOLD[kind] - {"author"})

    if state in {"held", "hidden", "deleted"}:
        set_state(post, State(state))
    expected = TOLD[kind] - {"author"} if state in SHOWN else set()
    caches["learners"].clear()
    listed, counted, opened, fed = set(), set(), set(), set()
    for name, person in cast.items():
        client = Client()
        client.force_login(person)
        page = client.get(reverse("forum:notices")).content.decode()
        if "Hemmelig tittel" in page:
            listed.add(name)
        if "1 nytt varsel" in page:
            counted.add(name)
        assert "1 nytt varsel" in page or name == "inactive" or "Varsler, ingen nye" in page
        notice = Notice.objects.filter(person=person, post=post).first()
        if notice and client.get(reverse("forum:notice", args=[notice.pk])).status_code == 302 and name != "inactive":
            opened.add(name)
            Notice.objects.filter(pk=notice.pk).update(read_at=None)
        feed = Client().get(reverse("forum:feed", args=[make_feed_token(person=person)]))
        assert feed.status_code == (404 if name == "inactive" else 200)
        if f"forum/post/{post.pk}<" in feed.content.decode():
            fed.add(name)
            assert (text in feed.content.decode()) is (kind == Kind.OPEN)
            assert ("Hemmelig tittel" in feed.content.decode()) is (kind == Kind.OPEN)
    assert (listed, counted, opened) == (expected, expected, expected)
    assert fed == (READ[kind] if state in SHOWN else set())

    Told.objects.update(told_at=timezone.now() - timedelta(minutes=6))
    send_at_once(posts=[post.pk])
    assert {message.to[0].split("@")[0] for message in mailoutbox} == expected
    for message in mailoutbox:
        everything = message.subject + message.body + message.alternatives[0].content
        assert text not in everything
        assert ("Hemmelig tittel" in everything) is (kind == Kind.OPEN)
        assert ("Rommet" in everything) is (kind == Kind.OPEN)
        assert not re.search("Fjellrev|author", everything)


@pytest.mark.parametrize("kind", list(Kind))
def test_whoever_has_left_is_told_nothing_more(
    home: Any, cast: dict[str, User], mailoutbox: list[Any], kind: str
) -> None:
    """They were told while they could read it."""
    space = make_space(kind, cast)
    topic = make_topic(space, cast["author"], title="Hemmelig tittel")
    post = tell(add_post(topic, cast["author"], mentions=(cast["in_space"], cast["has_role"])))
    Told.objects.update(told_at=timezone.now() - timedelta(minutes=6))
    SpaceMembership.objects.update(ended_at=timezone.now())
    Membership.objects.update(ended_at=timezone.now())
    assert Notice.objects.filter(post=post).exists()
    for name in ("in_space", "has_role"):
        client = Client()
        client.force_login(cast[name])
        page = client.get(reverse("forum:notices")).content.decode()
        assert "Hemmelig tittel" not in page
        assert "Varsler, ingen nye" in page
        token = make_feed_token(person=cast[name])
        assert "<entry>" not in Client().get(reverse("forum:feed", args=[token])).content.decode()
    send_at_once(posts=[post.pk])
    assert mailoutbox == []


def test_a_mention_of_all_is_no_way_in_for_those_it_names(cast: dict[str, User]) -> None:
    space = make_space(Kind.PRIVATE, cast)
    post = tell(add_post(make_topic(space, cast["author"]), cast["author"], mentions=tuple(cast.values())))
    assert Mention.objects.filter(post=post).count() == len(ROLES)
    assert names(Notice.objects.values_list("person", flat=True), cast) == INSIDE - {"author"}
