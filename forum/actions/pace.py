"""How much one person may write and report in a while.

Counted over the person and their own aliases together, by one query that keeps nothing: no row says that the two
belong together. The person's row is locked first of all, so that requests that come at once pass one by one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from forum.models import Post, Pseudonym, Report, Topic
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


class TooFastError(TextRefusedError):
    """More than the pace allows. `again_at` is when there is room for one more; the message says it."""

    def __init__(self, message: str, *, again_at: datetime) -> None:
        super().__init__(message)
        self.again_at = again_at


def pace_of(person: User) -> Pace:
    return NEW_PEOPLE if is_new(person) else OTHERS


def is_new(person: User) -> bool:
    return person.date_joined > timezone.now() - NEW_FOR


def lock_person(person: User) -> None:
    """Until the transaction ends, nobody else writes as this person. Before any lock of a space or topic."""
    User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()


def check_pace(*, author: User, starts_topic: bool) -> None:
    """Raise TooFastError where the person has written as much as they may for now. Called before anything else.

    A topic counts as a post too. Three or four queries.
    """
    lock_person(author)
    pace = pace_of(author)
    aliases = list(Pseudonym.objects.filter(owned_by(author)).values_list("pk", flat=True))
    own = Q(author=author) | Q(pseudonym__in=aliases)  # named one by one: a join would read every post there is
    _check(
        _newest(Post.objects.filter(own), most=pace.posts_an_hour),
        most=pace.posts_an_hour,
        within=HOUR,
        what=_("Du har skrevet mange innlegg den siste timen."),
    )
    if starts_topic:
        _check(
            _newest(Topic.objects.filter(own), most=pace.topics_a_day),
            most=pace.topics_a_day,
            within=DAY,
            what=_("Du har startet mange tråder det siste døgnet."),
        )


def check_report_pace(*, reporter: User) -> None:
    """The same for reports. Two queries."""
    lock_person(reporter)
    _check(
        _newest(Report.objects.filter(reporter=reporter), most=REPORTS_AN_HOUR),
        most=REPORTS_AN_HOUR,
        within=HOUR,
        what=_("Du har meldt fra om mange innlegg den siste timen."),
    )


def _newest(rows: QuerySet[Post] | QuerySet[Topic] | QuerySet[Report], *, most: int) -> list[datetime]:
    return list(rows.order_by("-created_at").values_list("created_at", flat=True)[:most])


def _check(times: list[datetime], *, most: int, within: timedelta, what: str) -> None:
    if len(times) < most:
        return
    again_at = times[-1] + within
    if again_at > timezone.now():
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
