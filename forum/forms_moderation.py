"""Forms about safety: reporting, deciding, appealing, and sorting the log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.actions.moderation import SILENCE_DAYS
from forum.models import Appeal, ModerationEntry, Report, Space
from forum.models.topics import TITLE_MAX
from people.forms import DateInput

Verb = ModerationEntry.Verb

WORDS = {
    Verb.HIDE: _("Skjul innlegget"),
    Verb.SHOW: _("Vis innlegget igjen"),
    Verb.APPROVE: _("Slipp innlegget gjennom"),
    Verb.REFUSE: _("Ikke slipp innlegget gjennom"),
    Verb.DELETE: _("Slett for godt, med vedlegg og tidligere utgaver"),
    Verb.WARN: _("Gi en advarsel"),
    Verb.SILENCE: _("Gi en skrivepause"),
    Verb.DISMISS: _("La innlegget stå, og lukk meldingen"),
}


class ReportForm(forms.Form):
    """What is wrong with a post."""

    reason = forms.ChoiceField(label=_("Hva er galt?"), choices=Report.Reason.choices, widget=forms.RadioSelect)
    message = forms.CharField(
        label=_("Vil du si mer?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 1000}),
        help_text=_("Ikke gjenta det som ikke burde stått der, og ingenting om pasienter."),
    )


class SilenceFields(forms.Form):
    """How long a pause lasts, and where. Only where a pause is among the choices; everywhere only by moderators."""

    days = forms.TypedChoiceField(
        label=_("Hvor lenge skal skrivepausen vare?"),
        coerce=int,
        required=False,
        choices=[(SILENCE_DAYS[0], _("Ett døgn")), (SILENCE_DAYS[1], _("Sju dager")), (SILENCE_DAYS[2], _("30 dager"))],
    )
    everywhere = forms.BooleanField(label=_("Skrivepausen gjelder i hele forumet"), required=False)

    def clean_days(self) -> int:
        return self.cleaned_data["days"] or 0

    def keep_silence_fields(self, choices: list[str], *, is_moderator: bool) -> None:
        if Verb.SILENCE not in choices:
            del self.fields["days"]
        if Verb.SILENCE not in choices or not is_moderator:
            del self.fields["everywhere"]

    def check_silence(self, verb: str | None, days: int | None) -> None:
        if verb == Verb.SILENCE and not days:
            self.add_error("days", _("Velg hvor lenge skrivepausen skal vare."))


class DecisionForm(SilenceFields):
    """What to do with a post or its author. Which of it is possible is said by `choices`."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    verb = forms.ChoiceField()
    title = forms.CharField(
        label=_("Ny tittel på tråden"),
        required=False,
        max_length=TITLE_MAX,
        help_text=_("Skriv bare her hvis du sletter det første innlegget, og tittelen også må bort."),
    )
    reason = forms.CharField(
        label=_("Grunn"),
        required=False,
        max_length=600,
        help_text=_("Står i loggen for dere som modererer. Den det gjelder, kan be om å få se den."),
    )
    message = forms.CharField(
        label=_("Beskjed til den som skrev"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        help_text=_("Si hva som er galt, og hva som kan gjøres. Flett legger til hvordan man klager."),
    )

    def __init__(
        self, *args: Any, choices: list[str], is_moderator: bool, is_first: bool, is_hidden: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        words = WORDS | ({Verb.HIDE: _("La innlegget være skjult")} if is_hidden else {})
        self.fields["verb"] = forms.ChoiceField(
            label=_("Hva vil du gjøre?"),
            widget=forms.RadioSelect,
            choices=[(choice, words[Verb(choice)]) for choice in choices],
        )
        self.keep_silence_fields(choices, is_moderator=is_moderator)
        if Verb.DELETE not in choices or not is_first:
            del self.fields["title"]
        self.order_fields(["seen", "verb", "days", "everywhere", "title", "reason", "message"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        verb = cleaned.get("verb")
        if verb in {Verb.HIDE, Verb.REFUSE, Verb.DELETE, Verb.WARN, Verb.SILENCE} and not cleaned.get("reason"):
            self.add_error("reason", _("Skriv en grunn, så andre som modererer forstår hva som ble gjort."))
        if verb == Verb.WARN and not cleaned.get("message"):
            self.add_error("message", _("Skriv hva advarselen gjelder."))
        self.check_silence(verb, cleaned.get("days"))
        return cleaned


ITEM_WORDS = {
    Verb.HIDE: _("Skjul ressursen"),
    Verb.SHOW: _("Vis ressursen igjen"),
    Verb.DELETE: _("Slett for godt, med alle versjoner og filer"),
    Verb.WARN: _("Gi en advarsel"),
    Verb.SILENCE: _("Gi en skrivepause"),
    Verb.DISMISS: _("La ressursen stå, og lukk meldingen"),
}


class ItemDecisionForm(SilenceFields):
    """What to do with an item of the library or its owner. Which of it is possible is said by `choices`."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    verb = forms.ChoiceField()
    reason = forms.CharField(
        label=_("Grunn"),
        required=False,
        max_length=600,
        help_text=_("Står i loggen for dere som modererer. Den det gjelder, kan be om å få se den."),
    )
    message = forms.CharField(
        label=_("Beskjed til eieren"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        help_text=_("Si hva som er galt, og hva som kan gjøres. Flett legger til hvordan man klager."),
    )

    def __init__(self, *args: Any, choices: list[str], is_moderator: bool, is_hidden: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = ITEM_WORDS | ({Verb.HIDE: _("La ressursen være skjult")} if is_hidden else {})
        self.fields["verb"] = forms.ChoiceField(
            label=_("Hva vil du gjøre?"),
            widget=forms.RadioSelect,
            choices=[(choice, words[Verb(choice)]) for choice in choices],
        )
        self.keep_silence_fields(choices, is_moderator=is_moderator)
        self.order_fields(["seen", "verb", "days", "everywhere", "reason", "message"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        verb = cleaned.get("verb")
        if verb in {Verb.HIDE, Verb.DELETE, Verb.WARN, Verb.SILENCE} and not cleaned.get("reason"):
            self.add_error("reason", _("Skriv en grunn, så andre som modererer forstår hva som ble gjort."))
        if verb == Verb.WARN and not cleaned.get("message"):
            self.add_error("message", _("Skriv hva advarselen gjelder."))
        self.check_silence(verb, cleaned.get("days"))
        return cleaned


class AppealForm(forms.Form):
    """Asking somebody else to look again."""

    text = forms.CharField(
        label=_("Hvorfor bør dette gjøres om?"),
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": 2000}),
        max_length=Appeal._meta.get_field("text").max_length,
    )


class AnswerForm(forms.Form):
    """The answer to an appeal."""

    upheld = forms.TypedChoiceField(
        label=_("Hva svarer du?"),
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        choices=[("yes", _("Medhold: gjør det om")), ("no", _("Ikke medhold: la det stå"))],
    )
    answer = forms.CharField(
        label=_("Svar til den som klaget"), widget=forms.Textarea(attrs={"rows": 4, "maxlength": 2000}), max_length=2000
    )


class LogForm(forms.Form):
    """What of the log to show. Read from the address; what is wrong there is left out."""

    handling = forms.ChoiceField(
        label=_("Handling"), required=False, choices=[("", _("Alle")), *ModerationEntry.Verb.choices]
    )
    rom = forms.ModelChoiceField(
        label=_("Rom"),
        required=False,
        queryset=Space.objects.none(),
        to_field_name="slug",
        empty_label=_("Alle"),
    )
    fra = forms.DateField(label=_("Fra"), required=False, widget=DateInput)
    til = forms.DateField(label=_("Til og med"), required=False, widget=DateInput)
