"""What must never be written in Flett: details that point out a patient. Pure functions, no models.

`guard_texts` and `guard_html` are the doors for what people write, `files.guard_file` for what they upload. Rules,
measured rates and how to use it: `docs/guard.md`.
"""

from safety.guard.doors import (
    ConfirmationNeededError,
    PatientDataError,
    guard_html,
    guard_texts,
    refuse_identity_numbers,
)
from safety.guard.hints import GuardWarning, Hint, find_warnings
from safety.guard.identity import Finding, Kind, find_identity_numbers
from safety.guard.markup import find_in_html, mask_html
from safety.guard.masking import mask

__all__ = [
    "ConfirmationNeededError",
    "Finding",
    "GuardWarning",
    "Hint",
    "Kind",
    "PatientDataError",
    "find_identity_numbers",
    "find_in_html",
    "find_warnings",
    "guard_html",
    "guard_texts",
    "mask",
    "mask_html",
    "refuse_identity_numbers",
]
