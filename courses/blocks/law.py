"""A link to law, through the reference that carries its check date."""

from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock

from courses.blocks.media import LibraryBlock


class LawBlock(LibraryBlock):
    """One rule and why it matters here."""

    chosen_field = "reference"
    shown_to_all = Q()

    reference = SnippetChooserBlock("courses.LegalReference", label=_("Lovhenvisning"))
    note = blocks.TextBlock(label=_("Hvorfor den er viktig her"), required=False, max_length=500)

    class Meta:
        icon = "clipboard-list"
        label = _("Lov")
        group = _("Tekst")
        template = "blocks/law.html"
        preview_value: ClassVar[dict[str, Any]] = {"note": "Derfor spør teamet før noe blir bestemt."}
