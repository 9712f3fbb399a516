"""Every change to which mails have been sent. Whoever hands a mail over has claimed it here first, and committed."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from learning.models import SentNotice
from people.models import MailKind
from people.queries.mail import people_wanting

Kind = SentNotice.Kind

MAIL_KINDS: dict[str, MailKind] = {
    Kind.DEADLINE: MailKind.DEADLINES,
    Kind.LEADER_REMINDER: MailKind.DEADLINES,
    Kind.LEADER_DIGEST: MailKind.TEAM_NEWS,
    Kind.CERTIFICATE_EXPIRY: MailKind.EXPIRY,
}
"""The choice of the reader that each notice follows."""
REMINDERS = (Kind.DEADLINE, Kind.LEADER_REMINDER)
"""Of these together nobody gets two in a day."""
PATIENCE = timedelta(days=3)
"""A reminder that could not be sent by then is not sent: what the leader saw has changed."""
KEPT = timedelta(days=400)
"""How long it is kept that a mail was sent. No occasion comes back after that."""


def claimed_today() -> Q:
    """Notices that were claimed, or asked for, since local midnight."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    return Q(claimed_at__gte=midnight) | Q(asked_at__gte=midnight)


def one_a_day(kind: str) -> Collection[str]:
    """The kinds of which somebody who gets one of this kind gets no other on the same day."""
    return REMINDERS if kind in REMINDERS else (kind,)


def claim(*, account: int, kind: str, occasion: str) -> SentNotice | None:
    """Take it upon oneself to send this mail. None where somebody has done so, or the person should not get it now.

    Asks again whether the person wants it, under the lock of their row: who unsubscribes before this gets nothing.
    """
    try:
        with transaction.atomic():
            if not _hold_reader(account, kind):
                return None
            taken = Q(kind=kind, occasion=occasion) | (Q(kind__in=one_a_day(kind)) & claimed_today())
            if SentNotice.objects.filter(taken, person_id=account).exists():
                return None
            return SentNotice.objects.create(person_id=account, kind=kind, occasion=occasion)
    except IntegrityError:
        return None


@transaction.atomic
def claim_asked(notice: SentNotice) -> SentNotice | None:
    """Take it upon oneself to send what a leader has asked for. None where somebody has, or it is no longer wanted."""
    if not _hold_reader(notice.person_id, notice.kind):
        return None
    others = SentNotice.objects.filter(claimed_today(), person_id=notice.person_id, kind__in=one_a_day(notice.kind))
    if others.exclude(pk=notice.pk).exists():
        return None  # tomorrow
    now = timezone.now()
    if not SentNotice.objects.waiting().filter(pk=notice.pk).update(claimed_at=now):
        return None
    notice.claimed_at = now
    return notice


def _hold_reader(account: int, kind: str) -> bool:
    """Hold the person's row to the end of the transaction; whether they may be sent this."""
    wanting = people_wanting(MAIL_KINDS[kind]).select_for_update(no_key=True, of=("self",))
    return wanting.filter(pk=account).only("pk").first() is not None


def mark_sent(notice: SentNotice) -> None:
    SentNotice.objects.filter(pk=notice.pk).update(sent_at=timezone.now())


def mark_refused(notice: SentNotice) -> None:
    """The reader's mail server wants it neither now nor later."""
    SentNotice.objects.filter(pk=notice.pk).update(refused_at=timezone.now())


def put_back(notice: SentNotice) -> None:
    """No server has accepted the mail: somebody may try again."""
    if notice.asked_at:
        SentNotice.objects.filter(pk=notice.pk).update(claimed_at=None)
    else:
        SentNotice.objects.filter(pk=notice.pk).delete()


def forget_old_notices() -> int:
    """Drop what is too old to matter, and requests nobody could carry out in time. Returns how many."""
    now = timezone.now()
    old = Q(claimed_at__lt=now - KEPT) | Q(claimed_at__isnull=True, asked_at__lt=now - PATIENCE)
    return SentNotice.objects.filter(old).delete()[0]
