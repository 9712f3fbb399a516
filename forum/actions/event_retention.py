"""How long what comes with an event is kept. Called every night by `forum.actions.retention`.

A year after the event nobody plans by it any more: what people answered the organiser, free answers to the evaluation,
letters and whom they went to, go. Counts stay: how many came, how many letters, what was chosen in the evaluation.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from forum.models import EvaluationText, EventExport, EventMailing, EventMailReceiver, SignUpAnswer

KEPT_FOR = timedelta(days=365)
"""From the event's end."""
EXPORTS_FOR = timedelta(days=730)
"""Who took a list out: as long as the moderators' log."""


def old_rows(now: datetime) -> list[tuple[str, QuerySet[Any]]]:
    """What is deleted as it stands, by what it is called."""
    past = now - KEPT_FOR
    return [
        ("answers to organisers", SignUpAnswer.objects.filter(sign_up__event__ends_at__lte=past)),
        ("free answers to evaluations", EvaluationText.objects.filter(question__event__ends_at__lte=past)),
        ("receivers of letters", EventMailReceiver.objects.filter(mailing__in=_old_letters(now))),
        ("lists taken out", EventExport.objects.filter(at__lte=now - EXPORTS_FOR)),
    ]


def _old_letters(now: datetime) -> QuerySet[EventMailing]:
    """A year after both the event and the letter."""
    past = now - KEPT_FOR
    return EventMailing.objects.filter(event__ends_at__lte=past, created_at__lte=past)


def empty_old_letters(now: datetime) -> int:
    """Take the words out of old letters; that they were sent, to whom of them and when, stays. Returns how many."""
    return _old_letters(now).exclude(Q(subject="") & Q(text="")).update(subject="", text="")
