"""News from other rooms, handed to actions. No rule lives here."""

from typing import Any

from django.dispatch import receiver

from forum.actions.erasing import let_go_of_person
from forum.actions.sign_ups import leave_every_event
from forum.actions.spaces import leave_every_space, leave_what_is_for_members
from people.models import Membership, User
from people.signals import membership_ended, person_erasing, support_membership_ended


@receiver([membership_ended, support_membership_ended], dispatch_uid="forum.leave_what_is_for_members")
def membership_over(membership: Membership, **kwargs: Any) -> None:
    leave_what_is_for_members(person=membership.person)


@receiver(person_erasing, dispatch_uid="forum.let_go_of_person")
def account_going(person: User, former: User, **kwargs: Any) -> None:
    leave_every_event(person=person)
    leave_every_space(person=person)
    let_go_of_person(person=person, former=former)
