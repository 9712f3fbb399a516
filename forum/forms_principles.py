"""Which principles something is about: a choice that several forms have."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.queries.subjects import get_principle_index, reader_language


class PrinciplesForm(forms.Form):
    """Shown by `forum/parts/principles.html`."""

    principles = forms.MultipleChoiceField(label=_("Prinsipper"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["principles"].choices = [  # type: ignore[attr-defined]
            (str(key), principle.name) for key, principle in get_principle_index(language=reader_language()).items()
        ]

    def principle_sets(self) -> list[tuple[Any, list[tuple[Any, bool]]]]:
        """Each set of principles with its own, and whether each is chosen."""
        chosen = set(self["principles"].value() or [])
        found: dict[Any, list[tuple[Any, bool]]] = {}
        for key, principle in get_principle_index(language=reader_language()).items():
            found.setdefault(principle.principle_set, []).append((principle, str(key) in chosen))
        return list(found.items())

    @property
    def principle_keys(self) -> tuple[UUID, ...]:
        """What was chosen. The form is valid."""
        return tuple(UUID(key) for key in self.cleaned_data["principles"])
