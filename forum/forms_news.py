"""The form of a piece of news. Texts go through the door in the actions."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.actions.news import NewsDetails
from forum.forms_principles import PrinciplesForm
from forum.forms_spaces import DateInput, most
from forum.forms_text import TextForm, initial_text
from forum.models import NewsItem, Space
from forum.queries.news import spaces_for_news
from forum.writing import SOURCE_MAX


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class NewsForm(PrinciplesForm, TextForm):
    """What the news says and how long it stands."""

    title = forms.CharField(label=_("Tittel"), max_length=most(NewsItem, "title"))
    lead = forms.CharField(
        label=_("Ingress"),
        max_length=most(NewsItem, "lead"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Det viktigste i én setning eller to. Vises i lista."),
    )
    source = forms.CharField(label=_("Tekst"), max_length=SOURCE_MAX)
    published_at = forms.DateTimeField(
        label=_("Vises fra"),
        required=False,
        widget=MomentInput,
        help_text=_("La det stå tomt for å publisere med en gang."),
    )
    expires_on = forms.DateField(
        label=_("Siste dag"),
        required=False,
        widget=DateInput,
        help_text=_("Etterpå ligger nyheten bare i arkivet. Tomt betyr at den blir stående."),
    )
    is_pinned = forms.BooleanField(label=_("Fest øverst i lista"), required=False)
    must_read = forms.BooleanField(
        label=_("Må leses"),
        required=False,
        help_text=_(
            "De nyheten er for, blir bedt om å bekrefte «lest og forstått». Du ser hvem som ikke har gjort det."
        ),
    )
    read_by = forms.DateField(label=_("Leses innen"), required=False, widget=DateInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("read_by") and not cleaned.get("must_read"):
            self.add_error("read_by", gettext("En frist trengs bare når nyheten må leses."))
        return cleaned

    def details(self) -> NewsDetails:
        """What was filled in. The form is valid."""
        data = self.cleaned_data
        source, source_format = self.words()
        last = data["expires_on"]
        return NewsDetails(
            title=data["title"],
            lead=data["lead"],
            source=source,
            source_format=source_format,
            principle_keys=self.principle_keys,
            published_at=data.get("published_at"),
            expires_at=timezone.make_aware(datetime.combine(last + timedelta(days=1), time())) if last else None,
            is_pinned=data["is_pinned"],
            must_read=data["must_read"],
            read_by=data["read_by"],
        )


def initial_news(item: NewsItem) -> dict[str, Any]:
    """What a piece of news says, for its form. One query."""
    last = timezone.localdate(item.expires_at) - timedelta(days=1) if item.expires_at else None
    return initial_text(source=item.source, source_format=item.source_format, html=item.html) | {
        "title": item.title,
        "lead": item.lead,
        "principles": [str(each.principle_key) for each in item.principles.all()],
        "published_at": item.published_at,
        "expires_on": last,
        "is_pinned": item.is_pinned,
        "must_read": item.must_read,
        "read_by": item.read_by,
        "version": item.version,
    }


class NewNewsForm(NewsForm):
    """A new piece of news."""

    space = forms.ModelChoiceField(
        label=_("Rom"),
        queryset=Space.objects.none(),
        empty_label=None,
        help_text=_("De som kan lese rommet, kan lese nyheten."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["space"].queryset = spaces_for_news(user)  # type: ignore[attr-defined]


class EditNewsForm(NewsForm):
    """A change. Of a must-read that is out, its editor says whether it is a correction."""

    CORRECTION, AGAIN = "correction", "again"

    version = forms.IntegerField(widget=forms.HiddenInput)
    change = forms.ChoiceField(
        label=_("Hva slags endring er det?"),
        choices=[
            (CORRECTION, _("En retting. De som har bekreftet, trenger ikke lese på nytt.")),
            (AGAIN, _("Noe nytt. Alle blir bedt om å lese og bekrefte på nytt.")),
        ],
        widget=forms.RadioSelect,
        initial=CORRECTION,
    )

    def __init__(self, *args: Any, item: NewsItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not item.is_scheduled:
            del self.fields["published_at"]
        if item.is_scheduled or not item.must_read:
            del self.fields["change"]

    @property
    def must_be_read_again(self) -> bool:
        return self.cleaned_data.get("change") == self.AGAIN
