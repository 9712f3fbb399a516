"""What must never be written in Flett: details that point out a patient. Pure functions on plain text.

Begun with national identity numbers; each kind of finding gets a module of its own beside `identity`.
"""

from django.utils.translation import gettext as _

from safety.guard.identity import Finding, Kind, find_identity_numbers
from safety.text import TextRefusedError

__all__ = ["Finding", "Kind", "find_identity_numbers", "refuse_identity_numbers"]


def refuse_identity_numbers(text: str) -> None:
    """Raise TextRefusedError where the text holds a valid national identity number. The number is not repeated."""
    if find_identity_numbers(text):
        raise TextRefusedError(
            _("Teksten inneholder et fødselsnummer eller D-nummer. Fjern det, så kan du lagre. Ingenting er lagret nå.")
        )
