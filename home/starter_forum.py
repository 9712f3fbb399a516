"""The forum's spaces to begin with, and topics to try it with, from `home/starter/forum/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from courses.models import CoursePage, LessonPage, Principle
from courses.packages.markdown import to_html
from forum.actions import mark_read, reply, start_topic
from forum.actions.aliases import choose_alias
from forum.actions.counting import recount_space, recount_topic
from forum.actions.posting import set_post_state
from forum.models import (
    ModerationEntry,
    Notice,
    Post,
    Reaction,
    Report,
    Space,
    SpaceMembership,
    SpaceRead,
    State,
    Topic,
)
from forum.permissions import MODERATE, spaces_readable_by
from forum.pseudonyms import aliases_are_possible
from forum.rendering import FEATURES, render
from people.actions import add_member
from people.models import Team, TeamRole, User

FORUM = settings.BASE_DIR / "home" / "starter" / "forum"
MODERATORS = "Forum-moderatorer"
DEMO_HOST = "demo.example"
DEMO_SURNAME = "Demo"

_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")
_MARKED = re.compile(r"(\*{1,2})([^*]+)\1")
_MARKDOWN = FEATURES & {"h3", "bold", "italic", "ol", "ul", "link"}


def read_forum(name: str) -> Any:
    """One of the forum's YAML files."""
    return yaml.safe_load((FORUM / name).read_text(encoding="utf-8"))


def read_topics(folder: Path = FORUM) -> list[dict[str, Any]]:
    """The demo topics, each with its file and its space: the file's name where it does not say."""
    return [
        {"file": file, "space": file.stem, **topic}
        for file in sorted((folder / "topics").glob("*.yaml"))
        for topic in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def plain_of(text: str) -> str:
    """Markdown as plain text, which is what facilitators change rules and welcome in."""
    return _MARKED.sub(r"\2", _LINK.sub(r"\1", text)).strip()


def html_of(text: str) -> str:
    """Markdown as somebody would have written it in the editor. Raises MarkdownError."""
    return to_html(text, _MARKDOWN)


# --- spaces --------------------------------------------------------------------------------------------


@transaction.atomic
def load_spaces(*, demo: bool = False) -> None:
    """The group of moderators, and the spaces that are missing; with those for trying out when asked to.

    A space that is there stays as its people have made it; one whose address is taken is left out. Without a key to
    seal them with, no space allows aliases.
    """
    group, _made = Group.objects.get_or_create(name=MODERATORS)
    group.permissions.add(Permission.objects.get(codename=MODERATE, content_type__app_label="forum"))
    roles = {role.key: role for role in TeamRole.objects.all()}
    today = timezone.localdate()
    for position, described in enumerate(read_forum("spaces.yaml"), start=1):
        if described.get("demo", False) and not demo:
            continue
        role = described.get("role")
        if role is not None and role not in roles:
            continue
        if Space.objects.filter(Q(key=described["key"]) | Q(slug=described["slug"])).exists():
            continue
        welcome, rules = described["welcome"], described["rules"]
        Space.objects.create(
            key=described["key"],
            slug=described["slug"],
            name=described["name"],
            kind=described["kind"],
            role=roles[role] if role else None,
            about=described["about"],
            welcome_source=plain_of(welcome),
            welcome=render(html_of(welcome), source_format=Post.Format.HTML).html,
            rules_source=plain_of(rules),
            rules=render(html_of(rules), source_format=Post.Format.HTML).html,
            allows_pseudonyms=described.get("allows_pseudonyms", False) and aliases_are_possible(),
            holds_first_posts=described.get("holds_first_posts", False),
            starts_on=today + timedelta(days=described["starts_days"]) if "starts_days" in described else None,
            ends_on=today + timedelta(days=described["ends_days"]) if "ends_days" in described else None,
            position=position,
        )


# --- what is in them, to try the forum with ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """One post of the files: of which topic, which number, when."""

    at: datetime
    topic: int
    number: int
    post: Mapping[str, Any]


@transaction.atomic
def make_demo_forum() -> None:
    """Invented people, and what they have written, answered, read and reported: once, where nobody has written yet.

    Everything goes through the forum's own actions in the order it was written, and gets its time afterwards; so a
    space's posts have times in order, as if people had been there. Raises ImproperlyConfigured in production.
    """
    if not settings.DEMO_LOGINS:
        raise ImproperlyConfigured("Demo topics exist only with FLETT_ENV=development and FLETT_DEMO_LOGINS=true.")
    load_spaces(demo=True)
    if Topic.objects.exists():
        return
    demo = read_forum("demo.yaml")
    people = _make_people(demo)
    spaces = {space.slug: space for space in Space.objects.all()}
    _seat_people(demo, people=people, spaces=spaces)
    described = [
        topic
        for topic in read_topics()
        if aliases_are_possible() or not any(post.get("alias") for post in topic["posts"])
    ]
    topics, posts = _write(described, people=people, spaces=spaces)
    _add_marks(described, topics=topics, posts=posts, people=people)
    for topic in Topic.objects.filter(pk__in=[topic.pk for topic in topics]):
        recount_topic(topic)
    for space in spaces.values():
        recount_space(space)
    _read(demo, people=people, posts=posts)
    _report(demo, people=people, posts=posts)


def _make_people(demo: dict[str, Any]) -> dict[str, User]:
    """The invented people by their short name, those of site.yaml among them. None of the new ones can sign in."""
    teams = {
        team["slug"]: Team.objects.get_or_create(key=team["key"], defaults=team | {"name_note": demo["team_note"]})[0]
        for team in demo["teams"]
    }
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith=f"@{DEMO_HOST}")}
    for person in demo["people"]:
        if person["key"] in people:
            continue
        email = f"{person['key']}@{DEMO_HOST}"
        user = User.objects.create_user(email, None, first_name=person["name"], last_name=DEMO_SURNAME)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        if "team" in person:
            add_member(person=user, team=teams[person["team"]], roles=TeamRole.objects.filter(key=person["role"]))
        people[person["key"]] = user
    return people


def _seat_people(demo: dict[str, Any], *, people: dict[str, User], spaces: dict[str, Space]) -> None:
    """Facilitators, members and aliases."""
    roles = SpaceMembership.Role
    for kind, places in ((roles.FACILITATOR, demo["facilitators"]), (roles.MEMBER, demo["members"])):
        SpaceMembership.objects.bulk_create(
            SpaceMembership(space=spaces[slug], person=people[key], role=kind)
            for slug, keys in places.items()
            for key in keys
        )
    for alias in demo["aliases"] if aliases_are_possible() else []:
        choose_alias(person=people[alias["person"]], space=spaces[alias["space"]], name=alias["name"])


def _moment(days: int, clock: time) -> datetime:
    """That time of the day so many days before today, by Norway's clock."""
    return datetime.combine(timezone.localdate() - timedelta(days=days), clock, timezone.get_current_timezone())


def _in_order(described: list[dict[str, Any]]) -> list[Written]:
    return sorted(
        (
            Written(
                at=_moment(post["days"], time.fromisoformat(post["at"])),
                topic=place,
                number=number,
                post=post,
            )
            for place, topic in enumerate(described)
            for number, post in enumerate(topic["posts"], start=1)
        ),
        key=lambda written: (written.at, written.topic, written.number),
    )


def _write(
    described: list[dict[str, Any]], *, people: dict[str, User], spaces: dict[str, Space]
) -> tuple[list[Topic], dict[tuple[str, int], Post]]:
    """The topics in the order of the files, and each post by its topic's title and its number."""
    topics: dict[int, Topic] = {}
    posts: dict[tuple[str, int], Post] = {}
    principles = {
        f"{principle.principle_set.key}/{principle.slug}": principle.translation_key
        for principle in Principle.objects.filter(locale__language_code="nb").select_related("principle_set")
    }
    for written in _in_order(described):
        topic, post = described[written.topic], written.post
        what = {
            "author": people[post["by"]],
            "source": html_of(post["text"]),
            "as_pseudonym": post.get("alias", False),
        }
        if written.number == 1:
            topics[written.topic] = start_topic(
                **what,
                space=spaces[topic["space"]],
                title=topic["title"],
                content_warning=topic.get("content_warning", ""),
                principle_keys=[principles[name] for name in topic.get("principles", []) if name in principles],
                subject=_subject(topic),
            )
            made = topics[written.topic].posts.get()
            Topic.objects.filter(pk=made.topic_id).update(created_at=written.at)
        else:
            answered = post.get("reply_to")
            made = reply(
                **what,
                topic=topics[written.topic],
                content_warning=post.get("content_warning", ""),
                reply_to=posts[topic["title"], answered] if answered else None,
            )
        made.created_at = written.at
        Post.objects.filter(pk=made.pk).update(created_at=written.at)
        if made.state == State.HELD and not post.get("held", False):
            _let_through(made)
        posts[topic["title"], written.number] = made
    return [topics[place] for place in sorted(topics)], posts


def _let_through(post: Post) -> None:
    """A facilitator has looked at it the hour after; their own posts need no looking at."""
    space = post.topic.space
    facilitator = SpaceMembership.objects.facilitating().filter(space=space).first()
    if facilitator is not None and facilitator.person_id != post.author_id:
        ModerationEntry.objects.create(
            verb=ModerationEntry.Verb.APPROVE,
            actor_id=facilitator.person_id,
            space=space,
            topic=post.topic,
            post=post,
            pseudonym=post.pseudonym,
            person=post.author,
            at=post.created_at + timedelta(hours=1),
        )
    set_post_state(topic=post.topic, post=post, state=State.NORMAL)


def _subject(topic: dict[str, Any]) -> tuple[str, UUID] | None:
    """The lesson or course the topic is about, where it is published."""
    slug, _slash, lesson_slug = (topic.get("lesson") or topic.get("course") or "").partition("/")
    course = CoursePage.objects.live().filter(slug=slug, locale__language_code="nb").first() if slug else None
    if course is None:
        return None
    if not lesson_slug:
        return Topic.SubjectKind.COURSE, course.translation_key
    lesson = LessonPage.objects.live().child_of(course).filter(slug=lesson_slug).first()
    return (Topic.SubjectKind.LESSON, lesson.translation_key) if lesson else None


def _add_marks(
    described: list[dict[str, Any]],
    *,
    topics: list[Topic],
    posts: dict[tuple[str, int], Post],
    people: dict[str, User],
) -> None:
    """Pinned, closed, answered; reactions; and the log of who did it."""
    for topic, made in zip(described, topics, strict=True):
        first, last = posts[topic["title"], 1], posts[topic["title"], len(topic["posts"])]
        marks: dict[str, Any] = {}
        if topic.get("pinned"):
            marks["pinned_at"] = first.created_at + timedelta(minutes=5)
            _log(made, ModerationEntry.Verb.PIN, at=marks["pinned_at"], actor=people["moderator"])
        if topic.get("closed"):
            marks["closed_at"] = last.created_at + timedelta(minutes=5)
            _log(made, ModerationEntry.Verb.CLOSE, at=marks["closed_at"], actor=people["moderator"])
        if "accepted" in topic:
            marks["accepted_post"] = posts[topic["title"], topic["accepted"]]
        if marks:
            Topic.objects.filter(pk=made.pk).update(**marks)
        for number, post in enumerate(topic["posts"], start=1):
            Reaction.objects.bulk_create(
                Reaction(post=posts[topic["title"], number], person=people[key], kind=kind)
                for kind, keys in post.get("reactions", {}).items()
                for key in keys
            )


def _log(topic: Topic, verb: ModerationEntry.Verb, *, at: datetime, actor: User) -> None:
    ModerationEntry.objects.create(verb=verb, actor=actor, space=topic.space, topic=topic, at=at)


def _read(demo: dict[str, Any], *, people: dict[str, User], posts: dict[tuple[str, int], Post]) -> None:
    """How far those one can sign in as have read, and what they have been told.

    Somebody has read what was there when they answered; not where they wrote under an alias: that would tell who it is.
    """
    for key, days in demo["read_before_days"].items():
        person, until = people[key], _moment(days, time.min)
        SpaceRead.objects.bulk_create(
            SpaceRead(person=person, space=space, read_all_at=until) for space in spaces_readable_by(person)
        )
        for post in posts.values():
            if post.author_id == person.pk:
                mark_read(reader=person, topic=post.topic, number=post.number)
        Notice.objects.bulk_create(
            Notice(
                person=person,
                kind=Notice.Kind.REPLY,
                post=post,
                created_at=post.created_at,
                read_at=post.created_at + timedelta(hours=2) if post.created_at < until else None,
            )
            for post in posts.values()
            if post.number > 1
            and post.state == State.NORMAL
            and post.author_id != person.pk
            and (post.reply_to or post.topic).author_id == person.pk
        )


def _report(demo: dict[str, Any], *, people: dict[str, User], posts: dict[tuple[str, int], Post]) -> None:
    """Something waits in the moderators' queue."""
    for report in demo["reports"]:
        post = posts[report["topic"], report["number"]]
        Report.objects.create(
            post=post,
            reporter=people[report["by"]],
            reason=report["reason"],
            message=report["message"],
            created_at=post.created_at + timedelta(hours=3),
        )
