"""Files, links and things of the library beside an event. A file is checked and guarded before anybody can see it."""

from pathlib import PurePath
from typing import IO

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.actions.arranging import lock_arranged
from forum.actions.attachments import NAME_MAX, delete_files, is_image_name
from forum.actions.library import LINK_SCHEMES
from forum.models import Event, EventMaterial, LibraryItem, ProgrammeItem
from forum.models.events import LABEL_MAX
from forum.permissions.library import user_can_see_item
from people.models import User
from safety.files import FileRefusedError
from safety.guard import guard_texts
from safety.guard.files import guard_file
from safety.text import TextRefusedError, clean_line

MATERIALS_MOST = 60


@sensitive_variables()
def add_file(
    *,
    by: User,
    event: Event,
    file: IO[bytes],
    name: str,
    title: str = "",
    point: ProgrammeItem | None = None,
    for_participants: bool = False,
    confirmed: bool = False,
) -> tuple[EventMaterial, list[str]]:
    """Check, clean and keep a file beside the event. Also what the person should know of it.

    Raises PermissionDenied, FileRefusedError, TextRefusedError and the guard's kinds of it. Nothing is left then.
    """
    name = clean_line(PurePath(name.replace("\\", "/")).name, most=NAME_MAX) or "fil"
    title = _read_title(title, confirmed=confirmed) or name
    guarded = guard_file(file, name=name, confirmed=confirmed)
    with transaction.atomic():
        event = _lock_with_room(event, by=by, point=point)
        kept = EventMaterial(
            event=event,
            point=point,
            title=title,
            for_participants=for_participants,
            name=name,
            media_type=guarded.media_type,
            size=guarded.content.size,
            is_image=is_image_name(name),
            added_by=by,
        )
        kept.file.save(name, guarded.content, save=False)
        kept.save()
    return kept, guarded.notices


@sensitive_variables()
@transaction.atomic
def add_link(
    *,
    by: User,
    event: Event,
    link: str,
    title: str = "",
    point: ProgrammeItem | None = None,
    for_participants: bool = False,
    confirmed: bool = False,
) -> EventMaterial:
    """A link beside the event. Raises PermissionDenied, FileRefusedError, TextRefusedError and the guard's kinds."""
    event = _lock_with_room(event, by=by, point=point)
    link = clean_line(link, most=500)
    try:
        URLValidator(schemes=LINK_SCHEMES)(link)
    except ValidationError:
        raise TextRefusedError(_("Lenken må være en hel nettadresse som begynner med https://.")) from None
    guard_texts({"link": link}, confirmed=confirmed)
    title = _read_title(title, confirmed=confirmed) or link[:LABEL_MAX]
    return EventMaterial.objects.create(
        event=event, point=point, title=title, link=link, for_participants=for_participants, added_by=by
    )


@transaction.atomic
def add_library_item(
    *,
    by: User,
    event: Event,
    item: LibraryItem,
    point: ProgrammeItem | None = None,
    for_participants: bool = False,
) -> EventMaterial:
    """Something of the library, once an event. Shown to those who see it there. Raises PermissionDenied and
    FileRefusedError.
    """
    event = _lock_with_room(event, by=by, point=point)
    if not user_can_see_item(by, item):
        raise PermissionDenied
    try:
        with transaction.atomic():
            return EventMaterial.objects.create(
                event=event,
                point=point,
                title=item.title[:LABEL_MAX],
                library_item=item,
                for_participants=for_participants,
                added_by=by,
            )
    except IntegrityError:
        return EventMaterial.objects.get(event=event, library_item=item)


@transaction.atomic
def remove_material(*, by: User, material: EventMaterial) -> None:
    """Take something away, its file after commit. Doing it again changes nothing. Raises PermissionDenied."""
    lock_arranged(material.event, by=by)
    own = EventMaterial.objects.filter(pk=material.pk)
    delete_files(own.exclude(file=""))
    own.delete()


def _lock_with_room(event: Event, *, by: User, point: ProgrammeItem | None) -> Event:
    event = lock_arranged(event, by=by)
    if point is not None and point.event_id != event.pk:
        raise PermissionDenied
    if EventMaterial.objects.filter(event=event).count() >= MATERIALS_MOST:
        raise FileRefusedError(_("Et arrangement kan ha høyst %(most)d filer og lenker.") % {"most": MATERIALS_MOST})
    return event


@sensitive_variables()
def _read_title(title: str, *, confirmed: bool) -> str:
    title = clean_line(title, most=LABEL_MAX)
    guard_texts({"title": title}, confirmed=confirmed)
    return title
