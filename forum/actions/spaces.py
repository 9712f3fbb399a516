"""Making spaces, and who is in them.

Order of locks: the person who is limited, then the space, then the request or membership. Whoever calls is asked for
once more here, with the space locked, so that two who act at once cannot both be right.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from forum.actions.counting import lock_space
from forum.models import EntryRequest, Notice, Post, Space, SpaceMembership
from forum.models.spaces import SpaceMembershipQuerySet
from forum.permissions import (
    forum_members,
    people_who_moderate,
    people_who_read,
    user_can_answer_invitation,
    user_can_ask_to_enter,
    user_can_be_in_space,
    user_can_create_space,
    user_can_decide_entry,
    user_can_end_space_membership,
    user_can_invite,
    user_can_moderate_space,
    user_can_take_back_invitation,
    user_can_withdraw_entry,
)
from forum.pseudonyms import aliases_are_possible
from forum.rendering import render
from forum.signals import spaces_changed
from people.alphabet import fold
from people.models import TeamRole, User
from safety.guard import guard_texts
from safety.text import clean_line, clean_lines

SPACES_PER_DAY = 3
"""Spaces one person may make in 24 hours."""
REQUESTS_PER_DAY = 20
"""Requests one person may make in 24 hours, those taken back included: each is a notice to somebody."""
INVITATIONS_PER_DAY = 100
"""Invitations one person may send in 24 hours."""
AFTER_NO = timedelta(days=30)
"""Whoever said no to an invitation is not invited to the same space again before."""

BY_WHAT_ONE_IS = (Space.Kind.OPEN, Space.Kind.ROLE_NETWORK)
"""Kinds one is in without a membership: as a member of Flett, or by the role in a team."""


class AlreadyInError(Exception):
    """The person is in the space."""


class AlreadyAskedError(Exception):
    """The person has asked, or is invited, and there is no answer yet."""


class AlreadyDecidedError(Exception):
    """The request, invitation or membership has been answered, taken back or ended. Nothing was changed."""


class DeclinedLatelyError(Exception):
    """The person said no within `AFTER_NO`. Nothing was changed."""


class LastFacilitatorError(Exception):
    """A space that only its own people know of would be without a facilitator. Nothing was changed."""


class NotEligibleError(Exception):
    """The person cannot be in a space of this kind, or is not in it. Nothing was changed."""


class AliasesNotPossibleError(Exception):
    """Flett has no `FLETT_PSEUDONYM_KEY`, so that no alias could be sealed. Nothing was changed."""


class TooManyError(Exception):
    """The day's limit is reached. Nothing was changed."""


def _lock_person(person: User) -> None:
    """One of the person's limited doings at a time. Does not stop rows that point at the person."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=person.pk)


def _say_changed(space: Space) -> None:
    transaction.on_commit(partial(spaces_changed.send, sender=Space, space_ids=[space.pk]))


# --- the space -----------------------------------------------------------------------------------------


@transaction.atomic
def create_space(
    *,
    creator: User,
    kind: str,
    name: str,
    about: str = "",
    rules: str = "",
    welcome: str = "",
    role: TeamRole | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    allows_pseudonyms: bool = False,
    holds_first_posts: bool = False,
    confirmed: bool = False,
    most_a_day: int = SPACES_PER_DAY,
) -> Space:
    """A new space, with its creator as facilitator. Rules and welcome are plain text; dates are a learning group's.

    `most_a_day` is another limit than a person's own, for who makes a space for each group of a gathering.
    Raises PermissionDenied, TooManyError, AliasesNotPossibleError, ValueError (a role or dates that do not fit the
    kind), TextRefusedError and its kin from the guard.
    """
    if not user_can_create_space(creator, kind):
        raise PermissionDenied
    _lock_person(creator)
    lately = Space.objects.filter(created_by=creator, created_at__gt=timezone.now() - timedelta(days=1))
    if lately.count() >= most_a_day:
        raise TooManyError
    if (role is not None) != (kind == Space.Kind.ROLE_NETWORK):
        raise ValueError("A role network has a role, and nothing else has.")
    space = Space(kind=kind, role=role, created_by=creator)
    _set_dates(space, starts_on=starts_on, ends_on=ends_on)
    _write(space, name=name, about=about, rules=rules, welcome=welcome, confirmed=confirmed)
    _set_choices(space, allows_pseudonyms=allows_pseudonyms, holds_first_posts=holds_first_posts)
    _save_with_slug(space)
    SpaceMembership.objects.create(space=space, person=creator, role=SpaceMembership.Role.FACILITATOR, added_by=creator)
    _say_changed(space)
    return space


@transaction.atomic
def change_space(
    *,
    space: Space,
    by: User,
    name: str,
    about: str,
    rules: str,
    welcome: str,
    allows_pseudonyms: bool,
    holds_first_posts: bool,
    starts_on: date | None = None,
    ends_on: date | None = None,
    confirmed: bool = False,
) -> Space:
    """Say anew what a space is. Kind, role and address stay: people entered it for what it was.

    Raises as `create_space` does.
    """
    space = _lock_moderated(space, by)
    _set_dates(space, starts_on=starts_on, ends_on=ends_on)
    _write(space, name=name, about=about, rules=rules, welcome=welcome, confirmed=confirmed)
    _set_choices(space, allows_pseudonyms=allows_pseudonyms, holds_first_posts=holds_first_posts)
    space.save()
    _say_changed(space)
    return space


@transaction.atomic
def archive_space(*, space: Space, by: User) -> None:
    """Keep it to read and to search; nobody writes in it or enters it. Doing it again changes nothing."""
    space = _lock_moderated(space, by)
    if not space.is_archived:
        space.archived_at = timezone.now()
        space.save(update_fields=["archived_at"])
        _say_changed(space)


@transaction.atomic
def unarchive_space(*, space: Space, by: User) -> None:
    """Open it for writing again. Doing it again changes nothing."""
    space = _lock_moderated(space, by)
    if space.is_archived:
        space.archived_at = None
        space.save(update_fields=["archived_at"])
        _say_changed(space)


def _lock_moderated(space: Space, by: User) -> Space:
    space = lock_space(space.pk)
    if not user_can_moderate_space(by, space):
        raise PermissionDenied
    return space


def _write(space: Space, *, name: str, about: str, rules: str, welcome: str, confirmed: bool) -> None:
    """What is said of the space, through the door. Raises TextRefusedError."""
    space.name = clean_line(name, most=_most("name"))
    space.about = clean_line(about, most=_most("about"))
    space.rules_source = clean_lines(rules, most=_most("rules_source"))
    space.welcome_source = clean_lines(welcome, most=_most("welcome_source"))
    guard_texts(
        {"name": space.name, "about": space.about, "rules": space.rules_source, "welcome": space.welcome_source},
        confirmed=confirmed,
    )
    space.rules = render(space.rules_source, source_format=Post.Format.TEXT).html if space.rules_source else ""
    space.welcome = render(space.welcome_source, source_format=Post.Format.TEXT).html if space.welcome_source else ""


def _most(name: str) -> int:
    field: Any = Space._meta.get_field(name)
    return int(field.max_length)


def _set_dates(space: Space, *, starts_on: date | None, ends_on: date | None) -> None:
    is_group = space.kind == Space.Kind.LEARNING_GROUP
    if is_group != (starts_on is not None and ends_on is not None) or (not is_group and (starts_on or ends_on)):
        raise ValueError("A learning group has a first and a last day, and nothing else has.")
    if starts_on and ends_on and ends_on < starts_on:
        raise ValueError("A learning group ends after it begins.")
    space.starts_on, space.ends_on = starts_on, ends_on


def _set_choices(space: Space, *, allows_pseudonyms: bool, holds_first_posts: bool) -> None:
    if allows_pseudonyms and not space.allows_pseudonyms and not aliases_are_possible():
        raise AliasesNotPossibleError
    space.allows_pseudonyms = allows_pseudonyms
    space.holds_first_posts = holds_first_posts


def _save_with_slug(space: Space) -> None:
    """Give the space its address. Where it is not for all to know that it exists, chance is part of it.

    So no address tells, by being taken, that there is such a space; and a listed space meets only listed ones.
    """
    plain = slugify(fold(space.name))[:60].strip("-") or "rom"
    number = 1
    while True:
        if space.is_listed:
            space.slug = plain if number == 1 else f"{plain}-{number}"
        else:
            space.slug = f"{plain}-{get_random_string(10, 'abcdefghjkmnpqrstuvwxyz23456789')}"
        try:
            with transaction.atomic():
                space.save()
        except IntegrityError:
            if not Space.objects.filter(slug=space.slug).exists():
                raise
            space.pk = None
            number += 1
        else:
            return


# --- asking and being asked ----------------------------------------------------------------------------


@transaction.atomic
def ask_to_enter(*, person: User, space: Space, message: str = "", confirmed: bool = False) -> EntryRequest:
    """Ask a restricted space's facilitators, or the moderators where it has none.

    Raises AlreadyInError, AlreadyAskedError, PermissionDenied, TooManyError, TextRefusedError and its kin.
    """
    message = clean_line(message, most=EntryRequest._meta.get_field("message").max_length or 0)
    guard_texts({"message": message}, confirmed=confirmed)
    _lock_person(person)
    space = lock_space(space.pk)
    if SpaceMembership.objects.active().filter(space=space, person=person).exists():
        raise AlreadyInError
    if EntryRequest.objects.filter(space=space, person=person, outcome="").exists():
        raise AlreadyAskedError
    if not user_can_ask_to_enter(person, space):
        raise PermissionDenied
    day = EntryRequest.objects.filter(
        person=person, invited_by__isnull=True, created_at__gt=timezone.now() - timedelta(days=1)
    )
    if day.count() >= REQUESTS_PER_DAY:
        raise TooManyError
    request = EntryRequest.objects.create(space=space, person=person, message=message)
    _tell(people_who_moderate(space).exclude(pk=person.pk).values_list("pk", flat=True), request)
    return request


@transaction.atomic
def withdraw_entry(*, request: EntryRequest, by: User) -> None:
    """Take one's own request back. Raises AlreadyDecidedError, PermissionDenied."""
    locked = _lock_waiting(request)
    if not user_can_withdraw_entry(by, locked):
        raise PermissionDenied
    _answer(locked, EntryRequest.Outcome.WITHDRAWN, by=by)


@transaction.atomic
def approve_entry(*, request: EntryRequest, by: User) -> SpaceMembership:
    """Let somebody in who asked. Raises AlreadyDecidedError, PermissionDenied, NotEligibleError."""
    locked = _lock_waiting(request)
    if not user_can_decide_entry(by, locked):
        raise PermissionDenied
    if not user_can_be_in_space(locked.person, locked.space):
        raise NotEligibleError
    _answer(locked, EntryRequest.Outcome.APPROVED, by=by)
    _tell([locked.person_id], locked)
    return _enter(space=locked.space, person=locked.person, by=by)


@transaction.atomic
def refuse_entry(*, request: EntryRequest, by: User) -> None:
    """Say no to somebody who asked. Raises AlreadyDecidedError, PermissionDenied."""
    locked = _lock_waiting(request)
    if not user_can_decide_entry(by, locked):
        raise PermissionDenied
    _answer(locked, EntryRequest.Outcome.REFUSED, by=by)
    _tell([locked.person_id], locked)


@transaction.atomic
def invite_to_space(*, space: Space, person: User, by: User) -> EntryRequest:
    """Ask somebody in. They see the space when they have said yes.

    Raises PermissionDenied, NotEligibleError, AlreadyInError, AlreadyAskedError, DeclinedLatelyError, TooManyError.
    """
    _lock_person(by)
    space = lock_space(space.pk)
    if not user_can_invite(by, space):
        raise PermissionDenied
    if not user_can_be_in_space(person, space):
        raise NotEligibleError
    if SpaceMembership.objects.active().filter(space=space, person=person).exists():
        raise AlreadyInError
    earlier = EntryRequest.objects.filter(space=space, person=person)
    if earlier.filter(outcome="").exists():
        raise AlreadyAskedError
    now = timezone.now()
    if earlier.filter(
        invited_by__isnull=False, outcome=EntryRequest.Outcome.REFUSED, decided_at__gt=now - AFTER_NO
    ).exists():
        raise DeclinedLatelyError
    if EntryRequest.objects.filter(invited_by=by, created_at__gt=now - timedelta(days=1)).count() >= (
        INVITATIONS_PER_DAY
    ):
        raise TooManyError
    invitation = EntryRequest.objects.create(space=space, person=person, invited_by=by)
    _tell([person.pk], invitation)
    return invitation


@transaction.atomic
def take_back_invitation(*, invitation: EntryRequest, by: User) -> None:
    """Raises AlreadyDecidedError, PermissionDenied."""
    locked = _lock_waiting(invitation)
    if not user_can_take_back_invitation(by, locked):
        raise PermissionDenied
    _answer(locked, EntryRequest.Outcome.WITHDRAWN, by=by)
    Notice.objects.filter(request=locked).delete()


@transaction.atomic
def accept_space_invitation(*, invitation: EntryRequest, person: User) -> SpaceMembership:
    """Enter by invitation. Raises AlreadyDecidedError, PermissionDenied."""
    locked = _lock_waiting(invitation)
    if not user_can_answer_invitation(person, locked):
        raise PermissionDenied
    _answer(locked, EntryRequest.Outcome.APPROVED, by=person)
    return _enter(space=locked.space, person=person, by=locked.invited_by)


@transaction.atomic
def decline_space_invitation(*, invitation: EntryRequest, person: User) -> None:
    """Say no. Raises AlreadyDecidedError, PermissionDenied."""
    locked = _lock_waiting(invitation)
    if not user_can_answer_invitation(person, locked):
        raise PermissionDenied
    _answer(locked, EntryRequest.Outcome.REFUSED, by=person)


def _lock_waiting(request: EntryRequest) -> EntryRequest:
    """The space and the request locked, in that order. Raises AlreadyDecidedError."""
    try:
        space = lock_space(request.space_id)
        locked = EntryRequest.objects.select_for_update(of=("self",)).select_related("person").get(pk=request.pk)
    except (Space.DoesNotExist, EntryRequest.DoesNotExist) as error:
        raise AlreadyDecidedError from error  # the person has left Flett in the meantime
    if locked.outcome:
        raise AlreadyDecidedError
    locked.space = space
    return locked


def _answer(request: EntryRequest, outcome: EntryRequest.Outcome, *, by: User) -> None:
    request.outcome, request.decided_at, request.decided_by = outcome, timezone.now(), by
    request.save(update_fields=["outcome", "decided_at", "decided_by"])


def _tell(people: Iterable[int], request: EntryRequest) -> None:
    Notice.objects.bulk_create(
        [Notice(person_id=person, kind=Notice.Kind.ENTRY, request=request) for person in people],
        ignore_conflicts=True,
    )


def _enter(*, space: Space, person: User, by: User | None, role: str = SpaceMembership.Role.MEMBER) -> SpaceMembership:
    """Open a membership, or return the one that is open. The space is locked."""
    there = SpaceMembership.objects.active().filter(space=space, person=person).first()
    return there or SpaceMembership.objects.create(space=space, person=person, role=role, added_by=by)


# --- leaving and facilitating --------------------------------------------------------------------------


@transaction.atomic
def end_space_membership(*, membership: SpaceMembership, by: User) -> None:
    """Leave, or take somebody out; access is gone with the next request. Ending it again changes nothing.

    Raises PermissionDenied, and LastFacilitatorError in a space that only its own people know of.
    """
    space, locked = _lock_membership(membership)
    if locked.ended_at is not None:
        return
    if not user_can_end_space_membership(by, locked):
        raise PermissionDenied
    _keep_a_facilitator(space, locked)
    locked.ended_at = timezone.now()
    locked.save(update_fields=["ended_at"])


@transaction.atomic
def make_facilitator(*, space: Space, person: User, by: User) -> SpaceMembership:
    """Let somebody look after the space: one who is in it, and in an open space or a role network any member.

    Where one is in a space by what one is, the facilitator gets a place of their own, which does not end with the
    role in the team. Raises PermissionDenied, NotEligibleError.
    """
    space = _lock_moderated(space, by)
    eligible = forum_members() if space.kind in BY_WHAT_ONE_IS else people_who_read(space)
    if not eligible.filter(pk=person.pk).exists():
        raise NotEligibleError
    membership = _enter(space=space, person=person, by=by)
    if membership.role != SpaceMembership.Role.FACILITATOR:
        membership.role = SpaceMembership.Role.FACILITATOR
        membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def make_ordinary_member(*, membership: SpaceMembership, by: User) -> None:
    """A facilitator no longer. Where one is in the space by what one is, the place of their own ends with it.

    Raises PermissionDenied, AlreadyDecidedError, LastFacilitatorError.
    """
    space, locked = _lock_membership(membership)
    if not user_can_moderate_space(by, space):
        raise PermissionDenied
    if locked.ended_at is not None or locked.role != SpaceMembership.Role.FACILITATOR:
        raise AlreadyDecidedError
    _keep_a_facilitator(space, locked)
    if space.kind in BY_WHAT_ONE_IS:
        locked.ended_at = timezone.now()
    locked.role = SpaceMembership.Role.MEMBER
    locked.save(update_fields=["role", "ended_at"])


def _lock_membership(membership: SpaceMembership) -> tuple[Space, SpaceMembership]:
    space = lock_space(membership.space_id)
    return space, SpaceMembership.objects.select_for_update(of=("self",)).get(pk=membership.pk)


def _other_facilitators(space: Space, person_id: int) -> bool:
    others = SpaceMembership.objects.facilitating().filter(space=space, person__is_active=True)
    return others.exclude(person=person_id).exists()


def _keep_a_facilitator(space: Space, membership: SpaceMembership) -> None:
    """A listed space falls to the moderators; a closed one would fall to nobody. Raises LastFacilitatorError."""
    if (
        not space.is_listed
        and membership.role == SpaceMembership.Role.FACILITATOR
        and not _other_facilitators(space, membership.person_id)
    ):
        raise LastFacilitatorError


@transaction.atomic
def leave_what_is_for_members(*, person: User) -> None:
    """Whoever is in no team and no support group any more leaves every space but the youth panels.

    Where they were the only facilitator of a space that nobody else knows of, who has been in it longest takes over;
    where nobody is left, it is archived. Open requests and invitations are taken back.
    """
    if forum_members().filter(pk=person.pk).exists():
        return
    _leave(person, SpaceMembership.objects.active().exclude(space__kind=Space.Kind.YOUTH_PANEL))
    EntryRequest.objects.filter(person=person, outcome="").exclude(space__kind=Space.Kind.YOUTH_PANEL).update(
        outcome=EntryRequest.Outcome.WITHDRAWN, decided_at=timezone.now()
    )


@transaction.atomic
def leave_every_space(*, person: User) -> None:
    """For an account that is being erased; hands over as `leave_what_is_for_members` does."""
    _leave(person, SpaceMembership.objects.active())


def _leave(person: User, memberships: SpaceMembershipQuerySet) -> None:
    for membership in memberships.filter(person=person).order_by("space_id", "pk"):
        space, locked = _lock_membership(membership)
        if locked.ended_at is not None:
            continue
        locked.ended_at = timezone.now()
        locked.save(update_fields=["ended_at"])
        if (
            not space.is_listed
            and locked.role == SpaceMembership.Role.FACILITATOR
            and not _other_facilitators(space, person.pk)
        ):
            _hand_over(space)


def _hand_over(space: Space) -> None:
    heir = (
        SpaceMembership.objects.active()
        .filter(space=space, person__is_active=True)
        .order_by("started_at", "pk")
        .first()
    )
    if heir is not None:
        heir.role = SpaceMembership.Role.FACILITATOR
        heir.save(update_fields=["role"])
    elif not space.is_archived:
        space.archived_at = timezone.now()
        space.save(update_fields=["archived_at"])
        _say_changed(space)
