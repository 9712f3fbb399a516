"""Who is to take which path."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PathAssignment(models.Model):
    """A path somebody's team asks them to take. It says nothing about what they have done.

    Kept in step with the person's active memberships by `assign_onboarding_paths`, and rebuildable from them: one row
    for each path, with the earliest of the memberships' suggested deadlines. The path is known by its
    `translation_key`: the same in every language, and after the page has been moved or renamed.
    """

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="path_assignments", verbose_name=_("person")
    )
    path_key = models.UUIDField(_("læringssti"))
    due_on = models.DateField(_("foreslått frist"), null=True, blank=True)
    assigned_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("tildelt læringssti")
        verbose_name_plural = _("tildelte læringsstier")
        ordering: ClassVar[list[str]] = ["assigned_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "path_key"], name="one_assignment_of_a_path")
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.path_key}"
