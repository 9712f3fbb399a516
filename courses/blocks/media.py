"""Blocks that show a file: picture, film, download."""

from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtailmedia.blocks import VideoChooserBlock


class LibraryBlock(blocks.StructBlock):
    """A block whose preview shows something from the library, since there is nothing to show without it.

    Only what everybody may see: a preview does not know who looks, and a team's own collection is the team's.
    """

    chosen_field = ""
    shown_to_all = Q(collection__depth=1)

    def get_preview_value(self) -> Any:
        library = self.child_blocks[self.chosen_field].model_class.objects
        chosen = library.filter(self.shown_to_all).order_by("-pk").first()
        return self.normalize({**self.meta.preview_value, self.chosen_field: chosen})


class ImageBlock(LibraryBlock):
    """A picture that always says in words what it shows."""

    chosen_field = "image"

    image = ImageChooserBlock(label=_("Bilde"))
    alt = blocks.CharBlock(
        label=_("Beskrivelse for dem som ikke ser bildet"),
        max_length=300,
        help_text=_("Si hva bildet viser, ikke at det er et bilde. Leksjonen kan ikke publiseres uten."),
    )
    caption = blocks.CharBlock(label=_("Bildetekst"), required=False, max_length=300)
    source = blocks.CharBlock(label=_("Kilde"), required=False, max_length=300)

    class Meta:
        icon = "image"
        label = _("Bilde")
        group = _("Film og filer")
        template = "blocks/image.html"
        preview_value: ClassVar[dict[str, Any]] = {
            "alt": "En tavle med tre kolonner",
            "caption": "Tavla om morgenen",
            "source": "",
        }


class NamePlateBlock(blocks.StructBlock):
    """Who speaks, as text under the film – never burned into the picture."""

    name = blocks.CharBlock(label=_("Navn"), required=False, max_length=120)
    title = blocks.CharBlock(label=_("Tittel"), required=False, max_length=120)
    organisation = blocks.CharBlock(label=_("Virksomhet"), required=False, max_length=160)

    class Meta:
        label = _("Navneskilt")


class FilmBlock(LibraryBlock):
    """A film with captions, transcript and name plate."""

    chosen_field = "film"
    shown_to_all = LibraryBlock.shown_to_all | Q(is_placeholder=True)

    film = VideoChooserBlock(label=_("Film"), help_text=_("Teksting og utskrift legger du inn på selve filmen."))
    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    intro = blocks.TextBlock(label=_("Før du ser"), required=False, max_length=500)
    name_plate = NamePlateBlock(label=_("Navneskilt"))

    class Meta:
        icon = "media"
        label = _("Film")
        group = _("Film og filer")
        template = "blocks/film.html"
        preview_value: ClassVar[dict[str, Any]] = {
            "title": "En dag i teamet",
            "intro": "",
            "name_plate": {"name": "Navn Navnesen", "title": "Teamleder", "organisation": "Eksempelvirksomhet"},
        }


class RoleFilmBlock(FilmBlock):
    """A film on one role in the team."""

    role = blocks.CharBlock(label=_("Rolle"), max_length=80)

    class Meta:
        icon = "user"
        label = _("Rollefilm")
        group = _("Film og filer")
        template = "blocks/role_film.html"
        preview_value: ClassVar[dict[str, Any]] = {
            "title": "Teamlederen",
            "intro": "",
            "name_plate": {"name": "Navn Navnesen", "title": "Teamleder", "organisation": "Eksempelvirksomhet"},
            "role": "Teamleder",
        }


class DownloadBlock(LibraryBlock):
    """A file to take along."""

    chosen_field = "document"

    document = DocumentChooserBlock(label=_("Dokument"))
    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    description = blocks.CharBlock(label=_("Beskrivelse"), required=False, max_length=300)

    class Meta:
        icon = "download"
        label = _("Last ned")
        group = _("Film og filer")
        template = "blocks/download.html"
        preview_value: ClassVar[dict[str, Any]] = {
            "title": "Mal for kriseplan",
            "description": "Til å fylle ut sammen.",
        }
