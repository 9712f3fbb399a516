"""Forms of events. Texts go through the door in the actions; times are by the clock where the event is."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.actions.events import EventDetails, Point, Question
from forum.event_words import local
from forum.forms_principles import PrinciplesForm
from forum.forms_spaces import DateInput, GuardedForm, most
from forum.forms_text import TextForm, initial_text
from forum.models import Event, EventLeg, EventQuestion, ProgrammeItem, Space
from forum.queries.events import arrangeable_spaces
from people.counties import COUNTIES
from safety.guard import PatientDataError, mask
from safety.text import TextRefusedError

CAPACITY_MOST = 5000
_NOT_SAID = [("", "–")]


class TimeInput(forms.TimeInput):
    """The browser's own clock."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def moment_of(day: date, clock: time, zone: str) -> datetime:
    """By the clock of the zone. Of an hour that comes twice, the first.

    Raises ValidationError for an hour the clock skips.
    """
    tz = ZoneInfo(zone)
    at = datetime.combine(day, clock, tzinfo=tz)
    if at.astimezone(ZoneInfo("UTC")).astimezone(tz).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise forms.ValidationError(gettext("Klokka stilles den natta: det klokkeslettet finnes ikke."))
    return at


class EventForm(PrinciplesForm, TextForm):
    """What is said of an event. A new one says in which space, too."""

    title = forms.CharField(label=_("Tittel"), max_length=most(Event, "title"))
    kind = forms.ChoiceField(label=_("Slag"), choices=Event.Kind.choices)
    summary = forms.CharField(
        label=_("Kort om arrangementet"),
        max_length=most(Event, "summary"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("To setninger holder. Vises i lista."),
    )
    starts_on = forms.DateField(label=_("Første dag"), widget=DateInput)
    starts_clock = forms.TimeField(label=_("Begynner kl."), widget=TimeInput)
    ends_on = forms.DateField(
        label=_("Siste dag"), required=False, widget=DateInput, help_text=_("Tomt betyr samme dag.")
    )
    ends_clock = forms.TimeField(label=_("Slutter kl."), widget=TimeInput)
    time_zone = forms.ChoiceField(
        label=_("Tid i"),
        choices=Event.TimeZone.choices,
        help_text=_("Klokkeslettene gjelder der arrangementet er."),
    )
    has_physical = forms.BooleanField(label=_("Fysisk"), required=False)
    physical_capacity = forms.IntegerField(
        label=_("Plasser fysisk"),
        required=False,
        min_value=1,
        max_value=CAPACITY_MOST,
        help_text=_("Tomt betyr så mange som vil."),
    )
    place = forms.CharField(label=_("Sted"), max_length=most(Event, "place"), required=False)
    address = forms.CharField(label=_("Adresse"), max_length=most(Event, "address"), required=False)
    county = forms.ChoiceField(
        label=_("Fylke"), choices=[*_NOT_SAID, *((county, county) for county in sorted(COUNTIES))], required=False
    )
    has_digital = forms.BooleanField(label=_("Digitalt"), required=False)
    digital_capacity = forms.IntegerField(
        label=_("Plasser digitalt"),
        required=False,
        min_value=1,
        max_value=CAPACITY_MOST,
        help_text=_("Tomt betyr så mange som vil."),
    )
    link = forms.CharField(
        label=_("Lenke til møtet"),
        max_length=most(Event, "link"),
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Vises bare for dem som har digital plass, og for dere som arrangerer."),
    )
    audience = forms.CharField(label=_("For hvem"), max_length=most(Event, "audience"), required=False)
    price = forms.CharField(label=_("Pris"), max_length=most(Event, "price"), required=False)
    contact = forms.CharField(
        label=_("Kontakt"),
        max_length=most(Event, "contact"),
        required=False,
        help_text=_("Hvor kan man spørre? En felles adresse er best."),
    )
    takes_sign_ups = forms.BooleanField(label=_("Påmelding i Flett"), required=False, initial=True)
    closes_on = forms.DateField(label=_("Siste dag for påmelding"), required=False, widget=DateInput)
    closes_clock = forms.TimeField(
        label=_("Kl."), required=False, widget=TimeInput, help_text=_("Tomt betyr ut dagen.")
    )
    opens_on = forms.DateField(label=_("Påmeldingen åpner"), required=False, widget=DateInput)
    opens_clock = forms.TimeField(
        label=_("Kl."), required=False, widget=TimeInput, help_text=_("Tomt betyr fra begynnelsen av dagen.")
    )
    offer_hours = forms.IntegerField(
        label=_("Timer på å svare på en ledig plass"),
        min_value=1,
        max_value=14 * 24,
        initial=24,
        help_text=_("For dem som rykker opp fra ventelista. Fristen blir kortere når det nærmer seg."),
    )
    asks_dietary = forms.BooleanField(
        label=_("Spør om mat"),
        required=False,
        help_text=_("Svarene ser bare dere som arrangerer. De slettes 14 dager etterpå."),
    )
    may_change = forms.BooleanField(label=_("Med forbehold om endringer"), required=False)

    def _moment(self, day: str, clock: str, *, otherwise: time, same_day: date | None = None) -> datetime | None:
        data = self.cleaned_data
        on, at = data.get(day) or same_day, data.get(clock)
        if on is None or "time_zone" not in data:
            return None
        try:
            return moment_of(on, at if at is not None else otherwise, data["time_zone"])
        except forms.ValidationError as error:
            self.add_error(clock, error)
            return None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            first, last = time(0), time(23, 59)
            data["starts_at"] = self._moment("starts_on", "starts_clock", otherwise=first)
            data["ends_at"] = self._moment("ends_on", "ends_clock", otherwise=last, same_day=data["starts_on"])
            data["sign_up_closes_at"] = self._moment("closes_on", "closes_clock", otherwise=last)
            data["sign_up_opens_at"] = self._moment("opens_on", "opens_clock", otherwise=first)
        if not self.errors:
            if data["ends_at"] <= data["starts_at"]:
                self.add_error("ends_clock", gettext("Slutten må komme etter begynnelsen."))
            if not (data["has_physical"] or data["has_digital"]):
                self.add_error("has_physical", gettext("Velg minst én måte å delta på."))
        return data

    def details(self) -> EventDetails:
        """What was filled in. The form is valid."""
        data = self.cleaned_data
        source, source_format = self.words()
        legs: dict[str, int | None] = {}
        if data["has_physical"]:
            legs[EventLeg.Mode.PHYSICAL] = data["physical_capacity"]
        if data["has_digital"]:
            legs[EventLeg.Mode.DIGITAL] = data["digital_capacity"]
        return EventDetails(
            legs=legs,
            principle_keys=self.principle_keys,
            source=source,
            source_format=source_format,
            **{name: data[name] for name in _SAME},
        )


class EditEventForm(EventForm):
    """Of an event others know of: whether they are to be told."""

    tell_them = forms.BooleanField(
        label=_("Si fra til de påmeldte på e-post"),
        required=False,
        help_text=_("Sendes bare når tid, sted, lenke, tittel eller tekst er endret."),
    )


_SAME = (
    "title",
    "kind",
    "summary",
    "starts_at",
    "ends_at",
    "time_zone",
    "place",
    "address",
    "county",
    "link",
    "audience",
    "price",
    "contact",
    "takes_sign_ups",
    "sign_up_closes_at",
    "sign_up_opens_at",
    "offer_hours",
    "asks_dietary",
    "may_change",
)
"""Said in the form by the same name as in the action."""


class NewEventForm(EventForm):
    """A new event is in a space, and a form of its own: the same sent twice makes one."""

    space = forms.ModelChoiceField(
        label=_("Rom"),
        queryset=Space.objects.none(),
        empty_label=None,
        help_text=_("De som kan lese rommet, ser arrangementet og kan melde seg på."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["space"].queryset = arrangeable_spaces(user)  # type: ignore[attr-defined]


def initial_event(event: Event) -> dict[str, Any]:
    """What an event says of itself, for its form. Two queries."""
    said: dict[str, Any] = {name: getattr(event, name) for name in _SAME if not name.endswith("_at")}
    said |= initial_text(source=event.source, source_format=event.source_format, html=event.html)
    for name, at in {
        "starts": event.starts_at,
        "ends": event.ends_at,
        "closes": event.sign_up_closes_at,
        "opens": event.sign_up_opens_at,
    }.items():
        there = local(at, event) if at else None
        said[f"{name}_on"] = there.date() if there else None
        said[f"{name}_clock"] = there.time() if there else None
    legs = {leg.mode: leg for leg in event.legs.all()}
    for mode in EventLeg.Mode.values:
        said[f"has_{mode}"] = mode in legs
        said[f"{mode}_capacity"] = legs[mode].capacity if mode in legs else None
    said["principles"] = [str(each.principle_key) for each in event.principles.all()]
    return said


# --- programme and questions ---------------------------------------------------------------------------

ROWS_MOST = 100


class Rows:
    """A form with a row for each thing, added, moved and taken away by plain buttons.

    A bound row is `form-<number>-<field>`; `rows` says how many there are. Buttons are `do=add`, `do=remove:2`,
    `do=up:2` and `do=save`.
    """

    def __init__(self, form: Any, event: Event, *, data: Any = None, initial: Sequence[dict[str, Any]] = ()) -> None:
        self.form, self.event, self.data = form, event, data
        self.errors: list[str] = []
        self.guard = GuardedForm(data)
        if data is None:
            self.forms = [self._make(number, initial=row) for number, row in enumerate(initial)]
            return
        wanted = data.get("rows", "")
        count = min(int(wanted), ROWS_MOST) if wanted.isdecimal() and len(wanted) < 6 else 0
        self.forms = [self._make(number, data=data) for number in range(count)]

    def _make(self, number: int, **kwargs: Any) -> Any:
        made = self.form(event=self.event, prefix=f"form-{number}", **kwargs)
        made.number = number
        return made

    def is_valid(self) -> bool:
        every = [form.is_valid() for form in self.forms]
        return all(every) and self.guard.is_valid()

    def refuse(self, error: TextRefusedError) -> None:
        """Say why. A number that was found does not come back in the fields."""
        self.guard.is_valid()
        self.guard.refuse(error)
        if isinstance(error, PatientDataError):
            data = self.data.copy()
            for name in error.masked:
                if name in data:
                    data[name] = mask(data[name])
            self.forms = [self._make(number, data=data) for number in range(len(self.forms))]

    def change(self, task: str) -> None:
        """A row more, one less, or one moved up: the rows as they were filled in, not judged."""
        name, _sign, argument = task.partition(":")
        rows = [
            {
                field: shown.widget.value_from_datadict(form.data, form.files, form.add_prefix(field))
                for field, shown in form.fields.items()
            }
            for form in self.forms
        ]
        number = int(argument) if argument.isdecimal() and len(argument) < 6 else -1
        if name == "add" and len(rows) < ROWS_MOST:
            last = rows[-1] if rows else {}
            rows.append({"day": last.get("day") or local(self.event.starts_at, self.event).date()})
        elif name == "remove" and 0 <= number < len(rows):
            del rows[number]
        elif name == "up" and 0 < number < len(rows):
            rows[number - 1], rows[number] = rows[number], rows[number - 1]
        self.forms = [self._make(each, initial=row) for each, row in enumerate(rows)]


class PointForm(forms.Form):
    """A point of the programme. Empty rows are left out."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    day = forms.DateField(label=_("Dag"), widget=DateInput)
    starts_clock = forms.TimeField(label=_("Fra kl."), widget=TimeInput)
    ends_clock = forms.TimeField(label=_("Til kl."), required=False, widget=TimeInput)
    title = forms.CharField(label=_("Tittel"), max_length=most(ProgrammeItem, "title"))
    speaker_role = forms.CharField(
        label=_("Hvem som holder det"), max_length=most(ProgrammeItem, "speaker_role"), required=False
    )
    room = forms.CharField(label=_("Rom eller sal"), max_length=most(ProgrammeItem, "room"), required=False)
    text = forms.CharField(
        label=_("Kort om punktet"),
        max_length=most(ProgrammeItem, "text"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = event.time_zone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("starts", "ends"):
            at = data.get(f"{name}_clock")
            try:
                data[f"{name}_at"] = moment_of(data["day"], at, self.zone) if at is not None and "day" in data else None
            except forms.ValidationError as error:
                self.add_error(f"{name}_clock", error)
        return data

    def point(self) -> Point:
        data = self.cleaned_data
        return Point(
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            title=data["title"],
            text=data["text"],
            room=data["room"],
            speaker_role=data["speaker_role"],
            pk=data["pk"],
        )


def initial_points(event: Event) -> list[dict[str, Any]]:
    """The programme for its form. One query."""
    rows = []
    for item in event.programme.all():
        starts = local(item.starts_at, event)
        rows.append(
            {
                "pk": item.pk,
                "day": starts.date(),
                "starts_clock": starts.time(),
                "ends_clock": local(item.ends_at, event).time() if item.ends_at else None,
                "title": item.title,
                "speaker_role": item.speaker_role,
                "room": item.room,
                "text": item.text,
            }
        )
    return rows


class QuestionForm(forms.Form):
    """A question. The rows stand in the order of their numbers."""

    pk = forms.IntegerField(required=False, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Spørsmål"), max_length=most(EventQuestion, "label"))
    kind = forms.ChoiceField(label=_("Slags svar"), choices=EventQuestion.Kind.choices)
    choices = forms.CharField(
        label=_("Svar å velge mellom"),
        max_length=most(EventQuestion, "choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ett på hver linje. Bare når man skal velge."),
    )
    is_required = forms.BooleanField(label=_("Må besvares"), required=False)

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def question(self) -> Question:
        data = self.cleaned_data
        return Question(
            label=data["label"],
            kind=data["kind"],
            choices=tuple(data["choices"].splitlines()),
            is_required=data["is_required"],
            pk=data["pk"],
        )


def initial_questions(event: Event, purpose: str) -> list[dict[str, Any]]:
    """What is asked, for its form. One query."""
    return [
        {
            "pk": each.pk,
            "label": each.label,
            "kind": each.kind,
            "choices": each.choices,
            "is_required": each.is_required,
        }
        for each in event.questions.filter(purpose=purpose)
    ]


class CancelEventForm(GuardedForm):
    """Why it will not be. Those who were to come are told."""

    note = forms.CharField(
        label=_("Hvorfor er det avlyst?"),
        max_length=most(Event, "cancel_note"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Står øverst på siden. De påmeldte får beskjed på e-post."),
    )
