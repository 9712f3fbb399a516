"""Forms about spaces, who is in them, aliases and seals. Texts go through the door in the actions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.models import EntryRequest, Pseudonym, SealOpening, Space
from forum.pseudonyms import aliases_are_possible
from people.models import TeamRole
from safety.guard import ConfirmationNeededError, PatientDataError, mask
from safety.text import TextRefusedError

YEARS_AHEAD = 3


def most(model: type[Any], field: str) -> int:
    return model._meta.get_field(field).max_length or 0


CHANGED_SINCE = _(
    "Noen andre har endret dette etter at du åpnet det. Se hva de skrev, i en ny fane. "
    "Lagrer du en gang til, er det ditt som gjelder."
)


class GuardedForm(forms.Form):
    """A form whose action may refuse the text, or ask to look over it once more."""

    confirmed = forms.BooleanField(
        label=_("Jeg har sett over. Ingen pasient kan kjennes igjen."), required=False, widget=forms.HiddenInput
    )

    def refuse(self, error: TextRefusedError) -> None:
        """Say why beside the form. A number that was found does not come back in the fields."""
        self.add_error(None, error.message)
        if isinstance(error, ConfirmationNeededError):
            self.fields["confirmed"].widget = forms.CheckboxInput()
            self.order_fields([*(name for name in self.fields if name != "confirmed"), "confirmed"])
        if isinstance(error, PatientDataError):
            self.put({name: mask(self[name].value() or "") for name in error.masked if name in self.fields})

    def put(self, values: Mapping[str, Any]) -> None:
        """Let these stand in the fields instead of what was sent. What was chosen elsewhere stays chosen."""
        sent: Any = self.data
        shown = sent.copy()
        for name, value in values.items():
            shown[self.add_prefix(name)] = value
        self.data = shown


class DateInput(forms.DateInput):
    """The browser's own calendar. It speaks ISO 8601 whatever language it shows."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class SpaceForm(GuardedForm):
    """What a space says of itself, and how one writes in it. Dates are there for learning groups alone."""

    name = forms.CharField(label=_("Navn"), max_length=most(Space, "name"))
    about = forms.CharField(
        label=_("Om rommet"),
        max_length=most(Space, "about"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("En eller to setninger om hva rommet er til."),
    )
    starts_on = forms.DateField(label=_("Første dag"), required=False, widget=DateInput)
    ends_on = forms.DateField(
        label=_("Siste dag"),
        required=False,
        widget=DateInput,
        help_text=_("Etterpå kan gruppa leses, men ingen kan skrive."),
    )
    rules = forms.CharField(
        label=_("Husregler"),
        max_length=most(Space, "rules_source"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Vises til alle som skriver her. La det være en tom linje mellom avsnitt."),
    )
    welcome = forms.CharField(
        label=_("Velkomst"),
        max_length=most(Space, "welcome_source"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Står øverst på siden om rommet."),
    )
    allows_pseudonyms = forms.BooleanField(
        label=_("De som er med, kan skrive under alias"),
        required=False,
        help_text=_("Hvem som står bak, er forseglet, også for deg. To moderatorer sammen kan åpne det."),
    )
    holds_first_posts = forms.BooleanField(
        label=_("Se gjennom det første innlegget fra hver person før det vises"), required=False
    )

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.space_kind = kind
        if not aliases_are_possible():
            alias = self.fields["allows_pseudonyms"]
            if not self.initial.get("allows_pseudonyms"):
                alias.disabled = True
            alias.help_text = _(
                "Alias er ikke mulig her: Flett mangler nøkkelen som forsegler dem. Spør den som drifter."
            )
        if kind and kind != Space.Kind.LEARNING_GROUP:
            del self.fields["starts_on"], self.fields["ends_on"]

    def chosen_kind(self) -> str:
        return self.space_kind

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if self.chosen_kind() != Space.Kind.LEARNING_GROUP:
            cleaned["starts_on"] = cleaned["ends_on"] = None
        elif not self.errors.get("starts_on") and not self.errors.get("ends_on"):
            if first is None:
                self.add_error("starts_on", gettext("Skriv når gruppa begynner."))
            if last is None:
                self.add_error("ends_on", gettext("Skriv når gruppa slutter."))
            if first and last and last < first:
                self.add_error("ends_on", gettext("Gruppa kan ikke slutte før den begynner."))
            if last and last.year > timezone.localdate().year + YEARS_AHEAD:
                self.add_error("ends_on", gettext("Sjekk årstallet. Gruppa kan vare inntil tre år."))
        return cleaned


class NewSpaceForm(SpaceForm):
    """The same, with the kind: only those the person may create. Plain radio buttons, each with its meaning."""

    kind = forms.ChoiceField(label=_("Hva slags rom?"), widget=forms.RadioSelect)
    role = forms.ModelChoiceField(
        label=_("Rolle"),
        queryset=TeamRole.objects.all(),
        required=False,
        help_text=_("De som har rollen i et team, er med så lenge de har den."),
    )

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, Space.Kind(kind).label) for kind in kinds]  # type: ignore[attr-defined]
        if Space.Kind.ROLE_NETWORK not in kinds:
            del self.fields["role"]
        if Space.Kind.LEARNING_GROUP not in kinds:
            del self.fields["starts_on"], self.fields["ends_on"]

    def chosen_kind(self) -> str:
        return str(self.cleaned_data.get("kind", ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.chosen_kind() != Space.Kind.ROLE_NETWORK:
            cleaned["role"] = None
        elif cleaned.get("role") is None:
            self.add_error("role", gettext("Velg hvilken rolle nettverket er for."))
        if self.chosen_kind() == Space.Kind.LEARNING_GROUP:
            last = cleaned.get("ends_on")
            if last and last < timezone.localdate():
                self.add_error("ends_on", gettext("Den dagen er forbi. Velg en senere."))
        return cleaned


class AskForm(GuardedForm):
    """Why somebody wants to enter."""

    message = forms.CharField(
        label=_("Melding"),
        max_length=most(EntryRequest, "message"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Valgfritt. Noen ord om hvorfor du vil være med. Ingenting om pasienter."),
    )


class FindPersonForm(forms.Form):
    """Somebody by name or address; by choice where several have the name."""

    who = forms.CharField(
        label=_("Navn eller e-postadresse"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Hele navnet, slik det står i Flett, eller adressen personen logger inn med."),
    )

    @property
    def chosen(self) -> int | None:
        """Which of several was chosen, as sent: the caller takes it only from among those it has found."""
        sent = self.data.get("person", "")
        return int(sent) if sent.isdecimal() and len(sent) < 19 else None


class AliasForm(forms.Form):
    """The name one writes under."""

    name = forms.CharField(
        label=_("Alias"),
        max_length=most(Pseudonym, "name"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Ikke navnet ditt, teamet ditt eller noe kolleger kjenner deg igjen på."),
    )


class SealForm(forms.Form):
    """Why a seal should be opened."""

    reason = forms.CharField(
        label=_("Grunn"),
        max_length=most(SealOpening, "reason"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Minst 20 tegn. Den andre moderatoren og den det gjelder, får lese den."),
    )
