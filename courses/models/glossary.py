"""The words of the field, in the three languages of the site."""

import unicodedata

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import TranslatableMixin
from wagtail.search import index

_LAST_LETTERS = {"æ": "{a", "ä": "{a", "ø": "{o", "ö": "{o", "å": "{å"}
"""Norwegian and Danish put æ, ø and å last, in that order; `{` stands after `z`."""
_SAME_LETTER = {"æ": "Æ", "ä": "Æ", "ø": "Ø", "ö": "Ø", "å": "Å"}


def sort_key(text: str) -> str:
    """The place of a word in a Norwegian or Danish alphabet: case aside, other accents as their bare letter."""
    letters = []
    for letter in text.casefold():
        bare = unicodedata.normalize("NFD", letter)[0]
        letters.append(_LAST_LETTERS.get(letter, bare))
    return "".join(letters)


class GlossaryTerm(TranslatableMixin, index.Indexed, models.Model):
    """One word of the field and what it means. Its rows in the three languages share `translation_key`."""

    slug = models.SlugField(_("adresse"), max_length=80, help_text=_("Den samme på alle språk."))
    term = models.CharField(_("ord"), max_length=120)
    definition = models.CharField(_("betyr"), max_length=300, help_text=_("Én eller to setninger, med egne ord."))
    explanation = models.TextField(
        _("forklaring"), blank=True, help_text=_("Hvordan ordet brukes, og hva det ikke betyr.")
    )
    other_words = models.CharField(
        _("andre ord for det samme"), max_length=200, blank=True, help_text=_("Med komma mellom.")
    )
    is_nearest = models.BooleanField(
        _("bare det nærmeste ordet"),
        default=False,
        help_text=_("Når språket ikke har noe som er helt det samme."),
    )

    panels = [
        FieldRowPanel([FieldPanel("term"), FieldPanel("slug")]),
        FieldPanel("definition"),
        FieldPanel("explanation"),
        FieldRowPanel([FieldPanel("other_words"), FieldPanel("is_nearest")]),
    ]
    search_fields = [
        index.SearchField("term", boost=5),
        index.AutocompleteField("term"),
        index.SearchField("other_words", boost=3),
        index.SearchField("definition"),
        index.FilterField("locale_id"),
    ]

    class Meta(TranslatableMixin.Meta):
        verbose_name = _("ord i ordlista")
        verbose_name_plural = _("ordliste")
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["slug", "locale"], name="glossary_slug_unique_in_language")]

    def __str__(self) -> str:
        return self.term

    @property
    def letter(self) -> str:
        """The heading it stands under: its first letter as it is sorted, or # for what begins with something else."""
        first = _SAME_LETTER.get(self.term[:1].casefold()) or unicodedata.normalize("NFD", self.term)[:1].upper()
        return first if first.isalpha() else "#"

    @property
    def words(self) -> list[str]:
        """Other words for the same, one by one."""
        return [word.strip() for word in self.other_words.split(",") if word.strip()]

    def get_absolute_url(self) -> str:
        return reverse("home:glossary-term", args=[self.slug])
