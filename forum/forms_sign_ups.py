"""Forms about who comes. Texts go through the door in the actions."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.actions.sign_ups import Answer, options_of
from forum.forms_spaces import GuardedForm, most
from forum.models import DietaryNeed, Event, EventLeg, EventQuestion, EventSignUp, SignUpAnswer
from people.models import Membership, Team


def leg_label(leg: EventLeg) -> str:
    """How one may come, and whether a place is free: «Fysisk – 12 plasser igjen»."""
    left = leg.places_left
    if left is None:
        return leg.get_mode_display()
    if left <= 0:
        return gettext("%(mode)s – fullt, venteliste") % {"mode": leg.get_mode_display()}
    return gettext("%(mode)s – %(left)d plasser igjen") % {"mode": leg.get_mode_display(), "left": left}


def question_field(question: EventQuestion) -> forms.Field:
    """The field a question is answered in."""
    common: dict[str, Any] = {"label": question.label, "required": question.is_required}
    most_long = most(SignUpAnswer, "text")
    if question.kind == EventQuestion.Kind.SEVERAL:
        return forms.MultipleChoiceField(
            choices=[(each, each) for each in options_of(question)], widget=forms.CheckboxSelectMultiple, **common
        )
    if question.kind in (EventQuestion.Kind.CHOICE, EventQuestion.Kind.SCALE):
        return forms.ChoiceField(
            choices=[(each, each) for each in options_of(question)], widget=forms.RadioSelect, **common
        )
    widget = forms.Textarea(attrs={"rows": 3}) if question.kind == EventQuestion.Kind.TEXT else forms.TextInput()
    return forms.CharField(max_length=most_long, widget=widget, **common)


class AnswersForm(GuardedForm):
    """The organiser's questions, and what one can not eat."""

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(event.questions.filter(purpose=EventQuestion.Purpose.SIGN_UP))
        for question in self.questions:
            self.fields[f"question_{question.pk}"] = question_field(question)
        if event.asks_dietary:
            self.fields["dietary"] = forms.CharField(
                label=_("Noe du ikke kan spise?"),
                max_length=most(DietaryNeed, "text"),
                required=False,
                help_text=_("Ser bare du og de som arrangerer. Slettes 14 dager etterpå, eller når du melder deg av."),
            )

    def answers(self) -> list[Answer]:
        """What was answered. The form is valid."""
        found = []
        for question in self.questions:
            value = self.cleaned_data.get(f"question_{question.pk}") or ()
            found.append(Answer(question, tuple(value) if isinstance(value, list) else ((value,) if value else ())))
        return found


def initial_answers(sign_up: EventSignUp) -> dict[str, Any]:
    """What was answered before. Two queries."""
    said: dict[str, Any] = {}
    for answer in sign_up.answers.select_related("question"):
        is_several = answer.question.kind == EventQuestion.Kind.SEVERAL
        said[f"question_{answer.question_id}"] = answer.text.splitlines() if is_several else answer.text
    need = DietaryNeed.objects.filter(sign_up=sign_up).first()
    return said | {"dietary": need.text if need is not None else ""}


class SignUpForm(AnswersForm):
    """Meld på. Each form is one sign-up, however often it is sent."""

    mode = forms.ChoiceField(label=_("Hvordan vil du delta?"), widget=forms.RadioSelect)
    team = forms.ModelChoiceField(
        label=_("Fra teamet"), queryset=Team.objects.none(), required=False, empty_label=_("Ikke for et team")
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, event: Event, user: Any, legs: Sequence[EventLeg], **kwargs: Any) -> None:
        super().__init__(*args, event=event, **kwargs)
        self.fields["mode"].choices = [(leg.mode, leg_label(leg)) for leg in legs]  # type: ignore[attr-defined]
        if len(legs) == 1:
            self.fields["mode"].initial = legs[0].mode
        own = Membership.objects.active().filter(person=user)
        teams = Team.objects.filter(pk__in=own.values("team")).order_by("name")
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        first = list(teams[:2])
        if not first:
            del self.fields["team"]
        elif len(first) == 1:
            self.fields["team"].initial = first[0].pk
        self.order_fields(["mode", "team"])


class AddPersonForm(forms.Form):
    """Somebody an arranger signs up, by the whole address of their account."""

    address = forms.EmailField(
        label=_("E-postadressen personen logger inn med"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    mode = forms.ChoiceField(label=_("Hvordan skal personen delta?"), widget=forms.RadioSelect)
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, legs: Sequence[EventLeg], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mode"].choices = [(leg.mode, leg_label(leg)) for leg in legs]  # type: ignore[attr-defined]
        self.fields["mode"].initial = legs[0].mode if legs else None
