"""Random doings in a forum, through the real actions, beside a model of it in plain Python.

The model knows each post's place, state, author and time, and what each person has read; it says what is unread the way
ARCHITECTURE and `forum.queries.topics` put it, without a database.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied

from forum.actions import delete_post, edit_post, mark_all_read, mark_read, reply, start_topic
from forum.actions.counting import lock_topic
from forum.actions.posting import set_post_state
from forum.actions.topics import (
    CannotTidyError,
    accept_answer,
    close_topic,
    merge_topics,
    move_topic,
    pin_topic,
    split_topic,
)
from forum.models import Post, Space, SpaceRead, State, Topic
from forum.queries.topics import LONG_AGO, get_space_for, get_topic_list
from people.models import User
from tests import factories

OPERATIONS = (
    ["start"] * 3 + ["reply"] * 12 + ["edit"] * 2 + ["delete"] * 2 + ["hide"] * 2 + ["show"] * 2 + ["read"] * 8
) + ["read_all", "move", "split", "split", "merge", "merge", "pin", "close", "accept"]


@dataclass
class ModelPost:
    pk: int
    topic: int
    number: int
    author: int
    state: str
    at: datetime


@dataclass
class Forum:
    """Two open spaces with a few people, one of whom moderates."""

    spaces: list[Space] = field(default_factory=list)
    people: list[User] = field(default_factory=list)
    moderator: User = None  # type: ignore[assignment]
    posts: dict[int, ModelPost] = field(default_factory=dict)
    topics: dict[int, int] = field(default_factory=dict)
    """Space by topic; a merged topic is no longer there."""
    last_numbers: dict[int, int] = field(default_factory=dict)
    read: dict[tuple[int, int], int] = field(default_factory=dict)
    read_all: dict[tuple[int, int], datetime] = field(default_factory=dict)

    @classmethod
    def make(cls) -> "Forum":
        made = cls(spaces=factories.SpaceFactory.create_batch(2))
        made.people = [factories.MembershipFactory.create().person for _ in range(3)]
        made.moderator = factories.make_moderator()
        return made

    # -- which of what there is --

    def person(self, place: int) -> User:
        return self.people[place % len(self.people)]

    def topic(self, place: int) -> Topic | None:
        keys = sorted(self.topics)
        return Topic.objects.get(pk=keys[place % len(keys)]) if keys else None

    def post(self, place: int) -> Post | None:
        keys = sorted(self.posts)
        return Post.objects.select_related("topic").get(pk=keys[place % len(keys)]) if keys else None

    def posts_of(self, topic: int) -> list[ModelPost]:
        return sorted((post for post in self.posts.values() if post.topic == topic), key=lambda post: post.number)

    def topic_state(self, topic: int) -> str:
        posts = self.posts_of(topic)
        first = next((post.state for post in posts if post.number == 1), State.DELETED)
        if first != State.DELETED:
            return first
        return State.NORMAL if any(post.state != State.DELETED for post in posts) else State.DELETED

    # -- what may happen --

    def step(self, what: str, one: int, two: int) -> None:
        getattr(self, f"do_{what}")(one, two)

    def keep(self, post: Post) -> None:
        self.posts[post.pk] = ModelPost(
            post.pk, post.topic_id, post.number, post.author_id or 0, State(post.state), post.created_at
        )
        self.last_numbers[post.topic_id] = max(self.last_numbers.get(post.topic_id, 0), post.number)

    def do_start(self, one: int, two: int) -> None:
        space = self.spaces[two % 2]
        topic = start_topic(author=self.person(one), space=space, title="Tråd", source="<p>Hei</p>")
        self.topics[topic.pk] = space.pk
        self.keep(topic.posts.get())

    def do_reply(self, one: int, two: int) -> None:
        topic = self.topic(two)
        if topic is None:
            return
        try:
            self.keep(reply(author=self.person(one), topic=topic, source="<p>Svar</p>"))
        except PermissionDenied:
            assert topic.closed_at is not None or self.topic_state(topic.pk) in {State.HIDDEN, State.DELETED}

    def do_edit(self, one: int, two: int) -> None:
        post = self.post(one)
        if post is None:
            return
        try:
            edit_post(editor=post.author, post=post, source="<p>Endret</p>")
        except PermissionDenied:
            assert self.posts[post.pk].state != State.NORMAL or self.topic_state(post.topic_id) != State.NORMAL

    def do_delete(self, one: int, two: int) -> None:
        post = self.post(one)
        if post is None:
            return
        try:
            delete_post(person=post.author, post=post)
            self.posts[post.pk].state = State.DELETED
        except PermissionDenied:
            assert self.posts[post.pk].state == State.DELETED

    def do_hide(self, one: int, two: int) -> None:
        self._set_state(one, State.NORMAL, State.HIDDEN)

    def do_show(self, one: int, two: int) -> None:
        self._set_state(one, State.HIDDEN, State.NORMAL)

    def _set_state(self, one: int, before: State, after: State) -> None:
        candidates = [post.pk for post in self.posts.values() if post.state == before]
        if candidates:
            post = Post.objects.select_related("topic").get(pk=candidates[one % len(candidates)])
            set_post_state(topic=lock_topic(post.topic), post=post, state=after)
            self.posts[post.pk].state = after

    def do_read(self, one: int, two: int) -> None:
        topic = self.topic(one)
        if topic is None:
            return
        person = self.person(two)
        number = min(1 + (one * 7 + two) % (topic.last_number + 3), topic.last_number)
        mark_read(reader=person, topic=topic, number=number)
        place = (person.pk, topic.pk)
        self.read[place] = max(self.read.get(place, 0), number)

    def do_read_all(self, one: int, two: int) -> None:
        person, space = self.person(one), self.spaces[two % 2]
        mark_all_read(reader=person, space=space)
        self.read_all[person.pk, space.pk] = SpaceRead.objects.get(person=person, space=space).read_all_at

    def do_move(self, one: int, two: int) -> None:
        topic = self.topic(one)
        if topic is None:
            return
        space = self.spaces[two % 2]
        try:
            move_topic(moderator=self.moderator, topic=topic, space=space)
            self.topics[topic.pk] = space.pk
        except CannotTidyError:
            assert self.topics[topic.pk] == space.pk
        except PermissionDenied:
            assert self.topic_state(topic.pk) == State.DELETED

    def do_split(self, one: int, two: int) -> None:
        topic = self.topic(one)
        if topic is None:
            return
        later = [post for post in self.posts_of(topic.pk) if post.number > 1]
        start = two % len(later) if later else 0
        chosen = [post for place, post in enumerate(later) if place == start or (place > start and place % 2)]
        try:
            made = split_topic(
                moderator=self.moderator, topic=topic, numbers=[post.number for post in chosen], title="Ny"
            )
        except (CannotTidyError, PermissionDenied):
            first = chosen[0] if chosen else None
            shown = first is not None and first.number > 1 and first.state == State.NORMAL
            assert not shown or self.topic_state(topic.pk) != State.NORMAL
            return
        self.topics[made.pk] = self.topics[topic.pk]
        self.last_numbers[made.pk] = len(chosen)
        for person in self.people:
            read = self.read.get((person.pk, topic.pk), 0)
            if read >= chosen[0].number:
                self.read[person.pk, made.pk] = sum(post.number <= read for post in chosen)
        for place, post in enumerate(chosen, start=1):
            post.topic, post.number = made.pk, place

    def do_merge(self, one: int, two: int) -> None:
        topic, into = self.topic(one), self.topic(two)
        if topic is None or into is None:
            return
        try:
            merge_topics(moderator=self.moderator, topic=topic, into=into)
        except (CannotTidyError, PermissionDenied):
            states = {self.topic_state(topic.pk), self.topic_state(into.pk)}
            assert topic.pk == into.pk or states != {State.NORMAL}
            return
        shift = self.last_numbers[into.pk]
        for person in self.people:
            place, other = (person.pk, into.pk), (person.pk, topic.pk)
            if self.read.get(place, 0) >= shift and other in self.read:
                self.read[place] = shift + self.read[other]
        for post in self.posts_of(topic.pk):
            post.topic, post.number = into.pk, post.number + shift
        self.last_numbers[into.pk] = shift + self.last_numbers[topic.pk]
        del self.topics[topic.pk]

    def do_pin(self, one: int, two: int) -> None:
        self._tidy(one, pin_topic, pinned=bool(two % 2))

    def do_close(self, one: int, two: int) -> None:
        self._tidy(one, close_topic, closed=two % 4 == 0)

    def _tidy(self, one: int, action: Any, **how: bool) -> None:
        topic = self.topic(one)
        if topic is None:
            return
        try:
            action(moderator=self.moderator, topic=topic, **how)
        except PermissionDenied:
            assert self.topic_state(topic.pk) == State.DELETED

    def do_accept(self, one: int, two: int) -> None:
        post = self.post(one)
        if post is None:
            return
        try:
            accept_answer(person=self.moderator, topic=post.topic, post=post)
        except PermissionDenied:
            known = self.posts[post.pk]
            assert known.number == 1 or known.state != State.NORMAL or self.topic_state(known.topic) != "normal"

    # -- what is asserted --

    def unread(self, person: User, topic: int) -> int:
        """By the words of the rule, post by post. Nobody here but the moderator sees what is hidden."""
        after = self.read_all.get((person.pk, self.topics[topic]), LONG_AGO)
        read = self.read.get((person.pk, topic), 0)
        return sum(
            post.state == State.NORMAL and post.author != person.pk and post.number > read and post.at > after
            for post in self.posts_of(topic)
        )

    def check_unread(self) -> None:
        for person in self.people:
            listed: dict[int, int] = {}
            for space in self.spaces:
                standing = get_space_for(person, space.slug)
                page = get_topic_list(person, standing)
                while True:
                    listed |= {topic.pk: topic.unread for topic in [*page.pinned, *page.topics]}  # type: ignore[attr-defined]
                    if page.older is None:
                        break
                    page = get_topic_list(person, standing, older_than=page.older)
            expected = {
                topic: min(self.unread(person, topic), 100)
                for topic in self.topics
                if self.topic_state(topic) == State.NORMAL
            }
            assert listed == expected

    def check_counters(self) -> None:
        for space in self.spaces:
            space.refresh_from_db()
            shown = [
                key for key, where in self.topics.items() if where == space.pk and self.topic_state(key) == "normal"
            ]
            assert space.topic_count == len(shown)
        for topic in Topic.objects.filter(pk__in=self.topics):
            posts = self.posts_of(topic.pk)
            assert topic.post_count == sum(post.state == State.NORMAL for post in posts)
            assert topic.last_number == self.last_numbers[topic.pk]
            assert topic.state == self.topic_state(topic.pk)


def random_steps(seed: int, count: int) -> list[tuple[str, int, int]]:
    chance = random.Random(seed)  # noqa: S311 – which order, no secret
    return [(chance.choice(OPERATIONS), chance.randrange(1000), chance.randrange(1000)) for _ in range(count)]
