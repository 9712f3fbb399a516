"""A leader's friendly reminder to one member of the team."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learning import tasks
from learning.actions.assignments import get_onboarding_paths
from learning.actions.notices import MAIL_KINDS, REMINDERS, claimed_today
from learning.models import Completion, PathAssignment, SentNotice
from people.models import Membership, Team, User
from people.queries.mail import get_mail_addresses, people_wanting

AGAIN_AFTER = timedelta(days=7)
"""How long a member is left in peace about a path, whoever asked."""
A_DAY = 40
"""How many reminders one leader sends in 24 hours: more than a team has members."""


class NotAskedForError(Exception):
    """The team does not, or no longer, ask the person to take a path."""


class AlreadyCompletedError(Exception):
    """There is nothing to remind of."""


class RemindedLatelyError(Exception):
    """`at`: when the member was last reminded. Within seven days for the same path, or today of anything."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at


class TooManyRemindersError(Exception):
    """The leader has sent all they may in a day."""


class NotReachableError(Exception):
    """No mail of this kind may be sent to the person. Why is theirs to tell."""


def get_path_of_team(team: Team) -> UUID | None:
    """The path the team asks its members to take. One query."""
    paths = get_onboarding_paths()
    return paths.get(team.programme) or paths.get(Team.Programme.FACT)


@transaction.atomic
def remind_member(*, by: User, membership: Membership) -> SentNotice:
    """Ask for a reminder to be sent to a member who has not completed the team's path. Callers have authorised.

    Raises NotAskedForError, AlreadyCompletedError, NotReachableError, RemindedLatelyError, TooManyRemindersError.
    The member's and the leader's rows are held, so that the limits stand however many ask at once; besides, a week's
    reminder of a path is one row by constraint. The mail goes after commit: by a worker, or at once without one.
    """
    person = membership.person
    list(User.objects.select_for_update(no_key=True).filter(pk__in=[by.pk, person.pk]).order_by("pk"))
    path_key = get_path_of_team(membership.team)
    if path_key is None or not Membership.objects.active().filter(pk=membership.pk).exists():
        raise NotAskedForError
    if not PathAssignment.objects.filter(person=person, path_key=path_key).exists():
        raise NotAskedForError
    if Completion.objects.filter(learner=person, subject_key=path_key).exists():
        raise AlreadyCompletedError
    now = timezone.now()
    last = _last_reminder(person, path_key, since=now - AGAIN_AFTER)
    if last is not None:
        raise RemindedLatelyError(last)
    if SentNotice.objects.filter(sent_by=by, asked_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        raise TooManyRemindersError
    wanting = people_wanting(MAIL_KINDS[SentNotice.Kind.LEADER_REMINDER]).filter(pk=person.pk)
    if not wanting.exists() or not get_mail_addresses([person]):
        raise NotReachableError
    notice = SentNotice.objects.create(
        person=person,
        kind=SentNotice.Kind.LEADER_REMINDER,
        occasion=occasion_of(path_key, now),
        sent_by=by,
        asked_at=now,
        claimed_at=None,
    )
    transaction.on_commit(partial(tasks.send_asked.enqueue, [notice.pk]))
    return notice


def _last_reminder(person: User, path_key: UUID, *, since: datetime) -> datetime | None:
    """When the person was last reminded: of this path by a leader since then, or today of any by anybody."""
    of_path = Q(kind=SentNotice.Kind.LEADER_REMINDER, occasion__startswith=f"path:{path_key}:", asked_at__gt=since)
    today = Q(kind__in=REMINDERS) & claimed_today()
    found = SentNotice.objects.filter(of_path | today, person=person).order_by("-pk").first()
    return (found.asked_at or found.claimed_at) if found else None


def occasion_of(path_key: UUID, moment: datetime) -> str:
    """A path in a week of the calendar (ISO 8601), local time."""
    week = timezone.localdate(moment).isocalendar()
    return f"path:{path_key}:{week.year}-W{week.week:02}"
