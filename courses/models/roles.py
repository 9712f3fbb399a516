"""The roles of a team, each on a page of its own."""

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import PageBody


class RoleIndexPage(Page):
    """Who works in a team."""

    intro = models.TextField(_("ingress"), blank=True)

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["courses.RolePage"]
    max_count_per_parent = 1
    admin_default_ordering = "ord"
    template = "courses/role_index.html"

    class Meta:
        verbose_name = _("rolleoversikt")
        verbose_name_plural = _("rolleoversikter")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["roles"] = RolePage.objects.child_of(self).live().defer("body").select_related("locale")
        return context


class RolePage(Page):
    """One role: what it does, what it does not, and what it is called in Norwegian, Danish and English."""

    name_da = models.CharField(_("på dansk"), max_length=120)
    name_en = models.CharField(_("på engelsk"), max_length=120)
    other_names = models.CharField(
        _("kalles også"), max_length=200, blank=True, help_text=_("Med komma mellom, for eksempel andre titler.")
    )
    summary = models.CharField(_("kort om rollen"), max_length=200)
    body = StreamField(PageBody(), blank=True, verbose_name=_("innhold"))

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("name_da"), FieldPanel("name_en")]), FieldPanel("other_names")],
            heading=_("Hva rollen kalles"),
        ),
        FieldPanel("summary"),
        FieldPanel("body"),
    ]
    parent_page_types: ClassVar[list[str]] = ["courses.RoleIndexPage"]
    subpage_types: ClassVar[list[str]] = []
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        index.SearchField("name_da"),
        index.SearchField("name_en"),
        index.SearchField("other_names"),
        index.SearchField("summary"),
        index.SearchField("body"),
    ]
    template = "courses/role_page.html"

    class Meta:
        verbose_name = _("rolle")
        verbose_name_plural = _("roller")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["role_index"] = RoleIndexPage.objects.parent_of(self).select_related("locale").get()
        context["roles"] = RolePage.objects.sibling_of(self).live().defer("body").select_related("locale")
        return context
