"""How allauth meets Flett."""

import base64
import hashlib
import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import translate_url
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from people.devices import find_device, remember_device

SITE_NAME = "Flett"
SIGNED_IN_KEY = "signed_in_at"


class AccountAdapter(DefaultAccountAdapter):
    """Stores addresses in lower case, as `EmailUserManager` does, and sends people on only within this host."""

    def clean_email(self, email: str) -> str:
        return super().clean_email(email.strip().lower())

    def new_user(self, request: HttpRequest) -> Any:
        """Mails begin in the language somebody signs up in; they can choose another."""
        user = super().new_user(request)
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        return user

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Min side in the person's own language, where no address was asked for."""
        person: Any = request.user
        return translate_url(super().get_login_redirect_url(request), person.language)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user = super().save_user(request, user, form, commit=False)
        user.email = user.email.lower()
        if commit:
            user.save()
        return user

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Whoever has signed in within `ACCOUNT_REAUTHENTICATION_TIMEOUT` has just confirmed who they are."""
        if time.time() - self.request.session.get(SIGNED_IN_KEY, 0) < account_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app))

    # --- limits: what a wrong password counts against ---

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        email = credentials.get("email", "").strip().lower()
        device = find_device(request, email)
        return f"device:{device}:{email}" if device else f"address:{ratelimit.get_ip(request)}:{email}"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse before the password is looked at, for known and unknown addresses alike.

        On a device the person has signed in on: five wrong in five minutes. Elsewhere the same for each address of
        the network, sixty a minute for all people at it, and a hundred an hour for one person from everywhere: more
        than one guesser alone can use up, so that it takes many at once to shut out a person on a new device.
        """
        email = credentials.get("email", "").strip().lower()
        key = self._get_login_attempts_cache_key(request, **credentials)
        if find_device(request, email):
            limits = [("login_failed_from_known_device", key)]
        else:
            limits = [("login_failed", key), ("login_failed_anywhere", email)]
        self._used = []
        for action, counted_by in limits:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=counted_by)
            if not usage:
                raise self.validation_error("too_many_login_attempts")
            self._used.append(usage)

    def _rollback_login_failed_rl_usage(self) -> None:
        for usage in self._used:
            usage.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A new password has been set by mail: the person may try at once, wherever the limits stood."""
        email = credentials.get("email", "").strip().lower()
        key = self._get_login_attempts_cache_key(request, **credentials)
        for action, counted_by in [
            ("login_failed_from_known_device", key),
            ("login_failed", key),
            ("login_failed_anywhere", email),
        ]:
            ratelimit.clear(request, app="allauth.account", action=action, key=counted_by)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        request.session[SIGNED_IN_KEY] = time.time()
        for email in dict.fromkeys([user.email, kwargs.get("email") or user.email]):
            remember_device(request, response, email)
        return response

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )


def _box() -> MultiFernet:
    """Written with the newest key, read with any."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"people.second-factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class MFAAdapter(DefaultMFAAdapter):
    """Second factors and passkeys, in our words."""

    def _get_site_name(self) -> str:
        return SITE_NAME

    def encrypt(self, text: str) -> str:
        """Seeds of apps and recovery codes are worth as much as passwords: a copy of the database must not do."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _box().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:  # kept under a key that is no longer among ours
            raise self.validation_error("incorrect_code") from error

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 – allauth's own word
        """A name to tell keys apart by, where the person gives none."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        if number == 1:
            return gettext("Min passnøkkel")
        return gettext("Passnøkkel %(number)d") % {"number": number}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in with a workplace's own provider (docs/decisions/0007-accounts.md)."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """Keep who it is and nothing else the provider tells; a claim that is not plainly true is false."""
        sociallogin.account.extra_data = {}
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True
        return super().populate_user(request, sociallogin, data)

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Any, str] | None:
        """The account to link to: one with an address that the provider *and* Flett have verified.

        An address somebody has typed here without showing that it is theirs links to nothing: else it would be enough
        to sign up with a colleague's address and wait.
        """
        for claimed in sociallogin.email_addresses:
            if not claimed.verified:
                continue
            ours = (
                EmailAddress.objects.filter(email__iexact=claimed.email, verified=True).select_related("user").first()
            )
            if ours is not None:
                return ours.user, claimed.email
        return None
