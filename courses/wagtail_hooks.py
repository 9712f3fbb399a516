"""What Flett adds to Wagtail's admin for those who write courses."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.snippets.models import register_snippet

from courses import wagtail_hooks_packages  # noqa: F401 – registers its own hooks
from courses.admin_scripts import download_script, scripts_of
from courses.admin_views import (
    LegalQuestionsView,
    MarkCheckedBulkAction,
    OverdueLegalReferencesView,
    lesson_checks,
)
from courses.editor_checks import publishing_errors
from courses.models import LegalReference, LessonPage
from courses.viewsets import TeachingViewSetGroup

register_snippet(TeachingViewSetGroup)

hooks.register("register_bulk_action", MarkCheckedBulkAction)


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("lessons/<int:pk>/checks/", lesson_checks, name="lesson-checks"),
        path(
            "reports/law/",
            OverdueLegalReferencesView.as_view(),
            name="overdue-legal-references",
        ),
        path(
            "reports/law/results/",
            OverdueLegalReferencesView.as_view(results_only=True),
            name="overdue-legal-references-results",
        ),
        path("reports/law-questions/", LegalQuestionsView.as_view(), name="legal-questions"),
        path(
            "reports/law-questions/results/",
            LegalQuestionsView.as_view(results_only=True),
            name="legal-questions-results",
        ),
        path("lessons/<int:pk>/script/", download_script, name="film-script"),
    ]
    return [path("courses/", include((own, "courses_admin"), namespace="courses_admin"))]


class LawReportMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("courses.change_legalreference"))


@hooks.register("register_reports_menu_item")
def law_report_menu_item() -> MenuItem:
    return LawReportMenuItem(
        gettext_lazy("Lovhenvisninger som trenger kontroll"),
        reverse("courses_admin:overdue-legal-references"),
        name="overdue-legal-references",
        icon_name="clipboard-list",
        order=600,
    )


@hooks.register("register_reports_menu_item")
def law_questions_menu_item() -> MenuItem:
    return LawReportMenuItem(
        gettext_lazy("Til juristen"),
        reverse("courses_admin:legal-questions"),
        name="legal-questions",
        icon_name="clipboard-list",
        order=610,
    )


@hooks.register("register_page_header_buttons")
def script_button(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """For a lesson with a film whose manuscript is written, and whoever may edit it."""
    lesson = page.specific
    if isinstance(lesson, LessonPage) and lesson.permissions_for_user(user).can_edit() and scripts_of(lesson):
        yield Button(
            _("Manus til innspilling (zip)"),
            reverse("courses_admin:film-script", args=[lesson.pk]),
            icon_name="download",
            priority=63,
        )


@hooks.register("register_snippet_listing_buttons")
def mark_checked_button(snippet: Any, user: Any, next_url: str | None = None) -> Any:
    if isinstance(snippet, LegalReference) and user.has_perm("courses.change_legalreference"):
        confirm = reverse("wagtail_bulk_action", args=["courses", "legalreference", "mark_checked"])
        query = urlencode(
            {"id": str(snippet.pk), "next": next_url or reverse(snippet.snippet_viewset.get_url_name("list"))}
        )
        yield Button(_("Marker som kontrollert i dag"), f"{confirm}?{query}", icon_name="check", priority=20)


@hooks.register("before_publish_page")
def refuse_unfinished_lesson(request: HttpRequest, page: Page) -> HttpResponse | None:
    """The blocks' validation has said so at the field already; this holds where that was passed by."""
    if isinstance(page, LessonPage) and publishing_errors(page):
        say_what_is_missing(request, [page])
        return redirect("wagtailadmin_pages:edit", page.pk)
    return None


@hooks.register("before_bulk_action")
def refuse_unfinished_lessons(
    request: HttpRequest, action_type: str, objects: list[Page], action_class_instance: Any
) -> HttpResponse | None:
    """Publishing many pages at once asks no form, so it is asked here: all are right, or none is published."""
    if action_type != "publish":
        return None
    chosen = list(objects)
    if getattr(action_class_instance, "cleaned_form", None) and action_class_instance.cleaned_form.cleaned_data.get(
        "include_descendants"
    ):
        chosen += [child for page in objects for child in page.get_descendants().specific()]
    unfinished = [
        lesson
        for page in chosen
        if isinstance(lesson := page.specific.get_latest_revision_as_object(), LessonPage) and publishing_errors(lesson)
    ]
    if not unfinished:
        return None
    say_what_is_missing(request, unfinished)
    return redirect(action_class_instance.next_url)


def say_what_is_missing(request: HttpRequest, lessons: list[LessonPage]) -> None:
    """Name each lesson that cannot be published, and why."""
    for lesson in lessons:
        reasons = format_html_join(" ", "{}", ((warning.message,) for warning in publishing_errors(lesson)))
        messages.error(
            request,
            _("«%(title)s» er ikke publisert. %(reasons)s") % {"title": lesson.title, "reasons": reasons},
            buttons=[messages.button(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), _("Rediger"))],
        )
