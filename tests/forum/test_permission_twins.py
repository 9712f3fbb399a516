"""What may be done with things in the forum, said twice: about one thing, and about all of them. The two agree.

With a forum in which something of each kind has been written, reported and appealed against; `test_permissions` asks
about the spaces themselves.
"""

import inspect
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db.models import Model, QuerySet
from django.utils import timezone

from forum import permissions
from forum.actions import pace, reply, start_topic
from forum.actions.seals import ask_to_open
from forum.models import (
    Appeal,
    EntryRequest,
    ModerationEntry,
    Post,
    Pseudonym,
    Report,
    SealOpening,
    Space,
    SpaceMembership,
    State,
    Topic,
)
from tests import databases, factories
from tests.forum.spaces_cast import ROLES, SpaceCast, make_space_cast

pytestmark = pytest.mark.django_db

TWINS: list[tuple[Callable[..., bool], Callable[[Any], QuerySet[Any]], type[Model]]] = [
    (permissions.user_can_see_space, permissions.spaces_visible_to, Space),
    (permissions.user_can_read_space, permissions.spaces_readable_by, Space),
    (permissions.user_can_moderate_space, permissions.spaces_moderated_by, Space),
    (permissions.user_can_write_in_space, permissions.spaces_writable_by, Space),
    (permissions.user_can_ask_to_enter, permissions.spaces_open_to_requests_of, Space),
    (permissions.user_can_invite, permissions.spaces_inviting_for, Space),
    (permissions.user_can_choose_alias, permissions.spaces_to_choose_alias_in, Space),
    (permissions.user_can_decide_entry, permissions.entry_requests_decided_by, EntryRequest),
    (permissions.user_can_withdraw_entry, permissions.entry_requests_withdrawn_by, EntryRequest),
    (permissions.user_can_take_back_invitation, permissions.space_invitations_managed_by, EntryRequest),
    (permissions.user_can_answer_invitation, permissions.space_invitations_open_to, EntryRequest),
    (permissions.user_can_end_space_membership, permissions.space_memberships_ended_by, SpaceMembership),
    (permissions.user_can_ask_about_alias, permissions.aliases_asked_about_by, Pseudonym),
    (permissions.user_can_see_opening, permissions.seal_openings_visible_to, SealOpening),
    (permissions.user_can_answer_opening, permissions.seal_openings_answered_by, SealOpening),
    (permissions.user_can_see_identity, permissions.identities_open_to, SealOpening),
    (permissions.user_can_see_topic, permissions.topics_visible_to, Topic),
    (permissions.user_can_reply, permissions.topics_open_to, Topic),
    (permissions.user_can_see_post, permissions.posts_visible_to, Post),
    (permissions.user_wrote, permissions.posts_written_by, Post),
    (permissions.user_can_edit_post, permissions.posts_editable_by, Post),
    (permissions.user_can_moderate_topic, permissions.topics_moderated_by, Topic),
    (permissions.user_can_settle_topic, permissions.topics_settled_by, Topic),
    (permissions.user_can_react, permissions.posts_open_to_reactions_of, Post),
    (permissions.user_can_moderate_post, permissions.posts_moderated_by, Post),
    (permissions.user_can_report_post, permissions.posts_reportable_by, Post),
    (permissions.user_can_decide_appeal, permissions.appeals_decided_by, Appeal),
]
OTHERS = {"user_is_moderator", "user_is_member", "user_can_be_in_space", "user_can_create_space"}
"""Asked about elsewhere in this module."""


@pytest.fixture(scope="module")
def built(django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[SpaceCast]:
    """The forum stands for the whole module; what a test changes in it is undone."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        for name in ("NEW_PEOPLE", "OTHERS"):
            patch.setattr(pace, name, pace.Pace(topics_a_day=100, posts_an_hour=100))
        cast = databases.stand_on_made(tmp_path_factory.mktemp("cast"), build)
    yield cast
    with django_db_blocker.unblock():
        databases.step_back()


@pytest.fixture
def cast(built: SpaceCast, db: None) -> SpaceCast:
    """Each test's own copy: people keep what they were told of themselves."""
    return deepcopy(built)


def build() -> SpaceCast:
    """In every space a topic by a name and an answer by an alias, each with a warning that is appealed against; the
    answer is reported too, but for the youth panel's. Seals that wait and that are open.
    """
    cast = make_space_cast(allows_pseudonyms=True)
    member, moderator = cast.people["space_member"], cast.people["moderator"]
    for kind, space in cast.spaces.items():
        topic = start_topic(author=member, space=space, title=f"Tråd {kind}", source="<p>Hei</p>")
        alias = factories.make_pseudonym(member, space)
        by_alias = reply(author=member, topic=topic, source="<p>Under alias</p>", as_pseudonym=True)
        if kind != Space.Kind.YOUTH_PANEL:
            Report.objects.create(post=by_alias, reporter=cast.people["requester"], reason=Report.Reason.OTHER)
        for state in (State.HELD, State.HIDDEN, State.DELETED):
            post = reply(author=cast.people["facilitator"], topic=topic, source=f"<p>{state}</p>")
            Post.objects.filter(pk=post.pk).update(state=state)
        for actor, about in ((cast.people["facilitator"], by_alias), (moderator, topic.posts.get(number=1))):
            entry = ModerationEntry.objects.create(
                verb="warn",
                actor=actor,
                space=space,
                topic=topic,
                post=about,
                person=about.author,
                pseudonym=about.pseudonym,
            )
            Appeal.objects.create(entry=entry, person=entry.person, pseudonym=entry.pseudonym, text="Se på det igjen.")
        if space.is_listed:
            opening = ask_to_open(pseudonym=alias, by=moderator, reason="Noen kan være i fare etter innlegget.")
            if kind == Space.Kind.OPEN:
                SealOpening.objects.filter(pk=opening.pk).update(
                    agreed=True, answered_at=timezone.now(), answered_by=cast.people["administrator"]
                )
    return cast


@pytest.mark.parametrize("role", ROLES)
def test_predicate_and_queryset_agree(role: str, cast: SpaceCast) -> None:
    person = cast.people[role]
    for predicate, queryset, model in TWINS:
        everything = list(model._default_manager.all())
        assert everything, "nothing to ask about"
        listed = list(queryset(person))
        assert len(listed) == len(set(listed)), f"{queryset.__name__}: a row stands in the list twice"
        assert {row for row in everything if predicate(person, row)} == set(listed), predicate.__name__


def test_every_question_about_a_thing_has_its_twin() -> None:
    """A permission added later stands here too."""
    asked = {
        name
        for name, function in inspect.getmembers(permissions, inspect.isfunction)
        if name.startswith("user_") and function.__module__.startswith(f"{permissions.__name__}.")
    }
    assert asked == {predicate.__name__ for predicate, _, _ in TWINS} | OTHERS


KINDS = ["open", "restricted", "private", "role_network", "learning_group", "youth_panel"]


def test_nobody_decides_their_own_request_or_looks_into_their_own_seal(cast: SpaceCast) -> None:
    moderator, space = cast.people["moderator"], cast.spaces["restricted"]
    own = EntryRequest.objects.create(space=space, person=moderator)
    assert not permissions.user_can_decide_entry(moderator, own)
    alias = factories.make_pseudonym(moderator, space, name="Elgen")
    assert not permissions.user_can_ask_about_alias(moderator, alias)
    opening = ask_to_open(
        pseudonym=alias, by=cast.people["administrator"], reason="Noen kan være i fare etter innlegget."
    )
    assert not permissions.user_can_see_opening(moderator, opening)
    assert not permissions.user_can_answer_opening(moderator, opening)


def test_seals_are_moderators_business_alone(cast: SpaceCast) -> None:
    for role in ROLES:
        person, office = cast.people[role], role in {"moderator", "administrator"}
        asked = set(permissions.aliases_asked_about_by(person).values_list("space__kind", flat=True))
        # Of closed spaces those of which a post is reported.
        assert asked == (set(KINDS) - {"youth_panel"} if office else set()), role
        answers = set(permissions.seal_openings_answered_by(person).values_list("pseudonym__space__kind", flat=True))
        assert answers == ({"restricted", "role_network"} if role == "administrator" else set()), role
        sees = set(permissions.identities_open_to(person).values_list("pseudonym__space__kind", flat=True))
        assert sees == ({"open"} if office else set()), role


DECIDES = {
    # The facilitator warned the alias, the moderator the name: each decides what the other did.
    "facilitator": {kind: {"name"} for kind in KINDS},
    "moderator": {kind: {"alias"} for kind in KINDS},
    "administrator": {kind: {"alias", "name"} for kind in KINDS},
}


def test_appeals_are_decided_by_somebody_else_who_moderates(cast: SpaceCast) -> None:
    for role in ROLES:
        found: dict[str, set[str]] = {}
        for appeal in permissions.appeals_decided_by(cast.people[role]).select_related("entry__space"):
            found.setdefault(appeal.entry.space.kind, set()).add("name" if appeal.person_id else "alias")
        assert found == DECIDES.get(role, {}), role


def test_a_post_that_is_brought_to_the_moderators_is_all_they_see_of_a_closed_space(cast: SpaceCast) -> None:
    """The reported one and the one appealed about; of listed spaces all that are not their own."""
    everything, brought = {1, 2, 3, 4, 5}, {1, 2}
    listed = {kind: everything if kind in Space.LISTED else brought for kind in KINDS}
    expected = {
        "moderator": listed,
        "administrator": listed,
        # All but what the facilitator wrote.
        "facilitator": dict.fromkeys(KINDS, brought),
    }
    for role in ROLES:
        found: dict[str, set[int]] = {}
        for post in permissions.posts_moderated_by(cast.people[role]).select_related("topic__space"):
            found.setdefault(post.topic.space.kind, set()).add(post.number)
        assert found == expected.get(role, {}), role
