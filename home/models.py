"""The shell: the front page and plain pages."""

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import PageBody


class HomePage(Page):
    """The front page, and the root of the site's addresses."""

    lead = models.CharField(_("overskrift"), max_length=120)
    intro = models.TextField(_("ingress"), max_length=400)

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("lead"), FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["home.StandardPage", "learning.LearnPage", "courses.RoleIndexPage"]
    template = "home/home_page.html"

    class Meta:
        verbose_name = _("forside")
        verbose_name_plural = _("forsider")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from home.queries import get_front_page

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context.update(get_front_page(language=self.locale.language_code))
        return context


class StandardPage(Page):
    """A page of text: about, privacy, accessibility, crisis, what research says."""

    summary = models.CharField(_("kort om siden"), max_length=200, blank=True)
    body = StreamField(PageBody(), blank=True, verbose_name=_("innhold"))
    show_in_footer = models.BooleanField(_("vis i bunnen av alle sider"), default=False)
    show_as_reference = models.BooleanField(_("vis under «Slå opp»"), default=False)

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("body"),
        FieldPanel("show_in_footer"),
        FieldPanel("show_as_reference"),
    ]
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = []
    search_fields: ClassVar[list[Any]] = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    template = "home/standard_page.html"

    class Meta:
        verbose_name = _("side")
        verbose_name_plural = _("sider")
