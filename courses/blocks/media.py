"""Blocks that show a file: picture, film, download."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
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


class ScriptLineBlock(blocks.StructBlock):
    speaker = blocks.CharBlock(label=_("Hvem snakker"), max_length=60)
    text = blocks.TextBlock(label=_("Replikk"), max_length=1500, rows=2)

    class Meta:
        label = _("Replikk")


class ScriptSceneBlock(blocks.StructBlock):
    """One scene of a manuscript: where we are, what the picture shows, what is said."""

    scene = blocks.CharBlock(
        label=_("Sted og tid"), max_length=160, help_text=_("For eksempel: Bilen utenfor en blokk, tidlig morgen")
    )
    picture = blocks.TextBlock(
        label=_("Bildet viser"),
        required=False,
        max_length=800,
        rows=2,
        help_text=_("Det den som ikke ser bildet, må få vite. Blir til beskrivelsen i utskriften."),
    )
    lines = blocks.ListBlock(ScriptLineBlock(), label=_("Replikker"), default=[])

    class Meta:
        label = _("Scene")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not cleaned["lines"] and not cleaned["picture"].strip():
            message = _("En scene må ha noe som vises eller noe som sies.")
            raise StructBlockValidationError({"picture": ValidationError(message)})
        return cleaned


class RoleFilmBlock(FilmBlock):
    """A film on one role in the team, and its manuscript, which is read as the film until it is recorded."""

    role = blocks.CharBlock(label=_("Rolle"), max_length=80)
    script = blocks.ListBlock(
        ScriptSceneBlock(),
        label=_("Manus"),
        default=[],
        collapsed=True,
        help_text=_("Vises som «Les filmen som tekst». Teksting, utskrift og manus til innspilling lages av dette."),
    )

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
            "script": [
                {
                    "scene": "Teamets kontor, mandag morgen",
                    "picture": "Seks personer står rundt en tavle.",
                    "lines": [{"speaker": "Teamleder", "text": "Hvem trenger oss mest i dag?"}],
                }
            ],
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
