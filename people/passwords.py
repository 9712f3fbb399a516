"""Passwords that have been guessed before."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

# What people here would think of first. Norwegian, Danish and English.
OWN_WORDS = frozenset(
    """
    flett fletteverk fact factteam factung actteam passord passordet hemmelig velkommen adgangskode kodeord kodeordet
    sommer vinter høst hoest vår vaar efterår foraar helse psykiskhelse sykehus sykehuset kommune kommunen psykiatri
    psykiatrien norge danmark sverige oslo bergen trondheim stavanger tromsø tromsoe password welcome summer winter
    spring autumn team teamleder recovery
    """.split()  # noqa: SIM905 – easier to read and to add to
)
DISGUISES = str.maketrans("013457@$!", "oieastasi")
DECORATION = re.compile(r"^[\W\d_]+|[\W\d_]+$")


class DressedUpPasswordValidator(CommonPasswordValidator):
    """Refuses a common password, or a word of this place, with a year or a few signs put on.

    `CommonPasswordValidator` compares with 20,000 passwords from real breaches, most of them shorter than ours may be:
    "sommer2026!" and "Passord123456" are not among them, and are what is tried first. No other server is asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known = self.passwords | OWN_WORDS

    def validate(self, password: str, user: Any = None) -> None:
        plain = re.sub(r"[\W_]", "", DECORATION.sub("", password.lower()))
        for core in (plain, plain.translate(DISGUISES)):
            half = core[: len(core) // 2]
            if core in self.known or (half * 2 == core and half in self.known) or not core:
                raise ValidationError(self.get_error_message(), code="password_too_common")

    def get_error_message(self) -> str:
        return gettext("Det passordet er lett å gjette. Velg heller en setning du husker.")

    def get_help_text(self) -> str:
        return ""
