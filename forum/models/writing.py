"""What is being written: drafts, and files on their way into a post."""

import uuid
from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.topics import TITLE_MAX, WARNING_MAX, Post


class Draft(models.Model):
    """One person's unfinished text for one place, on every device. `place` is `space:3`, `topic:12` or `post:40`.

    `version` grows with each saving: who saves on an older one is told. Holds no identity number: what the guard
    finds is masked first.
    """

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="forum_drafts")
    place = models.CharField(max_length=40)
    title = models.CharField(max_length=TITLE_MAX, blank=True)
    source = models.TextField(blank=True)
    source_format = models.CharField(max_length=4, choices=Post.Format.choices, default=Post.Format.HTML)
    content_warning = models.CharField(max_length=WARNING_MAX, blank=True)
    as_pseudonym = models.BooleanField(default=False)
    choices = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("utkast")
        verbose_name_plural = _("utkast")
        ordering: ClassVar[list[str]] = ["-updated_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "place"], name="one_draft_a_person_and_place"),
        ]

    def __str__(self) -> str:
        return self.place


def attachment_path(attachment: "Attachment", name: str) -> str:
    """Where the file lies: named by its key alone, so that a name someone chose is never a path."""
    return f"{attachment.key.hex[:2]}/{attachment.key}"


def attachment_storage() -> Storage:
    """Outside the media folder: no proxy serves it, only `forum:attachment`, which asks who may."""
    return storages["forum"]


class Attachment(models.Model):
    """A file or picture, first in a draft (`place`), then in a post. Served only to who may read the post.

    `uploader` is emptied when the post is written under an alias. `text` is what is in the file, for search.
    """

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    place = models.CharField(max_length=40, blank=True)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="forum_attachments"
    )
    file = models.FileField(upload_to=attachment_path, storage=attachment_storage)
    name = models.CharField(_("filnavn"), max_length=160)
    media_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField(_("byte"))
    is_image = models.BooleanField(default=False)
    alt_text = models.CharField(_("bildebeskrivelse"), max_length=300, blank=True)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("vedlegg")
        verbose_name_plural = _("vedlegg")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(post__isnull=False) | Q(uploader__isnull=False), name="an_attachment_is_somebodys"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """What sort of file it is, as people know it by its name: «PDF», «DOCX»."""
        return PurePath(self.name).suffix.removeprefix(".").upper()
