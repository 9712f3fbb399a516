"""Lists of an event's participants that leave Flett. Each is written down: who took it, when, and how much."""

from django.db import transaction

from forum.actions.arranging import lock_arranged
from forum.models import Event, EventExport
from forum.queries.event_after import list_dietary_needs, list_participants
from people.models import User
from safety.tables import write_csv, write_xlsx


@transaction.atomic
def export_list(*, by: User, event: Event, what: str, file_format: str) -> bytes:
    """`what` is of `EventExport.What`, `file_format` csv or xlsx. Cells that would run as formulas are disarmed.

    Raises PermissionDenied.
    """
    event = lock_arranged(event, by=by)
    is_dietary = what == EventExport.What.DIETARY
    rows = list_dietary_needs(event) if is_dietary else list_participants(event)
    EventExport.objects.create(
        event=event, by=by, what=EventExport.What(what), file_format=file_format, row_count=len(rows) - 1
    )
    title = EventExport.What(what).label
    return write_xlsx(rows, title=str(title)) if file_format == "xlsx" else write_csv(rows)
