"""What may point out a patient, and may as well not: the writer is asked, never stopped.

A full date of birth beside something like a name, a telephone number, «pasienten heter …», and a number that is an
account by its grouping but a birth number by its digits.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils import timezone

from safety.guard.identity import find_identity_numbers, find_possible_numbers


class Hint(StrEnum):
    BIRTH_DATE = "birth_date"
    PHONE = "phone"
    NAMED_PATIENT = "named_patient"
    POSSIBLE_NUMBER = "possible_number"


@dataclass(frozen=True, slots=True)
class GuardWarning:
    """Where in the text, as it was handed in. Holds none of the text, so that it may be logged."""

    hint: Hint
    start: int
    end: int


_MONTH_NAMES = """
januar january januari jan / februar february februari feb / mars march marts mar / april apr / mai maj may
juni june jun / juli july jul / august augusti aug / september sept sep / oktober october okt oct / november nov
desember december des dec
"""
_MONTHS = {
    name: number
    for number, names in enumerate(re.split(r"[/\n]", _MONTH_NAMES.strip()), start=1)
    for name in names.split()
}
_ANY_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?<![\d.,/-])(?:"
    r"(?P<day>\d{1,2})(?:\.\s?|[/-])(?P<month>\d{1,2})(?:\.\s?|[/-])(?P<year>\d{4}|\d{2})"
    r"|(?P<iso_year>\d{4})-(?P<iso_month>\d{2})-(?P<iso_day>\d{2})"
    rf"|(?P<named_day>\d{{1,2}})\.?\s(?P<named_month>{_ANY_MONTH})\.?\s(?P<named_year>\d{{4}})"
    r")(?![\d/-]|[.,]\d)",
    re.IGNORECASE,
)
_YOUNGEST_UNSAID = 8
"""Years. A date nearer than this is a meeting or a decision, unless the text says that somebody was born on it."""
_OLDEST = 120
_BORN = re.compile(
    r"\b(?:f(?:ø|oe|ö)d[dt]?|f(?:ø|ö)dsels(?:dato|dag)\w*|f(?:ø|ö)delse\w*|born|dob|date of birth|f\.)"
    r"\W{0,3}(?:\w{1,3}\W{1,2})?$",
    re.IGNORECASE,
)
_AROUND = 60
_SENTENCE_END = re.compile(r"[.!?:]\s+$|^\s*$|\n\s*$|[-–•*]\s*$")
_CAPITAL = re.compile(r"[A-ZÆØÅÄÖÉÜŠŽČĐŊŦ][a-zæøåäöéèüšžčđŋŧ]{1,24}(?:-[A-ZÆØÅÄÖ][a-zæøåäö]{1,24})?\b")
_OTHER_CAPITALS = """
mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tysdag laurdag sundag
monday tuesday wednesday thursday friday saturday sunday
norge noreg norway danmark denmark sverige sweden oslo bergen trondheim stavanger tromsø københavn
fact flett napha nav helsedirektoratet stortinget lov loven forskrift rundskriv vedtak versjon dato
kilde side kapittel publisert oppdatert sist endret gjelder fra til den det de vi jeg han hun ho the
"""
_NOT_A_NAME = frozenset({*_MONTHS, *_OTHER_CAPITALS.split()})

_PHONE = re.compile(
    r"(?<![\w.,/+-])(?P<country>(?:\+|00)(?P<code>4[567])[ \u00a0]?)?"
    r"(?P<number>\d{3} ?\d{2} ?\d{3}|\d{2}(?:[ \u00a0.]\d{2}){3}|\d{2,3}-?\d{3} ?\d{2} ?\d{2})(?![\w-]|[.,/]\d)"
)
_PHONE_WORD = re.compile(
    r"\b(?:t(?:e)?l(?:e)?f(?:on\w*)?|tlf|mob(?:il\w*)?|phone|ring(?:e|es)?|nummeret|sms|number)\W{0,12}$", re.IGNORECASE
)
_SERVICE_STARTS = ("80", "81", "82", "0")

_PERSON = r"(?:pasient|patient|brukar|bruker|klient|borger|client|service user)"
_CALLED = r"(?:heter|heiter|hedder|heder|hette|hed|kalles|kallast|kaldes|is called|is named|was called)"
_NAMED_PATIENT = re.compile(
    rf"\b{_PERSON}(?:en|a|ens|as|s|e|n)?(?:'s)?\s(?:\w{{1,12}}\s){{0,3}}?{_CALLED}\s\w"
    rf"|\b{_PERSON}(?:ens|ens sitt|s|'s)\s(?:fulle\s|full\s)?(?:navn|namn|name)\s(?:er|is)\s\w"
    rf"|\b{_PERSON}(?:en|a)?\s(?:ved\s|med\s|with\sthe\s)(?:navn|namn|name)\w{{0,2}}\s\w"
    rf"|\b(?:navnet|namnet)\stil\s{_PERSON}en\ser\s\w",
    re.IGNORECASE,
)


def find_warnings(text: str) -> list[GuardWarning]:
    """What the writer should look at once more, in the order of the text; identity numbers are not among it."""
    taken = [(finding.start, finding.end) for finding in find_identity_numbers(text)]
    found = [
        *(GuardWarning(Hint.POSSIBLE_NUMBER, *span) for span in find_possible_numbers(text)),
        *(GuardWarning(Hint.NAMED_PATIENT, *match.span()) for match in _NAMED_PATIENT.finditer(text)),
        *(GuardWarning(Hint.BIRTH_DATE, *match.span()) for match in _DATE.finditer(text) if _is_birth(text, match)),
        *(GuardWarning(Hint.PHONE, *match.span()) for match in _PHONE.finditer(text) if _is_phone(text, match)),
    ]
    free = [one for one in found if not any(one.start < end and start < one.end for start, end in taken)]
    return sorted(free, key=lambda one: (one.start, one.end, one.hint))


def _is_birth(text: str, match: re.Match[str]) -> bool:
    day = _date(match)
    if day is None:
        return False
    age = (timezone.localdate() - day).days / 365.25
    is_said = bool(_BORN.search(text[max(match.start() - 24, 0) : match.start()]))
    if not (0 <= age <= _OLDEST) or (age < _YOUNGEST_UNSAID and not is_said):
        return False
    return _has_name(text, *match.span(), counts_first=is_said)


def _date(match: re.Match[str]) -> date | None:
    """The day that is meant; two digits of a year mean the latest such year that has been."""
    if match["iso_year"]:
        year, month, day = int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"])
    elif match["named_year"]:
        month = _MONTHS[match["named_month"].lower()]
        year, day = int(match["named_year"]), int(match["named_day"])
    else:
        year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
        if year < 100:
            this_year = timezone.localdate().year
            year += this_year - this_year % 100
            year -= 100 if year > this_year else 0
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _has_name(text: str, start: int, end: int, *, counts_first: bool) -> bool:
    """A capitalised word near, that does not merely begin a sentence; two in a row always count."""
    first = max(start - _AROUND, 0)
    around = text[first:start] + " " * (end - start) + text[end : end + _AROUND]
    previous_end = -2
    for word in _CAPITAL.finditer(around):
        if word[0].lower() in _NOT_A_NAME:
            continue
        if word.start() - previous_end == 1 or counts_first:
            return True
        if not _SENTENCE_END.search(around[max(word.start() - 4, 0) : word.start()]):
            return True
        previous_end = word.end()
    return False


def _is_phone(text: str, match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match["number"])
    if match["code"] != "46" and len(digits) != 8:
        return False
    if match["code"]:
        return True
    if digits.startswith(_SERVICE_STARTS):
        return False
    if _PHONE_WORD.search(text[max(match.start() - 24, 0) : match.start()]):
        return True
    is_spaced = not match["number"].isdigit()
    return digits[0] in "49" if not is_spaced else digits[0] in "2345679" and not _is_calendar_date(digits)


def _is_calendar_date(digits: str) -> bool:
    return int(digits[4:6]) in range(1, 13) and digits[:2] in {"19", "20"}
