"""The library: what teams share to be used again, in versions, and what was built on what."""

import uuid
from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from forum.models.spaces import Space
from forum.models.topics import TITLE_MAX, Post, State
from forum.models.writing import attachment_path, attachment_storage
from people.alphabet import fold
from people.models import Team
from people.models.teams import DerivedField

SUMMARY_MAX = 600
NOTE_MAX = 600
TAG_MAX = 40
SEARCH_TEXT_MAX = 2500


class LibraryItem(models.Model):
    """Something a team may use as it is or build on. Lives in a space: who reads the space may see it.

    `current` is its newest version. `version_count`, `team_count`, `download_count` and `changed_at` are summaries.
    A download is counted and never tied to anybody.
    """

    wagtail_reference_index_ignore = True

    class Kind(models.TextChoices):
        TEMPLATE = "template", _("Mal")
        AGREEMENT = "agreement", _("Avtale")
        PRESENTATION = "presentation", _("Presentasjon")
        LITERATURE = "literature", _("Litteratur")
        RESOURCE = "resource", _("Ressurs")

    class Phase(models.TextChoices):
        PRE_PROJECT = "pre_project", _("Forprosjekt")
        START_UP = "start_up", _("Oppstart")
        OPERATION = "operation", _("Drift")

    class Programme(models.TextChoices):
        ACT = "ACT", _("ACT")
        FACT = "FACT", _("FACT")
        FACT_UNG = "FACT_UNG", _("FACT ung")
        D_FACT = "D_FACT", _("D-FACT")

    class Language(models.TextChoices):
        BOKMAL = "nb", _("Bokmål")
        NYNORSK = "nn", _("Nynorsk")
        SAMI = "se", _("Nordsamisk")
        DANISH = "da", _("Dansk")
        SWEDISH = "sv", _("Svensk")
        ENGLISH = "en", _("Engelsk")

    class Licence(models.TextChoices):
        CC_BY = "cc-by-4.0", "CC BY 4.0"
        CC_BY_SA = "cc-by-sa-4.0", "CC BY-SA 4.0"
        CC_BY_NC = "cc-by-nc-4.0", "CC BY-NC 4.0"
        CC0 = "cc0-1.0", "CC0 1.0"
        MEMBERS = "members", pgettext_lazy("licence", "Bare for medlemmer")

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="library_items", verbose_name=_("rom"))
    title = models.CharField(_("tittel"), max_length=TITLE_MAX)
    summary = models.CharField(_("kort om innholdet"), max_length=SUMMARY_MAX, blank=True)
    kind = models.CharField(_("slag"), max_length=12, choices=Kind.choices, default=Kind.TEMPLATE)
    phase = models.CharField(_("fase"), max_length=12, choices=Phase.choices, blank=True)
    programme = models.CharField(_("program"), max_length=12, choices=Programme.choices, blank=True)
    language = models.CharField(_("språk"), max_length=2, choices=Language.choices, default=Language.BOKMAL)
    county = models.CharField(_("fylke"), max_length=40, blank=True)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="library_items", verbose_name=_("team")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="library_items",
        verbose_name=_("eier"),
    )
    licence = models.CharField(_("lisens"), max_length=12, choices=Licence.choices, default=Licence.CC_BY)
    review_on = models.DateField(_("neste gjennomgang"), null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NORMAL)
    based_on = models.ForeignKey(
        "forum.LibraryVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="built_on_it"
    )
    from_post = models.ForeignKey(
        Post,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="made_items",
        verbose_name=_("svaret den er laget av"),
    )
    family = models.UUIDField(
        default=uuid.uuid4, editable=False, db_index=True, help_text="The same for all that builds on one another."
    )
    current = models.ForeignKey(
        "forum.LibraryVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    submission = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="Of its form: the same sent twice is one item."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    version_count = models.PositiveIntegerField(default=0, editable=False)
    team_count = models.PositiveIntegerField(default=0, editable=False)
    download_count = models.PositiveIntegerField(default=0, editable=False)
    search_text = DerivedField(max_length=SEARCH_TEXT_MAX)
    title_folded = DerivedField(max_length=TITLE_MAX * 2)
    review_reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("ressurs i biblioteket")
        verbose_name_plural = _("ressurser i biblioteket")
        ordering: ClassVar[list[str]] = ["-changed_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-changed_at", "-id"], name="library_newest"),
            models.Index(fields=["-team_count", "-changed_at", "-id"], name="library_most_used"),
            models.Index(fields=["space", "-changed_at"], name="library_of_space"),
            models.Index(fields=["review_on"], condition=Q(review_on__isnull=False), name="library_reviews"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["from_post"],
                condition=Q(from_post__isnull=False) & ~Q(state="deleted"),
                name="an_answer_becomes_one_item",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("forum:library-item", args=[self.pk])

    def make_search_text(self) -> str:
        """With its keywords, as they are when it is saved. One query."""
        tags = list(self.tags.values_list("name", flat=True)) if self.pk else []
        return fold(" ".join([self.title, self.summary, *tags]))

    def make_title_folded(self) -> str:
        return fold(self.title)

    @property
    def is_overdue(self) -> bool:
        """Whether somebody should have looked through it by now."""
        return self.review_on is not None and self.review_on < timezone.localdate()


class LibraryPrinciple(models.Model):
    """A principle an item belongs to. The key is the same in every language."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(LibraryItem, on_delete=models.CASCADE, related_name="principles")
    principle_key = models.UUIDField(_("prinsipp"))

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "principle_key"], name="an_item_has_a_principle_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["principle_key", "item"], name="items_of_principle")
        ]

    def __str__(self) -> str:
        return str(self.principle_key)


class LibraryTag(models.Model):
    """A word people find an item by."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(LibraryItem, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("emneord"), max_length=TAG_MAX)
    name_folded = models.CharField(max_length=TAG_MAX * 2, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "name_folded"], name="an_item_has_a_tag_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["name_folded", "item"], name="items_of_tag")]

    def __str__(self) -> str:
        return self.name


class LibraryVersion(models.Model):
    """An item as it was handed in once: text, link, files. Never changed after; a new one comes beside it."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(LibraryItem, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("nummer"))
    note = models.CharField(_("hva er nytt"), max_length=NOTE_MAX, blank=True)
    source = models.TextField(blank=True)
    source_format = models.CharField(max_length=4, default="text")
    html = models.TextField(blank=True)
    rendering_version = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)
    link = models.URLField(_("lenke"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="library_versions"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    submission = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("versjon")
        verbose_name_plural = _("versjoner")
        ordering: ClassVar[list[str]] = ["item", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "number"], name="a_versions_number_is_its_own"),
            models.CheckConstraint(condition=Q(number__gte=1), name="versions_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} v{self.number}"


class LibraryFile(models.Model):
    """A file of a version. Before there is one it lies beside its form (`upload`), for its uploader alone."""

    wagtail_reference_index_ignore = True

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(LibraryVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="files")
    upload = models.UUIDField(null=True, blank=True, editable=False)
    uploader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="library_files"
    )
    file = models.FileField(upload_to=attachment_path, storage=attachment_storage)
    name = models.CharField(_("filnavn"), max_length=160)
    media_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField(_("byte"))
    is_image = models.BooleanField(default=False)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("fil i biblioteket")
        verbose_name_plural = _("filer i biblioteket")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(version__isnull=False, upload__isnull=True) | Q(version__isnull=True, upload__isnull=False),
                name="a_library_file_is_in_one_place",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["upload"], condition=Q(upload__isnull=False), name="files_beside_a_form")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind(self) -> str:
        """What sort of file it is, as people know it by its name: «PDF», «DOCX»."""
        return PurePath(self.name).suffix.removeprefix(".").upper()


class LibraryUse(models.Model):
    """A team that says it uses an item."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(LibraryItem, on_delete=models.CASCADE, related_name="uses")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="library_uses")
    said_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("bruk")
        verbose_name_plural = _("bruk")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "team"], name="a_team_uses_an_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.team_id}"


class LibraryReview(models.Model):
    """Somebody has looked through an item and says that it still holds, until the day they set. Never changed."""

    wagtail_reference_index_ignore = True

    item = models.ForeignKey(LibraryItem, on_delete=models.CASCADE, related_name="reviews")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="library_reviews"
    )
    at = models.DateTimeField(default=timezone.now, editable=False)
    next_on = models.DateField(_("neste gjennomgang"))

    class Meta:
        verbose_name = _("gjennomgang")
        verbose_name_plural = _("gjennomganger")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.item_id} {self.at:%Y-%m-%d}"
