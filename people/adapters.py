"""How allauth meets Flett."""

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

SITE_NAME = "Flett"


class AccountAdapter(DefaultAccountAdapter):
    """Stores addresses in lower case, as `EmailUserManager` does, and sends people on only within this host."""

    def clean_email(self, email: str) -> str:
        return super().clean_email(email.strip().lower())

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.email = user.email.lower()
        if commit:
            user.save()
        return user

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever has signed in within `ACCOUNT_REAUTHENTICATION_TIMEOUT` has just confirmed who they are."""
        records = get_authentication_records(self.request, self.request.user)
        newest = max((record["at"] for record in records), default=0)
        if time.time() - newest < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app))

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )


class MFAAdapter(DefaultMFAAdapter):
    """Second factors and passkeys, in our words."""

    def _get_site_name(self) -> str:
        return SITE_NAME

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 – allauth's own word
        """A name to tell keys apart by, where the person gives none."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        if number == 1:
            return gettext("Min passnøkkel")
        return gettext("Passnøkkel %(number)d") % {"number": number}
