"""Panels of the page editor."""

from typing import Any

from django import forms
from django.urls import reverse
from wagtail.admin.panels import Panel

from courses.editor_checks import check_lesson


class EditorChecksPanel(Panel):
    """«Sjekk før publisering»: what to mend in the lesson as it was last saved, each with a way to its block.

    A script asks for the list again after each automatic save; without it, the list is as of loading the editor.
    """

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/editor_checks.html"

        @property
        def media(self) -> forms.Media:
            return forms.Media(js=["js/admin/editor-checks.js"])

        def get_context_data(self, parent_context: Any = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            lesson = self.instance
            context["checks_url"] = reverse("courses_admin:lesson-checks", args=[lesson.pk or 0])
            context["is_saved"] = lesson.pk is not None
            context["warnings"] = check_lesson(lesson) if lesson.pk and not self.form.is_bound else []
            context["is_stale"] = self.form.is_bound
            return context
