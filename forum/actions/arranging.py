"""What every change around an event begins with: its row locked, and whoever changes it asked for once more.

The event's row is locked before its groups, letters and evaluation. Who signs up locks a leg, and never the event.
"""

from django.core.exceptions import PermissionDenied

from forum.models import Event
from forum.permissions.events import user_can_arrange
from people.models import User


def lock_arranged(event: Event, *, by: User) -> Event:
    """The event as it is, locked to the end of the transaction. Raises PermissionDenied for who does not arrange it."""
    locked = Event.objects.select_for_update(no_key=True, of=("self",)).select_related("space").get(pk=event.pk)
    if not user_can_arrange(by, locked):
        raise PermissionDenied
    return locked
