"""Reads about reminders, for those who may remind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.utils import timezone

from learning.models import SentNotice


class ReminderState(StrEnum):
    SENT = "sent"
    WAITING = "waiting"
    FAILED = "failed"
    """The reader's mail server refused it, or whoever sent it died."""


@dataclass(frozen=True, slots=True)
class LastReminder:
    """What a leader sees of the last reminder to a member: when it was asked for, and how far it came."""

    at: datetime
    state: ReminderState


def get_last_reminders(
    *, accounts: Collection[int], path_key: UUID, since: timedelta = timedelta(days=7)
) -> dict[int, LastReminder]:
    """The last reminder of this path by any leader to each of these people within the time, by account number.

    One query. For those who may remind them.
    """
    rows = SentNotice.objects.filter(
        person__in=accounts,
        kind=SentNotice.Kind.LEADER_REMINDER,
        occasion__startswith=f"path:{path_key}:",
        asked_at__gt=timezone.now() - since,
    ).order_by("asked_at")
    return {row.person_id: LastReminder(at=row.asked_at, state=_state_of(row)) for row in rows if row.asked_at}


def _state_of(row: SentNotice) -> ReminderState:
    if row.sent_at:
        return ReminderState.SENT
    a_day_ago = timezone.now() - timedelta(days=1)
    if row.refused_at or (row.claimed_at and row.claimed_at < a_day_ago):
        return ReminderState.FAILED
    return ReminderState.WAITING
