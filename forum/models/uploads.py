"""Files on their way into the library, piece by piece, so that a poor line is no hindrance.

The pieces lie in the database: any process can take the next one, a piece and how far one has come are written
together or not at all, and no web server has an address for them (docs/decisions/0017-pieces-in-the-database.md).
"""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NAME_MAX = 160


class LibraryUpload(models.Model):
    """A file that is coming beside a form. Its uploader's alone; nobody reads it before all of it is there.

    The file it becomes carries the same `key`: finishing twice makes one. `stamp` is when the file was last changed
    on the person's own machine, in milliseconds, so that the same file chosen again goes on where it was.
    """

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="library_uploads")
    submission = models.UUIDField()
    name = models.CharField(_("filnavn"), max_length=NAME_MAX)
    size = models.PositiveBigIntegerField(_("byte"))
    stamp = models.BigIntegerField(default=0)
    received = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    touched_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("opplasting")
        verbose_name_plural = _("opplastinger")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "submission", "name", "size", "stamp"], name="a_file_comes_once_beside_a_form"
            ),
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="no_more_comes_than_was_said"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["touched_at"], name="uploads_left_behind")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_whole(self) -> bool:
        return self.received == self.size


class LibraryUploadPart(models.Model):
    """A piece of a file that is coming, from the byte `start`."""

    wagtail_reference_index_ignore = True

    upload = models.ForeignKey(LibraryUpload, on_delete=models.CASCADE, related_name="parts")
    start = models.PositiveBigIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering: ClassVar[list[str]] = ["upload", "start"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["upload", "start"], name="a_byte_comes_once"),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.start}"
