"""Learning paths: ordered chapters that point at courses."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, HelpPanel, InlinePanel
from wagtail.models import Orderable, Page
from wagtail.url_routing import RouteResult

from courses.models import CoursePage, PrincipleSet
from courses.queries import add_principles
from people.models import Team


class LearnPage(Page):
    """«Lær»: the paths and the short courses on one page."""

    intro = models.TextField(_("ingress"), blank=True)

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["home.HomePage"]
    subpage_types: ClassVar[list[str]] = ["learning.LearningPathPage", "courses.CourseIndexPage"]
    max_count_per_parent = 1
    template = "learning/learn_page.html"

    class Meta:
        verbose_name = _("læringsside")
        verbose_name_plural = _("læringssider")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from learning.queries.paths import get_learning_paths, get_short_courses

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["paths"] = get_learning_paths(language=self.locale.language_code)
        context["short_courses"] = get_short_courses(language=self.locale.language_code)
        return context


class LearningPathPage(Page):
    """A path of chapters. Each step is a course, so two paths share what they share.

    A lesson is read inside the path at `<path>/<course slug>/<lesson slug>/`: the same lesson page, with the
    whole path beside it and previous and next across chapter borders.
    """

    summary = models.TextField(_("sammendrag"), max_length=400, blank=True)
    intro = models.TextField(_("ingress"), blank=True)
    principle_set = models.ForeignKey(
        PrincipleSet, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("prinsippsett")
    )
    onboarding_for = models.CharField(
        _("grunnopplæring for"),
        max_length=12,
        blank=True,
        choices=Team.Programme.choices,
        help_text=_("Nye i et slikt team får denne stien. Stien for FACT gjelder også team som ikke har sin egen."),
    )

    certificate_valid_months = models.PositiveSmallIntegerField(
        _("kursbeviset gjelder i (måneder)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("Tomt: det går ikke ut."),
    )

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldPanel("intro"),
        FieldPanel("principle_set"),
        FieldPanel("onboarding_for"),
        FieldPanel("certificate_valid_months"),
        HelpPanel(template="learning/admin/path_help.html", heading=_("Når du endrer kapitlene")),
        InlinePanel("steps", label=_("kapittel"), heading=_("Kapitler")),
    ]
    parent_page_types: ClassVar[list[str]] = ["learning.LearnPage"]
    subpage_types: ClassVar[list[str]] = []
    template = "learning/learning_path_page.html"

    class Meta:
        verbose_name = _("læringssti")
        verbose_name_plural = _("læringsstier")

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Serve the path itself, or one of its lessons; a chapter's address leads to its first lesson."""
        if not path_components:
            return super().route(request, path_components)
        if not self.live or len(path_components) > 2:
            raise Http404
        return RouteResult(
            self, kwargs={"course_slug": path_components[0], "lesson_slug": "".join(path_components[1:])}
        )

    def serve(
        self, request: HttpRequest, course_slug: str = "", lesson_slug: str = "", **kwargs: Any
    ) -> HttpResponse | TemplateResponse:
        if course_slug:
            from learning.views.paths import serve_path_lesson

            return serve_path_lesson(request, path=self, course_slug=course_slug, lesson_slug=lesson_slug)
        return super().serve(request, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from learning.queries.paths import get_path_outline

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["path_outline"] = get_path_outline(path=self)
        add_principles(context["path_outline"].chapters)
        return context


class PathStep(Orderable):
    """A chapter's place in a path.

    It holds the course's identity and name, so a deleted course leaves a chapter that says so, and the same
    course imported again takes its place back.
    """

    path = ParentalKey(LearningPathPage, on_delete=models.CASCADE, related_name="steps")
    course = models.ForeignKey(
        CoursePage, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("kurs")
    )
    course_key = models.UUIDField(null=True, editable=False)
    course_title = models.CharField(max_length=255, blank=True, editable=False)
    title = models.CharField(_("kapittelnavn"), max_length=255, blank=True, help_text=_("Tomt: kursets eget navn."))

    panels: ClassVar[list[Any]] = [FieldPanel("course"), FieldPanel("title")]

    class Meta(Orderable.Meta):
        verbose_name = _("kapittel")
        verbose_name_plural = _("kapitler")
        constraints = [models.UniqueConstraint(fields=["path", "course"], name="path_holds_a_course_once")]

    def __str__(self) -> str:
        return self.title or self.course_title or str(_("Kapittel uten kurs"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.course:
            self.course_key = self.course.translation_key
            self.course_title = self.course.title
        super().save(*args, **kwargs)
