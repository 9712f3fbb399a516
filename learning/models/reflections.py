"""«Min læringssti»: what a learner writes for themselves."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Reflection(models.Model):
    """Seen, exported and deleted by its author alone (ARCHITECTURE §4.7). `prompt` is the question as it was then.

    `version` grows with each save: who saves over an older one is told, so that no device overwrites another.
    """

    MAX_LENGTH = 20_000

    wagtail_reference_index_ignore = True
    """Wagtail's admin would list the row among what uses its author."""

    learner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    lesson_key = models.UUIDField(_("leksjon"))
    block_id = models.UUIDField(_("spørsmål"))
    prompt = models.CharField(_("spørsmålet da det ble besvart"), max_length=500)
    text = models.TextField(_("notat"), max_length=MAX_LENGTH)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("skrevet"), default=timezone.now)
    updated_at = models.DateTimeField(_("endret"), default=timezone.now)

    class Meta:
        verbose_name = _("refleksjon")
        verbose_name_plural = _("refleksjoner")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["learner", "block_id"], name="one_reflection_per_question"),
            models.CheckConstraint(condition=Q(version__gte=1), name="reflection_versions_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.block_id)
