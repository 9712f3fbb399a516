"""«Gjennomgått – gjelder fortsatt»: somebody answers for an item until another day."""

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.models import LibraryItem, LibraryReview, Notice
from forum.permissions.library import user_can_edit_item
from people.models import User
from safety.text import TextRefusedError

REVIEW_EVERY = timedelta(days=365)
LONGEST = timedelta(days=5 * 365)


@transaction.atomic
def mark_reviewed(*, person: User, item: LibraryItem, next_on: date | None = None) -> LibraryReview:
    """Who looked and when is kept with the item. The next day is a year on unless another is said, at most five.

    Raises PermissionDenied and TextRefusedError.
    """
    item = LibraryItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    if not user_can_edit_item(person, item):
        raise PermissionDenied
    today = timezone.localdate()
    next_on = next_on or today + REVIEW_EVERY
    if not today < next_on <= today + LONGEST:
        raise TextRefusedError(_("Neste gjennomgang må være en dag fra i morgen og inntil fem år fram."))
    item.review_on, item.review_reminded_at = next_on, None
    item.save(update_fields=["review_on", "review_reminded_at"])
    Notice.objects.filter(item=item, kind=Notice.Kind.REVIEW).delete()
    return LibraryReview.objects.create(item=item, by=person, next_on=next_on)
