"""A form with one text that is written in the editor, or in a text area without a script."""

from typing import NamedTuple

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from forum.forms_spaces import GuardedForm
from forum.models import Post
from forum.writing import SOURCE_MAX, masked_source, source_sent, words_to_write_on
from safety.guard import PatientDataError, mask
from safety.text import TextRefusedError


class Shown(NamedTuple):
    """The same words for the editor, sanitised, and for the text area."""

    html: str
    text: str
    is_formatted: bool


class TextForm(GuardedForm):
    """Shown by `forum/parts/text_field.html`. A row begins with `source` and `source_format` as initial values."""

    source = forms.CharField(label=_("Tekst"), max_length=SOURCE_MAX, required=False)
    source_format = forms.CharField(required=False, widget=forms.HiddenInput)
    formatted = forms.CharField(required=False, widget=forms.HiddenInput)

    @sensitive_variables()
    def words(self) -> tuple[str, str]:
        """The source and its format, as they were sent or stand in the row."""
        source, source_format, formatted = (
            self[name].value() or "" for name in ("source", "source_format", "formatted")
        )
        return source_sent(source, source_format=source_format, formatted=formatted)

    @property
    @sensitive_variables()
    def shown(self) -> Shown:
        source, source_format = self.words()
        html, text = words_to_write_on(source, source_format=source_format)
        return Shown(html, text, source_format == Post.Format.HTML and bool(html))

    @sensitive_variables()
    def refuse(self, error: TextRefusedError) -> None:
        """As any form; numbers go out of the formatted text too, whichever text was looked through first."""
        source, source_format = self.words()
        super().refuse(error)
        if not isinstance(error, PatientDataError):
            return
        try:
            source = masked_source(source, source_format=source_format)
        except TextRefusedError:  # too long to be parsed
            source, source_format = mask(source), Post.Format.TEXT
        self.put({"source": source, "source_format": source_format, "formatted": ""})
        if "source" in error.findings:
            self.add_error("source", gettext("Tallet er tatt bort. Resten av teksten er som du skrev den."))


def initial_text(*, source: str, source_format: str, html: str) -> dict[str, str]:
    """What is stored, for the form. A formatted text begins from its rendering."""
    return {"source": html if source_format == Post.Format.HTML else source, "source_format": source_format}
