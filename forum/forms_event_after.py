"""Forms of what an arranger does around an event, and of what comes afterwards. Texts go through the door in the
actions.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.actions.evaluations import QUESTIONS_MOST, Asked
from forum.actions.event_groups import GROUPS_MOST
from forum.forms_spaces import GuardedForm, most
from forum.grouping import SPREAD, TOGETHER, count_of_groups
from forum.models import Event, EventGroup, EventMailing, EventMaterial, EventQuestion, LibraryItem, ProgrammeItem
from forum.models.event_after import LETTER_MAX, SUBJECT_MAX
from forum.models.events import ANSWER_MAX
from forum.queries.event_after import options_of

SPARE_QUESTIONS = 3


class GroupsForm(forms.Form):
    """How people are to be dealt out. Sent by GET: nothing is kept before it was seen."""

    by = forms.ChoiceField(
        label=_("Hvordan vil du dele inn?"),
        choices=[("antall", _("Så mange grupper")), ("storrelse", _("Så mange i hver gruppe, høyst"))],
        widget=forms.RadioSelect,
    )
    number = forms.IntegerField(label=_("Tall"), min_value=1, max_value=500)
    teams = forms.ChoiceField(
        label=_("Folk fra samme team"),
        choices=[(SPREAD, _("Spres på gruppene")), (TOGETHER, _("Holdes samlet"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, people: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        self.count = 0

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        number = cleaned.get("number")
        if number:
            self.count = number if cleaned.get("by") == "antall" else count_of_groups(self.people, size=number)
            most_groups = min(self.people, GROUPS_MOST)
            if self.count > most_groups:
                message = gettext("Det kan ikke bli flere enn %(most)d grupper.") % {"most": most_groups}
                self.add_error("number", message)
        return cleaned


class LetterForm(GuardedForm):
    """A letter to those who come. A group is chosen beside the others."""

    audience = forms.ChoiceField(label=_("Til"), widget=forms.RadioSelect)
    subject = forms.CharField(label=_("Emne"), max_length=SUBJECT_MAX)
    text = forms.CharField(
        label=_("Tekst"),
        max_length=LETTER_MAX,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_("Ren tekst. Brevet havner i en vanlig innboks, så skriv ikke noe som andre ikke bør se."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    field_order = ("audience", "subject", "text", "submission", "confirmed")

    def __init__(self, *args: Any, counts: dict[str, int], groups: Iterable[EventGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = {f"group:{each.pk}": each for each in groups}
        audiences = ("place", "waiting", "came", "away")
        labels = {each: str(EventMailing.Audience(each).label) for each in audiences}
        labels |= {key: group_name(group) for key, group in self.groups.items()}
        self.fields["audience"].choices = [  # type: ignore[attr-defined]
            (value, f"{label} ({counts[value]})") for value, label in labels.items() if counts.get(value)
        ]

    def chosen(self) -> tuple[str, EventGroup | None]:
        """The audience, and which group where it is one."""
        value = self.cleaned_data["audience"]
        return ("group", self.groups[value]) if value in self.groups else (value, None)


def group_name(group: EventGroup) -> str:
    return group.name or gettext("Gruppe %(number)s") % {"number": group.number}


class QuestionForm(forms.Form):
    """A question of the evaluation. One without words is none."""

    label = forms.CharField(label=_("Spørsmål"), max_length=most(EventQuestion, "label"), required=False)
    kind = forms.ChoiceField(
        label=_("Slags svar"), choices=EventQuestion.Kind.choices, initial=EventQuestion.Kind.SCALE
    )
    choices = forms.CharField(
        label=_("Svar å velge mellom"),
        max_length=most(EventQuestion, "choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ett på hver linje. Bare når man skal velge."),
    )
    is_required = forms.BooleanField(label=_("Må besvares"), required=False)

    def asked(self) -> Asked | None:
        """None where nothing was filled in."""
        data = self.cleaned_data
        if not data.get("label", "").strip():
            return None
        return Asked(data["label"], data["kind"], data["choices"], data["is_required"])


QuestionFormSet = forms.formset_factory(
    QuestionForm, extra=SPARE_QUESTIONS, max_num=QUESTIONS_MOST, absolute_max=QUESTIONS_MOST, validate_max=True
)


class EvaluationForm(GuardedForm):
    """The questions of an evaluation, each answered or left."""

    def __init__(self, *args: Any, questions: Sequence[EventQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[f"answer-{question.pk}"] = answer_field(question)
        self.order_fields([*(name for name in self.fields if name != "confirmed"), "confirmed"])

    def answers(self) -> dict[int, list[str]]:
        """What was answered, by question."""
        found = {}
        for name, value in self.cleaned_data.items():
            if name.startswith("answer-") and value:
                found[int(name.removeprefix("answer-"))] = value if isinstance(value, list) else [value]
        return found


def answer_field(question: EventQuestion) -> forms.Field:
    """What a question is answered with."""
    common: dict[str, Any] = {"label": question.label, "required": question.is_required}
    choices = [(option, option) for option in options_of(question)]
    if question.kind == EventQuestion.Kind.SCALE:
        ends = {"1": gettext("1 – dårlig"), "5": gettext("5 – bra")}
        scale = [(value, ends.get(value, label)) for value, label in choices]
        return forms.ChoiceField(choices=scale, widget=forms.RadioSelect, **common)
    if question.kind == EventQuestion.Kind.CHOICE:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    if question.kind == EventQuestion.Kind.SEVERAL:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    widget = forms.Textarea(attrs={"rows": 4}) if question.kind == EventQuestion.Kind.TEXT else forms.TextInput()
    return forms.CharField(max_length=ANSWER_MAX, widget=widget, **common)


class MaterialForm(GuardedForm):
    """A file, a link or something of the library: one of them."""

    file = forms.FileField(
        label=_("Fil"),
        required=False,
        help_text=_("Word, Excel, PowerPoint, PDF, OpenDocument, tekst og bilder, inntil 50 MB."),
    )
    link = forms.CharField(
        label=_("Lenke"),
        max_length=most(EventMaterial, "link"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    library_item = forms.ModelChoiceField(
        label=_("Fra biblioteket"), queryset=LibraryItem.objects.none(), required=False, empty_label="–"
    )
    title = forms.CharField(
        label=_("Tittel"),
        max_length=most(EventMaterial, "title"),
        required=False,
        help_text=_("Står den tom, vises filnavnet eller adressen."),
    )
    point = forms.ModelChoiceField(
        label=_("Hører til"),
        queryset=ProgrammeItem.objects.none(),
        required=False,
        empty_label=_("Hele arrangementet"),
    )
    for_participants = forms.BooleanField(label=_("Bare for dem som har plass"), required=False)

    def __init__(self, *args: Any, event: Event, items: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["library_item"].queryset = items  # type: ignore[attr-defined]
        self.fields["point"].queryset = event.programme.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        given = [name for name in ("file", "link", "library_item") if cleaned.get(name)]
        if not self.errors and len(given) != 1:
            raise forms.ValidationError(gettext("Velg én fil, skriv én lenke, eller velg noe fra biblioteket."))
        return cleaned
