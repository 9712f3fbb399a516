"""What happens here when allauth tells of something."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from people.actions import bump_people_stamp
from people.models import (
    Invitation,
    JoinRequest,
    Membership,
    Region,
    SupportGroup,
    SupportGroupMembership,
    Team,
    TeamRole,
    User,
)
from people.own_data.notices import tell_if_leaving
from people.second_factor import FACTORS, remember_set_up

NO_ADDRESS = "0.0.0.0"  # noqa: S104 – nothing is bound to it


@receiver(authenticator_added, dispatch_uid="people.remember_set_up")
def on_authenticator_added(request: HttpRequest, user: Any, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type in FACTORS:
        remember_set_up(request, user)


@receiver(pre_save, sender=UserSession, dispatch_uid="people.keep_no_address")
def on_session_save(instance: UserSession, **kwargs: Any) -> None:
    """Sessions are told apart by time and browser; from where somebody worked is not kept."""
    instance.ip = NO_ADDRESS


@receiver(user_logged_in, dispatch_uid="people.tell_if_leaving")
def on_logged_in(request: HttpRequest, user: Any, **kwargs: Any) -> None:
    tell_if_leaving(request, user)


STAMPED_MODELS = (
    EmailAddress,
    Invitation,
    JoinRequest,
    Membership,
    Region,
    SupportGroup,
    SupportGroupMembership,
    Team,
    TeamRole,
    User,
)


@receiver([post_save, post_delete], dispatch_uid="people.stamp")
def on_people_changed(sender: type[Any], **kwargs: Any) -> None:
    """Whatever «Min side» shows of people.

    `update()`, `bulk_create()` and fixtures tell nobody: those who use them save or delete a row of these in the same
    transaction, or bump the stamp themselves.
    """
    if issubclass(sender, STAMPED_MODELS) and set(kwargs.get("update_fields") or ()) != {"last_login"}:
        bump_people_stamp()


@receiver(m2m_changed, dispatch_uid="people.stamp_of_roles")
def on_roles_changed(instance: Any, action: str, **kwargs: Any) -> None:
    if isinstance(instance, STAMPED_MODELS) and action.startswith("post_"):
        bump_people_stamp()
