"""Handing mails over, so that none is sent twice.

Each mail is claimed in a transaction of its own before the server sees it, and marked after. Whoever dies in between
leaves a claim that is never sent again: one lost mail at most, no doubled one.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupportedError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from typing import Any

from django.core.mail import get_connection
from django.utils import timezone

from learning.actions.notices import claim, claim_asked, mark_refused, mark_sent, put_back
from learning.mails.letters import Letter, write
from learning.mails.planning import plan, plan_asked
from learning.models import SentNotice

logger = logging.getLogger(__name__)

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


def send_due(*, kind: str, accounts: Collection[int]) -> Outcome:
    """Send what is due to these readers now. Safe to run twice, and at once; asks anew who wants and may have what."""
    letters = plan(kind, day=timezone.localdate(), accounts=accounts)
    return _send((None, letter) for letter in letters)


def send_asked(*, notices: Collection[int]) -> Outcome:
    """Send reminders that leaders have asked for. Safe to run twice, and at once."""
    return _send(plan_asked(SentNotice.objects.filter(pk__in=notices)))


def _send(letters: Iterable[tuple[SentNotice | None, Letter]]) -> Outcome:
    """One connection for all. Stops where there is no server; an address that is refused stops nobody else's mail."""
    connection = get_connection()
    outcome = Outcome()
    try:
        for asked, letter in letters:
            message = write(letter)
            message.connection = connection
            if not _is_reached(connection):
                break
            notice = (
                claim(account=letter.person.pk, kind=letter.kind, occasion=letter.occasion)
                if asked is None
                else claim_asked(asked)
            )
            if notice is None:
                continue
            try:
                message.send()
            except (SMTPException, OSError, ValueError) as error:
                _settle(notice, error, outcome)
                if not isinstance(error, SMTPRecipientsRefused | SMTPDataError | ValueError):
                    connection.close()
            else:
                mark_sent(notice)
                outcome.sent += 1
    finally:
        connection.close()
    if outcome.refused or outcome.put_back or outcome.unknown:
        logger.error(
            "learning mails: %d sent, %d refused, %d to be tried again, %d of unknown fate",
            outcome.sent,
            outcome.refused,
            outcome.put_back,
            outcome.unknown,
        )
    return outcome


def _is_reached(connection: Any) -> bool:
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
        logger.error("learning mails: no mail server (%s)", type(error).__name__)
        return False
    return True


def _settle(notice: SentNotice, error: Exception, outcome: Outcome) -> None:
    """What becomes of a claim whose mail was not accepted."""
    code = _code_of(error)
    if isinstance(error, SMTPSenderRefused) or (code is not None and code not in PERMANENT):
        put_back(notice)  # for now, or for a fault of ours
        outcome.put_back += 1
    elif code is not None or isinstance(error, ValueError | SMTPNotSupportedError):
        mark_refused(notice)
        outcome.refused += 1
    else:
        outcome.unknown += 1


def _code_of(error: Exception) -> int | None:
    """The server's answer; None where there was none."""
    if isinstance(error, SMTPRecipientsRefused):
        return next((code for code, _text in error.recipients.values()), None)
    return error.smtp_code if isinstance(error, SMTPResponseException) else None
