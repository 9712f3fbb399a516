"""Forms beside an item of the library."""

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms_spaces import DateInput


class ReviewForm(forms.Form):
    """When somebody is to look next; left empty, a year on."""

    next_on = forms.DateField(label=_("Neste gjennomgang"), required=False, widget=DateInput)
