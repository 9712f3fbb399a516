"""A second factor: whether somebody has one, and whether this session has shown it."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SET_UP_KEY = "second_factor_set_up"
NEXT_KEY = "second_factor_next"


def has_second_factor(user: Any) -> bool:
    """Whether the person has an authenticator app or a passkey (recovery codes alone are none). One query."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def session_has_shown_it(request: HttpRequest) -> bool:
    """Whether the person of this session has used a factor in it, or set one up in it. No query.

    A session from before the factor was set up elsewhere has not.
    """
    if request.session.get(SET_UP_KEY) == str(request.user.pk):
        return True
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def remember_set_up(request: HttpRequest, user: Any) -> None:
    """Setting up a factor is showing it."""
    request.session[SET_UP_KEY] = str(user.pk)
