"""A link to law, through the reference that carries its check date."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.snippets.blocks import SnippetChooserBlock


class LawBlock(blocks.StructBlock):
    """One rule and why it matters here."""

    reference = SnippetChooserBlock("courses.LegalReference", label=_("Lovhenvisning"))
    note = blocks.TextBlock(label=_("Hvorfor den er viktig her"), required=False, max_length=500)

    class Meta:
        icon = "clipboard-list"
        label = _("Lov")
        group = _("Tekst")
        template = "blocks/law.html"
