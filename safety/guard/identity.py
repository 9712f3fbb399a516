"""National identity numbers in running text: Norwegian, Danish and Swedish.

**Norway**, eleven digits: date of birth, three individual digits, two check digits (folkeregisterforskriften § 2-2-2).

- D-number: 4 added to the first digit (§ 2-2-3). H-number: 40 added to the month; FH-number: first digit 8 or 9, no
  date, the same check digits (Direktoratet for e-helse, «Identifikatorer for personer», HITR 1001; Norsk helsenett).
- Test numbers have 80 added to the month (Skatteetaten's Tenor, «Test for konsumenter» in the register's API
  documentation), 40 (NAV's Dolly) or 65 (Norsk helsenett). They are found too: nobody can see that they are not real.
- From 2032 a remainder of 0, 1, 2 or 3 is right for the first check digit, for newcomers of every age, and the
  individual digits no longer tell the century (Skatteetaten, «Nytt fødselsnummer fra 2032», with source code).

**Denmark**, ten digits: date, serial number, modulus 11 (cpr.dk, «Opbygning af CPR-nummeret»); since 2007 some have no
valid check digit. **Sweden**, ten or twelve digits: date, serial number, Luhn; 60 added to the day in a
samordningsnummer (Skatteverket, SKV 704 and 707).

What decides is the digits, then how they are grouped, then the words beside them: `docs/guard.md` has the rules with
the rates they were measured to have.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from safety.guard.plain import Plain, read_plainly


class Kind(StrEnum):
    BIRTH_NUMBER = "birth_number"
    D_NUMBER = "d_number"
    H_NUMBER = "h_number"
    FH_NUMBER = "fh_number"
    SYNTHETIC_NUMBER = "synthetic_number"
    CPR_NUMBER = "cpr_number"
    SWEDISH_NUMBER = "swedish_number"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where in the text, as it was handed in. Holds no digits, so that it may be logged."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Judgement:
    kind: Kind
    is_certain: bool
    """Words about accounts and invoices beside it do not change what it is."""
    needs_context: bool = False
    """It is only a number until a word beside it, or a hyphen within it, says whose."""


_FIRST_CHECK = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_CHECK = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_DANISH_CHECK = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_REMAINDERS_FROM_2032 = frozenset({1, 2, 3})

_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS_ADDED = {
    0: Kind.BIRTH_NUMBER,
    40: Kind.H_NUMBER,
    65: Kind.SYNTHETIC_NUMBER,
    80: Kind.SYNTHETIC_NUMBER,
}


def _norwegian_dates() -> dict[str, Kind]:
    """Every «ddmm» that a Norwegian number may begin with, and what it then is."""
    found = {}
    for month, days in enumerate(_DAYS_IN_MONTH, start=1):
        for day in range(1, days + 1):
            for added, kind in _MONTHS_ADDED.items():
                found[f"{day:02}{month + added:02}"] = kind
                found[f"{day + 40:02}{month + added:02}"] = Kind.D_NUMBER if added == 0 else kind
    return found


_NORWEGIAN_DATES = _norwegian_dates()
_DAY_MONTHS = frozenset(date for date, kind in _NORWEGIAN_DATES.items() if kind is Kind.BIRTH_NUMBER)
_SWEDISH_DATES = frozenset(
    f"{month:02}{day + added:02}"
    for month, days in enumerate(_DAYS_IN_MONTH, start=1)
    for day in range(1, days + 1)
    for added in (0, 60)
)

_DASH = r"\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_CLUSTER = re.compile(rf"\d+(?:[\s.,/_;:|*+()\[\]'\"«»=~#·•{_DASH}]{{1,5}}\d+)*")
"""Digits, and what people and programs put between the groups of one number."""
_GROUP = re.compile(r"\d+")
_NARROW = re.compile(rf"[\s./_{_DASH}]{{1,3}}")
"""What may stand within the date, or within the last five digits."""
_HYPHEN = re.compile(rf"[{_DASH}]")

_GROUPINGS_OF_11 = frozenset(
    {
        (11,), (6, 5), (2, 2, 2, 5), (2, 4, 5), (4, 2, 3, 2), (6, 3, 2), (6, 2, 3), (2, 2, 2, 3, 2), (2, 2, 2, 2, 3),
        (2, 2, 7), (3, 3, 5), (3, 3, 3, 2), (3, 2, 2, 2, 2), (2, 2, 2, 2, 2, 1), (6, 1, 1, 1, 1, 1), (1,) * 11,
    }
)  # fmt: skip
_GROUPINGS_OF_ACCOUNTS = frozenset({(4, 2, 5), (4, 7), (4, 4, 3)})
"""A bank account as everybody writes it, and the end of an IBAN. Nobody writes a date of birth so."""
_IBAN_START = re.compile(r"\bNO\s?\d\d\s?$", re.IGNORECASE)
_GROUPINGS_OF_10 = frozenset({(10,), (6, 4), (2, 2, 2, 4), (6, 2, 2), (1,) * 10})
_GROUPINGS_OF_12 = frozenset({(12,), (8, 4), (4, 2, 2, 4), (1,) * 12})

_CONTEXT_BEFORE = 48
_CONTEXT_AFTER = 24
_NAMES_OF_NUMBERS = (
    r"f(?:ø|oe|o)dsels?-?(?:nummer(?:et)?|nr|tall)|personn(?:ummer(?:et)?|r)|person-?(?:id|nr|nummer)|f\.?nr|d-?nr"
    r"|d-nummer|fh?-nummer|h-n(?:r|ummer)|hjelpenummer|samordningsn\w*|pnr|p-?nummer|cpr(?:-?n\w*)?|ssn"
    r"|(?:national|personal) id\w*"
)
_NAMES_A_NUMBER = re.compile(rf"\b(?:{_NAMES_OF_NUMBERS})\b", re.IGNORECASE)
_ABOUT_A_PERSON = re.compile(
    rf"\b(?:{_NAMES_OF_NUMBERS}|f(?:ø|oe|o|ö)d[dt]?|born|dob|pasient\w*|patient\w*|brukeren|borger\w*|klient\w*)\b",
    re.IGNORECASE,
)
_ABOUT_SOMETHING_ELSE = re.compile(
    r"(?:\b(?:konto\w*|kto|\w*bank\w*|iban|bic|kid|\w*giro|bg|pg|faktura\w*|invoice|betal\w*|vipps\w*|ordre\w*|order\w*"
    r"|bestilling\w*|org|organisasjonsn\w*|cvr\w*|telefon\w*|telephone|phone|tlf|mob|mobil\w*|ring|isbn|issn|ean|gtin"
    r"|doi|orcid|saksn\w*|sak|ref|referanse\w*|varen\w*|artikkeln\w*|serien\w*|kunden\w*|medlemsn\w*|account\w*)\b"
    r"|\bno\s?\d\d\s?$)",
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(r"\[[^\[\]]{0,60}\]")
"""What the guard itself has put in place of a number says nothing about the next one."""


def find_identity_numbers(text: str) -> list[Finding]:
    """Every identity number, however it is written: spaced, dotted, split, in full-width and other scripts' digits.

    In the order of the text, never overlapping. Takes time in proportion to the length of the text.
    """
    plain = read_plainly(text)
    found: list[Finding] = []
    for kind, first, last in _spans(plain):
        start, end = plain.original_span(first, last)
        if found and start < found[-1].end:
            found[-1] = Finding(found[-1].kind, found[-1].start, max(end, found[-1].end))
        else:
            found.append(Finding(kind, start, end))
    return found


def find_possible_numbers(text: str) -> list[tuple[int, int]]:
    """Spans that are a birth number by their digits, an account by their grouping: worth a question, no refusal."""
    plain = read_plainly(text)
    possible = []
    for cluster in _CLUSTER.finditer(plain.text):
        if cluster.end() - cluster.start() < 13:
            continue
        groups = list(_GROUP.finditer(plain.text, *cluster.span()))
        for index in range(len(groups) - 2):
            window = groups[index : index + 3]
            digits = "".join(group[0] for group in window)
            if len(digits) != 11 or tuple(len(group[0]) for group in window) not in _GROUPINGS_OF_ACCOUNTS:
                continue
            judgement = _judge_norwegian(digits)
            span = window[0].start(), window[-1].end()
            is_iban = _IBAN_START.search(plain.text[max(span[0] - 6, 0) : span[0]])
            if judgement and judgement.is_certain and not is_iban and not _near(plain.text, *span, _NAMES_A_NUMBER):
                possible.append(plain.original_span(*span))
    return possible


def with_lost_zeros(number: str, *, is_named: bool = False) -> str | None:
    """The identity number that these digits are, where a spreadsheet has read it as a number and dropped its zeros.

    Without a column that names such numbers (`is_named`) only Norwegian ones by the check digits of before 2032 count:
    there are many numbers of ten digits, and organisation numbers have nine. None for what is no identity number.
    """
    if len(number) == 10 and (judgement := _judge_norwegian(f"0{number}")) is not None:
        is_of_2032 = _remainder([0, *(int(digit) for digit in number[:9])], _FIRST_CHECK) != 0
        if is_named or judgement.is_certain or not is_of_2032:
            return f"0{number}"
    if is_named and 7 <= len(number) <= 9 and _judge(whole := number.zfill(10)) is not None:
        return whole
    return None


def names_a_number(heading: str) -> bool:
    """Whether a heading says that what is below it are identity numbers."""
    return bool(_NAMES_A_NUMBER.search(heading))


def _spans(plain: Plain) -> Iterator[tuple[Kind, int, int]]:
    text = plain.text
    for cluster in _CLUSTER.finditer(text):
        if cluster.end() - cluster.start() < 10:
            continue
        groups = list(_GROUP.finditer(text, *cluster.span()))
        digits = "".join(group[0] for group in groups)
        if len(digits) < 10:
            continue
        begins = [0]
        for group in groups:
            begins.append(begins[-1] + len(group[0]))
        index_of_end = {end: index for index, end in enumerate(begins[1:])}
        past = 0
        for index, begin in enumerate(begins[:-1]):
            if index < past or not _may_begin(digits, begin):
                continue
            for length in (12, 11, 10):
                last = index_of_end.get(begin + length)
                if last is None or (last - index + 1 == length and _stands_in_a_row(groups, index, last)):
                    continue
                number = digits[begin : begin + length]
                kind = _judge_window(text, groups, index, last, number)
                if kind is not None:
                    yield kind, groups[index].start(), groups[last].end()
                    past = last + 1
                    break


def _may_begin(digits: str, begin: int) -> bool:
    """A quick look that turns most groups away: no date can begin here, in any of the three countries' orders."""
    return (
        digits[begin : begin + 4] in _NORWEGIAN_DATES
        or digits[begin] in "89"
        or digits[begin + 2 : begin + 6] in _SWEDISH_DATES
        or digits[begin : begin + 2] in {"19", "20"}
    )


def _judge_window(text: str, groups: list[re.Match[str]], first: int, last: int, number: str) -> Kind | None:
    judgement = _judge(number)
    if judgement is None:
        return None
    span = groups[first].start(), groups[last].end()
    sizes = tuple(len(group[0]) for group in groups[first : last + 1])
    gaps = [
        text[one.end() : two.start()] for one, two in zip(groups[first:last], groups[first + 1 : last + 1], strict=True)
    ]
    if len(number) == 11 and sizes in _GROUPINGS_OF_ACCOUNTS:
        return judgement.kind if _near(text, *span, _NAMES_A_NUMBER) else None
    if not _is_grouping(sizes, gaps, judgement):
        return None
    if judgement.needs_context:
        is_hyphenated = sizes == (6, 4) and bool(_HYPHEN.fullmatch(gaps[0])) and _stands_alone(text, *span)
        return judgement.kind if is_hyphenated or _near(text, *span, _ABOUT_A_PERSON) else None
    if judgement.is_certain or (sizes == (6, 4) and _HYPHEN.fullmatch(gaps[0])):
        return judgement.kind
    if _near(text, *span, _ABOUT_A_PERSON):
        return judgement.kind
    is_something_else = text[span[0] - 1 : span[0]] == "+" or _near(
        text, *span, _ABOUT_SOMETHING_ELSE, only_before=True
    )
    return None if is_something_else else judgement.kind


def _is_grouping(sizes: tuple[int, ...], gaps: list[str], judgement: _Judgement) -> bool:
    """Whether somebody would write one number so: known groups, and only narrow gaps except before the last part."""
    total = sum(sizes)
    tail = 5 if total == 11 else 4
    reached = 0
    within_date = set()
    for size, gap in zip(sizes, gaps, strict=False):
        reached += size
        if reached < total - tail:
            within_date.add(gap)
        if reached != total - tail and not _NARROW.fullmatch(gap):
            return False
    if len(within_date) > 1:
        return False
    if total == 11:
        is_split_once = judgement.is_certain and len(sizes) == 2 and gaps[0].isspace()
        return sizes in _GROUPINGS_OF_11 or is_split_once
    return sizes in (_GROUPINGS_OF_10 if total == 10 else _GROUPINGS_OF_12)


def _stands_in_a_row(groups: list[re.Match[str]], first: int, last: int) -> bool:
    """Single digits on either side too: a scale or a row of a table, not one number."""
    before = first > 0 and len(groups[first - 1][0]) == 1
    after = last + 1 < len(groups) and len(groups[last + 1][0]) == 1
    return before or after


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not part of a file name, a case number or a longer code."""
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    return not re.search(rf"[\w/{_DASH}]", around)


def _near(text: str, start: int, end: int, words: re.Pattern[str], *, only_before: bool = False) -> bool:
    before = _SET_ASIDE.sub(" ", text[max(start - _CONTEXT_BEFORE, 0) : start])
    if words.search(before):
        return True
    return not only_before and bool(words.search(_SET_ASIDE.sub(" ", text[end : end + _CONTEXT_AFTER])))


def _judge(number: str) -> _Judgement | None:
    if len(number) == 11:
        return _judge_norwegian(number)
    if len(number) == 12:
        is_valid = number[:2] in {"19", "20"} and _is_swedish(number[2:])
        return _Judgement(Kind.SWEDISH_NUMBER, is_certain=True) if is_valid else None
    if _is_danish(number):
        return _Judgement(Kind.CPR_NUMBER, is_certain=False)
    if _is_swedish(number):
        return _Judgement(Kind.SWEDISH_NUMBER, is_certain=False)
    if _has_danish_date(number):
        return _Judgement(Kind.CPR_NUMBER, is_certain=False, needs_context=True)
    return None


def _judge_norwegian(number: str) -> _Judgement | None:
    digits = [int(digit) for digit in number]
    if _remainder(digits, _SECOND_CHECK) != 0:
        return None
    first = _remainder(digits[:10], _FIRST_CHECK)
    if digits[0] >= 8:
        return _Judgement(Kind.FH_NUMBER, is_certain=False) if first == 0 else None
    kind = _NORWEGIAN_DATES.get(number[:4])
    if kind is None or (first != 0 and first not in _REMAINDERS_FROM_2032):
        return None
    if number[1] == "9" and _is_leap_day(number) and int(number[4:6]) % 4:
        return None
    is_plain = kind in {Kind.BIRTH_NUMBER, Kind.D_NUMBER}
    if first != 0 and not is_plain:
        return None
    return _Judgement(kind, is_certain=is_plain and first == 0)


def _is_leap_day(number: str) -> bool:
    """The 29th of February, with or without what is added to day and month."""
    return number[0] in "26" and number[2:4] in {"02", "42", "67", "82"}


def _remainder(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11


def _is_danish(number: str) -> bool:
    return _has_danish_date(number) and _remainder([int(digit) for digit in number], _DANISH_CHECK) == 0


def _has_danish_date(number: str) -> bool:
    """A date, and a seventh digit that the register has used with that year (5–8 with 37–57 it has not)."""
    year = int(number[4:6])
    if number[:4] not in _DAY_MONTHS or (number[:4] == "2902" and year % 4):
        return False
    return not (number[6] in "5678" and 37 <= year <= 57)


def _is_swedish(number: str) -> bool:
    if number[2:6] not in _SWEDISH_DATES or (number[2:6] in {"0229", "0289"} and int(number[:2]) % 4):
        return False
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(number))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
