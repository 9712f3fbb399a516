"""Two people at once about one space, one name or one seal, on a database that lets them."""

from collections import Counter
from functools import partial

import pytest

from forum.actions import aliases, seals, spaces
from forum.models import EntryRequest, ModerationEntry, Pseudonym, SealOpening, Space, SpaceMembership
from people.models import User
from tests import factories
from tests.people.test_races import ROUNDS, at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

REASON = "Innlegget kan tyde på at noen er i fare."


def make_member() -> User:
    return factories.MembershipFactory.create().person


def make_space(kind: str, facilitators: int = 2) -> tuple[Space, list[User]]:
    space = factories.SpaceFactory.create(kind=kind, allows_pseudonyms=True)
    people = [make_member() for _ in range(facilitators)]
    for person in people:
        factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return space, people


def active(person: User, space: Space) -> int:
    return SpaceMembership.objects.active().filter(person=person, space=space).count()


def test_two_facilitators_approve_one_request(transactional_db: None) -> None:
    space, facilitators = make_space(Space.Kind.RESTRICTED)
    for _ in range(ROUNDS):
        person = make_member()
        request = spaces.ask_to_enter(person=person, space=space)
        outcomes = at_once(*(partial(spaces.approve_entry, request=request, by=by) for by in facilitators))
        assert sorted(outcomes) == ["AlreadyDecidedError", "done"]
        assert active(person, space) == 1


def test_one_approves_while_the_other_refuses_and_the_person_withdraws(transactional_db: None) -> None:
    space, (one, two) = make_space(Space.Kind.RESTRICTED)
    for _ in range(ROUNDS):
        person = make_member()
        request = spaces.ask_to_enter(person=person, space=space)
        outcomes = at_once(
            partial(spaces.approve_entry, request=request, by=one),
            partial(spaces.refuse_entry, request=request, by=two),
            partial(spaces.withdraw_entry, request=request, by=person),
        )
        assert sorted(outcomes) == ["AlreadyDecidedError", "AlreadyDecidedError", "done"]
        assert active(person, space) == (1 if outcomes[0] == "done" else 0)


def test_two_invite_the_same_person(transactional_db: None) -> None:
    space, facilitators = make_space(Space.Kind.PRIVATE)
    for _ in range(ROUNDS):
        person = make_member()
        outcomes = at_once(*(partial(spaces.invite_to_space, space=space, person=person, by=by) for by in facilitators))
        assert sorted(outcomes) == ["AlreadyAskedError", "done"]
        assert EntryRequest.objects.filter(person=person).count() == 1


def test_one_invitation_accepted_twice_while_it_is_taken_back(transactional_db: None) -> None:
    space, (one, _two) = make_space(Space.Kind.PRIVATE)
    for _ in range(ROUNDS):
        person = make_member()
        invitation = spaces.invite_to_space(space=space, person=person, by=one)
        accept = partial(spaces.accept_space_invitation, invitation=invitation, person=person)
        outcomes = at_once(accept, accept, partial(spaces.take_back_invitation, invitation=invitation, by=one))
        assert sorted(outcomes) == ["AlreadyDecidedError", "AlreadyDecidedError", "done"]
        assert active(person, space) == (0 if outcomes[2] == "done" else 1)


def test_two_facilitators_leave_and_one_has_to_stay(transactional_db: None) -> None:
    for _ in range(ROUNDS):
        space, facilitators = make_space(Space.Kind.PRIVATE)
        outcomes = at_once(
            *(
                partial(
                    spaces.end_space_membership,
                    membership=SpaceMembership.objects.get(space=space, person=person),
                    by=person,
                )
                for person in facilitators
            )
        )
        assert sorted(outcomes) == ["LastFacilitatorError", "done"]
        assert SpaceMembership.objects.facilitating().filter(space=space).count() == 1


def test_the_day_s_limit_of_spaces_holds(transactional_db: None) -> None:
    person = make_member()
    outcomes = at_once(
        *(
            partial(spaces.create_space, creator=person, kind=Space.Kind.PRIVATE, name=f"Rom {number}")
            for number in range(6)
        )
    )
    assert Counter(outcomes) == {"done": spaces.SPACES_PER_DAY, "TooManyError": 6 - spaces.SPACES_PER_DAY}


def test_listed_spaces_of_the_same_name_get_an_address_each(transactional_db: None) -> None:
    moderators = [factories.make_moderator() for _ in range(4)]
    outcomes = at_once(
        *(partial(spaces.create_space, creator=by, kind=Space.Kind.OPEN, name="Tavlemøtet") for by in moderators)
    )
    assert outcomes == ["done"] * 4
    assert sorted(Space.objects.values_list("slug", flat=True)) == [
        "tavlemotet",
        "tavlemotet-2",
        "tavlemotet-3",
        "tavlemotet-4",
    ]


def test_one_name_is_one_persons(transactional_db: None) -> None:
    for _ in range(ROUNDS):
        space, people = make_space(Space.Kind.PRIVATE)
        outcomes = at_once(
            *(
                partial(aliases.choose_alias, person=person, space=space, name=name)
                for person, name in zip(people, ("Fjellrev", "fjell-REV"), strict=True)
            )
        )
        assert sorted(outcomes) == ["AliasTakenError", "done"]
        assert Pseudonym.objects.filter(space=space).count() == 1


def test_one_person_has_one_alias(transactional_db: None) -> None:
    for _ in range(ROUNDS):
        space, (person, _other) = make_space(Space.Kind.PRIVATE)
        outcomes = at_once(
            *(partial(aliases.choose_alias, person=person, space=space, name=name) for name in ("Fjellrev", "Havørn"))
        )
        assert sorted(outcomes) == ["HasAliasError", "done"]
        assert Pseudonym.objects.filter(space=space).count() == 1


def test_two_ask_to_open_and_two_answer_and_one_looks_twice(transactional_db: None) -> None:
    for _ in range(ROUNDS):
        space = factories.SpaceFactory.create(allows_pseudonyms=True)
        alias = aliases.choose_alias(person=make_member(), space=space, name="Fjellrev")
        one, two, three = (factories.make_moderator() for _ in range(3))
        asked = at_once(*(partial(seals.ask_to_open, pseudonym=alias, by=by, reason=REASON) for by in (one, two)))
        assert sorted(asked) == ["AlreadyAskedError", "done"]
        opening = SealOpening.objects.get(pseudonym=alias)
        answerers = [two if opening.asked_by_id == one.pk else one, three]
        answered = at_once(*(partial(seals.agree_to_open, opening=opening, by=by) for by in answerers))
        assert sorted(answered) == ["AlreadyAnsweredError", "done"]
        opening.refresh_from_db()
        looked = at_once(*[partial(seals.look_behind, opening=opening, by=opening.answered_by)] * 2)
        assert sorted(looked) == ["PermissionDenied", "done"]
        verbs = ModerationEntry.objects.filter(pseudonym=alias).values_list("verb", flat=True)
        assert sorted(verbs) == ["seal_asked", "seal_opened"]
