"""The editors' lists of what is not pages: principles, programmes, law references."""

from typing import Any, ClassVar

import django_filters
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, SnippetViewSetGroup

from courses.columns import CheckedOnColumn
from courses.models import GlossaryTerm, LegalReference, Principle, PrincipleSet, Programme
from courses.models.legal import LegalReferenceQuerySet


class LegalReferenceFilterSet(WagtailFilterSet):
    """Which references need a check, and whose law they are."""

    overdue = django_filters.BooleanFilter(
        label=_("Trenger kontroll"),
        method="filter_overdue",
        help_text=_("Ikke kontrollert det siste halvåret."),
    )
    question = django_filters.BooleanFilter(label=_("Til juristen"), method="filter_question")

    class Meta:
        model = LegalReference
        fields: ClassVar[list[str]] = ["jurisdiction"]

    def filter_overdue(self, queryset: LegalReferenceQuerySet, name: str, value: bool) -> LegalReferenceQuerySet:
        overdue = queryset.overdue()
        return overdue if value else queryset.exclude(pk__in=overdue.values("pk"))

    def filter_question(self, queryset: LegalReferenceQuerySet, name: str, value: bool) -> LegalReferenceQuerySet:
        open_ones = queryset.with_open_question()
        return open_ones if value else queryset.exclude(pk__in=open_ones.values("pk"))


class LegalReferenceIndexView(IndexView):
    """Rules nobody has checked are the oldest, whatever the database thinks of empty dates."""

    def order_queryset(self, queryset: Any) -> Any:
        if self.ordering == "checked_on":
            return queryset.order_by(F("checked_on").asc(nulls_first=True), "law", "paragraph")
        if self.ordering == "-checked_on":
            return queryset.order_by(F("checked_on").desc(nulls_last=True), "law", "paragraph")
        return super().order_queryset(queryset)


class LegalReferenceViewSet(SnippetViewSet):
    model = LegalReference
    index_view_class = LegalReferenceIndexView
    icon = "clipboard-list"
    list_display: ClassVar[list[Any]] = [
        "__str__",
        "summary",
        "jurisdiction",
        CheckedOnColumn("checked_on", label=_("Sist kontrollert"), sort_key="checked_on"),
        "checked_by",
        BooleanColumn("is_overdue", label=_("Trenger kontroll")),
    ]
    list_export: ClassVar[list[str]] = [
        "law",
        "paragraph",
        "summary",
        "url",
        "jurisdiction",
        "valid_from",
        "checked_on",
        "checked_by",
        "open_question",
    ]
    filterset_class = LegalReferenceFilterSet
    ordering = ("law", "paragraph")
    list_per_page = 50


class PrincipleViewSet(SnippetViewSet):
    model = Principle
    icon = "list-ol"
    list_display: ClassVar[list[str]] = ["name", "principle_set", "position", "tagline"]
    list_filter: ClassVar[list[str]] = ["principle_set"]
    ordering = ("principle_set", "position")


class PrincipleSetViewSet(SnippetViewSet):
    model = PrincipleSet
    icon = "list-ul"
    list_display: ClassVar[list[str]] = ["name", "key", "note"]


class ProgrammeViewSet(SnippetViewSet):
    model = Programme
    icon = "tag"
    list_display: ClassVar[list[str]] = ["name", "code"]
    panels: ClassVar[list[Any]] = [FieldPanel("name"), FieldPanel("code")]


class GlossaryTermViewSet(SnippetViewSet):
    model = GlossaryTerm
    icon = "openquote"
    list_display: ClassVar[list[Any]] = [
        "term",
        Column("locale", label=_("Språk"), sort_key="locale"),
        "definition",
        "other_words",
    ]
    list_per_page = 50
    ordering = ("slug", "locale")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GlossaryTerm]:
        return GlossaryTerm.objects.select_related("locale")


class TeachingViewSetGroup(SnippetViewSetGroup):
    """One place in the menu for everything that courses share."""

    menu_label = _("Fag")
    menu_icon = "list-ul"
    menu_order = 250
    add_to_admin_menu = True
    items = (LegalReferenceViewSet, GlossaryTermViewSet, PrincipleViewSet, PrincipleSetViewSet, ProgrammeViewSet)
