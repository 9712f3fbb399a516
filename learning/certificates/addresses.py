"""Where a certificate, and what its digital form points at, is found. Whole addresses, in the site's own language."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import translation


def certificate_url(code: str) -> str:
    """The short address that is printed, and in the QR code: anyone may open it."""
    return _url("learning:certificate", code)


def issuer_url() -> str:
    return _url("learning:badge-issuer")


def keys_url() -> str:
    return _url("learning:badge-keys")


def achievement_url(subject_key: UUID, version: int) -> str:
    return _url("learning:badge-achievement", subject_key, version)


def status_list_url(number: int) -> str:
    return _url("learning:badge-status", number)


def _url(name: str, *args: object) -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return f"{settings.BASE_URL}{reverse(name, args=args)}"
