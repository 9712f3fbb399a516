"""Forms that take files in: each file goes through `safety`, and its message stands at its field."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm
from wagtailmedia.forms import BaseMediaForm

from safety.files import FileRefusedError, check_captions, check_film, check_sound, clean_image
from safety.guard.files import guard_file
from safety.guard.forms import WithoutIdentityNumbers
from safety.text import TextRefusedError


class GuardedFilesMixin:
    """Runs the checks after the model's own, which would complain of a missing file where ours refused one."""

    def file_checks(self) -> dict[str, Callable[..., Any]]:
        """What each file field must pass."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        form: Any = self
        for field, check in self.file_checks().items():
            file = form.cleaned_data.get(field)
            if field in form.errors or not isinstance(file, UploadedFile):
                continue
            try:
                check(file, name=file.name or "")
            except (FileRefusedError, TextRefusedError) as error:
                form.add_error(field, ValidationError(error.message, code="refused"))


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
        _rewrite(file, clean)
    return file


def _rewrite(file: Any, content: bytes) -> None:
    file.seek(0)
    file.truncate()
    file.write(content)
    file.flush()
    file.seek(0)
    file.size = len(content)


def guard_document(file: UploadedFile, *, name: str) -> None:
    """Refuse identity numbers anywhere in the file, and leave pictures' places behind. Editors are not asked."""
    guarded = guard_file(file, name=name, confirmed=True)
    _rewrite(file, guarded.content.read())


class ImageForm(WithoutIdentityNumbers, BaseImageForm):
    """A picture on its way in: made anew, so neither place nor camera comes along."""

    def clean_file(self) -> Any:
        return remade(self.cleaned_data["file"])


class DocumentForm(GuardedFilesMixin, WithoutIdentityNumbers, BaseDocumentForm):
    """A document on its way in: what its content is decides, not its name. It is read for patient data too."""

    def file_checks(self) -> dict[str, Callable[..., Any]]:
        return {"file": guard_document}


class MediaForm(GuardedFilesMixin, WithoutIdentityNumbers, BaseMediaForm):
    """A film or a recording on its way in, with captions that a player can read."""

    def file_checks(self) -> dict[str, Callable[..., Any]]:
        return {
            "file": check_film if self.instance.type == "video" else check_sound,
            "webm": check_film,
            "captions_nb": check_captions,
            "captions_da": check_captions,
            "captions_en": check_captions,
        }

    def clean_thumbnail(self) -> Any:
        return remade(self.cleaned_data["thumbnail"])
