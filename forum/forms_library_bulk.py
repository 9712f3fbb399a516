"""The form that hands in a zip with a list. What is in it goes through the door in the action."""

import hashlib

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from safety.files import MEGABYTE

ZIP_MOST = 50 * MEGABYTE
_SALT = "forum.library_import"


class ImportForm(forms.Form):
    """A zip, what of it somebody has answered, and the seal of the zip that was tried."""

    file = forms.FileField(
        label=_("Zip-fil"),
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        help_text=_("Lista og filene i én zip-fil. Høyst 50 MB."),
        error_messages={"required": _("Velg en zip-fil først."), "empty": _("Filen er tom.")},
    )
    tried = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200)

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > ZIP_MOST:
            raise forms.ValidationError(
                gettext("Filen er for stor. En zip-fil kan være høyst %(most)s MB her."),
                params={"most": ZIP_MOST // MEGABYTE},
            )
        return file

    def was_tried(self, *, space_id: int) -> bool:
        """Whether this very zip is what was tried before, into this space."""
        try:
            return Signer(salt=_SALT).unsign(self.cleaned_data["tried"]) == digest(self.cleaned_data["file"], space_id)
        except BadSignature:
            return False


def seal_of(file: UploadedFile, space_id: int) -> str:
    """What the form carries to show that this zip was tried: its digest, signed. Nothing of the zip is kept."""
    return Signer(salt=_SALT).sign(digest(file, space_id))


def digest(file: UploadedFile, space_id: int) -> str:
    made = hashlib.sha256()
    for chunk in file.chunks():
        made.update(chunk)
    file.seek(0)
    return f"{space_id}-{made.hexdigest()}"
