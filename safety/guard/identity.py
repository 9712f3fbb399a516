"""Norwegian national identity numbers in running text.

Eleven digits: six of a date of birth, three that say the century, two check digits (folkeregisterforskriften § 2-2).
A D-number has 4 added to its first digit. Numbers whose date or check digits are wrong are not findings: they are
telephone numbers, accounts and orders.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

DIGITS = 11
_FIRST_CHECK = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_CHECK = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_GAP = r"[\s.,/_\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015\u2212-]{0,3}"
"""What people write between the groups, and what hides there unseen."""
_CANDIDATE = re.compile(rf"(?<!\d)(?=(\d(?:{_GAP}\d){{{DIGITS - 1}}})(?!\d))")


class Kind(StrEnum):
    BIRTH_NUMBER = "birth_number"
    D_NUMBER = "d_number"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where in the text, as it was handed in. Holds no digits, so that it may be logged."""

    kind: Kind
    start: int
    end: int


def find_identity_numbers(text: str) -> list[Finding]:
    """Every valid fødselsnummer and D-number, also spaced, dotted, split, or in full-width and other digits."""
    plain = "".join(_plain_digit(letter) for letter in text)
    findings: list[Finding] = []
    for candidate in _CANDIDATE.finditer(plain):
        digits = [int(letter) for letter in candidate[1] if letter.isdigit()]
        kind = _kind_of(digits)
        start, end = candidate.span(1)
        if kind is not None and (not findings or start >= findings[-1].end):
            findings.append(Finding(kind=kind, start=start, end=end))
    return findings


def _plain_digit(letter: str) -> str:
    """The digit 0–9 that any script's digit stands for; everything else as it is. Always one character."""
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)


def _kind_of(digits: list[int]) -> Kind | None:
    if not (_is_whole(digits[:10], _FIRST_CHECK) and _is_whole(digits, _SECOND_CHECK)):
        return None
    if _has_date(digits):
        return Kind.BIRTH_NUMBER
    if digits[0] >= 4 and _has_date([digits[0] - 4, *digits[1:]]):
        return Kind.D_NUMBER
    return None


def _is_whole(digits: list[int], weights: tuple[int, ...]) -> bool:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11 == 0


def _has_date(digits: list[int]) -> bool:
    """Whether the first six digits are a date in a century that the next three allow."""
    day, month, year = (10 * digits[place] + digits[place + 1] for place in (0, 2, 4))
    series = 100 * digits[6] + 10 * digits[7] + digits[8]
    centuries = []
    if series <= 499 or (series >= 900 and year >= 40):
        centuries.append(1900)
    if 500 <= series <= 749 and year >= 54:
        centuries.append(1800)
    if series >= 500 and year <= 39:
        centuries.append(2000)
    return any(_is_date(century + year, month, day) for century in centuries)


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
