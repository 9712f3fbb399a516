"""The shell: the front page, plain pages, and what search keeps of everything."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from courses.blocks import PageBody
from forum.models import Event, LibraryItem, NewsItem, Post, Space, Topic


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


class SearchDocument(models.Model):
    """What search keeps of one thing: a page, a word, a space, a topic with its first post, a reply, what is shared in
    the library, a piece of news, a team, a person.

    Made by `home.search.actions` alone, and made again by `rebuild_search`. Who may find it is decided in
    `home.permissions`. What is written in the forum is kept as search words only; its text stays in the post. On SQLite
    the words stand in the FTS5 table `home_searchwords`, whose rows go with these.
    """

    wagtail_reference_index_ignore = True

    class Area(models.TextChoices):
        """What has an index of its own: the forum is a hundred times larger than all the rest."""

        SITE = "site", _("Flett")
        TOPICS = "topics", _("Tråder")
        POSTS = "posts", _("Innlegg")

    class Kind(models.TextChoices):
        COURSE = "course", _("Kurs")
        LESSON = "lesson", _("Leksjoner")
        PAGE = "page", _("Sider")
        TERM = "term", _("Ordliste")
        TOPIC = "topic", _("Tråder")
        POST = "post", _("Innlegg")
        SPACE = "space", _("Rom")
        ITEM = "item", _("Bibliotek")
        NEWS = "news", _("Nyheter")
        EVENT = "event", _("Arrangementer")
        TEAM = "team", _("Team")
        PERSON = "person", _("Folk")

    key = models.CharField(max_length=40, unique=True, help_text="What it is and its number, such as `page:12`.")
    area = models.CharField(max_length=6, choices=Area.choices)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    language = models.CharField(max_length=5)
    identity = models.UUIDField(null=True, help_text="The same for a thing's translations.")
    title = models.CharField(max_length=255, blank=True)
    title_folded = models.CharField(max_length=320, blank=True)
    summary = models.TextField(blank=True)
    body = models.TextField(blank=True, help_text="For excerpts. Empty for what is written in the forum.")
    address = models.CharField(max_length=255, blank=True, help_text="The parts of its address, with / between.")
    sign_in_required = models.BooleanField(default=False)
    page = models.ForeignKey(Page, null=True, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, null=True, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, null=True, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(LibraryItem, null=True, on_delete=models.CASCADE, related_name="+")
    news = models.ForeignKey(NewsItem, null=True, on_delete=models.CASCADE, related_name="+")
    event = models.ForeignKey(Event, null=True, on_delete=models.CASCADE, related_name="+")
    is_shown = models.BooleanField(default=True, help_text="Neither topic nor post is held, hidden or deleted.")
    written_at = models.DateTimeField()
    fingerprint = models.CharField(max_length=32, help_text="Of all that it was made from, and by which rules.")
    vector = SearchVectorField(null=True, help_text="PostgreSQL's search words.")

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["-written_at"], condition=Q(area="topics", is_shown=True), name="found_topics_in_order"
            ),
            models.Index(fields=["-written_at"], condition=Q(area="posts", is_shown=True), name="found_posts_in_order"),
            models.Index(fields=["area"], condition=Q(is_shown=False), name="found_not_shown"),
            models.Index(
                fields=["identity", "language"], condition=Q(identity__isnull=False), name="found_translations"
            ),
        ]

    def __str__(self) -> str:
        return self.key
