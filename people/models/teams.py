"""Teams, where they are, and the roles people have in them."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from people.alphabet import fold, sort_key

if TYPE_CHECKING:
    from people.models.users import User


class Region(models.Model):
    """The area of a regional resource group. Never an enum: the groups are the programme's to change."""

    key = models.SlugField(_("nøkkel"), unique=True)
    name = models.CharField(_("navn"), max_length=80)
    position = models.PositiveSmallIntegerField(_("plass i lista"), default=0)

    class Meta:
        verbose_name = _("region")
        verbose_name_plural = _("regioner")
        ordering: ClassVar[list[str]] = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class TeamRole(models.Model):
    """What somebody does in a team. Data, so that a new profession needs no new version of Flett."""

    key = models.SlugField(_("nøkkel"), unique=True, help_text=_("Den samme som rollesidens adresse."))
    name = models.CharField(_("navn"), max_length=80)
    name_da = models.CharField(_("på dansk"), max_length=80)
    name_en = models.CharField(_("på engelsk"), max_length=80)
    position = models.PositiveSmallIntegerField(_("plass i lista"), default=0)
    leads_team = models.BooleanField(
        _("leder teamet"), default=False, help_text=_("Kan ta imot folk, avslutte medlemskap og endre teamets side.")
    )

    class Meta:
        verbose_name = _("rolle i teamet")
        verbose_name_plural = _("roller i teamet")
        ordering: ClassVar[list[str]] = ["position", "name"]

    def __str__(self) -> str:
        """The name in the language being read."""
        return {"da": self.name_da, "en": self.name_en}.get(translation.get_language() or "", self.name)


class DerivedField(models.CharField):
    """A column the database is asked about in place of others; written whenever a row is saved, also in bulk.

    Not written by `update()` and `bulk_update()`: those who change what it is made from save the row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"editable": False, "blank": True, "default": "", **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        make = getattr(model_instance, f"make_{self.name}", None)  # a migration's models have no methods
        if make is not None:
            setattr(model_instance, self.attname, make()[: self.max_length])
        return super().pre_save(model_instance, add)


class TeamQuerySet(models.QuerySet["Team"]):
    def listed(self) -> Self:
        """Teams the directory shows: all but the closed ones."""
        return self.exclude(phase=Team.Phase.CLOSED)

    def matching(self, words: str) -> Self:
        """Teams with each of the words in name, municipalities or county, whatever its case and accents."""
        found = self
        for word in fold(words).split():
            found = found.filter(search_text__contains=word)
        return found

    def of_member(self, user: "User") -> Self:
        """Teams the person belongs to now."""
        return self.filter(memberships__person=user, memberships__ended_at__isnull=True)

    def led_by(self, user: "User") -> Self:
        """Teams the person leads now."""
        return self.filter(
            memberships__person=user, memberships__ended_at__isnull=True, memberships__roles__leads_team=True
        ).distinct()


class Team(models.Model):
    """One team. Its identity is `key`: the same through renames, imports and exports."""

    class Programme(models.TextChoices):
        ACT = "ACT", _("ACT")
        FACT = "FACT", _("FACT")
        FACT_UNG = "FACT_UNG", _("FACT ung")
        D_FACT = "D_FACT", _("D-FACT")
        OTHER = "OTHER", _("Annet")
        UNSPECIFIED = "UNSPECIFIED", _("Ikke oppgitt")

    class Phase(models.TextChoices):
        PRE_PROJECT = "pre_project", _("Forprosjekt")
        SETTING_UP = "setting_up", _("Under etablering")
        OPERATION = "operation", _("I drift")
        CLOSED = "closed", _("Avviklet")
        UNKNOWN = "unknown", _("Ukjent")

    class Country(models.TextChoices):
        NORWAY = "NO", _("Norge")
        DENMARK = "DK", _("Danmark")
        SWEDEN = "SE", _("Sverige")
        OTHER = "XX", _("Annet land")

    key = models.UUIDField(_("nøkkel"), unique=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(_("adresse"), max_length=120, unique=True)
    name = models.CharField(_("navn"), max_length=120)
    programme = models.CharField(_("program"), max_length=12, choices=Programme.choices, default=Programme.UNSPECIFIED)
    country = models.CharField(_("land"), max_length=2, choices=Country.choices, default=Country.NORWAY)
    county = models.CharField(_("fylke"), max_length=60, blank=True, db_index=True)
    region = models.ForeignKey(
        Region, null=True, blank=True, on_delete=models.SET_NULL, related_name="teams", verbose_name=_("region")
    )
    municipalities = models.CharField(_("kommuner"), max_length=300, blank=True, help_text=_("Med komma mellom."))
    hospital_trust = models.CharField(_("helseforetak"), max_length=120, blank=True)
    phase = models.CharField(_("fase"), max_length=12, choices=Phase.choices, default=Phase.UNKNOWN)
    status_source = models.CharField(
        _("kilde"), max_length=160, blank=True, help_text=_("Hvor opplysningene om teamet kommer fra.")
    )
    status_on = models.DateField(_("opplysningene er fra"), null=True, blank=True)
    name_note = models.CharField(
        _("merknad om navnet"), max_length=200, blank=True, help_text=_("Når navnet er usikkert.")
    )
    about = models.TextField(_("om teamet"), max_length=2000, blank=True)
    contact_route = models.CharField(
        _("slik tar du kontakt"),
        max_length=200,
        blank=True,
        help_text=_("En nettside, en felles postkasse eller et sentralbord. Aldri et privat nummer."),
    )

    search_text = DerivedField(max_length=600)
    sort_text = DerivedField(max_length=500)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("team")
        ordering: ClassVar[list[str]] = ["sort_text", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["country", "county", "name"], name="team_name_unique_in_county"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["sort_text", "id"], name="teams_in_order"),
            models.Index(fields=["county", "sort_text", "id"], name="teams_of_county_in_order"),
            models.Index(fields=["county", "programme", "region", "phase"], name="teams_counted"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:team", args=[self.slug])

    @property
    def language(self) -> str:
        """The language of what the team writes: its country's."""
        return {self.Country.DENMARK: "da", self.Country.SWEDEN: "sv"}.get(self.Country(self.country), "nb")

    @classmethod
    def room_for(cls, field: str) -> int:
        """How many characters a text field holds."""
        found: Any = cls._meta.get_field(field)
        return int(found.max_length)

    @classmethod
    def label_of(cls, field: str) -> str:
        """What the field is called in the language being read."""
        found: Any = cls._meta.get_field(field)
        return str(found.verbose_name)

    def make_search_text(self) -> str:
        """Name, municipalities and county as search compares them."""
        return fold(f"{self.name} | {self.municipalities} | {self.county}")

    def make_sort_text(self) -> str:
        """County by county, and by name within it."""
        return f"{sort_key(self.county)}00{sort_key(self.name)}"
