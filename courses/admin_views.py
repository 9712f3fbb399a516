"""Pages of Wagtail's admin that are ours: checks of a lesson, the report on law, marking law as checked."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from courses.actions import mark_legal_references_checked
from courses.editor_checks import check_lesson
from courses.models import LegalReference, LessonPage
from courses.models.legal import LegalReferenceQuerySet
from courses.queries import get_overdue_legal_references
from people.models import User


def lesson_checks(request: HttpRequest, pk: int) -> HttpResponse:
    """What to mend in a lesson as it was last saved. Only for those who may edit it: others get 403."""
    lesson = get_object_or_404(LessonPage, pk=pk)
    if not lesson.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    context = {"warnings": check_lesson(lesson.get_latest_revision_as_object())}
    return render(request, "courses/admin/editor_checks_list.html", context)


class LessonsColumn(Column):
    """The lessons that use a reference, each with a way to its editor."""

    cell_template_name = "courses/admin/lessons_cell.html"


class OverdueLegalReferencesView(ReportView):
    """References nobody has checked for six months, and the lessons to look at when one has changed.

    Three queries for the rows, however many there are.
    """

    page_title = _("Lovhenvisninger som trenger kontroll")
    header_icon = "clipboard-list"
    index_url_name = "courses_admin:overdue-legal-references"
    index_results_url_name = "courses_admin:overdue-legal-references-results"
    model = LegalReference
    permission_policy = ModelPermissionPolicy(LegalReference)
    any_permission_required: ClassVar[list[str]] = ["add", "change"]
    columns: ClassVar[list[Any]] = [
        TitleColumn(
            "reference",
            label=_("Lovhenvisning"),
            accessor=str,
            get_url=lambda reference: reverse(reference.snippet_viewset.get_url_name("edit"), args=[reference.pk]),
        ),
        DateColumn("checked_on", label=_("Sist kontrollert")),
        Column("checked_by", label=_("Kontrollert av")),
        LessonsColumn("lessons", label=_("Leksjoner som bruker den")),
        Column("mark", label=_("Kontroll"), accessor="pk"),
    ]
    columns[-1].cell_template_name = "courses/admin/mark_checked_cell.html"
    list_export: ClassVar[list[str]] = ["law", "paragraph", "url", "checked_on", "checked_by", "lesson_titles"]
    export_headings: ClassVar[dict[str, Any]] = {"lesson_titles": _("Leksjoner")}

    def get_filename(self) -> str:
        return "lovhenvisninger-som-trenger-kontroll"

    def get_queryset(self) -> LegalReferenceQuerySet:
        return LegalReference.objects.overdue().order_by("checked_on", "pk")

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        lessons = {reference.pk: uses for reference, uses in get_overdue_legal_references()}
        for reference in object_list:
            reference.lessons = lessons.get(reference.pk, [])
            reference.lesson_titles = "; ".join(lesson.title for lesson in reference.lessons)
        return object_list


class MarkCheckedBulkAction(SnippetBulkAction):
    """«Marker som kontrollert i dag», for one reference or many."""

    display_name = _("Marker som kontrollert i dag")
    action_type = "mark_checked"
    aria_label = _("Marker valgte lovhenvisninger som kontrollert i dag")
    template_name = "courses/admin/confirm_mark_checked.html"
    action_priority = 10
    models: ClassVar[list[Any]] = [LegalReference]

    def check_perm(self, obj: LegalReference) -> bool:
        user: Any = self.request.user
        return bool(user.has_perm("courses.change_legalreference"))

    def get_execution_context(self) -> dict[str, Any]:
        return {"user": self.request.user}

    @classmethod
    def execute_action(cls, objects: list[LegalReference], user: User, **kwargs: Any) -> tuple[int, int]:
        return mark_legal_references_checked(references=objects, user=user), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        return ngettext(
            "%(count)d lovhenvisning er merket som kontrollert i dag.",
            "%(count)d lovhenvisninger er merket som kontrollert i dag.",
            num_parent_objects,
        ) % {"count": num_parent_objects}
