"""Pages of Wagtail's admin that are ours: checks of a lesson, the report on law, marking law as checked."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from courses.actions import mark_legal_references_checked
from courses.columns import CheckedOnColumn, LessonsColumn, MarkCheckedColumn
from courses.editor_checks import check_lesson
from courses.models import LegalReference, LessonPage
from courses.models.legal import LegalReferenceQuerySet
from courses.queries import get_pages_using_law
from people.models import User


def lesson_checks(request: HttpRequest, pk: int) -> HttpResponse:
    """What to mend in a lesson as it was last saved. Only for those who may edit it: others get 403."""
    lesson = get_object_or_404(LessonPage, pk=pk)
    if not lesson.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    context = {"warnings": check_lesson(lesson.get_latest_revision_as_object())}
    return render(request, "courses/admin/editor_checks_list.html", context)


def reference_column() -> TitleColumn:
    return TitleColumn(
        "reference",
        label=_("Lovhenvisning"),
        accessor=str,
        width="22%",
        get_url=lambda reference: reverse(reference.snippet_viewset.get_url_name("edit"), args=[reference.pk]),
    )


class LegalReportView(ReportView):
    """A list of rules for those who keep them, and the lessons each stands in.

    Three queries for the rows, however many there are.
    """

    header_icon = "clipboard-list"
    model = LegalReference
    permission_policy = ModelPermissionPolicy(LegalReference)
    any_permission_required: ClassVar[list[str]] = ["add", "change"]
    export_headings: ClassVar[dict[str, Any]] = {
        **{field.name: capfirst(field.verbose_name) for field in LegalReference._meta.fields},
        "lesson_titles": _("Leksjoner"),
    }

    @property
    def header_buttons(self) -> list[HeaderButton]:
        """The other list: the two are read together."""
        return [
            HeaderButton(label, url=reverse(name), icon_name="clipboard-list")
            for label, name in (
                (_("Trenger kontroll"), "courses_admin:overdue-legal-references"),
                (_("Til juristen"), "courses_admin:legal-questions"),
            )
            if name != self.index_url_name
        ]

    def decorate_paginated_queryset(self, object_list: Any) -> Any:
        references = list(object_list)
        pages = get_pages_using_law(references)
        for reference in references:
            reference.lessons = pages.get(reference.pk, [])
            reference.lesson_titles = "; ".join(page.title for page in reference.lessons)
        return references


class OverdueLegalReferencesView(LegalReportView):
    """References nobody has checked for six months, and the lessons to look at when one has changed."""

    page_title = _("Lovhenvisninger som trenger kontroll")
    index_url_name = "courses_admin:overdue-legal-references"
    index_results_url_name = "courses_admin:overdue-legal-references-results"
    columns: ClassVar[list[Any]] = [
        reference_column(),
        CheckedOnColumn("checked_on", label=_("Sist kontrollert")),
        Column("checked_by", label=_("Kontrollert av")),
        LessonsColumn("lessons", label=_("Leksjoner som bruker den")),
        MarkCheckedColumn("mark", label=_("Kontroll"), accessor="pk"),
    ]
    list_export: ClassVar[list[str]] = ["law", "paragraph", "url", "checked_on", "checked_by", "lesson_titles"]

    def get_filename(self) -> str:
        return "lovhenvisninger-som-trenger-kontroll"

    def get_queryset(self) -> LegalReferenceQuerySet:
        return LegalReference.objects.overdue().by_oldest_check()


class LegalQuestionsView(LegalReportView):
    """«Til juristen»: rules with a question that is still open."""

    page_title = _("Til juristen")
    index_url_name = "courses_admin:legal-questions"
    index_results_url_name = "courses_admin:legal-questions-results"
    columns: ClassVar[list[Any]] = [
        reference_column(),
        Column("open_question", label=_("Spørsmål")),
        DateColumn("valid_from", label=_("Gjelder fra")),
        CheckedOnColumn("checked_on", label=_("Sist kontrollert")),
        LessonsColumn("lessons", label=_("Leksjoner som bruker den")),
    ]
    list_export: ClassVar[list[str]] = [
        "law",
        "paragraph",
        "summary",
        "open_question",
        "valid_from",
        "checked_on",
        "url",
        "lesson_titles",
    ]

    def get_filename(self) -> str:
        return "til-juristen"

    def get_queryset(self) -> LegalReferenceQuerySet:
        return LegalReference.objects.with_open_question().by_oldest_check()


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
        message = ngettext(
            "%(count)d lovhenvisning er merket som kontrollert i dag.",
            "%(count)d lovhenvisninger er merket som kontrollert i dag.",
            num_parent_objects,
        ) % {"count": num_parent_objects}
        questions = sum(1 for reference in self.actionable_objects if reference.open_question)
        if not questions:
            return message
        return "{} {}".format(
            message,
            ngettext(
                "%(count)d av dem har et spørsmål til juristen. Det står til noen tømmer feltet.",
                "%(count)d av dem har et spørsmål til juristen. Det står til noen tømmer feltet.",
                questions,
            )
            % {"count": questions},
        )
