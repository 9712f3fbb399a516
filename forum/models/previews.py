"""Pictures of the pages of a file in the library, made once in the background and shown in the page."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.library import LibraryFile
from forum.models.writing import attachment_storage


def preview_path(page: "LibraryPreviewPage", name: str) -> str:
    """Named by chance, like other private files: an address of one tells nothing of the next."""
    key = uuid.uuid4()
    return f"{key.hex[:2]}/{key}"


class LibraryPreview(models.Model):
    """What could be made of a file: pages as pictures, or why there are none."""

    wagtail_reference_index_ignore = True

    class Outcome(models.TextChoices):
        PAGES = "pages", _("sider")
        NO_WAY = "no_way", _("slaget kan ikke vises her")
        FAILED = "failed", _("filen kan ikke vises")

    file = models.OneToOneField(LibraryFile, on_delete=models.CASCADE, related_name="preview")
    outcome = models.CharField(max_length=6, choices=Outcome.choices)
    page_count = models.PositiveIntegerField(default=0, help_text="Of the whole file, more than are shown.")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("forhåndsvisning")
        verbose_name_plural = _("forhåndsvisninger")

    def __str__(self) -> str:
        return f"{self.file_id} {self.outcome}"


class LibraryPreviewPage(models.Model):
    """A page in two widths. Width and height are those of `large`; a page that cannot be shown has neither picture."""

    wagtail_reference_index_ignore = True

    preview = models.ForeignKey(LibraryPreview, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveSmallIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    small = models.FileField(upload_to=preview_path, storage=attachment_storage, blank=True)
    large = models.FileField(upload_to=preview_path, storage=attachment_storage, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["preview", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["preview", "number"], name="a_page_is_shown_once"),
        ]

    def __str__(self) -> str:
        return f"{self.preview_id} s. {self.number}"
