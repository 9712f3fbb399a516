"""Forms that take files in: each file goes through `safety.files`, and its message stands at its field."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm
from wagtailmedia.forms import BaseMediaForm

from safety.files import FileRefusedError, check_captions, check_document, check_film, check_sound, clean_image


def guarded(file: Any, check: Callable[..., Any]) -> Any:
    """The file when it is allowed, or was there already. Raises ValidationError with the refusal's own words."""
    if isinstance(file, UploadedFile):
        try:
            check(file, name=file.name or "")
        except FileRefusedError as error:
            raise ValidationError(error.message, code="refused") from error
    return file


def remade(file: Any) -> Any:
    """The picture made anew, in the same upload.

    It is written back into the upload itself: when another field is wrong, Wagtail's multiple uploader stores the
    upload, not the form's clean copy, and makes the picture of it later.
    """
    if isinstance(file, UploadedFile):
        try:
            clean = clean_image(file, name=file.name or "").read()
        except FileRefusedError as error:
            raise ValidationError(error.message, code="refused") from error
        file.seek(0)
        file.truncate()
        file.write(clean)
        file.flush()
        file.seek(0)
        file.size = len(clean)
    return file


class ImageForm(BaseImageForm):
    """A picture on its way in: made anew, so neither place nor camera comes along."""

    def clean_file(self) -> Any:
        return remade(self.cleaned_data["file"])


class DocumentForm(BaseDocumentForm):
    """A document on its way in: what its content is decides, not its name."""

    def clean_file(self) -> Any:
        return guarded(self.cleaned_data["file"], check_document)


class MediaForm(BaseMediaForm):
    """A film or a recording on its way in, with captions that a player can read."""

    def clean_file(self) -> Any:
        return guarded(self.cleaned_data["file"], check_film if self.instance.type == "video" else check_sound)

    def clean_webm(self) -> Any:
        return guarded(self.cleaned_data["webm"], check_film)

    def clean_captions_nb(self) -> Any:
        return guarded(self.cleaned_data["captions_nb"], check_captions)

    def clean_captions_da(self) -> Any:
        return guarded(self.cleaned_data["captions_da"], check_captions)

    def clean_captions_en(self) -> Any:
        return guarded(self.cleaned_data["captions_en"], check_captions)

    def clean_thumbnail(self) -> Any:
        return remade(self.cleaned_data["thumbnail"])
