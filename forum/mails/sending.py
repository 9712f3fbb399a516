"""Handing the forum's mails over, so that none is sent twice (`people.handing_over`).

Nothing here logs, queues or stores who is sent what at once: a batch is of posts and not of people.
"""

import logging
from collections.abc import Collection, Iterator
from datetime import date
from functools import partial

from django.utils import timezone

from forum.actions.mails import Claims, claim_at_once, claim_cases, claim_digest, mark_refused, mark_sent, put_back
from forum.actions.notices import settle
from forum.mails.planning import plan_at_once, plan_cases, plan_digests
from people.handing_over import Ends, Errand, Outcome, hand_over
from people.letters import write
from people.models import MailKind

logger = logging.getLogger(__name__)

ENDS = Ends(sent=mark_sent, refused=mark_refused, put_back=put_back)


def send_at_once(*, posts: Collection[int]) -> Outcome:
    """Send what is due of these posts. Safe to run twice, and at once; asks anew who wants and may see what."""
    plan = plan_at_once(posts=posts)
    settle(post_ids=sorted(plan.settled))
    errands = (
        Errand(
            write=partial(write, letter, mail_kind=MailKind.FORUM_AT_ONCE),
            claim=partial(claim_at_once, account=letter.person.pk, posts=told),
        )
        for letter, told in plan.letters
    )
    return hand_over(errands, ends=ENDS, logger=logger, what="forum mails at once")


def send_cases(*, day: date) -> Outcome:
    """Tell those who moderate what waits for them. Safe to run twice, and at once: one letter a person and day."""
    now = timezone.now()
    errands = (
        Errand(
            write=partial(write, letter, mail_kind=MailKind.FORUM_AT_ONCE),
            claim=partial(claim_cases, account=letter.person.pk, occasion=letter.occasion, as_of=now),
        )
        for letter in plan_cases(day=day, now=now)
    )
    return hand_over(errands, ends=ENDS, logger=logger, what="forum mails to moderators")


def send_digests(*, day: date, accounts: Collection[int], missed: bool = False) -> Outcome:
    """Send these people's digests of the day. Safe to run twice, and at once."""
    return hand_over(
        _digest_errands(day=day, accounts=accounts, missed=missed), ends=ENDS, logger=logger, what="forum digests"
    )


def _digest_errands(*, day: date, accounts: Collection[int], missed: bool) -> Iterator[Errand[Claims]]:
    """Who has nothing to read is noted, so that they are not asked for again the same day."""
    for account, letter in plan_digests(day=day, accounts=accounts, missed=missed):
        if letter is None:
            claim_digest(account=account, occasion=day.isoformat(), nothing_to_tell=True)
            continue
        yield Errand(
            write=partial(write, letter, mail_kind=MailKind.FORUM_DIGEST),
            claim=partial(claim_digest, account=account, occasion=letter.occasion),
        )
