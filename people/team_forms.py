"""What a team's leader writes about the team."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from people.models import Team
from safety.guard import refuse_identity_numbers
from safety.text import TextRefusedError, clean_line, clean_lines, refuse_private_number


class TeamForm(forms.ModelForm):
    """The fields a team keeps itself. Each text goes through the door here, so that its words stand at the field."""

    class Meta:
        model = Team
        fields: ClassVar[list[str]] = ["about", "contact_route", "municipalities", "hospital_trust", "phase"]
        widgets: ClassVar[dict[str, Any]] = {"about": forms.Textarea(attrs={"rows": 7})}

    def clean_about(self) -> str:
        return self._without_private_number("about", clean=clean_lines)

    def clean_contact_route(self) -> str:
        return self._without_private_number("contact_route", clean=clean_line)

    def clean_municipalities(self) -> str:
        return self.through_the_door("municipalities")

    def clean_hospital_trust(self) -> str:
        return self.through_the_door("hospital_trust")

    def through_the_door(self, field: str, *, clean: Callable[..., str] = clean_line) -> str:
        """The field's text as it may come in, else the door's words as the field's error."""
        try:
            text = clean(self.cleaned_data[field], most=Team.room_for(field))
            refuse_identity_numbers(text)
            return text
        except TextRefusedError as error:
            raise ValidationError(error.message, code="refused") from error

    def _without_private_number(self, field: str, *, clean: Callable[..., str]) -> str:
        text = self.through_the_door(field, clean=clean)
        try:
            refuse_private_number(text)
        except TextRefusedError as error:
            raise ValidationError(error.message, code="refused") from error
        return text
