"""What happens here when allauth tells of something."""

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest

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
