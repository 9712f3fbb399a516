"""Forms of the page editor."""

from typing import Any

from wagtail.admin.forms import WagtailAdminPageForm


class CoursePageForm(WagtailAdminPageForm):
    """A course as its author edits it."""


class LessonPageForm(WagtailAdminPageForm):
    """A lesson as its author edits it; the change kind starts anew after each publication."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.instance
        if page.live and not page.has_unpublished_changes:
            self.initial["change_kind"] = "correction"
            self.initial["change_note"] = ""
