"""A learner's attempts at courses and paths: what each asks of them, and how far they have come.

An `Enrolment` is a summary that `rebuild_progress` can make again from the facts (`learning.models.progress`); what it
holds of its own is which attempt it is and which `Syllabus` the learner was given. A `Completion` is history.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from courses.models.versions import ImmutableError

EVER = datetime(1970, 1, 1, tzinfo=UTC)


class HistoryQuerySet(models.QuerySet):
    """Rows that are written once. An account's own rows still go with it: the database's cascade asks no queryset."""

    def update(self, **kwargs: Any) -> int:
        raise ImmutableError("This is history and cannot be changed.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        raise ImmutableError("This is history and cannot be changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise ImmutableError("This is history and cannot be deleted.")


class SubjectKind(models.TextChoices):
    COURSE = "course", pgettext_lazy("one course", "Kurs")
    PATH = "path", _("Læringssti")


class Syllabus(models.Model):
    """The required lessons of a course or a path as they were at some time. Never changed.

    The order is not part of it: a lesson that is moved up or down is the same lesson. Numbers run per subject. The
    title is what it was called then, for when the course is deleted.
    """

    kind = models.CharField(_("slag"), max_length=6, choices=SubjectKind.choices)
    subject_key = models.UUIDField(_("kurs eller læringssti"))
    number = models.PositiveIntegerField(_("versjon"))
    title = models.CharField(_("tittel"), max_length=255, blank=True)
    digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("laget"), default=timezone.now, editable=False)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("pensum")
        verbose_name_plural = _("pensum")
        ordering: ClassVar[list[str]] = ["subject_key", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subject_key", "digest"], name="a_syllabus_is_kept_once"),
            models.UniqueConstraint(fields=["subject_key", "number"], name="syllabus_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError("A syllabus is history and cannot be changed.")
        super().save(*args, **kwargs)


class SyllabusLesson(models.Model):
    """A required lesson, and the course it was in."""

    wagtail_reference_index_ignore = True

    syllabus = models.ForeignKey(Syllabus, on_delete=models.CASCADE, related_name="lessons")
    lesson_key = models.UUIDField(_("leksjon"), db_index=True)
    course_key = models.UUIDField(_("kurs"))

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("leksjon i pensum")
        verbose_name_plural = _("leksjoner i pensum")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["syllabus", "lesson_key"], name="a_syllabus_holds_a_lesson_once"),
        ]

    def __str__(self) -> str:
        return str(self.lesson_key)


class Enrolment(models.Model):
    """One attempt of one learner at a course or a path. Made by the first thing they do there.

    The syllabus is the learner's version of the course (ARCHITECTURE §4.4): lessons that come later are not asked of
    them, lessons that go away unfinished are taken out, so the percent never falls by an edit. Frozen once completed.
    What is done and what happens on each kind of edit: docs/decisions/0009-progress.md.
    """

    wagtail_reference_index_ignore = True

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="enrolments", verbose_name=_("deltaker")
    )
    kind = models.CharField(_("slag"), max_length=6, choices=SubjectKind.choices)
    subject_key = models.UUIDField(_("kurs eller læringssti"))
    attempt = models.PositiveSmallIntegerField(_("forsøk"), default=1)
    syllabus = models.ForeignKey(Syllabus, on_delete=models.PROTECT, related_name="+", verbose_name=_("pensum"))
    required_count = models.PositiveSmallIntegerField(_("obligatoriske leksjoner"))
    done_count = models.PositiveSmallIntegerField(_("fullførte leksjoner"), default=0)
    started_at = models.DateTimeField(_("begynt"), default=timezone.now)
    counts_from = models.DateTimeField(
        _("teller leksjoner fullført fra"), default=EVER, help_text="The first attempt counts all that was ever done."
    )
    last_active_at = models.DateTimeField(_("sist i gang"), default=timezone.now)
    last_lesson_key = models.UUIDField(_("sist leste leksjon"), null=True, blank=True)
    completed_at = models.DateTimeField(_("fullført"), null=True, blank=True)

    class Meta:
        verbose_name = _("kursdeltakelse")
        verbose_name_plural = _("kursdeltakelser")
        ordering: ClassVar[list[str]] = ["-last_active_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "subject_key", "attempt"], name="one_enrolment_an_attempt"),
            models.UniqueConstraint(
                fields=["learner", "subject_key"], condition=Q(completed_at__isnull=True), name="one_open_attempt"
            ),
            models.CheckConstraint(condition=Q(done_count__lte=F("required_count")), name="done_within_required"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True) | Q(done_count=F("required_count"), required_count__gte=1),
                name="completed_means_all_done",
            ),
            models.CheckConstraint(condition=Q(attempt__gte=1), name="attempts_from_one"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject_key"], name="enrolments_of_subject")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_key} ({self.attempt})"

    @property
    def percent(self) -> int:
        """0–100, floored; 100 only when all is done (ARCHITECTURE §4.4)."""
        return 100 * self.done_count // self.required_count if self.required_count else 0

    @property
    def is_completed(self) -> bool:
        return self.completed_at is not None


class Completion(models.Model):
    """Somebody completed a course or a path. Written once, never changed; it goes only with the account."""

    wagtail_reference_index_ignore = True

    learner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="completions", verbose_name=_("deltaker")
    )
    kind = models.CharField(_("slag"), max_length=6, choices=SubjectKind.choices)
    subject_key = models.UUIDField(_("kurs eller læringssti"))
    attempt = models.PositiveSmallIntegerField(_("forsøk"))
    syllabus = models.ForeignKey(Syllabus, on_delete=models.PROTECT, related_name="+", verbose_name=_("pensum"))
    title = models.CharField(_("tittel"), max_length=255)
    completed_at = models.DateTimeField(_("fullført"), default=timezone.now)

    objects = HistoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("fullføring")
        verbose_name_plural = _("fullføringer")
        ordering: ClassVar[list[str]] = ["-completed_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "subject_key", "attempt"], name="an_attempt_is_completed_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["subject_key"], name="completions_of_subject")]

    def __str__(self) -> str:
        return f"{self.title} ({self.attempt})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError("A completion is history and cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ImmutableError("A completion is history and cannot be deleted.")


class LearnerStamp(models.Model):
    """A number that grows with every change to what is kept about a learner.

    Whoever changes something locks this row first, so one learner's changes stand in line; what a page shows of a
    learner is kept under the number.
    """

    wagtail_reference_index_ignore = True

    learner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="learner_stamp"
    )
    value = models.PositiveBigIntegerField(default=1)

    class Meta:
        verbose_name = _("deltakerstempel")
        verbose_name_plural = _("deltakerstempler")

    def __str__(self) -> str:
        return str(self.value)
