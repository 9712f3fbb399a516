"""Courses and lessons as Wagtail pages."""

from typing import Any, ClassVar, Self

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from courses.blocks import GuideBody, LessonBody
from courses.forms import CoursePageForm, LessonPageForm
from courses.law_notice import LawNotice, make_law_notice
from courses.models.versions import ChangeKind
from courses.panels import EditorChecksPanel


class CoursePageQuerySet(PageQuerySet):
    def readable_by(self, user: Any) -> Self:
        """Courses this person may read: live, and open unless the course asks for sign-in."""
        courses = self.live()
        return courses if user.is_authenticated else courses.filter(sign_in_required=False)

    def for_listing(self) -> Self:
        """Skip what a card does not show."""
        return self.defer_streamfields().prefetch_related("principles__principle_set", "programmes")


class LessonPageQuerySet(PageQuerySet):
    def for_outline(self) -> Self:
        """Skip the body: an outline shows titles."""
        return self.defer("body", "search_description", "draft_title").order_by("path")


class CourseIndexPage(Page):
    """A section of courses, owned by one training team."""

    intro = models.TextField(_("ingress"), blank=True)

    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("intro")]
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page", "home.HomePage", "learning.LearnPage"]
    subpage_types: ClassVar[list[str]] = ["courses.CoursePage"]
    admin_default_ordering = "ord"
    template = "courses/course_index.html"

    class Meta:
        verbose_name = _("kursseksjon")
        verbose_name_plural = _("kursseksjoner")


class CoursePage(Page):
    """A module of a learning path, or a short course. Its identity is `translation_key`."""

    class Kind(models.TextChoices):
        MODULE = "module", _("Kapittel i en læringssti")
        SHORT_COURSE = "short_course", _("Kort kurs")

    kind = models.CharField(_("slag"), max_length=20, choices=Kind.choices, default=Kind.MODULE)
    summary = models.TextField(_("sammendrag"), max_length=400, help_text=_("En eller to setninger til kort og topp."))
    principles = ParentalManyToManyField(
        "courses.Principle", blank=True, related_name="courses", verbose_name=_("prinsipper")
    )
    programmes = ParentalManyToManyField(
        "courses.Programme", blank=True, related_name="courses", verbose_name=_("programmer")
    )
    audience = models.CharField(_("for hvem"), max_length=200, blank=True)
    learning_outcomes = models.TextField(
        _("læringsutbytte"), blank=True, help_text=_("Én linje for hvert: hva kan du etterpå?")
    )
    minutes = models.PositiveSmallIntegerField(_("minutter"), default=0, validators=[MaxValueValidator(6000)])
    cpd_hours = models.DecimalField(_("kurstimer"), max_digits=5, decimal_places=2, null=True, blank=True)
    certificate_valid_months = models.PositiveSmallIntegerField(
        _("kursbeviset gjelder i (måneder)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text=_("Tomt: det går ikke ut."),
    )
    contact = models.CharField(
        _("kontakt"), max_length=200, blank=True, help_text=_("En felles postkasse eller side, aldri et privat nummer.")
    )
    sign_in_required = models.BooleanField(
        _("krever innlogging"), default=False, help_text=_("Ellers kan hvem som helst lese kurset.")
    )

    objects = PageManager.from_queryset(CoursePageQuerySet)()

    base_form_class = CoursePageForm
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("minutes"), FieldPanel("cpd_hours")]),
        FieldPanel("certificate_valid_months"),
        FieldPanel("learning_outcomes"),
        FieldPanel("audience"),
        FieldRowPanel(
            [
                FieldPanel("principles", widget=forms.CheckboxSelectMultiple),
                FieldPanel("programmes", widget=forms.CheckboxSelectMultiple),
            ]
        ),
        FieldPanel("contact"),
        FieldPanel("sign_in_required"),
    ]
    parent_page_types: ClassVar[list[str]] = ["courses.CourseIndexPage"]
    subpage_types: ClassVar[list[str]] = ["courses.LessonPage", "courses.FacilitatorGuidePage"]
    admin_default_ordering = "ord"  # lessons are read in this order; whoever may publish drags them here
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("learning_outcomes"),
        index.FilterField("kind"),
        index.FilterField("sign_in_required"),
    ]
    template = "courses/course_page.html"

    class Meta:
        verbose_name = _("kurs")
        verbose_name_plural = _("kurs")

    @property
    def outcomes(self) -> list[str]:
        """The learning outcomes, one a line."""
        return [line.strip() for line in self.learning_outcomes.splitlines() if line.strip()]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.queries import add_guides, get_course_outline

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["outline"] = get_course_outline(course=self)
        add_guides([context["outline"]])
        return context


class LessonPage(Page):
    """One lesson. Its identity is `translation_key`; what learners do is recorded against that."""

    class Kind(models.TextChoices):
        LESSON = "lesson", _("Leksjon")
        ROLE_FILM = "role_film", _("Rollefilm")
        SUMMARY = "summary", _("Oppsummering")
        CLOSING = "closing", _("Avslutning")
        MY_PATH = "my_path", _("Min læringssti")

    class Completion(models.TextChoices):
        MARKED = "marked", _("Deltakeren markerer den som fullført")
        FILM = "film", _("Minst 90 % av filmen er sett")
        QUIZ = "quiz", _("Spørsmålene er bestått")

    kind = models.CharField(_("slag"), max_length=20, choices=Kind.choices, default=Kind.LESSON)
    is_required = models.BooleanField(_("obligatorisk"), default=True)
    minutes = models.PositiveSmallIntegerField(_("minutter"), default=5, validators=[MaxValueValidator(600)])
    completion = models.CharField(
        _("fullføres når"), max_length=10, choices=Completion.choices, default=Completion.MARKED
    )
    pass_percent = models.PositiveSmallIntegerField(
        _("bestått ved (prosent)"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Gjelder når leksjonen fullføres med spørsmål."),
    )
    summary = models.CharField(_("kort om leksjonen"), max_length=200, blank=True)
    body = StreamField(LessonBody(), blank=True, verbose_name=_("innhold"))
    change_kind = models.CharField(
        _("denne endringen er"), max_length=20, choices=ChangeKind.choices, default=ChangeKind.CORRECTION
    )
    change_note = models.CharField(
        _("hva er nytt"), max_length=200, blank=True, help_text=_("Vises for dem som har fullført, ved nytt innhold.")
    )

    objects = PageManager.from_queryset(LessonPageQuerySet)()

    base_form_class = LessonPageForm
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    *Page.content_panels,
                    EditorChecksPanel(heading=_("Sjekk før publisering"), icon="check"),
                    FieldPanel("body"),
                ],
                heading=_("Innhold"),
            ),
            ObjectList(
                [
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("minutes"), FieldPanel("is_required")]),
                    FieldRowPanel([FieldPanel("completion"), FieldPanel("pass_percent")]),
                    FieldPanel("summary"),
                ],
                heading=_("Om leksjonen"),
            ),
            ObjectList(
                [
                    HelpPanel(template="courses/admin/change_kind_help.html", heading=_("Hva betyr valget?")),
                    MultiFieldPanel(
                        [FieldPanel("change_kind"), FieldPanel("change_note")], heading=_("Når den publiseres")
                    ),
                ],
                heading=_("Publisering"),
            ),
            ObjectList(Page.promote_panels, heading=_("Adresse og søk")),
            ObjectList(Page.settings_panels, heading=_("Innstillinger")),
        ]
    )
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    search_fields: ClassVar[list[Any]] = [
        *Page.search_fields,
        index.SearchField("summary"),
        index.SearchField("body"),
        index.FilterField("kind"),
    ]
    template = "courses/lesson_page.html"
    preview_modes: ClassVar[list[tuple[str, Any]]] = [("anonymous", _("Som leser")), ("learner", _("Som deltaker"))]

    class Meta:
        verbose_name = _("leksjon")
        verbose_name_plural = _("leksjoner")

    @property
    def law_notice(self) -> LawNotice | None:
        """When the rules this lesson refers to were checked. No query beyond the one the law blocks need."""
        laws = [child.value.get("reference") for child in self.body if child.block_type == "law"]
        return make_law_notice([law for law in laws if law])

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from courses.queries import add_guides, get_course_outline

        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        course = CoursePage.objects.ancestor_of(self).select_related("locale").get()
        outline = get_course_outline(course=course, current_slug=self.slug)
        add_guides([outline])
        context["course"] = course
        context["outline"] = outline
        context["previous_lesson"], context["next_lesson"] = outline.neighbours()
        return context

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from courses.views import refuse_reader

        course = CoursePage.objects.ancestor_of(self).get()
        return refuse_reader(request, sign_in_required=course.sign_in_required) or super().serve(
            request, *args, **kwargs
        )

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from courses.previews import show_as

        show_as(request, mode=mode_name)
        return super().serve_preview(request, mode_name)


class FacilitatorGuidePage(Page):
    """How to use the course in a team meeting: one printed page. It is no lesson, and nothing is completed here."""

    ADDRESS = "veiledning"
    """Its slug, in every course and language. No lesson may have it."""

    summary = models.CharField(_("kort om veiledningen"), max_length=300, blank=True)
    minutes = models.PositiveSmallIntegerField(_("minutter"), default=30, validators=[MaxValueValidator(600)])
    body = StreamField(GuideBody(), blank=True, verbose_name=_("innhold"))

    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        FieldRowPanel([FieldPanel("summary"), FieldPanel("minutes")]),
        FieldPanel("body"),
    ]
    parent_page_types: ClassVar[list[str]] = ["courses.CoursePage"]
    subpage_types: ClassVar[list[str]] = []
    max_count_per_parent = 1
    search_fields: ClassVar[list[Any]] = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    template = "courses/facilitator_guide.html"

    class Meta:
        verbose_name = _("veiledning til teammøte")
        verbose_name_plural = _("veiledninger til teammøte")

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.ADDRESS
        super().full_clean(*args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["course"] = CoursePage.objects.ancestor_of(self).select_related("locale").get()
        return context

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from courses.views import refuse_reader

        course = CoursePage.objects.ancestor_of(self).get()
        return refuse_reader(request, sign_in_required=course.sign_in_required) or super().serve(
            request, *args, **kwargs
        )
