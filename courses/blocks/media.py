"""Blocks that show a file: picture, film, download."""

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtailmedia.blocks import VideoChooserBlock


class ImageBlock(blocks.StructBlock):
    """A picture that always says in words what it shows."""

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


class NamePlateBlock(blocks.StructBlock):
    """Who speaks, as text under the film – never burned into the picture."""

    name = blocks.CharBlock(label=_("Navn"), required=False, max_length=120)
    title = blocks.CharBlock(label=_("Tittel"), required=False, max_length=120)
    organisation = blocks.CharBlock(label=_("Virksomhet"), required=False, max_length=160)

    class Meta:
        label = _("Navneskilt")


class FilmBlock(blocks.StructBlock):
    """A film with captions, transcript and name plate."""

    film = VideoChooserBlock(label=_("Film"), help_text=_("Teksting og utskrift legger du inn på selve filmen."))
    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    intro = blocks.TextBlock(label=_("Før du ser"), required=False, max_length=500)
    name_plate = NamePlateBlock(label=_("Navneskilt"))

    class Meta:
        icon = "media"
        label = _("Film")
        group = _("Film og filer")
        template = "blocks/film.html"


class RoleFilmBlock(FilmBlock):
    """A film on one role in the team."""

    role = blocks.CharBlock(label=_("Rolle"), max_length=80)

    class Meta:
        icon = "user"
        label = _("Rollefilm")
        group = _("Film og filer")
        template = "blocks/role_film.html"


class DownloadBlock(blocks.StructBlock):
    """A file to take along."""

    document = DocumentChooserBlock(label=_("Dokument"))
    title = blocks.CharBlock(label=_("Tittel"), max_length=160)
    description = blocks.CharBlock(label=_("Beskrivelse"), required=False, max_length=300)

    class Meta:
        icon = "download"
        label = _("Last ned")
        group = _("Film og filer")
        template = "blocks/download.html"
