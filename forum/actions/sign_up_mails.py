"""Every change to which mails about sign-ups have been sent. A mail is claimed here first, and committed."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from forum.models import SignUpNews

KEPT = timedelta(days=60)
"""From when the row was made. After that nobody asks what was sent."""
PATIENCE = timedelta(days=3)
"""A mail that could not be sent for so long is not sent any more: what it tells of may be another by then."""


def waiting_news(now: datetime) -> QuerySet[SignUpNews]:
    """Those that nobody has taken upon themselves to send."""
    return SignUpNews.objects.filter(claimed_at__isnull=True, created_at__gt=now - PATIENCE)


def claim_news(*, pk: int) -> list[int] | None:
    """Take it upon oneself to send it. None where somebody has."""
    claimed = SignUpNews.objects.filter(pk=pk, claimed_at__isnull=True).update(claimed_at=timezone.now())
    return [pk] if claimed else None


def mark_sent(claim: list[int]) -> None:
    SignUpNews.objects.filter(pk__in=claim).update(sent_at=timezone.now())


def mark_refused(claim: list[int]) -> None:
    """The reader's mail server wants it neither now nor later."""
    SignUpNews.objects.filter(pk__in=claim).update(refused_at=timezone.now())


def put_back(claim: list[int]) -> None:
    """No server has accepted the mail: somebody may try again."""
    SignUpNews.objects.filter(pk__in=claim).update(claimed_at=None)


def set_aside(claim: list[int]) -> None:
    """It holds no more, or its reader may not be told: claimed without being sent."""
    now = timezone.now()
    SignUpNews.objects.filter(pk__in=claim, claimed_at__isnull=True).update(claimed_at=now, refused_at=now)


def forget_sign_up_news() -> int:
    """Drop what is too old to matter. Returns how many."""
    return SignUpNews.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]
