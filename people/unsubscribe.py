"""The address that ends one kind of mail for one person, in one click and without signing in (RFC 8058).

It carries an account's number and the kind under a signature, so nobody can make one for somebody else. It never gets
too old: a mail may be found years later. Keys in `SECRET_KEY_FALLBACKS` are still accepted.
"""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from people.models import MailKind

SIGNER_SALT = "people.unsubscribe"
SEPARATOR = "."  # a colon in an address makes some mail programs end the link there


class BadTokenError(ValueError):
    """Nobody was ever sent this token."""


def make_token(*, account: int, kind: MailKind) -> str:
    return Signer(salt=SIGNER_SALT, sep=SEPARATOR).sign_object([account, kind.value])


def read_token(token: str) -> tuple[int, MailKind]:
    """The account's number and the kind of mail. Raises BadTokenError."""
    try:
        account, kind = Signer(salt=SIGNER_SALT, sep=SEPARATOR).unsign_object(token)
        return int(account), MailKind(kind)
    except (BadSignature, ValueError) as error:
        raise BadTokenError from error


def make_link(*, account: int, kind: MailKind) -> str:
    """The whole address, in the language that is active."""
    return f"{settings.BASE_URL}{reverse('people:unsubscribe', args=[make_token(account=account, kind=kind)])}"


def make_headers(link: str) -> dict[str, str]:
    """What lets a mail program offer «unsubscribe» by itself, and keeps out-of-office answers away (RFC 3834)."""
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
