"""Law, with the date it was checked."""

from datetime import date, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.search import index

CHECK_EVERY = timedelta(days=182)
"""How long a check holds: six months (decision of the content team; law changes half-yearly)."""


class LegalReferenceQuerySet(models.QuerySet["LegalReference"]):
    def overdue(self, on: date | None = None) -> Self:
        """References nobody has checked for six months on the given day (today by default), or ever."""
        return self.filter(
            models.Q(checked_on__isnull=True) | models.Q(checked_on__lt=(on or timezone.localdate()) - CHECK_EVERY)
        )

    def by_oldest_check(self) -> Self:
        """Those nobody has checked first, in every database."""
        return self.order_by(models.F("checked_on").asc(nulls_first=True), "pk")

    def with_open_question(self) -> Self:
        """References with something a lawyer must answer."""
        return self.exclude(open_question="")


CHECKED_TOO_LATE = _("Datoen er ikke kommet ennå. Skriv dagen regelen ble lest.")


class LegalReference(index.Indexed, models.Model):
    """One rule of law that lessons link to. Lessons never carry paragraph numbers of their own."""

    class Jurisdiction(models.TextChoices):
        NORWAY = "NO", _("Norge")
        DENMARK = "DK", _("Danmark")
        EU = "EU", _("EU/EØS")
        INTERNATIONAL = "INT", _("Internasjonal")

    key = models.SlugField(_("nøkkel"), unique=True, help_text=_("For eksempel pbrl-3-1. Endres ikke."))
    law = models.CharField(_("lov"), max_length=160)
    paragraph = models.CharField(_("paragraf"), max_length=60)
    summary = models.CharField(_("hva den sier"), max_length=300, help_text=_("Én linje, med egne ord."))
    url = models.URLField(_("adresse"))
    jurisdiction = models.CharField(_("land"), max_length=3, choices=Jurisdiction.choices, default=Jurisdiction.NORWAY)
    valid_from = models.DateField(
        _("gjelder fra"), null=True, blank=True, help_text=_("Da ordlyden vi bygger på, trådte i kraft.")
    )
    checked_on = models.DateField(
        _("sist kontrollert"),
        null=True,
        blank=True,
        default=timezone.localdate,
        help_text=_("Tomt når ingen har kontrollert den. Da står det i leksjonen."),
    )
    checked_by = models.CharField(
        _("kontrollert av"), max_length=120, blank=True, help_text=_("Rolle eller redaksjon.")
    )
    open_question = models.TextField(
        _("til juristen"),
        max_length=1000,
        blank=True,
        help_text=_(
            "Det en jurist må ta stilling til. Bare redaktører ser det. "
            "Det blir stående til du tømmer feltet, også når regelen merkes som kontrollert."
        ),
    )

    objects = LegalReferenceQuerySet.as_manager()

    panels = [
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("law"), FieldPanel("paragraph")]), FieldPanel("summary"), FieldPanel("url")],
            heading=_("Regelen"),
        ),
        FieldRowPanel([FieldPanel("key"), FieldPanel("jurisdiction"), FieldPanel("valid_from")]),
        FieldRowPanel([FieldPanel("checked_on"), FieldPanel("checked_by")]),
        FieldPanel("open_question"),
    ]
    search_fields = [
        index.SearchField("law"),
        index.SearchField("paragraph"),
        index.SearchField("summary"),
        index.AutocompleteField("law"),
        index.AutocompleteField("paragraph"),
    ]

    class Meta:
        verbose_name = _("lovhenvisning")
        verbose_name_plural = _("lovhenvisninger")
        ordering = ["law", "paragraph"]

    def __str__(self) -> str:
        return f"{self.law} {self.paragraph}"

    @property
    def is_overdue(self) -> bool:
        """Unchecked for six months, or never checked."""
        return self.checked_on is None or self.checked_on < timezone.localdate() - CHECK_EVERY

    def clean(self) -> None:
        if self.checked_on and self.checked_on > timezone.localdate():
            raise ValidationError({"checked_on": CHECKED_TOO_LATE})
        if self.checked_on and not self.checked_by.strip():
            raise ValidationError({"checked_by": _("Skriv hvem som kontrollerte regelen.")})
