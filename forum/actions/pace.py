"""How much one person may write and report in a while.

Counted over the person and their own aliases together, by one query that keeps nothing: no row says that the two
belong together. The person's row is locked first of all, so that requests that come at once pass one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, DateTimeField, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forum.models import LibraryFile, LibraryUpload, Post, Report, Topic
from forum.prepared import prepared
from forum.pseudonyms import owned_by
from people.models import User
from safety.text import TextRefusedError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_FOR = timedelta(days=7)
"""So long an account is new."""


@dataclass(frozen=True, slots=True)
class Pace:
    topics_a_day: int
    posts_an_hour: int


NEW_PEOPLE = Pace(topics_a_day=5, posts_an_hour=20)
OTHERS = Pace(topics_a_day=20, posts_an_hour=60)
REPORTS_AN_HOUR = 10
UPLOADS_AN_HOUR = 120
NEW_PEOPLES_UPLOADS_AN_HOUR = 40


class TooFastError(TextRefusedError):
    """More than the pace allows. `again_at` is when there is room for one more; the message says it."""

    def __init__(self, message: str, *, again_at: datetime) -> None:
        super().__init__(message)
        self.again_at = again_at


def pace_of(person: User) -> Pace:
    return NEW_PEOPLE if is_new(person) else OTHERS


def is_new(person: User) -> bool:
    return person.date_joined > timezone.now() - NEW_FOR


@prepared(pk=BigIntegerField())
def _locked_person(_reader: Any, *, pk: Any) -> "QuerySet[User, Any]":
    return User.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk")


def lock_person(person: User) -> None:
    """Until the transaction ends, nobody else writes as this person. Before any lock of a space or topic."""
    _locked_person.for_all(pk=person.pk)


@prepared(since=DateTimeField())
def _written(reader: Any, *, since: Any, model: type[Post] | type[Topic]) -> "QuerySet[Any, Any]":
    """When the person wrote, under their name or an alias. Two that are joined: one would read every post there is."""
    recent = model._default_manager.filter(created_at__gt=since).order_by().values_list("created_at")
    return recent.filter(author=reader).union(recent.filter(owned_by(reader, through="pseudonym")), all=True)


def check_pace(*, author: User, starts_topic: bool) -> None:
    """Raise TooFastError where the person, whose row is locked, has written as much as they may for now.

    A topic counts as a post too. One query, or two.
    """
    pace, now = pace_of(author), timezone.now()
    _check(
        (at for (at,) in _written(author, ways={"model": Post}, since=now - HOUR)),
        most=pace.posts_an_hour,
        within=HOUR,
        what=_("Du har skrevet mange innlegg den siste timen."),
    )
    if starts_topic:
        _check(
            (at for (at,) in _written(author, ways={"model": Topic}, since=now - DAY)),
            most=pace.topics_a_day,
            within=DAY,
            what=_("Du har startet mange tråder det siste døgnet."),
        )


def check_report_pace(*, reporter: User) -> None:
    """The same for reports. Two queries."""
    lock_person(reporter)
    _check(
        Report.objects.filter(reporter=reporter, created_at__gt=timezone.now() - HOUR).values_list(
            "created_at", flat=True
        ),
        most=REPORTS_AN_HOUR,
        within=HOUR,
        what=_("Du har meldt fra om mange innlegg den siste timen."),
    )


def check_upload_pace(*, person: User) -> None:
    """The same for files handed in to the library, those still coming too. Two queries."""
    lock_person(person)
    since = timezone.now() - HOUR
    files = LibraryFile.objects.filter(uploader=person, created_at__gt=since).order_by().values_list("created_at")
    coming = LibraryUpload.objects.filter(person=person, created_at__gt=since).order_by().values_list("created_at")
    _check(
        (at for (at,) in files.union(coming, all=True)),
        most=NEW_PEOPLES_UPLOADS_AN_HOUR if is_new(person) else UPLOADS_AN_HOUR,
        within=HOUR,
        what=_("Du har lastet opp mange filer den siste timen."),
    )


def _check(times: Iterable[datetime], *, most: int, within: timedelta, what: str) -> None:
    """`times` are those within."""
    newest_first = sorted(times, reverse=True)
    if len(newest_first) >= most:
        again_at = newest_first[most - 1] + within
        raise TooFastError(f"{what} {_again(again_at)}", again_at=again_at)


def _again(at: datetime) -> str:
    """To the minute, and never early."""
    shown = timezone.localtime(at + timedelta(seconds=59))
    clock = shown.strftime("%H.%M")
    if shown.date() == timezone.localdate():
        return _("Du kan fortsette klokka %(clock)s. Det du har skrevet, er ikke borte.") % {"clock": clock}
    return _("Du kan fortsette %(day)s klokka %(clock)s. Det du har skrevet, er ikke borte.") % {
        "day": date_format(shown, "j. F"),
        "clock": clock,
    }
