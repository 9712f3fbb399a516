"""Handing mails over, so that none is sent twice.

Each mail is claimed in a transaction of its own before the server sees it, and marked after. Whoever dies in between
leaves a claim that is never sent again: one lost mail at most, no doubled one.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import Any, Generic, TypeVar

from django.core.mail import EmailMessage, get_connection

Claim = TypeVar("Claim")

PERMANENT = range(500, 600)


@dataclass(slots=True)
class Outcome:
    sent: int = 0
    refused: int = 0
    """The reader's server wants them neither now nor later."""
    put_back: int = 0
    """No server has accepted them: the next run tries again."""
    unknown: int = 0
    """The connection broke on the way. They are not sent again."""


@dataclass(frozen=True, slots=True)
class Errand(Generic[Claim]):
    """A mail to make, and how to take it upon oneself; `claim` answers None where it is not to be sent after all."""

    write: Callable[[], EmailMessage]
    claim: Callable[[], Claim | None]


@dataclass(frozen=True, slots=True)
class Ends(Generic[Claim]):
    """What becomes of a claim."""

    sent: Callable[[Claim], None]
    refused: Callable[[Claim], None]
    put_back: Callable[[Claim], None]


def hand_over(errands: Iterable[Errand[Claim]], *, ends: Ends[Claim], logger: logging.Logger, what: str) -> Outcome:
    """One connection for all. Stops where there is no server; an address that is refused stops nobody else's mail.

    The log says how many, and of nobody.
    """
    connection = get_connection()
    outcome = Outcome()
    try:
        for errand in errands:
            message = errand.write()
            message.connection = connection
            if not _is_reached(connection, logger=logger, what=what):
                break
            claim = errand.claim()
            if claim is None:
                continue
            try:
                message.send()
            except (SMTPException, OSError, ValueError) as error:
                _settle(claim, error, outcome, ends)
                if not isinstance(error, SMTPRecipientsRefused | SMTPDataError | ValueError):
                    connection.close()
            else:
                ends.sent(claim)
                outcome.sent += 1
    finally:
        connection.close()
    if outcome.refused or outcome.put_back or outcome.unknown:
        logger.error(
            "%s: %d sent, %d refused, %d to be tried again, %d of unknown fate",
            what,
            outcome.sent,
            outcome.refused,
            outcome.put_back,
            outcome.unknown,
        )
    return outcome


def _is_reached(connection: Any, *, logger: logging.Logger, what: str) -> bool:
    """Whether a server is at the other end, asked before a mail is claimed. Connects anew where it has hung up."""
    server = getattr(connection, "connection", None)
    if server is not None:
        try:
            is_alive = server.noop()[0] == 250
        except (SMTPException, OSError):
            is_alive = False
        if not is_alive:
            connection.close()
    try:
        connection.open()
    except (SMTPException, OSError) as error:
        logger.error("%s: no mail server (%s)", what, type(error).__name__)
        return False
    return True


def _settle(claim: Claim, error: Exception, outcome: Outcome, ends: Ends[Claim]) -> None:
    """What becomes of a claim whose mail was not accepted."""
    code = _code_of(error)
    if isinstance(error, SMTPSenderRefused) or (code is not None and code not in PERMANENT):
        ends.put_back(claim)  # for now, or for a fault of ours
        outcome.put_back += 1
    elif code is not None or isinstance(error, ValueError | SMTPNotSupportedError):
        ends.refused(claim)
        outcome.refused += 1
    else:
        outcome.unknown += 1


def _code_of(error: Exception) -> int | None:
    """The server's answer; None where there was none."""
    if isinstance(error, SMTPRecipientsRefused):
        return next((code for code, _text in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, SMTPResponseException) else None
