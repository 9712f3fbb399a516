"""Images, documents and films, each with a UUID that survives export and import."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument, Document
from wagtail.images.models import AbstractImage, AbstractRendition, Image
from wagtailmedia.models import AbstractMedia


class FlettImage(AbstractImage):
    """A picture. Metadata is stripped on upload (`safety.files`)."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    admin_form_fields = Image.admin_form_fields

    class Meta(AbstractImage.Meta):
        verbose_name = _("bilde")
        verbose_name_plural = _("bilder")


class FlettRendition(AbstractRendition):
    image = models.ForeignKey(FlettImage, on_delete=models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = [("image", "filter_spec", "focal_point_key")]


class FlettDocument(AbstractDocument):
    """A file to download. Its kind is told from its content on upload (`safety.files`)."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    admin_form_fields = Document.admin_form_fields

    class Meta(AbstractDocument.Meta):
        verbose_name = _("dokument")
        verbose_name_plural = _("dokumenter")


class FlettMedia(AbstractMedia):
    """A film (or sound): H.264 in `file`, WebM beside it, captions per language, a transcript."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webm = models.FileField(_("WebM-utgave"), upload_to="media", blank=True)
    captions_nb = models.FileField(_("teksting, bokmål (WebVTT)"), upload_to="captions", blank=True)
    captions_da = models.FileField(_("teksting, dansk (WebVTT)"), upload_to="captions", blank=True)
    captions_en = models.FileField(_("teksting, engelsk (WebVTT)"), upload_to="captions", blank=True)
    transcript = models.TextField(
        _("utskrift"), blank=True, help_text=_("Alt som sies, og det som er viktig å se. Tom linje gir nytt avsnitt.")
    )
    is_placeholder = models.BooleanField(
        _("plassholder"), default=False, help_text=_("Vises som «erstattes av en innspilt film».")
    )

    admin_form_fields = (
        "title",
        "file",
        "webm",
        "captions_nb",
        "captions_da",
        "captions_en",
        "transcript",
        "is_placeholder",
        "collection",
        "duration",
        "thumbnail",
        "tags",
    )

    class Meta(AbstractMedia.Meta):
        verbose_name = _("film")
        verbose_name_plural = _("filmer")

    @property
    def sources(self) -> list[dict[str, str]]:
        """The files to offer a player, the smaller codec first."""
        files = [(self.webm, "video/webm")] if self.webm else []
        kind = "video/mp4" if self.type == "video" else "audio/mpeg"
        return [{"src": file.url, "type": mime} for file, mime in [*files, (self.file, kind)]]

    @property
    def captions(self) -> list[dict[str, str]]:
        """One entry per language that has captions, in the site's order of languages."""
        return [
            {"language": code, "label": str(label), "src": getattr(self, f"captions_{code}").url}
            for code, label in settings.LANGUAGES
            if getattr(self, f"captions_{code}")
        ]
