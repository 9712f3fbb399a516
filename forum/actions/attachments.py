"""Files and pictures: first beside a draft, then in a post. Served only by `forum:attachment`."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath
from typing import IO, Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import CharField, FileField, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum import tasks
from forum.models import Attachment, EventMaterial, LibraryFile, LibraryPreviewPage, Post
from forum.models.writing import attachment_storage
from forum.permissions import user_can_edit_post
from forum.prepared import prepared
from people.models import User
from safety.files import IMAGE_FORMATS, FileRefusedError
from safety.guard import guard_texts
from safety.guard.files import guard_file
from safety.text import clean_line

FILES_MOST = 10
NAME_MAX = 160
ALT_MAX = 300
KEPT_BESIDE_DRAFT = timedelta(days=7)
"""A file that never came into a post, from when it was uploaded."""
WITHOUT_ROW = timedelta(days=1)
"""A file no row knows, from when it was written: the row of one that is being kept is not committed yet."""
_OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(_\w+)?")
"""As `attachment_path` and `preview_path` name files; what else somebody has put there is not touched."""


def is_image_name(name: str) -> bool:
    return PurePath(name).suffix.lower().removeprefix(".") in IMAGE_FORMATS


@sensitive_variables()
def add_attachment(
    *,
    person: User,
    place: str,
    file: IO[bytes],
    name: str,
    alt_text: str = "",
    confirmed: bool = False,
    post: Post | None = None,
) -> tuple[Attachment, list[str]]:
    """Check, clean and keep a file beside a draft, or in a `post` of one's own. Also what the person should know of it.

    Raises FileRefusedError, TextRefusedError and the guard's kinds of it, and PermissionDenied.
    """
    name = clean_line(PurePath(name.replace("\\", "/")).name, most=NAME_MAX) or "fil"
    alt_text = clean_line(alt_text, most=ALT_MAX)
    is_image = is_image_name(name)
    if is_image and not alt_text:
        raise FileRefusedError(_("Skriv hva bildet viser, så også de som ikke ser det, får vite det."))
    guard_texts({"alt_text": alt_text}, confirmed=confirmed)
    guarded = guard_file(file, name=name, confirmed=confirmed)
    with transaction.atomic():
        if post is not None:
            post = Post.objects.select_for_update(no_key=True).get(pk=post.pk)
            if not user_can_edit_post(person, post):
                raise PermissionDenied
            own = Attachment.objects.filter(post=post)
        else:
            own = Attachment.objects.filter(uploader=person, place=place, post__isnull=True)
        if own.count() >= FILES_MOST:
            raise FileRefusedError(_("Et innlegg kan ha høyst %(most)d filer.") % {"most": FILES_MOST})
        uploader = None if post is not None and post.author_id is None else person
        attachment = Attachment(
            post=post,
            place="" if post is not None else place,
            uploader=uploader,
            name=name,
            media_type=guarded.media_type,
            size=guarded.content.size,
            is_image=is_image,
            alt_text=alt_text,
            text=guarded.text,
        )
        attachment.file.save(name, guarded.content, save=False)
        attachment.save()
        if post is not None:
            tasks.posts_were_changed([post.pk])
    return attachment, guarded.notices


@transaction.atomic
def remove_attachment(*, person: User, attachment: Attachment) -> None:
    """Take a file out of one's draft, or out of a post of one's own. Raises PermissionDenied."""
    if attachment.post is None:
        if attachment.uploader_id != person.pk:
            raise PermissionDenied
    elif not user_can_edit_post(person, attachment.post):
        raise PermissionDenied
    delete_files(Attachment.objects.filter(pk=attachment.pk))
    if attachment.post is not None:
        tasks.posts_were_changed([attachment.post.pk])


@prepared(place=CharField())
def _beside_draft(reader: Any, *, place: Any) -> "QuerySet[Attachment, Any]":
    return Attachment.objects.filter(uploader=reader, place=place, post__isnull=True).values_list("pk")


def claim_attachments(*, person: User, place: str, post: Post) -> int:
    """The files beside a draft go into its post; under an alias nothing says who uploaded them.

    One query where there are none.
    """
    found = [pk for (pk,) in _beside_draft(person, place=place)]
    if not found:
        return 0
    return Attachment.objects.filter(pk__in=found, post__isnull=True).update(
        post=post, place="", uploader=person if post.author_id else None
    )


def delete_files(attachments: "QuerySet[Attachment] | QuerySet[LibraryFile] | QuerySet[EventMaterial]") -> int:
    """Delete rows at once and their files after commit, also those of the library with their pictures, and of events.

    Returns how many.
    """
    found = [(each.file.storage, str(each.file.name)) for each in attachments.only("file")]
    count = len(found)
    if attachments.model is LibraryFile:
        for page in LibraryPreviewPage.objects.filter(preview__file__in=attachments.values("pk")).exclude(large=""):
            found += [(each.storage, str(each.name)) for each in (page.small, page.large)]
    attachments.delete()
    transaction.on_commit(partial(_delete_from_storage, found))
    return count


def _delete_from_storage(files: Iterable[tuple[Storage, str]]) -> None:
    for storage, name in files:
        storage.delete(name)


def loose_files(now: datetime) -> QuerySet[Attachment]:
    """Files that have waited too long beside a draft."""
    return Attachment.objects.filter(post__isnull=True, created_at__lt=now - KEPT_BESIDE_DRAFT)


@transaction.atomic
def delete_orphaned_files() -> int:
    """Files beside drafts for more than a week that never became a post. Returns how many."""
    return delete_files(loose_files(timezone.now()))


class UnknownFilesError(Exception):
    """Not one file of the storage is known to the database: they do not belong together."""


def files_without_rows() -> list[str]:
    """Names of the forum's files that no row knows, such as a process left that was killed before it had committed.

    Raises UnknownFilesError, so that a new or another database takes nobody's files.
    """
    storage = attachment_storage()
    there = set(_names_in(storage))  # before the rows are asked, so that a row that comes meanwhile is found
    known = there & _known_names()
    before = timezone.now() - WITHOUT_ROW
    found = [name for name in sorted(there - known) if _is_older(storage, name, before)]
    if found and not known:
        raise UnknownFilesError
    return found


def delete_files_without_rows() -> int:
    """Returns how many. Raises UnknownFilesError."""
    found = files_without_rows()
    _delete_from_storage((attachment_storage(), name) for name in found)
    return len(found)


def _is_older(storage: Storage, name: str, moment: datetime) -> bool:
    try:
        return storage.get_modified_time(name) <= moment
    except FileNotFoundError:  # deleted meanwhile
        return False


def _names_in(storage: Storage) -> Iterator[str]:
    try:
        folders, _files = storage.listdir("")
    except FileNotFoundError:
        return
    for folder in folders:
        for name in storage.listdir(folder)[1]:
            path = f"{folder}/{name}"
            if _OURS.fullmatch(path):
                yield path


def _known_names() -> set[str]:
    """What any row of any table calls a file, so that a new kind of file is not forgotten here."""
    fields = [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, FileField)
    ]
    return {name for model, field in fields for name in model._base_manager.values_list(field, flat=True).iterator()}
