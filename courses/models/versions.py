"""Lesson versions: what a lesson contained each time it was published."""

from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeKind(models.TextChoices):
    """What a publication means to those who have completed the lesson (ARCHITECTURE §4.2)."""

    CORRECTION = "correction", _("Retting – ingenting skjer med dem som har fullført")
    NEW_CONTENT = "new_content", _("Nytt innhold – fullført står, men vises som «nytt siden du fullførte»")
    MUST_REDO = "must_redo", _("Må tas på nytt – de som har fullført, blir bedt om å ta den igjen")


class ImmutableError(RuntimeError):
    """Somebody tried to change a row that is history."""


class LessonVersion(models.Model):
    """One publication of a lesson. Never changed, never deleted with the page.

    Numbers run per lesson across its languages, so «must be redone since 5» means the same in all of them.
    """

    lesson_key = models.UUIDField(_("leksjon"), db_index=True)
    number = models.PositiveIntegerField(_("versjon"))
    language = models.CharField(_("språk"), max_length=10)
    title = models.CharField(_("tittel"), max_length=255)
    change_kind = models.CharField(_("endring"), max_length=20, choices=ChangeKind.choices)
    change_note = models.CharField(_("hva er nytt"), max_length=200, blank=True)
    revision = models.ForeignKey(
        "wagtailcore.Revision", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("revisjon")
    )
    activities = models.JSONField(_("aktiviteter"), default=list)
    created_at = models.DateTimeField(_("publisert"), auto_now_add=True)

    class Meta:
        verbose_name = _("leksjonsversjon")
        verbose_name_plural = _("leksjonsversjoner")
        ordering = ["lesson_key", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lesson_key", "number"], name="lesson_version_number_unique"),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="lesson_version_number_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.number}"

    def activity(self, block_id: UUID) -> dict[str, Any] | None:
        """What this version asked the learner to do in one of its blocks."""
        return next((activity for activity in self.activities if activity["id"] == str(block_id)), None)

    @property
    def question_ids(self) -> list[UUID]:
        """The questions of this version, in order."""
        return [UUID(activity["id"]) for activity in self.activities if activity["type"].startswith("quiz_")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise ImmutableError("A lesson version is history and cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise ImmutableError("A lesson version is history and cannot be deleted.")


class ContentStamp(models.Model):
    """One row whose number grows with every change of published content; rendered pages are keyed by it."""

    value = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return f"content {self.value}"
