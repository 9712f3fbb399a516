"""Handing mails about learning over, so that none is sent twice (`people.handing_over`)."""

import logging
from collections.abc import Collection, Iterable
from functools import partial

from django.utils import timezone

from learning.actions.notices import claim, claim_asked, mark_refused, mark_sent, put_back
from learning.mails.letters import Letter, write
from learning.mails.planning import plan, plan_asked
from learning.models import SentNotice
from people.handing_over import Ends, Errand, Outcome, hand_over

__all__ = ["Outcome", "send_asked", "send_due"]

logger = logging.getLogger(__name__)

ENDS = Ends(sent=mark_sent, refused=mark_refused, put_back=put_back)


def send_due(*, kind: str, accounts: Collection[int]) -> Outcome:
    """Send what is due to these readers now. Safe to run twice, and at once; asks anew who wants and may have what."""
    letters = plan(kind, day=timezone.localdate(), accounts=accounts)
    return _send((None, letter) for letter in letters)


def send_asked(*, notices: Collection[int]) -> Outcome:
    """Send reminders that leaders have asked for. Safe to run twice, and at once."""
    return _send(plan_asked(SentNotice.objects.filter(pk__in=notices)))


def _send(letters: Iterable[tuple[SentNotice | None, Letter]]) -> Outcome:
    errands = (_errand(asked, letter) for asked, letter in letters)
    return hand_over(errands, ends=ENDS, logger=logger, what="learning mails")


def _errand(asked: SentNotice | None, letter: Letter) -> Errand[SentNotice]:
    if asked is not None:
        return Errand(write=partial(write, letter), claim=partial(claim_asked, asked))
    taking = partial(claim, account=letter.person.pk, kind=letter.kind, occasion=letter.occasion)
    return Errand(write=partial(write, letter), claim=taking)
