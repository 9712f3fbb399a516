"""Words in place of a number. What is masked cannot be found again, and masking twice changes nothing."""

import re

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from safety.guard.identity import Kind, find_identity_numbers
from safety.guard.plain import read_plainly


def name_of(kind: Kind) -> str:
    """What the kind is called, in the reader's language."""
    return {
        Kind.BIRTH_NUMBER: _("fødselsnummer"),
        Kind.D_NUMBER: _("D-nummer"),
        Kind.H_NUMBER: _("hjelpenummer"),
        Kind.FH_NUMBER: _("hjelpenummer"),
        Kind.SYNTHETIC_NUMBER: _("fødselsnummer"),
        Kind.CPR_NUMBER: _("CPR-nummer"),
        Kind.SWEDISH_NUMBER: _("svensk personnummer"),
    }[kind]


def placeholder(kind: Kind) -> str:
    """What stands where the number stood."""
    return _("[%(kind)s fjernet]") % {"kind": name_of(kind)}


@sensitive_variables()
def shown(number: str) -> str:
    """The number as it may be shown to whoever wrote it: the first two digits (a day of the month), then dots."""
    digits = re.sub(r"\D", "", read_plainly(number).text)
    return digits[:2] + "•" * (len(digits) - 2)


@sensitive_variables()
def mask(text: str) -> str:
    """The text with each identity number replaced by words. Nothing is left to find."""
    while findings := find_identity_numbers(text):
        parts = []
        place = 0
        for finding in findings:
            parts += [text[place : finding.start], placeholder(finding.kind)]
            place = finding.end
        text = "".join([*parts, text[place:]])
    return text
