"""A form's texts through the door, all at once."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from safety.guard.doors import PatientDataError, guard_html


class WithoutIdentityNumbers:
    """Mixed into a form: an identity number in a text, HTML and stream fields included, is that field's error."""

    @sensitive_variables()
    def clean(self) -> dict[str, Any]:
        form: Any = self
        data: dict[str, Any] = super().clean() or form.cleaned_data  # type: ignore[misc]
        for name, value in list(data.items()):
            try:
                for text in _texts(value):
                    guard_html({name: text}, confirmed=True)
            except PatientDataError as error:
                form.add_error(name, ValidationError(error.message, code="refused"))
        try:
            for text in _texts_below(form):
                guard_html({"text": text}, confirmed=True)
        except PatientDataError as error:
            form.add_error(None, ValidationError(error.message, code="refused"))
        return data


def _texts_below(form: Any) -> Iterator[str]:
    """What was sent to the formsets that Wagtail hangs under a form, as authors' comments and their replies are."""
    for formset in getattr(form, "formsets", {}).values():
        if not formset.is_bound or not formset.management_form.is_valid():
            continue
        for inner in formset.forms:
            yield from (text for field in inner for text in _texts(field.value()))
            yield from _texts_below(inner)


def _texts(value: Any) -> Iterator[str]:
    """Every text within a field's value. Keys and the ids of blocks are not written by people."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "id":
                yield from _texts(item)
    elif hasattr(value, "get_prep_value"):
        yield from _texts(value.get_prep_value())
