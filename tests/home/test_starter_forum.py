"""The forum's first spaces, and what is in them where a developer starts Flett."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F, Max, Q
from django.utils import timezone

from courses.lint import lint
from forum.actions.aliases import AliasTakenError, choose_alias, fold_alias
from forum.actions.counting import recount_space, recount_topic
from forum.models import (
    ModerationEntry,
    Notice,
    Post,
    PostEdit,
    Pseudonym,
    Reaction,
    Report,
    Space,
    SpaceMembership,
    SpaceRead,
    State,
    Topic,
    TopicPrinciple,
    TopicRead,
)
from forum.permissions import (
    posts_visible_to,
    spaces_moderated_by,
    spaces_readable_by,
    spaces_writable_by,
    user_is_moderator,
)
from forum.pseudonyms import is_owner
from forum.rendering import plain_text
from home.actions import load_people_lists, load_starter_content
from home.content import read_forum_texts, read_starter_content
from home.starter_forum import load_spaces, make_demo_forum, read_forum, read_topics
from people.models import Membership, Team, TeamRole, User
from tests import factories
from tests.courses.lint_package import TODAY

KINDS = {
    "praksis-i-teamet": ("open", None),
    "jus-og-rammer": ("open", None),
    "ny-i-fact": ("open", None),
    "fact-ung": ("open", None),
    "nettverk-for-brukerspesialister": ("role_network", "brukerspesialist"),
    "nettverk-for-jobbspesialister": ("role_network", "jobbspesialist"),
    "nettverk-for-teamledere": ("role_network", "teamleder"),
    "utproving-av-nye-moduler": ("restricted", None),
}
DEMO_KINDS = {
    "laeringsgruppe-familie-og-nettverk": ("learning_group", None),
    "planlegging-av-nettverkssamling": ("private", None),
    "ungdomspanelet": ("youth_panel", None),
}
TOPICS = {
    "praksis-i-teamet": 9,
    "jus-og-rammer": 2,
    "ny-i-fact": 2,
    "fact-ung": 2,
    "nettverk-for-brukerspesialister": 2,
    "nettverk-for-jobbspesialister": 2,
    "nettverk-for-teamledere": 1,
    "utproving-av-nye-moduler": 1,
    "laeringsgruppe-familie-og-nettverk": 1,
    "planlegging-av-nettverkssamling": 1,
    "ungdomspanelet": 1,
}
"""Shown ones: the panel has one more, which is held."""


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


def kinds() -> dict[str, tuple[str, str | None]]:
    return {slug: (kind, role) for slug, kind, role in Space.objects.values_list("slug", "kind", "role__key")}


def unread(reader: User) -> dict[str, int]:
    """Unread posts by space, counted from the rows."""
    read = dict(TopicRead.objects.filter(person=reader).values_list("topic", "last_read_number"))
    marked = dict(SpaceRead.objects.filter(person=reader).values_list("space", "read_all_at"))
    return dict(
        Counter(
            post.topic.space.slug
            for post in posts_visible_to(reader).select_related("topic__space").exclude(author=reader)
            if post.number > read.get(post.topic_id, 0) and post.created_at > marked[post.topic.space_id]
        )
    )


# --- spaces --------------------------------------------------------------------------------------------


def test_production_gets_the_spaces_and_nobody_in_them(db: None, settings: Any) -> None:
    settings.DEMO_LOGINS = False
    load_people_lists()
    load_spaces()
    assert kinds() == KINDS
    assert list(Space.objects.values_list("slug", flat=True)) == list(KINDS)
    assert Topic.objects.count() == SpaceMembership.objects.count() == User.objects.count() == 0
    assert set(Space.objects.filter(allows_pseudonyms=True).values_list("slug", flat=True)) == {
        "nettverk-for-brukerspesialister"
    }
    with pytest.raises(ImproperlyConfigured, match="FLETT_ENV=development"):
        make_demo_forum()


def test_without_a_key_no_space_allows_aliases(db: None, settings: Any) -> None:
    settings.PSEUDONYM_KEY = ""
    load_people_lists()
    load_spaces(demo=True)
    assert Space.objects.count() == 11
    assert not Space.objects.filter(allows_pseudonyms=True).exists()


def test_spaces_loaded_again_stay_as_their_people_made_them(db: None) -> None:
    load_people_lists()
    load_spaces()
    Space.objects.filter(slug="ny-i-fact").update(slug="nye", name="For nye", archived_at=timezone.now())
    before = list(Space.objects.order_by("pk").values())
    load_spaces()
    assert list(Space.objects.order_by("pk").values()) == before


def test_a_space_whose_address_is_taken_or_whose_role_is_gone_is_left_out(db: None) -> None:
    load_people_lists()
    TeamRole.objects.filter(key="jobbspesialist").delete()
    Space.objects.create(slug="fact-ung", name="Vårt eget")
    load_spaces()
    assert kinds() == {slug: kind for slug, kind in KINDS.items() if slug != "nettverk-for-jobbspesialister"}
    assert Space.objects.get(slug="fact-ung").name == "Vårt eget"


def test_every_space_says_what_it_is_for_and_how_one_behaves(starter: None) -> None:
    assert kinds() == KINDS | DEMO_KINDS
    for space in Space.objects.all():
        assert 30 < len(space.about) <= 130, space.slug
        assert space.welcome.startswith("<p>"), space.slug
        assert "<li>" in space.rules, space.slug
        for source, html in ((space.welcome_source, space.welcome), (space.rules_source, space.rules)):
            assert not re.search(r"[*<>]|\]\(", source), space.slug
            assert source.replace("- ", "").split() == plain_text(html).split(), space.slug
    crisis = Space.objects.filter(rules__contains='href="/krise/"')
    assert set(crisis.values_list("slug", flat=True)) == {
        "praksis-i-teamet",
        "fact-ung",
        "nettverk-for-brukerspesialister",
        "ungdomspanelet",
    }


# --- what is in them -----------------------------------------------------------------------------------


def test_the_demo_forum_is_exactly_this(starter: None) -> None:
    assert {space.slug: space.topic_count for space in Space.objects.all()} == TOPICS
    assert Topic.objects.count() == 25
    assert Counter(Post.objects.values_list("state", flat=True)) == {State.NORMAL: 104, State.HELD: 1}
    assert Reaction.objects.count() == 58
    assert TopicPrinciple.objects.count() == 22
    assert Counter(Topic.objects.values_list("subject_kind", flat=True)) == {"": 10, "lesson": 14, "course": 1}
    assert Topic.objects.filter(accepted_post__isnull=False).count() == 4
    assert Topic.objects.get(pinned_at__isnull=False).title == "Velkommen hit: si gjerne hei"
    assert Topic.objects.get(closed_at__isnull=False).title == "Kan vi ha med et bilde av tavla i en presentasjon?"
    assert Topic.objects.get(state=State.HELD).title == "Kan vi lage en film i stedet?"
    assert Topic.objects.exclude(content_warning="").get().content_warning == "Dødsfall og sorg"
    assert Counter(ModerationEntry.objects.values_list("verb", flat=True)) == {"approve": 2, "pin": 1, "close": 1}
    assert Report.objects.get().reason == Report.Reason.WRONG_PLACE
    assert Team.objects.filter(name_note="Teamet er oppdiktet og finnes bare der Flett utvikles.").count() == 5
    assert User.objects.filter(last_name="Demo").count() == 17


def test_two_to_ten_posts_a_topic_and_no_post_of_two_screens(starter: None) -> None:
    shown = Topic.objects.filter(state=State.NORMAL)
    assert set(shown.values_list("post_count", flat=True)) <= set(range(3, 11))
    assert max(len(text.split()) for text in Post.objects.values_list("text", flat=True)) <= 90


def test_times_are_past_in_order_in_each_space_and_spread_over_weeks(starter: None) -> None:
    for space in Space.objects.all():
        times = list(Post.objects.filter(topic__space=space).order_by("pk").values_list("created_at", flat=True))
        assert times == sorted(set(times)), space.slug
        assert times[-1] < timezone.now()
    newest = Post.objects.aggregate(newest=Max("created_at"))["newest"]
    oldest = Post.objects.order_by("created_at").values_list("created_at", flat=True)[0]
    assert (newest - oldest).days == 57
    assert not Topic.objects.exclude(posts__number=1, posts__created_at=F("created_at")).exists()
    assert not Post.objects.filter(reply_to__created_at__gte=F("created_at")).exists()


def test_counters_are_those_of_a_rebuild(starter: None) -> None:
    topics, spaces = list(Topic.objects.order_by("pk").values()), list(Space.objects.order_by("pk").values())
    for topic in Topic.objects.all():
        recount_topic(topic)
    for space in Space.objects.all():
        recount_space(space)
    assert list(Topic.objects.order_by("pk").values()) == topics
    assert list(Space.objects.order_by("pk").values()) == spaces


def test_loading_again_writes_nothing_more(starter: None) -> None:
    models = (Space, Topic, Post, PostEdit, Notice, Reaction, TopicRead, SpaceRead, ModerationEntry, Pseudonym, Report)
    people = (User, Membership, SpaceMembership, Team)
    load_starter_content()  # events and news, which tell of themselves by the bell
    before = [list(model._base_manager.order_by("pk").values()) for model in (*models, *people)]
    load_starter_content()
    assert [list(model._base_manager.order_by("pk").values()) for model in (*models, *people)] == before


def test_every_topic_finds_its_lesson_its_principles_and_its_people(starter: None) -> None:
    described = {topic["title"]: topic for topic in read_topics()}
    for topic in Topic.objects.all():
        wanted = described[topic.title]
        assert bool(topic.subject_key) == ("lesson" in wanted or "course" in wanted), topic.title
        assert topic.principles.count() == len(wanted.get("principles", [])), topic.title
        assert all(post["days"] >= 1 for post in wanted["posts"])


def test_nobody_can_sign_in_as_those_who_fill_the_forum(starter: None) -> None:
    for key in [described["key"] for described in read_forum("demo.yaml")["people"]]:
        assert not person(key).has_usable_password()


# --- who sees it ---------------------------------------------------------------------------------------


def test_each_demo_person_sees_the_spaces_of_their_part(starter: None) -> None:
    everybodys = {"praksis-i-teamet", "jus-og-rammer", "ny-i-fact", "fact-ung"}
    expected = {
        "deltaker": everybodys | {"laeringsgruppe-familie-og-nettverk"},
        "teamleder": everybodys | {"nettverk-for-teamledere", "planlegging-av-nettverkssamling"},
        "brukerspesialist": everybodys | {"nettverk-for-brukerspesialister"},
        "redaktor": {"utproving-av-nye-moduler", "planlegging-av-nettverkssamling"},
        "moderator": set(KINDS),
        "aya": {"ungdomspanelet"},
    }
    for key, slugs in expected.items():
        assert set(spaces_readable_by(person(key)).values_list("slug", flat=True)) == slugs, key
        assert set(spaces_writable_by(person(key)).values_list("slug", flat=True)) == slugs, key
    assert user_is_moderator(person("moderator"))
    assert {space.slug for space in spaces_moderated_by(person("kim"))} == {"ungdomspanelet"}


def test_the_held_topic_waits_for_the_panels_facilitator(starter: None) -> None:
    seen_by = {
        key: posts_visible_to(person(key)).filter(state=State.HELD).count()
        for key in ("kim", "sander", "aya", "moderator", "deltaker")
    }
    assert seen_by == {"kim": 1, "sander": 1, "aya": 0, "moderator": 0, "deltaker": 0}


def test_some_is_unread_and_some_is_told(starter: None) -> None:
    assert unread(person("deltaker")) == {
        "praksis-i-teamet": 3,
        "fact-ung": 2,
        "laeringsgruppe-familie-og-nettverk": 1,
    }
    assert unread(person("teamleder")) == {"praksis-i-teamet": 2, "planlegging-av-nettverkssamling": 1}
    assert unread(person("brukerspesialist")) == {
        "praksis-i-teamet": 7,
        "fact-ung": 3,
        "nettverk-for-brukerspesialister": 1,
    }
    told = Notice.objects.filter(kind=Notice.Kind.REPLY)
    assert told.filter(person=person("deltaker")).count() == 8
    assert not told.filter(Q(post__author=F("person")) | Q(created_at__gt=timezone.now())).exists()


def test_no_row_ties_an_alias_to_its_person(starter: None) -> None:
    peer = person("brukerspesialist")
    alias = Pseudonym.objects.get(name="Strandsnipe")
    assert is_owner(peer, alias)
    written = Post.objects.filter(pseudonym=alias)
    assert written.count() == 2
    assert not written.filter(author__isnull=False).exists()
    topic = written.values_list("topic", flat=True).distinct().get()
    assert not TopicRead.objects.filter(topic=topic).exists()
    assert not Notice.objects.filter(person=peer, post__topic=topic).exists()
    assert not ModerationEntry.objects.filter(pseudonym__isnull=False, person__isnull=False).exists()


def test_demo_aliases_went_through_the_door(starter: None) -> None:
    """A name that looks like one of them is refused, as for everybody's."""
    assert {alias.name: alias.name_folded for alias in Pseudonym.objects.all()} == {
        name: fold_alias(name) for name in ("Strandsnipe", "Røsslyng", "Nordavind")
    }
    network = Space.objects.get(slug="nettverk-for-brukerspesialister")
    other = factories.MembershipFactory.create(roles=[network.role]).person
    with pytest.raises(AliasTakenError):
        choose_alias(person=other, space=network, name="Strand snípe")


def test_without_a_key_no_topic_has_an_alias(db: None, settings: Any, starter: None) -> None:
    for model in (Report, Notice, Reaction, TopicRead, SpaceRead, SpaceMembership):
        model.objects.all().delete()
    Topic.objects.update(accepted_post=None)
    Post.objects.all().delete()
    Topic.objects.all().delete()
    Pseudonym.objects.all().delete()
    settings.PSEUDONYM_KEY = ""
    make_demo_forum()
    assert Pseudonym.objects.count() == 0
    assert Topic.objects.count() == 23
    assert Space.objects.get(slug="nettverk-for-brukerspesialister").topic_count == 1


# --- how it is written ---------------------------------------------------------------------------------


def test_every_text_is_linted_and_none_is_wrong() -> None:
    content, faults = read_starter_content()
    assert faults == []
    texts = [page for page in content.pages if page.kind == "forum"]
    assert len(texts) == 11 + 25 + 8 + 3, "spaces, topics, events, news"
    assert [page.title for page in texts if page.language == "da"] == [
        "Hvor ofte holder I tavlemøde?",
        "Temadag: Recovery i hverdagen",
        "Eksempel: Kriseplan på dansk i biblioteket",
    ]
    wrong = [finding for finding in lint(content, today=TODAY) if "starter/forum" in str(finding.place)]
    assert wrong == []


def test_a_fault_in_a_text_is_found_where_it_stands(tmp_path: Path) -> None:
    forum = tmp_path / "forum"
    (forum / "topics").mkdir(parents=True)
    (forum / "spaces.yaml").write_text("[]")
    posts = "  - {by: liv, days: 1, at: '08:00', text: 'Så bra!'}\n  - {by: liv, days: 1, at: '09:00', text: '# Nei'}\n"
    (forum / "topics" / "rom.yaml").write_text(f"- title: En\n  posts:\n{posts}- title: To\n  posts:\n{posts[:55]}")
    texts, faults = read_forum_texts(forum)
    assert [page.title for page in texts] == ["To"]
    assert [fault.message.partition(":")[0] for fault in faults] == ["En"]


def test_no_text_names_a_team_or_a_place(starter: None) -> None:
    names = {team.name for team in Team.objects.exclude(name_note__startswith="Teamet er oppdiktet")}
    names |= set(Team.objects.exclude(county="").values_list("county", flat=True))
    written = "\n".join(
        [
            *Post.objects.values_list("text", flat=True),
            *Topic.objects.values_list("title", flat=True),
            *Space.objects.values_list("rules", flat=True),
        ]
    )
    assert [name for name in sorted(names) if name in written] == []
