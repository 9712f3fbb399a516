"""The facts: what a learner has done in a lesson. Known by the lesson's key, so no edit can take them away."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LessonProgress(models.Model):
    """One row per learner and lesson. `completed_*` is the standing completion that came last.

    `seen_version` is the last version whose new content the learner has said that they have read.
    """

    wagtail_reference_index_ignore = True

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lesson_key = models.UUIDField(_("leksjon"))
    started_at = models.DateTimeField(_("begynt"), default=timezone.now)
    completed_at = models.DateTimeField(_("fullført"), null=True, blank=True)
    completed_version = models.PositiveIntegerField(_("versjon som ble fullført"), null=True, blank=True)
    seen_version = models.PositiveIntegerField(_("nytt innhold lest til og med versjon"), default=0)

    class Meta:
        verbose_name = _("leksjonsframdrift")
        verbose_name_plural = _("leksjonsframdrift")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "lesson_key"], name="one_progress_per_lesson"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True, completed_version__isnull=True)
                | Q(completed_at__isnull=False, completed_version__isnull=False),
                name="completed_lesson_has_version",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["lesson_key"], name="progress_of_lesson")]

    def __str__(self) -> str:
        return str(self.lesson_key)


class LessonCompletion(models.Model):
    """A lesson was completed: once for each time it was asked for. A tick taken back stays, marked as taken back.

    `event_id` comes from whoever sent it; the same event sent again changes nothing, also after it was taken back.
    """

    wagtail_reference_index_ignore = True

    class How(models.TextChoices):
        MARKED = "marked", _("Markert av deltakeren")
        FILM = "film", _("Filmen er sett")
        TRANSCRIPT = "transcript", _("Filmen er lest som tekst")
        QUIZ = "quiz", _("Spørsmålene er bestått")

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lesson_key = models.UUIDField(_("leksjon"))
    version = models.PositiveIntegerField(_("versjon"))
    how = models.CharField(_("hvordan"), max_length=10, choices=How.choices)
    event_id = models.UUIDField()
    completed_at = models.DateTimeField(_("fullført"), default=timezone.now)
    undone_at = models.DateTimeField(_("angret"), null=True, blank=True)

    class Meta:
        verbose_name = _("leksjonsfullføring")
        verbose_name_plural = _("leksjonsfullføringer")
        ordering: ClassVar[list[str]] = ["completed_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "event_id"], name="an_event_completes_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "lesson_key"], name="completions_of_lesson")
        ]

    def __str__(self) -> str:
        return f"{self.lesson_key} {self.how}"


class FilmProgress(models.Model):
    """How much of a film in a lesson has really been played, and where the learner left it. Seconds.

    `segments` are disjoint, in order and within the film: `[[0.0, 12.5], [30.0, 62.0]]`. A new recording in the same
    block is another film. Where a completed lesson is asked for again, they are begun anew (`begun_at`).
    """

    wagtail_reference_index_ignore = True

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lesson_key = models.UUIDField(_("leksjon"))
    block_id = models.UUIDField(_("blokk"))
    film_key = models.UUIDField(_("film"))
    duration = models.FloatField(_("lengde i sekunder"))
    segments = models.JSONField(_("sett"), default=list)
    seconds_watched = models.FloatField(_("sekunder sett"), default=0)
    position = models.FloatField(_("stedet deltakeren slapp, i sekunder"), default=0)
    position_at = models.DateTimeField(_("da deltakeren slapp"), default=timezone.now)
    begun_at = models.DateTimeField(_("begynt"), default=timezone.now)

    class Meta:
        verbose_name = _("filmframdrift")
        verbose_name_plural = _("filmframdrift")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "block_id", "film_key"], name="one_progress_per_film"),
            models.CheckConstraint(
                condition=Q(duration__gt=0, seconds_watched__gte=0, position__gte=0), name="film_seconds_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.block_id} {self.film_key}"

    @property
    def percent_watched(self) -> int:
        """0–100, floored."""
        return min(100, int(100 * self.seconds_watched / self.duration))


class QuizAttempt(models.Model):
    """An answer to a question, with the version that holds the question's wording as it was. Never changed."""

    wagtail_reference_index_ignore = True

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lesson_key = models.UUIDField(_("leksjon"))
    block_id = models.UUIDField(_("spørsmål"))
    version = models.ForeignKey("courses.LessonVersion", on_delete=models.PROTECT, related_name="+")
    answer = models.JSONField(_("svar"))
    score = models.FloatField(_("andel riktig"))
    event_id = models.UUIDField()
    answered_at = models.DateTimeField(_("svart"), default=timezone.now)

    class Meta:
        verbose_name = _("svar på spørsmål")
        verbose_name_plural = _("svar på spørsmål")
        ordering: ClassVar[list[str]] = ["answered_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "event_id"], name="an_answer_counts_once"),
            models.CheckConstraint(condition=Q(score__gte=0, score__lte=1), name="score_is_a_share"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["learner", "lesson_key"], name="answers_of_learner"),
            models.Index(fields=["lesson_key", "block_id"], name="answers_to_question"),
        ]

    def __str__(self) -> str:
        return f"{self.block_id} {self.score:.2f}"
