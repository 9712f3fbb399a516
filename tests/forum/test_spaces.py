"""Making spaces, coming in, being asked, leaving, and who looks after them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from forum.actions import reply, spaces, start_topic
from forum.models import EntryRequest, Notice, Space, SpaceMembership, State, Topic
from forum.permissions import user_can_read_space, user_can_write_in_space
from forum.queries.spaces import find_people, get_people_page
from forum.signals import spaces_changed
from people import actions as people_actions
from people.models import Membership, User
from people.signals import person_erasing
from people.team_actions import end_support_membership
from safety.guard import ConfirmationNeededError, PatientDataError
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db

BIRTH_NUMBER = "01010" + "750160"
Kind = Space.Kind


def make_member(**fields: Any) -> User:
    return factories.MembershipFactory.create(person=factories.UserFactory.create(**fields)).person


def make_private(**fields: Any) -> tuple[Space, User]:
    owner = make_member()
    space = factories.SpaceFactory.create(kind=Kind.PRIVATE, **fields)
    factories.SpaceMembershipFactory.create(space=space, person=owner, facilitator=True)
    return space, owner


def put_in(space: Space, person: User, *, facilitator: bool = False) -> SpaceMembership:
    return factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=facilitator)


# --- making --------------------------------------------------------------------------------------------


def test_whoever_makes_a_space_facilitates_it() -> None:
    member = make_member()
    space = spaces.create_space(
        creator=member, kind=Kind.PRIVATE, name=" Vi  øver ", rules="Vær raus.\n\nLytt.", welcome="<b>Hei</b>"
    )
    membership = space.memberships.get()
    assert (membership.person, membership.role) == (member, SpaceMembership.Role.FACILITATOR)
    assert (space.name, space.rules) == ("Vi øver", "<p>Vær raus.</p><p>Lytt.</p>")
    assert space.welcome == "<p>&lt;b&gt;Hei&lt;/b&gt;</p>"


@pytest.mark.parametrize("field", ["name", "about", "rules", "welcome"])
def test_no_identity_number_comes_into_a_space(field: str) -> None:
    texts = {"name": "Rommet vårt", field: f"Om {BIRTH_NUMBER}"}
    with pytest.raises(PatientDataError):
        spaces.create_space(creator=make_member(), kind=Kind.PRIVATE, **texts)
    assert Space.objects.count() == 0


def test_what_may_point_somebody_out_is_asked_about_once() -> None:
    member = make_member()
    texts = {"kind": Kind.PRIVATE, "name": "Rommet", "about": "Ring meg på 912 34 567."}
    with pytest.raises(ConfirmationNeededError):
        spaces.create_space(creator=member, **texts)
    assert spaces.create_space(creator=member, **texts, confirmed=True).about == "Ring meg på 912 34 567."


def test_listed_names_are_numbered_and_closed_ones_get_an_address_by_chance() -> None:
    """So an address that is taken never tells that there is a space one does not know of."""
    moderator = factories.make_moderator()
    closed = spaces.create_space(creator=make_member(), kind=Kind.PRIVATE, name="Tavlemøte på Østre")
    again = spaces.create_space(creator=make_member(), kind=Kind.PRIVATE, name="Tavlemøte på Østre")
    first = spaces.create_space(creator=moderator, kind=Kind.OPEN, name="Tavlemøte på Østre")
    second = spaces.create_space(creator=moderator, kind=Kind.OPEN, name="Tavlemøte på Østre")
    assert (first.slug, second.slug) == ("tavlemote-pa-ostre", "tavlemote-pa-ostre-2")
    for space in (closed, again):
        plain, _, chance = space.slug.rpartition("-")
        assert (plain, len(chance)) == ("tavlemote-pa-ostre", 10)
    assert closed.slug != again.slug


def test_a_member_makes_a_few_spaces_a_day_and_no_open_one() -> None:
    member = make_member()
    for number in range(spaces.SPACES_PER_DAY):
        spaces.create_space(creator=member, kind=Kind.PRIVATE, name=f"Rom {number}")
    with pytest.raises(spaces.TooManyError):
        spaces.create_space(creator=member, kind=Kind.PRIVATE, name="Ett til")
    Space.objects.update(created_at=timezone.now() - timedelta(days=2))
    spaces.create_space(creator=member, kind=Kind.PRIVATE, name="I dag")
    for kind in (Kind.OPEN, Kind.RESTRICTED, Kind.YOUTH_PANEL):
        with pytest.raises(PermissionDenied):
            spaces.create_space(creator=member, kind=kind, name="Åpent")


def test_a_role_and_dates_belong_to_their_kinds() -> None:
    moderator, role = factories.make_moderator(), factories.TeamRoleFactory.create()
    days = {"starts_on": date(2026, 12, 1), "ends_on": date(2027, 3, 1)}
    for wrong in (
        {"kind": Kind.OPEN, "role": role},
        {"kind": Kind.ROLE_NETWORK},
        {"kind": Kind.OPEN, **days},
        {"kind": Kind.OPEN, "ends_on": date(2027, 3, 1)},
        {"kind": Kind.LEARNING_GROUP},
        {"kind": Kind.LEARNING_GROUP, "starts_on": date(2027, 1, 1)},
        {"kind": Kind.LEARNING_GROUP, "starts_on": date(2027, 3, 2), "ends_on": date(2027, 3, 1)},
    ):
        with pytest.raises(ValueError, match=r"role|learning group"):
            spaces.create_space(creator=moderator, name="Rom", **wrong)  # type: ignore[arg-type]
    assert Space.objects.count() == 0
    network = spaces.create_space(creator=moderator, name="Nettverk", kind=Kind.ROLE_NETWORK, role=role)
    group = spaces.create_space(creator=moderator, name="Gruppe", kind=Kind.LEARNING_GROUP, **days)
    assert (network.role, group.starts_on, group.ends_on) == (role, date(2026, 12, 1), date(2027, 3, 1))


def test_aliases_need_the_key_that_seals_them(settings: Any) -> None:
    settings.PSEUDONYM_KEY = ""
    member = make_member()
    with pytest.raises(spaces.AliasesNotPossibleError):
        spaces.create_space(creator=member, kind=Kind.PRIVATE, name="Rom", allows_pseudonyms=True)
    space = spaces.create_space(creator=member, kind=Kind.PRIVATE, name="Rom")
    said = {"name": "Rom", "about": "", "rules": "", "welcome": "", "holds_first_posts": False}
    with pytest.raises(spaces.AliasesNotPossibleError):
        spaces.change_space(space=space, by=member, allows_pseudonyms=True, **said)


def test_changing_is_for_those_who_look_after_it() -> None:
    space, owner = make_private()
    said = {"name": "Nytt navn", "about": "", "rules": "", "welcome": "", "holds_first_posts": True}
    for outsider in (make_member(), factories.make_moderator()):
        with pytest.raises(PermissionDenied):
            spaces.change_space(space=space, by=outsider, allows_pseudonyms=False, **said)
    slug = space.slug
    spaces.change_space(space=space, by=owner, allows_pseudonyms=True, **said)
    space.refresh_from_db()
    assert (space.name, space.slug, space.allows_pseudonyms, space.holds_first_posts) == ("Nytt navn", slug, True, True)


def test_archived_spaces_keep_what_was_written_and_take_nothing_new(django_capture_on_commit_callbacks: Any) -> None:
    space, owner = make_private()
    topic = start_topic(author=owner, space=space, title="Før", source="<p>Før</p>")
    told: list[int] = []

    def receiver(space_ids: list[int], **kwargs: Any) -> None:
        told.extend(space_ids)

    spaces_changed.connect(receiver)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            spaces.archive_space(space=space, by=owner)
            spaces.archive_space(space=space, by=owner)
    finally:
        spaces_changed.disconnect(receiver)
    assert told == [space.pk]
    assert user_can_read_space(owner, space)
    for write in (
        lambda: start_topic(author=owner, space=space, title="Etter", source="<p>Etter</p>"),
        lambda: reply(author=owner, topic=topic, source="<p>Etter</p>"),
        lambda: spaces.invite_to_space(space=space, person=make_member(), by=owner),
    ):
        with pytest.raises(PermissionDenied):
            write()
    assert Topic.objects.get().state == State.NORMAL
    spaces.unarchive_space(space=space, by=owner)
    assert user_can_write_in_space(owner, space)


# --- coming in -----------------------------------------------------------------------------------------


@pytest.fixture
def restricted(db: None) -> Space:
    return factories.SpaceFactory.create(kind=Kind.RESTRICTED)


@pytest.fixture
def facilitator(restricted: Space) -> User:
    return put_in(restricted, make_member(), facilitator=True).person


def test_a_request_is_told_to_those_who_decide_and_the_answer_to_whoever_asked(
    restricted: Space, facilitator: User
) -> None:
    person = make_member()
    request = spaces.ask_to_enter(person=person, space=restricted, message="Vi starter opp nå.")
    assert list(Notice.objects.values_list("person", "kind", "request")) == [(facilitator.pk, "entry", request.pk)]
    with pytest.raises(spaces.AlreadyAskedError):
        spaces.ask_to_enter(person=person, space=restricted)
    spaces.approve_entry(request=request, by=facilitator)
    assert user_can_read_space(person, restricted)
    assert set(Notice.objects.values_list("person", flat=True)) == {facilitator.pk, person.pk}
    for again in (spaces.approve_entry, spaces.refuse_entry):
        with pytest.raises(spaces.AlreadyDecidedError):
            again(request=request, by=facilitator)
    with pytest.raises(spaces.AlreadyInError):
        spaces.ask_to_enter(person=person, space=restricted)


def test_without_facilitators_the_moderators_are_told(restricted: Space) -> None:
    moderator = factories.make_moderator()
    spaces.ask_to_enter(person=make_member(), space=restricted)
    assert list(Notice.objects.values_list("person", flat=True)) == [moderator.pk]


def test_a_request_is_refused_or_withdrawn_and_lets_nobody_in(restricted: Space, facilitator: User) -> None:
    person = make_member()
    refused = spaces.ask_to_enter(person=person, space=restricted)
    spaces.refuse_entry(request=refused, by=facilitator)
    withdrawn = spaces.ask_to_enter(person=person, space=restricted)
    with pytest.raises(PermissionDenied):
        spaces.withdraw_entry(request=withdrawn, by=facilitator)
    spaces.withdraw_entry(request=withdrawn, by=person)
    assert list(EntryRequest.objects.order_by("pk").values_list("outcome", "decided_by")) == [
        ("refused", facilitator.pk),
        ("withdrawn", person.pk),
    ]
    assert not user_can_read_space(person, restricted)


def test_only_restricted_spaces_are_asked_for_and_only_by_members(restricted: Space) -> None:
    closed, _owner = make_private()
    for space in (closed, factories.SpaceFactory.create(), factories.SpaceFactory.create(network=True)):
        with pytest.raises(PermissionDenied):
            spaces.ask_to_enter(person=make_member(), space=space)
    with pytest.raises(PermissionDenied):
        spaces.ask_to_enter(person=factories.UserFactory.create(), space=restricted)


def test_requests_are_limited_and_guarded(restricted: Space) -> None:
    person = make_member()
    with pytest.raises(PatientDataError):
        spaces.ask_to_enter(person=person, space=restricted, message=BIRTH_NUMBER)
    with pytest.raises(TextRefusedError):
        spaces.ask_to_enter(person=person, space=restricted, message="x" * 401)
    for _ in range(spaces.REQUESTS_PER_DAY):
        spaces.withdraw_entry(request=spaces.ask_to_enter(person=person, space=restricted), by=person)
    with pytest.raises(spaces.TooManyError):
        spaces.ask_to_enter(person=person, space=restricted)


def test_somebody_who_left_their_team_meanwhile_is_not_let_in(restricted: Space, facilitator: User) -> None:
    person = make_member()
    request = spaces.ask_to_enter(person=person, space=restricted)
    Membership.objects.filter(person=person).update(ended_at=timezone.now())
    with pytest.raises(spaces.NotEligibleError):
        spaces.approve_entry(request=request, by=facilitator)
    assert EntryRequest.objects.get().outcome == ""


def test_an_invitation_opens_the_space_with_a_yes() -> None:
    space, owner = make_private()
    person = make_member()
    invitation = spaces.invite_to_space(space=space, person=person, by=owner)
    assert list(Notice.objects.values_list("person", "request")) == [(person.pk, invitation.pk)]
    assert not user_can_read_space(person, space)
    for other in (owner, make_member(), factories.make_moderator()):
        with pytest.raises(PermissionDenied):
            spaces.accept_space_invitation(invitation=invitation, person=other)
    spaces.accept_space_invitation(invitation=invitation, person=person)
    assert user_can_read_space(person, space)
    with pytest.raises(spaces.AlreadyDecidedError):
        spaces.decline_space_invitation(invitation=invitation, person=person)
    with pytest.raises(spaces.AlreadyInError):
        spaces.invite_to_space(space=space, person=person, by=owner)


def test_a_no_is_heeded_for_a_month() -> None:
    space, owner = make_private()
    person = make_member()
    invitation = spaces.invite_to_space(space=space, person=person, by=owner)
    with pytest.raises(spaces.AlreadyAskedError):
        spaces.invite_to_space(space=space, person=person, by=owner)
    spaces.decline_space_invitation(invitation=invitation, person=person)
    with pytest.raises(spaces.DeclinedLatelyError):
        spaces.invite_to_space(space=space, person=person, by=owner)
    EntryRequest.objects.update(decided_at=timezone.now() - spaces.AFTER_NO - timedelta(minutes=1))
    spaces.invite_to_space(space=space, person=person, by=owner)


def test_an_invitation_taken_back_is_not_heard_of_any_more() -> None:
    space, owner = make_private()
    person = make_member()
    invitation = spaces.invite_to_space(space=space, person=person, by=owner)
    with pytest.raises(PermissionDenied):
        spaces.take_back_invitation(invitation=invitation, by=person)
    spaces.take_back_invitation(invitation=invitation, by=owner)
    assert Notice.objects.count() == 0
    with pytest.raises(spaces.AlreadyDecidedError):
        spaces.accept_space_invitation(invitation=invitation, person=person)


def test_only_a_youth_panel_takes_people_without_a_team() -> None:
    space, owner = make_private()
    young = factories.UserFactory.create()
    with pytest.raises(spaces.NotEligibleError):
        spaces.invite_to_space(space=space, person=young, by=owner)
    panel = factories.SpaceFactory.create(kind=Kind.YOUTH_PANEL)
    put_in(panel, owner, facilitator=True)
    invitation = spaces.invite_to_space(space=panel, person=young, by=owner)
    spaces.accept_space_invitation(invitation=invitation, person=young)
    assert user_can_write_in_space(young, panel)
    assert not user_can_read_space(young, factories.SpaceFactory.create())


def test_invitations_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "INVITATIONS_PER_DAY", 2)
    space, owner = make_private()
    for _ in range(2):
        spaces.invite_to_space(space=space, person=make_member(), by=owner)
    with pytest.raises(spaces.TooManyError):
        spaces.invite_to_space(space=space, person=make_member(), by=owner)


def test_people_are_found_by_whole_name_or_address_and_never_by_a_part() -> None:
    space, _owner = make_private()
    first = make_member(first_name="Østein", last_name="Åsen", email="ostein@example.org")
    other = make_member(first_name="Østein", last_name="Åsen")
    outside = factories.UserFactory.create(first_name="Una", last_name="Uten", email="una@example.org")
    assert find_people(space, " Østein  Åsen ") == [first.pk, other.pk]
    assert find_people(space, "østein åsen") == [first.pk, other.pk]
    assert find_people(space, "OSTEIN@example.org") == [first.pk]
    for part in ("Østein", "stein Åsen", "", "@", "ostein@", "una@example.org", "Una Uten"):
        assert find_people(space, part) == [], part
    panel = factories.SpaceFactory.create(kind=Kind.YOUTH_PANEL)
    assert find_people(panel, "una@example.org") == [outside.pk]
    assert find_people(panel, "Una Uten") == []


# --- leaving -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.PRIVATE, Kind.LEARNING_GROUP, Kind.YOUTH_PANEL])
def test_a_closed_space_is_never_without_a_facilitator(kind: str) -> None:
    space, owner = make_private()
    Space.objects.update(kind=kind)
    own = space.memberships.get()
    with pytest.raises(spaces.LastFacilitatorError):
        spaces.end_space_membership(membership=own, by=owner)
    with pytest.raises(spaces.LastFacilitatorError):
        spaces.make_ordinary_member(membership=own, by=owner)
    second = put_in(space, make_member(), facilitator=True)
    User.objects.filter(pk=second.person_id).update(is_active=False)
    with pytest.raises(spaces.LastFacilitatorError):
        spaces.end_space_membership(membership=own, by=owner)
    User.objects.filter(pk=second.person_id).update(is_active=True)
    spaces.end_space_membership(membership=own, by=owner)
    assert not user_can_read_space(owner, space)


def test_taking_somebody_out_closes_the_space_to_them_at_once() -> None:
    space, owner = make_private()
    place = put_in(space, make_member())
    with pytest.raises(PermissionDenied):
        spaces.end_space_membership(membership=place, by=put_in(space, make_member()).person)
    spaces.end_space_membership(membership=place, by=owner)
    spaces.end_space_membership(membership=place, by=owner)
    assert not user_can_read_space(place.person, space)


def test_facilitators_of_closed_spaces_are_of_those_who_are_in_them() -> None:
    space, owner = make_private()
    with pytest.raises(spaces.NotEligibleError):
        spaces.make_facilitator(space=space, person=make_member(), by=owner)
    place = put_in(space, make_member())
    with pytest.raises(PermissionDenied):
        spaces.make_facilitator(space=space, person=place.person, by=place.person)
    assert spaces.make_facilitator(space=space, person=place.person, by=owner).pk == place.pk
    spaces.make_ordinary_member(membership=space.memberships.get(person=owner), by=place.person)
    with pytest.raises(PermissionDenied):
        spaces.archive_space(space=space, by=owner)


def test_a_network_follows_the_role_and_its_facilitator_is_named() -> None:
    role = factories.TeamRoleFactory.create(key="brukerspesialist")
    network = factories.SpaceFactory.create(kind=Kind.ROLE_NETWORK, role=role)
    membership = factories.MembershipFactory.create(roles=[role])
    person, moderator = membership.person, factories.make_moderator()
    assert user_can_write_in_space(person, network)
    assert [line.person for line in get_people_page(network, number=None)] == [person]
    people_actions.set_roles(membership=membership, roles=[])
    assert not user_can_read_space(person, network), "out at once"
    assert list(get_people_page(network, number=None)) == []
    place = spaces.make_facilitator(space=network, person=person, by=moderator)
    assert user_can_read_space(person, network)
    spaces.make_ordinary_member(membership=place, by=moderator)
    assert not user_can_read_space(person, network)


def test_an_ended_membership_ends_the_network_at_once() -> None:
    role = factories.TeamRoleFactory.create(key="brukerspesialist")
    network = factories.SpaceFactory.create(kind=Kind.ROLE_NETWORK, role=role)
    membership = factories.MembershipFactory.create(roles=[role])
    topic = start_topic(author=membership.person, space=network, title="Tråd", source="<p>Hei</p>")
    people_actions.end_membership(membership=membership, by=membership.person)
    assert not user_can_read_space(membership.person, network)
    with pytest.raises(PermissionDenied):
        reply(author=membership.person, topic=topic, source="<p>Hei igjen</p>")


def test_whoever_is_in_no_team_any_more_leaves_what_is_for_members(django_capture_on_commit_callbacks: Any) -> None:
    space, owner = make_private()
    panel = factories.SpaceFactory.create(kind=Kind.YOUTH_PANEL)
    person = make_member()
    for each in (space, panel):
        put_in(each, person)
    other_space, inviter = make_private()
    invitation = spaces.invite_to_space(space=other_space, person=person, by=inviter)
    second = factories.MembershipFactory.create(person=person)
    with django_capture_on_commit_callbacks(execute=True):
        people_actions.end_membership(membership=second, by=person)
    assert user_can_read_space(person, space), "still in another team"
    with django_capture_on_commit_callbacks(execute=True):
        people_actions.end_membership(membership=person.memberships.get(ended_at__isnull=True), by=person)
    assert not user_can_read_space(person, space)
    assert user_can_read_space(person, panel)
    invitation.refresh_from_db()
    assert invitation.outcome == "withdrawn"
    assert user_can_read_space(owner, space)


def test_whoever_leaves_a_support_group_leaves_too(django_capture_on_commit_callbacks: Any) -> None:
    space, _owner = make_private()
    support = factories.SupportGroupMembershipFactory.create()
    put_in(space, support.person)
    with django_capture_on_commit_callbacks(execute=True):
        end_support_membership(membership=support)
    assert not user_can_read_space(support.person, space)


def test_who_has_been_there_longest_takes_over_and_an_empty_space_is_archived() -> None:
    space, owner = make_private()
    later, longest = put_in(space, make_member()), put_in(space, make_member())
    SpaceMembership.objects.filter(pk=longest.pk).update(started_at=timezone.now() - timedelta(days=9))
    Membership.objects.filter(person=owner).update(ended_at=timezone.now())
    spaces.leave_what_is_for_members(person=owner)
    longest.refresh_from_db()
    later.refresh_from_db()
    assert (longest.role, later.role) == (SpaceMembership.Role.FACILITATOR, SpaceMembership.Role.MEMBER)
    spaces.leave_every_space(person=later.person)
    spaces.leave_every_space(person=longest.person)
    space.refresh_from_db()
    assert space.is_archived
    assert not SpaceMembership.objects.active().exists()


def test_an_account_that_is_erased_hands_over_first() -> None:
    space, owner = make_private()
    heir = put_in(space, make_member())
    person_erasing.send(sender=User, person=owner, former=factories.UserFactory.create())
    heir.refresh_from_db()
    assert heir.role == SpaceMembership.Role.FACILITATOR
