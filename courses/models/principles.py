"""The spine: principles, in sets that are data."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import TranslatableMixin
from wagtail.search import index


class PrincipleSet(models.Model):
    """A model's list of principles: FACT has eight, FACT ung has seven. Never an enum."""

    key = models.SlugField(_("nøkkel"), unique=True)
    name = models.CharField(_("navn"), max_length=80)
    note = models.CharField(
        _("merknad"),
        max_length=200,
        blank=True,
        help_text=_("Vises under listen, for eksempel hvilken utgave den bygger på."),
    )

    panels = [FieldPanel("name"), FieldPanel("key"), FieldPanel("note")]

    class Meta:
        verbose_name = _("prinsippsett")
        verbose_name_plural = _("prinsippsett")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Principle(TranslatableMixin, index.Indexed, models.Model):
    """One principle. `position` is its dot in the ring, counted from 1."""

    principle_set = models.ForeignKey(
        PrincipleSet, on_delete=models.PROTECT, related_name="principles", verbose_name=_("sett")
    )
    slug = models.SlugField(_("adresse"))
    position = models.PositiveSmallIntegerField(_("plass i settet"))
    name = models.CharField(_("navn"), max_length=80)
    tagline = models.CharField(_("kort sagt"), max_length=120, help_text=_("Under ti ord."))
    explanation = models.TextField(_("forklaring"), help_text=_("To til fire setninger."))

    ring_size = 8
    """How many dots the symbol's ring has; `courses.queries.get_principles` sets it to the size of the set."""

    panels = [
        FieldPanel("principle_set"),
        FieldPanel("position"),
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("tagline"),
        FieldPanel("explanation"),
    ]
    search_fields = [
        index.SearchField("name", boost=5),
        index.AutocompleteField("name"),
        index.FilterField("locale_id"),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("prinsipp")
        verbose_name_plural = _("prinsipper")
        ordering = ["principle_set", "position"]
        constraints = [
            models.UniqueConstraint(fields=["principle_set", "slug", "locale"], name="principle_slug_unique_in_set"),
            models.CheckConstraint(condition=models.Q(position__gte=1), name="principle_position_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.principle_set.name})"

    @property
    def key(self) -> str:
        """`<set>/<slug>`, the name used in course packages."""
        return f"{self.principle_set.key}/{self.slug}"

    def get_absolute_url(self) -> str:
        return reverse("home:principle", args=[self.principle_set.key, self.slug])


class Programme(models.Model):
    """A kind of team a course is for: ACT, FACT, FACT ung."""

    code = models.CharField(_("kode"), max_length=20, unique=True)
    name = models.CharField(_("navn"), max_length=40)

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programmer")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
