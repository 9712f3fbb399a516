"""The seal of an alias: who it is can be known again, and opened by two, and read by nobody else.

The only module that reads `Pseudonym.owner` and `Pseudonym.sealed`. Both are made with `FLETT_PSEUDONYM_KEY`; where it
is missing no alias can be made, and those that exist belong to nobody.
"""

import base64
import hashlib
import hmac
from datetime import date
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Q, Value
from django.utils.crypto import salted_hmac

from forum.models import Pseudonym


class SealedForEverError(ValueError):
    """The key the alias was sealed with is gone."""


def aliases_are_possible() -> bool:
    return bool(settings.PSEUDONYM_KEY)


def _key(purpose: str) -> bytes:
    return hmac.digest(settings.PSEUDONYM_KEY.encode(), purpose.encode(), hashlib.sha256)


def owner_digest(person: Any) -> str:
    """By what a person's aliases are found again; empty, and nobody's, without a key."""
    if not aliases_are_possible() or person.pk is None:
        return ""
    if isinstance(person.pk, Value):  # `forum.prepared.Reader`: whoever the query will be asked about
        return person.owner
    return hmac.new(_key("owner"), str(person.pk).encode(), hashlib.sha256).hexdigest()


def seal(person: Any) -> str:
    """The person's number, encrypted."""
    return Fernet(base64.urlsafe_b64encode(_key("seal"))).encrypt(str(person.pk).encode()).decode()


def open_seal(pseudonym: Pseudonym) -> int:
    """The primary key of the person. Raises SealedForEverError. Called by `forum.actions.seals`, and `owner_of`."""
    try:
        return int(Fernet(base64.urlsafe_b64encode(_key("seal"))).decrypt(pseudonym.sealed.encode()))
    except (InvalidToken, ValueError) as error:
        raise SealedForEverError from error


def owned_by(person: Any, *, through: str = "") -> Q:
    """Rows of the person's own aliases; `through` is the way to the alias, such as `pseudonym`."""
    digest = owner_digest(person)
    field = f"{through}__owner" if through else "owner"
    return Q(**{field: digest}) if digest else Q(pk__in=[])


def is_owner(person: Any, pseudonym: Pseudonym | None) -> bool:
    """Whether the alias is the person's own. No query."""
    digest = owner_digest(person)
    return pseudonym is not None and bool(digest) and hmac.compare_digest(digest, pseudonym.owner)


def owner_of(pseudonym: Pseudonym) -> int | None:
    """The person's primary key, or None where the seal's key is gone. For one use: to send the owner what is written
    to the alias (`forum.mails`). What it answers is held in memory while the mail is made: never stored, logged,
    queued, listed or given to anybody.
    """
    try:
        return open_seal(pseudonym)
    except SealedForEverError:
        return None


def mail_digest(*, account: int, post_id: int) -> str:
    """What stands for «this person was sent a mail of this post»: the same each time, and readable by nobody."""
    return _mail_digest(f"{account}:{post_id}")


def day_digest(*, account: int, day: date) -> str:
    """The same for «this person was sent a mail that day»."""
    return _mail_digest(f"{account}:{day.isoformat()}")


def _mail_digest(text: str) -> str:
    message = text.encode()
    if aliases_are_possible():
        return hmac.new(_key("mail"), message, hashlib.sha256).hexdigest()
    return salted_hmac("forum.mail", message, algorithm="sha256").hexdigest()
