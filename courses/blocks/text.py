"""Blocks of words: text, boxes, lists, tables, reflection, sources."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock

TEXT_FEATURES = ["h2", "h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link"]
SMALL_FEATURES = ["bold", "italic", "ol", "ul", "link"]


class SmallTextBlock(blocks.RichTextBlock):
    """Rich text inside another block: no headings, so the outline stays true."""

    def __init__(self, *, required: bool = True, help_text: Any = None, **kwargs: object) -> None:
        super().__init__(required=required, help_text=help_text, features=SMALL_FEATURES, **kwargs)


class TextBlock(blocks.RichTextBlock):
    """Running text with headings from level two."""

    def __init__(self, **kwargs: object) -> None:
        kwargs.setdefault("features", TEXT_FEATURES)
        super().__init__(**kwargs)

    class Meta:
        icon = "pilcrow"
        label = _("Tekst")
        group = _("Tekst")
        template = "blocks/text.html"
        preview_value = "<h2>Ett team, én plan</h2><p>Teamet behandler <b>begge deler</b> samtidig.</p>"


class FactBoxBlock(blocks.StructBlock):
    """A side note worth remembering, set apart from the running text."""

    title = blocks.CharBlock(label=_("Tittel"), max_length=120)
    text = SmallTextBlock(label=_("Tekst"))

    class Meta:
        icon = "info-circle"
        label = _("Faktaboks")
        group = _("Tekst")
        template = "blocks/fact_box.html"
        preview_value = {"title": "Kort om tavla", "text": "<p>Tavla viser hvem som trenger tett oppfølging nå.</p>"}


class KeyMessageBlock(blocks.StructBlock):
    """The one sentence to take along."""

    text = blocks.CharBlock(label=_("Budskap"), max_length=300)

    class Meta:
        icon = "tag"
        label = _("Hovedbudskap")
        group = _("Tekst")
        template = "blocks/key_message.html"
        preview_value = {"text": "Samme team, også når behovet endrer seg."}


class QuotationBlock(blocks.StructBlock):
    """Somebody's words. An invented speaker is marked as invented."""

    text = blocks.TextBlock(label=_("Sitat"), max_length=600)
    attribution = blocks.CharBlock(label=_("Hvem sier det"), max_length=160)
    source = blocks.CharBlock(label=_("Kilde"), required=False, max_length=300)

    class Meta:
        icon = "openquote"
        label = _("Sitat")
        group = _("Tekst")
        template = "blocks/quotation.html"
        preview_value = {
            "text": "De kom tilbake uken etter, selv om jeg ikke åpnet.",
            "attribution": "Oppdiktet sitat, pasient",
            "source": "",
        }


class TitledItemBlock(blocks.StructBlock):
    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    text = SmallTextBlock(label=_("Tekst"))

    class Meta:
        label = _("Punkt")


class StepsBlock(blocks.StructBlock):
    """Numbered steps of a way of working."""

    title = blocks.CharBlock(label=_("Tittel"), required=False, max_length=160)
    items = blocks.ListBlock(TitledItemBlock(), label=_("Trinn"), min_num=2)

    class Meta:
        icon = "list-ol"
        label = _("Trinn for trinn")
        group = _("Tekst")
        template = "blocks/steps.html"
        preview_value = {
            "title": "Et tavlemøte",
            "items": [
                {"title": "Hvem er på tavla?", "text": "<p>Gå raskt gjennom navnene.</p>"},
                {"title": "Hva skjer i dag?", "text": "<p>Fordel oppgavene.</p>"},
            ],
        }


class AccordionBlock(blocks.StructBlock):
    """Questions and answers that unfold."""

    title = blocks.CharBlock(label=_("Tittel"), required=False, max_length=160)
    items = blocks.ListBlock(TitledItemBlock(), label=_("Punkter"), min_num=1)

    class Meta:
        icon = "list-ul"
        label = _("Trekkspill")
        group = _("Tekst")
        template = "blocks/accordion.html"
        preview_value = {
            "title": "Vanlige misforståelser",
            "items": [
                {"title": "Er nedtrapping det samme som avslutning?", "text": "<p>Nei. Teamet er det samme.</p>"}
            ],
        }


class TableBlock(blocks.StructBlock):
    """A table with headings and a caption; cells are plain text."""

    caption = blocks.CharBlock(label=_("Tabelltittel"), max_length=200)
    table = TypedTableBlock([("text", blocks.CharBlock(label=_("Tekst"), required=False))], label=_("Tabell"))
    source = blocks.CharBlock(label=_("Kilde"), required=False, max_length=300)

    class Meta:
        icon = "table"
        label = _("Tabell")
        group = _("Tekst")
        template = "blocks/table.html"
        description = _("Til tall og sammenligninger. Hver kolonne har en overskrift.")
        preview_value = {
            "caption": "Oppfølging før og nå",
            "table": {
                "columns": [{"type": "text", "heading": "Behov"}, {"type": "text", "heading": "Kontakt"}],
                "rows": [{"values": ["Høyt", "Hver dag"]}, {"values": ["Lavt", "Hver uke"]}],
                "caption": "",
            },
            "source": "",
        }


class ReflectionBlock(blocks.StructBlock):
    """Something to think over. Answers belong to the learner alone."""

    prompt = blocks.TextBlock(label=_("Spørsmål"), max_length=500)
    help = blocks.CharBlock(label=_("Hjelp"), required=False, max_length=300)

    class Meta:
        icon = "edit"
        label = _("Refleksjon")
        group = _("Oppgaver")
        template = "blocks/reflection.html"
        preview_value = {"prompt": "Når sendte dere sist noen videre? Hva kunne teamet ha gjort selv?", "help": ""}


class SourceBlock(blocks.StructBlock):
    text = blocks.CharBlock(label=_("Kilde"), max_length=400)
    url = blocks.URLBlock(label=_("Adresse"), required=False)
    caveat = blocks.CharBlock(label=_("Forbehold"), required=False, max_length=400)

    class Meta:
        label = _("Kilde")


class SourcesBlock(blocks.StructBlock):
    """Where the lesson's claims come from, each with its caveat."""

    items = blocks.ListBlock(SourceBlock(), label=_("Kilder"), min_num=1)

    class Meta:
        icon = "doc-full"
        label = _("Kilder")
        group = _("Tekst")
        template = "blocks/sources.html"
        preview_value = {
            "items": [{"text": "Eksempelkilde (2024)", "url": "", "caveat": "Før–etter-studie uten kontrollgruppe."}]
        }
