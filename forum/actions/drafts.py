"""Unfinished texts: one for each person and place, the same on every device. An error report shows nothing of them."""

import secrets
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import CharField, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from forum.actions.attachments import delete_files
from forum.models import TITLE_MAX, WARNING_MAX, Attachment, Draft, Post
from forum.prepared import prepared
from forum.writing import masked_source
from people.models import User
from safety.guard import mask
from safety.text import clean_line

FIRST_VERSION_MOST = 1_000_000_000


class StaleDraftError(Exception):
    """The draft was changed, posted or deleted elsewhere since it was read; `draft` is what is stored, if anything."""

    def __init__(self, draft: Draft | None) -> None:
        super().__init__()
        self.draft = draft


@sensitive_variables()
@transaction.atomic
def save_draft(
    *,
    person: User,
    place: str,
    source: str,
    source_format: str,
    base_version: int,
    title: str = "",
    content_warning: str = "",
    as_pseudonym: bool = False,
    choices: dict[str, Any] | None = None,
) -> Draft | None:
    """Keep what is written so far, with identity numbers masked. None where nothing is written and nothing was kept.

    `base_version` is the version the writer began from, 0 for none. The same once more changes nothing. Raises
    StaleDraftError, and TextRefusedError for what is too long.
    """
    fields: dict[str, Any] = {
        "title": mask(clean_line(title, most=TITLE_MAX))[:TITLE_MAX],
        "content_warning": mask(clean_line(content_warning, most=WARNING_MAX))[:WARNING_MAX],
        "source": masked_source(source, source_format=source_format),
        "source_format": Post.Format(source_format),
        "as_pseudonym": as_pseudonym,
        "choices": choices or {},
    }
    kept = Draft.objects.select_for_update().filter(person=person, place=place).first()
    if kept is not None and all(getattr(kept, name) == value for name, value in fields.items()):
        return kept
    if (kept.version if kept else 0) != base_version:
        raise StaleDraftError(kept)
    if kept is None:
        if not (fields["source"] or fields["title"]):
            return None
        # Never a number that an earlier draft here has had: a device that slept since would write over this one.
        kept = Draft(person=person, place=place, version=secrets.randbelow(FIRST_VERSION_MOST) + 1)
    else:
        kept.version += 1
    for name, value in fields.items():
        setattr(kept, name, value)
    kept.updated_at = timezone.now()
    try:
        with transaction.atomic():
            kept.save()
    except IntegrityError:  # two devices began at once, and the other was first
        raise StaleDraftError(Draft.objects.filter(person=person, place=place).first()) from None
    return kept


@prepared(place=CharField())
def _draft(reader: Any, *, place: Any) -> QuerySet[Draft]:
    return Draft.objects.filter(person=reader, place=place)


def drop_draft(*, person: User, place: str) -> None:
    """Take a draft away whose text is posted: its files are the post's. One query where there is none."""
    for draft in _draft(person, place=place):
        draft.delete()


@transaction.atomic
def delete_draft(*, person: User, place: str) -> None:
    """Throw a draft and its files away. One that is gone already is fine."""
    drop_draft(person=person, place=place)
    delete_files(Attachment.objects.filter(uploader=person, place=place, post__isnull=True))
