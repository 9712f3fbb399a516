"""Forms of those who keep a space tidy."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.models import TITLE_MAX, Space, Topic
from forum.permissions import spaces_moderated_by, topics_moderated_by

_NUMBER = re.compile(r"(\d{1,18})/?(?:[?#].*)?$")


class MoveForm(forms.Form):
    """To which space. Offers the others that the person moderates and that are in use."""

    space = forms.ModelChoiceField(label=_("Flytt til"), queryset=Space.objects.none(), empty_label=_("Velg et rom"))

    def __init__(self, *args: Any, user: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = spaces_moderated_by(user).filter(archived_at__isnull=True).exclude(pk=topic.space_id)
        self.fields["space"].queryset = others  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Into which topic, by its address as the browser shows it."""

    into = forms.CharField(
        label=_("Adressen til tråden denne skal inn i"),
        help_text=_("Åpne den andre tråden, kopier adressen og lim den inn her."),
        max_length=300,
    )

    def __init__(self, *args: Any, user: Any, topic: Topic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.topic = user, topic

    def clean_into(self) -> Topic:
        number = _NUMBER.search(self.cleaned_data["into"].strip())
        found = topics_moderated_by(self.user).filter(pk=int(number[1])).first() if number else None
        if found is None:
            raise forms.ValidationError(gettext("Vi fant ingen tråd der som du kan slå sammen med denne."))
        if found.pk == self.topic.pk:
            raise forms.ValidationError(gettext("Det er adressen til denne tråden. Velg en annen."))
        return found


class SplitForm(forms.Form):
    """What the new topic is called. Which posts is chosen where they are shown."""

    title = forms.CharField(label=_("Tittelen på den nye tråden"), max_length=TITLE_MAX)
