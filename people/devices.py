"""Devices on which somebody has signed in before.

Who guesses at somebody's password must not be able to lock that person out. So failed attempts are counted by device
where the person has signed in before, and elsewhere by address of the network: a stranger's guesses count against the
stranger. The cookie proves nothing but that, and names nobody.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

COOKIE = "flett_device"
SALT = "people.devices"
DAYS = 180
MOST_PEOPLE = 5
"""People remembered on one device: a ward's shared machine."""


def _mark(email: str) -> str:
    return salted_hmac(SALT, email.strip().lower(), algorithm="sha256").hexdigest()[:24]


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=DAYS * 24 * 3600)
    except signing.BadSignature:
        return {}
    return known if isinstance(known, dict) else {}


def find_device(request: HttpRequest, email: str) -> str | None:
    """The random name of this device for this person, or None where they have not signed in on it."""
    return _read(request).get(_mark(email))


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Note on the device that this person has signed in here. The longest unused goes first when it gets full."""
    known = _read(request)
    name = known.pop(_mark(email), None) or secrets.token_urlsafe(12)
    newest = dict([*known.items(), (_mark(email), name)][-MOST_PEOPLE:])
    response.set_cookie(
        COOKIE,
        signing.dumps(newest, salt=SALT),
        max_age=DAYS * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
