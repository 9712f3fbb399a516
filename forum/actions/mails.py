"""Every change to which mails the forum has sent. Whoever hands one over has claimed it here first, and committed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from forum.models import SentMail
from forum.pseudonyms import mail_digest
from people.models import MailKind
from people.queries.mail import people_wanting

AT_ONCE_KEPT = timedelta(days=8)
"""Longer than a mail may wait (`forum.mails.planning.PATIENCE`), and as long as a lost one is told of."""
DIGEST_KEPT = timedelta(days=60)
CASES_KEPT = timedelta(days=30)
"""What has waited so long is told of again."""

Claims = list[SentMail]


def _hold_reader(account: int, kind: MailKind) -> bool:
    """Hold the person's row to the end of the transaction; whether they may be sent this."""
    wanting = people_wanting(kind).select_for_update(no_key=True, of=("self",))
    return wanting.filter(pk=account).only("pk").first() is not None


def claim_at_once(*, account: int, posts: Collection[int]) -> Claims | None:
    """Take it upon oneself to send a mail of these posts. None where somebody has, or the person does not want it.

    Asked again under the lock of the person's row: who unsubscribes before this gets nothing.
    """
    try:
        with transaction.atomic():
            if not _hold_reader(account, MailKind.FORUM_AT_ONCE):
                return None
            now = timezone.now()
            rows = [
                SentMail(
                    kind=SentMail.Kind.AT_ONCE,
                    occasion=mail_digest(account=account, post_id=post),
                    claimed_at=now,
                )
                for post in posts
            ]
            return SentMail.objects.bulk_create(rows)
    except IntegrityError:
        return None


def claim_digest(*, account: int, occasion: str, nothing_to_tell: bool = False) -> Claims | None:
    """Take it upon oneself to send a digest, or note that there is nothing to tell. None as for `claim_at_once`."""
    try:
        with transaction.atomic():
            if not _hold_reader(account, MailKind.FORUM_DIGEST):
                return None
            row = SentMail.objects.create(
                person_id=account,
                kind=SentMail.Kind.DIGEST,
                occasion=occasion,
                claimed_at=timezone.now(),
                nothing_to_tell=nothing_to_tell,
            )
            return [row]
    except IntegrityError:
        return None


def claim_cases(*, account: int, occasion: str, as_of: datetime) -> Claims | None:
    """Take it upon oneself to tell somebody who moderates what waited at `as_of`. None as for `claim_at_once`."""
    try:
        with transaction.atomic():
            if not _hold_reader(account, MailKind.FORUM_AT_ONCE):
                return None
            return [SentMail.objects.create(kind=SentMail.Kind.MODERATION, occasion=occasion, claimed_at=as_of)]
    except IntegrityError:
        return None


def _of(claims: Claims) -> list[int]:
    return [claim.pk for claim in claims]


def mark_sent(claims: Claims) -> None:
    SentMail.objects.filter(pk__in=_of(claims)).update(sent_at=timezone.now())


def mark_refused(claims: Claims) -> None:
    """The reader's mail server wants it neither now nor later."""
    SentMail.objects.filter(pk__in=_of(claims)).update(refused_at=timezone.now())


def put_back(claims: Claims) -> None:
    """No server has accepted the mail: somebody may try again."""
    SentMail.objects.filter(pk__in=_of(claims)).delete()


def forget_old_mails() -> int:
    """Drop what is too old to matter. Returns how many."""
    now = timezone.now()
    old = SentMail.objects.filter(kind=SentMail.Kind.AT_ONCE, claimed_at__lt=now - AT_ONCE_KEPT)
    older = SentMail.objects.filter(kind=SentMail.Kind.DIGEST, claimed_at__lt=now - DIGEST_KEPT)
    cases = SentMail.objects.filter(kind=SentMail.Kind.MODERATION, claimed_at__lt=now - CASES_KEPT)
    return old.delete()[0] + older.delete()[0] + cases.delete()[0]
