"""Forms about who belongs where."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from people.models import TeamRole

ADDRESSES_AT_ONCE = 50
EARLIEST_START = date(1990, 1, 1)
DAYS_AHEAD = 366
DEADLINE_DAYS_AHEAD = 3 * 366


class DateInput(forms.DateInput):
    """The browser's own calendar. It speaks ISO 8601 whatever language it shows."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RolesForm(forms.Form):
    """What somebody does in the team."""

    roles = forms.ModelMultipleChoiceField(
        label=_("Roller"),
        queryset=TeamRole.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class StartForm(RolesForm):
    """Roles, and when somebody began or begins."""

    started_on = forms.DateField(
        label=_("Første dag i teamet"),
        required=False,
        widget=DateInput,
        help_text=_("Tomt betyr i dag. Datoen gir en foreslått frist for grunnopplæringen."),
    )

    def clean_started_on(self) -> date | None:
        day: date | None = self.cleaned_data["started_on"]
        if day is not None and not EARLIEST_START <= day <= timezone.localdate() + timedelta(days=DAYS_AHEAD):
            raise ValidationError(gettext("Sjekk årstallet. Dagen kan ikke være mer enn ett år fram."))
        return day


class JoinForm(StartForm):
    """What somebody says of themselves when they ask to join. No free text, so that nothing is said of others."""


class MemberForm(RolesForm):
    """What a leader sets for a member."""

    onboarding_due_on = forms.DateField(
        label=_("Foreslått frist for grunnopplæringen"),
        required=False,
        widget=DateInput,
        help_text=_("Tomt betyr ingen frist."),
    )

    def clean_onboarding_due_on(self) -> date | None:
        day: date | None = self.cleaned_data["onboarding_due_on"]
        latest = timezone.localdate() + timedelta(days=DEADLINE_DAYS_AHEAD)
        if day is not None and not EARLIEST_START <= day <= latest:
            raise ValidationError(gettext("Sjekk årstallet. Fristen kan være inntil tre år fram."))
        return day


def split_addresses(text: str) -> list[str]:
    """Addresses one a line, or with comma or semicolon between; "Name <address>" gives the address."""
    pieces = [piece.strip() for piece in re.split(r"[\n,;]+", text)]
    found = [re.sub(r"^.*<([^<>]*)>$", r"\1", piece).strip().lower() for piece in pieces]
    return list(dict.fromkeys(address for address in found if address))


class InviteForm(StartForm):
    """Whom to invite. One bad address keeps all of them in the field, and is named."""

    emails = forms.CharField(
        label=_("E-postadresser"),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        max_length=20_000,
        help_text=_("Én på hver linje, eller med komma mellom. Inntil 50 om gangen."),
    )
    language = forms.ChoiceField(
        label=_("Språk i invitasjonen"), choices=settings.LANGUAGES, initial=settings.LANGUAGE_CODE
    )
    field_order = ("emails", "roles", "started_on", "language")

    def clean_emails(self) -> list[str]:
        addresses = split_addresses(self.cleaned_data["emails"])
        if not addresses:
            raise ValidationError(gettext("Skriv minst én e-postadresse."))
        bad = [address for address in addresses if not is_address(address)]
        errors: list[Any] = [
            gettext("«%(address)s» er ikke en e-postadresse.") % {"address": address[:80]} for address in bad[:10]
        ]
        if len(bad) > 10:
            left = len(bad) - 10
            errors.append(
                ngettext("%(count)d til er ikke en e-postadresse.", "%(count)d til er ikke e-postadresser.", left)
                % {"count": left}
            )
        if len(addresses) > ADDRESSES_AT_ONCE:
            errors.append(
                gettext("Det er %(count)d adresser. Inviter inntil %(limit)d om gangen.")
                % {"count": len(addresses), "limit": ADDRESSES_AT_ONCE}
            )
        if errors:
            raise ValidationError(errors)
        return addresses


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254
