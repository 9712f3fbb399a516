"""Lists of an event's participants that leave Flett. Each is written down: who took it, when, and how much."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from forum.actions.arranging import lock_arranged
from forum.models import Event, EventExport
from forum.permissions.events import user_can_see_event
from forum.queries.event_after import list_dietary_needs, list_participants
from forum.queries.sign_ups import list_team
from people.models import Team, User
from people.permissions import user_can_manage_team
from safety.tables import write_csv, write_xlsx

ARRANGERS = (EventExport.What.PEOPLE, EventExport.What.DIETARY)
"""The lists of those who arrange."""


@transaction.atomic
def export_list(*, by: User, event: Event, what: str, file_format: str) -> bytes:
    """`what` is of `ARRANGERS`, `file_format` csv or xlsx. Cells that would run as formulas are disarmed.

    Raises PermissionDenied, ValueError.
    """
    event = lock_arranged(event, by=by)
    if what not in ARRANGERS:
        raise ValueError("A team's list is made for whoever manages the team.")
    is_dietary = what == EventExport.What.DIETARY
    rows = list_dietary_needs(event) if is_dietary else list_participants(event)
    EventExport.objects.create(
        event=event, by=by, what=EventExport.What(what), file_format=file_format, row_count=len(rows) - 1
    )
    return _write(rows, what=what, file_format=file_format)


@transaction.atomic
def export_team_list(*, by: User, event: Event, team: Team, file_format: str) -> bytes:
    """The team's own rows, to somebody who manages it, as they see them. Written down with the other lists.

    Raises PermissionDenied.
    """
    if not user_can_see_event(by, event) or not user_can_manage_team(by, team):
        raise PermissionDenied
    rows = list_team(by, event, team)
    what = EventExport.What.TEAM
    EventExport.objects.create(event=event, by=by, what=what, file_format=file_format, row_count=len(rows) - 1)
    return _write(rows, what=what, file_format=file_format)


def _write(rows: list[list[str]], *, what: str, file_format: str) -> bytes:
    title = EventExport.What(what).label
    return write_xlsx(rows, title=str(title)) if file_format == "xlsx" else write_csv(rows)
