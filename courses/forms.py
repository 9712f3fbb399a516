"""Forms of the page editor."""

from typing import Any

from wagtail.admin.forms import WagtailAdminPageForm

from courses.models.versions import LessonVersion
from safety.guard.forms import WithoutIdentityNumbers


class CoursePageForm(WithoutIdentityNumbers, WagtailAdminPageForm):
    """A course as its author edits it."""


def _is_published(revision_id: int | None) -> bool:
    """Whether this revision has been published, though its page may be off the site now."""
    return revision_id is not None and LessonVersion.objects.filter(revision=revision_id).exists()


class LessonPageForm(WithoutIdentityNumbers, WagtailAdminPageForm):
    """A lesson as its author edits it; the change kind starts anew after each publication."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = self.instance
        if (page.live and not page.has_unpublished_changes) or _is_published(page.latest_revision_id):
            self.initial["change_kind"] = "correction"
            self.initial["change_note"] = ""
