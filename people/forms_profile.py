"""What somebody writes about themselves, and what they choose."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import MailKind
from people.models.profiles import PRESENTATION_MAX
from people.own_data.actions import NAME_MAX
from safety.files import IMAGE_FORMATS
from safety.guard import refuse_identity_numbers
from safety.text import TextRefusedError, clean_line, clean_lines, refuse_private_number


class ProfileForm(forms.Form):
    """Name, a few lines and a picture. Texts go through the door here, so that what is wrong is told beside it."""

    first_name = forms.CharField(
        label=_("Fornavn"),
        max_length=NAME_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        help_text=_("Navnet vises til folk i teamene dine."),
    )
    last_name = forms.CharField(
        label=_("Etternavn"),
        max_length=NAME_MAX,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    presentation = forms.CharField(
        label=_("Kort om deg"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": PRESENTATION_MAX}),
        help_text=_("Hva du arbeider med og gjerne svarer på. Ingenting om pasienter, og ikke egen helse."),
    )
    picture = forms.FileField(
        label=_("Bilde"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(f".{extension}" for extension in IMAGE_FORMATS)}),
        help_text=_("Et bilde av deg alene. Vi klipper det til et kvadrat og fjerner sted, tid og kamera."),
    )
    remove_picture = forms.BooleanField(label=_("Fjern bildet jeg har"), required=False)

    def __init__(self, *args: Any, has_picture: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_picture:
            del self.fields["remove_picture"]

    def clean_first_name(self) -> str:
        return self._through_the_door(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return self._through_the_door(self.cleaned_data["last_name"])

    @staticmethod
    def _through_the_door(text: str) -> str:
        try:
            line = clean_line(text, most=NAME_MAX)
            refuse_identity_numbers(line)
        except TextRefusedError as error:
            raise ValidationError(error.message) from error
        return line

    def clean_presentation(self) -> str:
        try:
            text = clean_lines(self.cleaned_data["presentation"], most=PRESENTATION_MAX)
            refuse_identity_numbers(text)
        except TextRefusedError as error:
            raise ValidationError(error.message) from error
        try:
            refuse_private_number(text)
        except TextRefusedError as error:
            raise ValidationError(gettext("Det ser ut som et mobilnummer. Flett lagrer ikke telefonnumre.")) from error
        return text


class PreferencesForm(forms.Form):
    """The language of one's mails, and which of them one wants."""

    language = forms.ChoiceField(
        label=_("Språk"),
        choices=settings.LANGUAGES,
        help_text=_("E-post fra Flett kommer på dette språket, og du møter det når du logger inn."),
    )
    mail_on_deadlines = forms.BooleanField(
        label=_("Minn meg på grunnopplæringen før fristen, og når teamlederen min ber om det"), required=False
    )
    mail_on_expiry = forms.BooleanField(label=_("Minn meg på kursbevis som snart går ut"), required=False)
    mail_on_team_news = forms.BooleanField(
        label=_("Send meg ukesbrev om team jeg leder, når det er noe å følge opp"), required=False
    )
    mail_on_requests = forms.BooleanField(
        label=_("Send meg e-post når noen vil bli med i et team jeg leder"), required=False
    )
    mail_on_forum_at_once = forms.BooleanField(
        label=_("Send meg e-post når noen nevner meg eller svarer meg i forumet"), required=False
    )
    mail_on_forum_digest = forms.BooleanField(
        label=_("Send meg en oppsummering av det som er nytt i forumet"), required=False
    )

    @property
    def mails_wanted(self) -> dict[MailKind, bool]:
        """What was chosen. For a form that is valid."""
        return {kind: self.cleaned_data[kind.choice] for kind in MailKind}
