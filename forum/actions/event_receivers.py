"""Whom a letter of an event waits for. Whoever hands one over has claimed it here first, and committed."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from forum.actions.event_notices import tell_of_letter
from forum.models import EventMailReceiver

PATIENCE = timedelta(days=3)
"""A letter that could not be handed over within this is not sent."""


def waiting_receivers() -> QuerySet[EventMailReceiver]:
    """Those nobody has taken upon themselves to write to, of letters that are not too old."""
    return EventMailReceiver.objects.filter(claimed_at__isnull=True, mailing__created_at__gt=timezone.now() - PATIENCE)


def letters_to_send() -> list[int]:
    """The letters that have not been handed over to all."""
    return list(waiting_receivers().order_by("mailing").values_list("mailing", flat=True).distinct())


def claim_letter(*, receiver: int) -> int | None:
    """Take it upon oneself to send somebody a letter. None where somebody has, or where they are to get none."""
    taken = EventMailReceiver.objects.filter(pk=receiver, claimed_at__isnull=True).update(claimed_at=timezone.now())
    return receiver if taken else None


@transaction.atomic
def mark_sent(receiver: int) -> None:
    """It is in their mailbox: the bell says so."""
    tell_of_letter(receiver_id=receiver)
    EventMailReceiver.objects.filter(pk=receiver).update(sent_at=timezone.now())


def mark_refused(receiver: int) -> None:
    """The reader's mail server wants it neither now nor later."""
    EventMailReceiver.objects.filter(pk=receiver).update(refused_at=timezone.now())


def put_back(receiver: int) -> None:
    """No server has accepted the letter: somebody may try again."""
    EventMailReceiver.objects.filter(pk=receiver).update(claimed_at=None)


def leave_out(receiver: int) -> None:
    """The letter is for this person no more: they have given their place up, or see the event no longer."""
    EventMailReceiver.objects.filter(pk=receiver, claimed_at__isnull=True).delete()
