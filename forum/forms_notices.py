"""What somebody chooses to hear of, and when."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.models import MailChoice, Watch

NONE = "none"
HOURS = [(hour, f"{hour:02}.00") for hour in range(24)]
WEEKDAYS = [
    (0, _("mandag")),
    (1, _("tirsdag")),
    (2, _("onsdag")),
    (3, _("torsdag")),
    (4, _("fredag")),
    (5, _("lørdag")),
    (6, _("søndag")),
]


def _number(choices: list[Any], **more: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(choices=choices, coerce=int, **more)


class NoticeSettingsForm(forms.Form):
    at_once = forms.BooleanField(
        label=_("Send meg e-post når noen nevner meg eller svarer meg"),
        required=False,
    )
    digest = forms.ChoiceField(
        label=_("Oppsummering på e-post"),
        choices=[(NONE, _("Aldri")), *MailChoice.Digest.choices],
        help_text=_("Kommer bare når det er noe nytt."),
    )
    digest_weekday = _number(WEEKDAYS, label=_("Ukedag, når den kommer hver uke"))
    digest_hour = _number(HOURS, label=_("Klokkeslett"))
    quiet_from = _number(
        HOURS,
        label=_("Stille fra klokka"),
        help_text=_("E-post om omtaler og svar venter til den stille tida er over."),
    )
    quiet_to = _number(
        HOURS, label=_("Stille til klokka"), help_text=_("Velger du samme klokkeslett to ganger, er det aldri stille.")
    )


class SpaceWatchForm(forms.Form):
    level = forms.ChoiceField(choices=Watch.Level.choices)


class TopicWatchForm(forms.Form):
    level = forms.ChoiceField(
        choices=[("", ""), *[(level, level) for level in (Watch.Level.ALL, Watch.Level.MENTIONS, Watch.Level.NONE)]],
        required=False,
    )
