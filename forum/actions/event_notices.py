"""Whom news of an event is told to in their list, beside the mails.

- One's place: what somebody else did, or the waiting list. Not what one did oneself.
- That the event is cancelled or changed: to those who are mailed of it.
- A letter: when the mail has been handed over, since that is where it is read.
- The evaluation: to all who may answer, but not who has silenced the space. It goes when they have answered.

One line of each for an event: what comes later makes it new. Whether they may see the event is asked when they read
their list (`forum.queries.notices`), and what is said of a place is what it is then.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from forum.models import Event, EventMailing, EventMailReceiver, EventSignUp, Notice, SignUpNews, Watch
from people.models import User

Kind = Notice.Kind
OF_THE_EVENT = {SignUpNews.Kind.EVENT_CANCELLED, SignUpNews.Kind.CHANGED}


@transaction.atomic
def tell_of_sign_ups(*, keys: Collection[int], kind: str, by: int | None = None) -> None:
    """As `kind` of `SignUpNews` says. Nobody is told what they did themselves (`by`, the account's number). Reminders
    are for mail alone.

    Whose account has gone is told nothing.
    """
    if kind == SignUpNews.Kind.REMINDER:
        return
    about = EventSignUp.objects.filter(pk__in=keys).exclude(person=by)
    staying = _lock(about.values("person"))
    told: dict[int, set[int]] = {}
    for event_id, person in about.values_list("event", "person"):
        if person in staying:
            told.setdefault(event_id, set()).add(person)
    for event_id, receivers in told.items():
        _renew(event_id=event_id, people=receivers, kind=Kind.EVENT if kind in OF_THE_EVENT else Kind.PLACE)


@transaction.atomic
def tell_of_letter(*, receiver_id: int) -> None:
    """That a letter is in the mailbox of whoever it was for."""
    letters = EventMailReceiver.objects.exclude(mailing__audience=EventMailing.Audience.EVALUATION)
    for event_id, person in letters.filter(pk=receiver_id).values_list("mailing__event", "person"):
        if not _lock([person]):
            continue
        _renew(event_id=event_id, people={person}, kind=Kind.LETTER)


def tell_of_evaluation(*, event: Event, people: Collection[int]) -> None:
    silenced = Watch.objects.filter(person__in=people, space=event.space_id, level=Watch.Level.NONE)
    _renew(event_id=event.pk, people={*people} - {*silenced.values_list("person", flat=True)}, kind=Kind.EVALUATION)


def _lock(people: Any) -> set[int]:
    """Those of them who are still here. A notice holds on to the account of whoever it is for, so the accounts are
    locked first, and in order: whoever deletes an account locks it before what hangs on it.
    """
    accounts = User.objects.select_for_update(no_key=True).filter(pk__in=people)
    return set(accounts.order_by("pk").values_list("pk", flat=True))


def _renew(*, event_id: int, people: set[int], kind: str) -> None:
    """Unread and newest, for each. Two queries, however many they are."""
    now = timezone.now()
    there = Notice.objects.filter(event=event_id, kind=kind, person__in=people)
    there.update(created_at=now, read_at=None)
    Notice.objects.bulk_create(
        [Notice(person_id=person, kind=kind, event_id=event_id, created_at=now) for person in sorted(people)],
        ignore_conflicts=True,
    )


def mark_event_read(*, person: User, event: Event) -> None:
    """All there is to tell of it is read. Once more changes nothing. One query."""
    told = Notice.objects.filter(person=person, event=event, kind__in=Notice.OF_EVENTS, read_at__isnull=True)
    told.update(read_at=timezone.now())
