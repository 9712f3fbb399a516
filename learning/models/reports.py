"""What the national and regional reports show: figures made at a time, small groups taken out before they are kept.

A run writes all its figures and becomes the current one in the same transaction. No row of a figure points at a person.
"""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from learning.models.enrolments import SubjectKind


class ReportRun(models.Model):
    """One making of all figures. The newest is what pages show."""

    made_at = models.DateTimeField(_("laget"), default=timezone.now)

    class Meta:
        verbose_name = _("rapportkjøring")
        verbose_name_plural = _("rapportkjøringer")
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"


class ReportPlace(models.Model):
    """Where a learner is counted in a run: one region, programme and role each. There only while the run is made."""

    wagtail_reference_index_ignore = True

    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="+", db_index=False)
    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_places")
    region = models.CharField(max_length=50)
    programme = models.CharField(max_length=50)
    role = models.CharField(max_length=50)

    class Meta:
        verbose_name = _("plass i rapporten")
        verbose_name_plural = _("plasser i rapporten")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["run", "learner"], name="a_learner_is_counted_in_one_place"),
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.programme} {self.role}"


class ReportFigure(models.Model):
    """How many began, are under way and have completed a course or path, among those in `filter_value`, in one part
    (`split_value`) of a breakdown. Empty `filter_by` is everybody, empty `split_by` all of them together.

    None says that the number is withheld: it, or what could be found from it by subtraction, is of a group under five.
    Parts with nobody have no row.
    """

    wagtail_reference_index_ignore = True

    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="figures", db_index=False)
    kind = models.CharField(max_length=6, choices=SubjectKind.choices)
    subject_key = models.UUIDField()
    filter_by = models.CharField(max_length=10, blank=True)
    filter_value = models.CharField(max_length=50, blank=True)
    split_by = models.CharField(max_length=10, blank=True)
    split_value = models.CharField(max_length=50, blank=True)
    place = models.PositiveSmallIntegerField(default=0)
    started = models.PositiveIntegerField(null=True)
    under_way = models.PositiveIntegerField(null=True)
    completed = models.PositiveIntegerField(null=True)

    class Meta:
        verbose_name = _("tall i rapporten")
        verbose_name_plural = _("tall i rapporten")
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["run", "filter_by", "filter_value", "split_by"], name="figures_of_filter"),
            models.Index(fields=["run", "subject_key", "filter_by", "filter_value"], name="figures_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_key} {self.filter_by}={self.filter_value} {self.split_by}={self.split_value}"


class ReportQuestion(models.Model):
    """How often a question, as one version words it, was answered right: at first, and by all answers. 0–100."""

    wagtail_reference_index_ignore = True

    run = models.ForeignKey(ReportRun, on_delete=models.CASCADE, related_name="questions", db_index=False)
    lesson_key = models.UUIDField()
    course_key = models.UUIDField(null=True)
    block_id = models.UUIDField()
    version = models.ForeignKey("courses.LessonVersion", on_delete=models.PROTECT, related_name="+", db_index=False)
    answered = models.PositiveIntegerField()
    right_at_first = models.PositiveSmallIntegerField()
    right_of_all = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("spørsmål i rapporten")
        verbose_name_plural = _("spørsmål i rapporten")
        ordering: ClassVar[list[str]] = ["right_at_first", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["run", "course_key", "right_at_first"], name="questions_of_course"),
            models.Index(fields=["run", "right_at_first"], name="questions_by_hardness"),
        ]

    def __str__(self) -> str:
        return f"{self.block_id} {self.right_at_first} %"


class ReportExportQuerySet(models.QuerySet["ReportExport"]):
    def ready(self) -> Self:
        """Finished, and not too old to be fetched."""
        return self.filter(finished_at__isnull=False, expires_at__gt=timezone.now())


class ReportExport(models.Model):
    """A file with the figures somebody asked for, made in the background; for them alone, and for some days."""

    wagtail_reference_index_ignore = True

    class Format(models.TextChoices):
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_exports")
    file_format = models.CharField(_("format"), max_length=4, choices=Format.choices)
    region = models.CharField(_("region"), max_length=50, blank=True)
    language = models.CharField(_("språk"), max_length=5, choices=settings.LANGUAGES, default="nb")
    rows_total = models.PositiveIntegerField(_("rader"), default=0)
    rows_done = models.PositiveIntegerField(_("skrevne rader"), default=0)
    file = models.FileField(upload_to="report-exports/", blank=True)
    size = models.PositiveBigIntegerField(_("byte"), default=0)
    requested_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    objects = ReportExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("rapportfil")
        verbose_name_plural = _("rapportfiler")
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_ready(self) -> bool:
        """Twin of `ReportExportQuerySet.ready`."""
        return self.finished_at is not None and self.expires_at > timezone.now()

    @property
    def percent(self) -> int:
        """0–100, floored; 100 only when the file can be fetched."""
        if self.finished_at:
            return 100
        return min(99, 100 * self.rows_done // self.rows_total) if self.rows_total else 0
