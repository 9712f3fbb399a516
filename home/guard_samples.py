"""Made-up numbers to measure the privacy guard with: each kind of identity number, and what only looks like one.

Built from the rules, not from the finder: check digits are computed here once more, so that a slip in the one does not
hide in the other. Nobody's numbers: they are drawn at random, and those that happen to exist say nothing.
"""

import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from random import Random
from xml.sax.saxutils import escape

import typst
from docx import Document
from openpyxl import Workbook

Maker = Callable[[Random], str]
Writing = Callable[[str, Random], str]

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
SENTENCES = ("{}", "Her er {}, sa hun.", "Vi snakket om {} på møtet", "({})", "Se {}.", "a {} b")


# --- identity numbers ---------------------------------------------------------------------------------


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def _checked(start: str, rng: Random, *, remainders: tuple[int, ...]) -> str | None:
    """Nine digits with their two check digits; None where there are none."""
    remainder = rng.choice(remainders)
    first = (remainder - _sum(start, (3, 7, 6, 1, 8, 9, 4, 5, 2))) % 11
    if first == 10:
        return None
    second = -_sum(f"{start}{first}", (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return None if second == 10 else f"{start}{first}{second}"


def _day(rng: Random, *, first_year: int = 1930, last_year: int = 2026) -> date:
    first = date(first_year, 1, 1)
    return first + timedelta(days=rng.randrange((date(last_year, 12, 31) - first).days + 1))


def norwegian(*, to_day: int = 0, to_month: int = 0, remainders: tuple[int, ...] = (0,)) -> Maker:
    """Numbers with so much added to day and month; the remainders are those of the first check digit."""

    def make(rng: Random) -> str:
        while True:
            day = _day(rng, last_year=2026 if remainders == (0,) else 2040)
            series = (
                rng.randrange(1000) if remainders != (0,) else rng.randrange(500) + (500 if day.year >= 2000 else 0)
            )
            made = _checked(
                f"{day.day + to_day:02}{day.month + to_month:02}{day:%y}{series:03}", rng, remainders=remainders
            )
            if made is not None:
                return made

    return make


def common_help_number(rng: Random) -> str:
    while True:
        made = _checked(f"{rng.choice('89')}{rng.randrange(10**8):08}", rng, remainders=(0,))
        if made is not None:
            return made


def danish(rng: Random) -> str:
    while True:
        start = f"{_day(rng, last_year=1999):%d%m%y}{rng.randrange(400):03}"
        last = -_sum(start, (4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if last != 10:
            return f"{start}{last}"


def danish_unchecked(rng: Random) -> str:
    """As those of 2007 and later: a first of January, and a last digit that is not the check digit."""
    while True:
        start = f"0101{rng.randrange(60, 96)}{rng.randrange(400):03}"
        last = rng.randrange(10)
        if (_sum(start, (4, 3, 2, 7, 6, 5, 4, 3, 2)) + last) % 11:
            return f"{start}{last}"


def luhn(digits: str) -> int:
    """The digit that makes these whole (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def swedish(*, to_day: int = 0, with_century: bool = False) -> Maker:
    def make(rng: Random) -> str:
        day = _day(rng)
        start = f"{day:%y%m}{day.day + to_day:02}{rng.randrange(1000):03}"
        return f"{f'{day:%Y}'[:2] if with_century else ''}{start}{luhn(start)}"

    return make


def _grouped(*sizes: int, by: str = " ", before_last: str | None = None) -> Writing:
    def write(number: str, rng: Random) -> str:
        groups = []
        place = 0
        for size in (*sizes, len(number) - sum(sizes)):
            groups.append(number[place : place + size])
            place += size
        return by.join(groups[:-1]) + (by if before_last is None else before_last) + groups[-1]

    return write


def _singles(number: str, rng: Random) -> str:
    return " ".join(number)


def _unseen(number: str, rng: Random) -> str:
    return rng.choice("\u200b\u200d\u2060\u00ad\ufeff").join(number)


_ANYWHERE: dict[str, Writing] = {
    "bare digits": lambda number, rng: number,
    "digit by digit": _singles,
    "full-width digits": lambda number, rng: number.translate(FULL_WIDTH),
    "Arabic-Indic digits": lambda number, rng: number.translate(ARABIC),
    "zero-width between": _unseen,
}


def _ways(date_length: int) -> dict[str, Writing]:
    dotted = (
        _grouped(2, 2, 2, by=".", before_last=" ") if date_length == 6 else _grouped(4, 2, 2, by=".", before_last=" ")
    )
    return {
        **_ANYWHERE,
        "space": _grouped(date_length),
        "no-break space": _grouped(date_length, by="\u00a0"),
        "hyphen": _grouped(date_length, by="-"),
        "dash with spaces": _grouped(date_length, by=" – "),
        "dotted date": dotted,
        "line break": _grouped(date_length, by="\n"),
        "table cells": _grouped(date_length, by=" | "),
    }


_WAYS_OF_11 = {**_ways(6), "6 3 2": _grouped(6, 3)}
_WAYS_OF_UNCHECKED: dict[str, Writing] = {
    "hyphen": _grouped(6, by="-"),
    "en dash": _grouped(6, by="–"),
    "full-width digits": lambda number, rng: _grouped(6, by="-")(number, rng).translate(FULL_WIDTH),
    "Arabic-Indic digits": lambda number, rng: _grouped(6, by="-")(number, rng).translate(ARABIC),
    "zero-width between": lambda number, rng: "\u200b".join(_grouped(6, by="-")(number, rng)),
    "after «cpr»": lambda number, rng: f"cpr {number}",
    "after «cpr-nr.:», spaced": lambda number, rng: f"CPR-nr.: {number[:6]} {number[6:]}",
    "after «personnummer»": lambda number, rng: f"personnummer {number}",
    "after «født»": lambda number, rng: f"født {number[:6]} {number[6:]}",
}

KINDS: dict[str, tuple[Maker, dict[str, Writing]]] = {
    "fødselsnummer": (norwegian(), _WAYS_OF_11),
    "D-number": (norwegian(to_day=40), _WAYS_OF_11),
    "H-number (month + 40), NAV's Dolly": (norwegian(to_month=40), _WAYS_OF_11),
    "FH-number": (common_help_number, _WAYS_OF_11),
    "Tenor (month + 80)": (norwegian(to_month=80), _WAYS_OF_11),
    "Tenor, D-number": (norwegian(to_day=40, to_month=80), _WAYS_OF_11),
    "Norsk helsenett (month + 65)": (norwegian(to_month=65), _WAYS_OF_11),
    "fødselsnummer of 2032": (norwegian(remainders=(1, 2, 3)), _WAYS_OF_11),
    "D-number of 2032": (norwegian(to_day=40, remainders=(1, 2, 3)), _WAYS_OF_11),
    "CPR": (danish, _ways(6)),
    "CPR without check digit": (danish_unchecked, _WAYS_OF_UNCHECKED),
    "Swedish, 10 digits": (swedish(), _ways(6)),
    "Swedish, 12 digits": (swedish(with_century=True), _ways(8)),
    "samordningsnummer": (swedish(to_day=60), _ways(6)),
}


# --- what only looks like one -------------------------------------------------------------------------


def account(rng: Random) -> str:
    """A bank account: eleven digits, the last by modulus 11 (NS 9425)."""
    while True:
        start = f"{rng.randrange(1000, 10000)}{rng.randrange(10**6):06}"
        last = -_sum(start, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if last != 10:
            return f"{start}{last}"


def _split(number: str, *sizes: int, by: str = " ") -> str:
    groups = []
    place = 0
    for size in sizes:
        groups.append(number[place : place + size])
        place += size
    return by.join(groups)


def _iban(rng: Random) -> str:
    number = account(rng)
    check = 98 - int(f"{number}232400") % 97
    return f"NO{check:02} {_split(number, 4, 4, 3)}"


def _organisation(rng: Random) -> str:
    while True:
        start = f"{rng.choice('89')}{rng.randrange(10**7):07}"
        last = -_sum(start, (3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if last != 10:
            return f"{start}{last}"


def _phone(rng: Random) -> str:
    number = f"{rng.choice('234567 9'.replace(' ', ''))}{rng.randrange(10**7):07}"
    written = _split(number, 3, 2, 3) if number[0] in "49" else _split(number, 2, 2, 2, 2)
    return rng.choice(["", "+47 ", "0047 ", "tlf. "]) + rng.choice([written, number])


def _foreign_phone(rng: Random) -> str:
    return rng.choice(
        [
            f"+46 {_split('7' + f'{rng.randrange(10**8):08}', 2, 3, 2, 2)}",
            f"+46{rng.choice('78')}{rng.randrange(10**8):08}",
            f"+45 {_split(f'{rng.randrange(2 * 10**7, 10**8):08}', 2, 2, 2, 2)}",
            f"+45{rng.randrange(2 * 10**7, 10**8):08}",
        ]
    )


def _moment(rng: Random) -> str:
    day = _day(rng, first_year=2015)
    hour, minute = rng.randrange(24), rng.randrange(60)
    return rng.choice(
        [
            f"{day:%d.%m.%Y} kl. {hour:02}.{minute:02}",
            f"{day:%d.%m.%Y} {hour:02}.{minute:02}",
            f"{day:%d.%m.%y} {hour:02}.{minute:02}",
            f"{day:%Y-%m-%d} {hour:02}:{minute:02}",
            f"{day.day}.{day.month}.{day:%Y}–{day.day}.{day.month}.{day:%Y}",
            f"{day:%d.%m.%Y}, {day:%d.%m.%Y}",
        ]
    )


def _kid(rng: Random) -> str:
    start = "".join(rng.choice("0123456789") for _place in range(rng.randrange(6, 25)))
    return f"{start}{luhn(start)}"


def _price(rng: Random) -> str:
    kroner = rng.randrange(10 ** rng.randrange(3, 10))
    return f"kr {kroner:,}".replace(",", rng.choice([" ", "\u00a0", "."])) + rng.choice(
        ["", ",-", f",{rng.randrange(100):02}"]
    )


def _isbn(rng: Random) -> str:
    start = f"978{rng.choice(['82', '87', '91'])}{rng.randrange(10**7):07}"
    last = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(start)) % 10
    number = f"{start}{last}"
    return rng.choice([number, _split(number, 3, 2, 3, 4, 1, by="-"), f"ISBN {_split(number, 3, 2, 5, 2, 1)}"])


def _figures(rng: Random) -> str:
    """A row of a report's table, as PDF and text give it: figures with spaces between."""
    return " ".join(str(rng.randrange(10 ** rng.randrange(1, 6))) for _column in range(10))


def _figures_by_line(rng: Random) -> str:
    return "\n".join(str(rng.randrange(10 ** rng.randrange(1, 6))) for _row in range(10))


def _case(rng: Random) -> str:
    return rng.choice(
        [
            f"{rng.randrange(2010, 2027)}/{rng.randrange(10**5)}-{rng.randrange(40)}",
            f"sak {rng.randrange(10, 27)}/{rng.randrange(10**5):05}",
            f"LOV-{_day(rng, first_year=1990):%Y-%m-%d}-{rng.randrange(1, 120)}",
            f"HR-{rng.randrange(2010, 2027)}-{rng.randrange(10, 3000)}-A",
        ]
    )


LOOKALIKES: dict[str, Maker] = {
    "account, 1234.56.78901": lambda rng: _split(account(rng), 4, 2, 5, by="."),
    "account, 1234 56 78901": lambda rng: _split(account(rng), 4, 2, 5),
    "account after «konto»": lambda rng: (
        f"{rng.choice(['Konto', 'kontonr.', 'Kontonummer:', 'Betal til konto'])} {account(rng)}"
    ),
    "account, bare and unnamed": account,
    "IBAN": _iban,
    "telephone": _phone,
    "telephone, Swedish and Danish": _foreign_phone,
    "organisation number": lambda rng: rng.choice(
        [_organisation(rng), _split(_organisation(rng), 3, 3, 3), f"org.nr. {_split(_organisation(rng), 3, 3, 3)} MVA"]
    ),
    "11 random digits": lambda rng: f"{rng.randrange(10**11):011}",
    "11 random digits, 6 + 5": lambda rng: _split(f"{rng.randrange(10**11):011}", 6, 5),
    "10 random digits": lambda rng: f"{rng.randrange(10**10):010}",
    "12 random digits": lambda rng: f"{rng.randrange(10**12):012}",
    "date and time": _moment,
    "KID after «KID»": lambda rng: f"KID {_kid(rng)}",
    "KID, bare and unnamed": _kid,
    "price": _price,
    "ISBN": _isbn,
    "case and law": _case,
    "row of ten figures": _figures,
    "column of ten figures": _figures_by_line,
}


# --- files --------------------------------------------------------------------------------------------


def make_docx(written: list[str], rng: Random) -> bytes:
    """One paragraph each, in runs that break the number as spelling and formatting do."""
    buffer = BytesIO()
    Document().save(buffer)
    paragraphs = []
    for text in written:
        cuts = sorted(rng.sample(range(1, len(text)), k=min(2, len(text) - 1)))
        runs = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        paragraphs.append(
            "<w:p>" + "".join(f'<w:r><w:t xml:space="preserve">{escape(run)}</w:t></w:r>' for run in runs) + "</w:p>"
        )
    body = "<w:p/><w:p><w:r><w:t>og</w:t></w:r></w:p>".join(paragraphs)
    made = BytesIO()
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            part = source.read(entry)
            if entry.filename == "word/document.xml":
                part = part.decode().replace("<w:sectPr", f"{body}<w:sectPr", 1).encode()
            target.writestr(entry.filename, part)
    return made.getvalue()


def make_xlsx(written: list[str], numbers: list[str]) -> bytes:
    """A sheet of texts, and a hidden sheet of the bare numbers as numbers under a heading, their first zeros lost."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Tekst")
    for text in written:
        sheet.append(["og", text, "og"])
    hidden = book.create_sheet("Tall")
    hidden.sheet_state = "hidden"
    hidden.append(["Navn", "Fødselsnummer"])
    hidden.append(["En rad uten tall, så lang at overskriften ikke står ved siden av det første tallet", "mangler"])
    for number in numbers:
        hidden.append(["og", int(number)])
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def make_pdf(written: list[str]) -> bytes:
    """A paragraph each, typeset; the words between keep one number from the next."""
    lines = "\n\n".join(f"#text({_typst(text)}) \n\n og" for text in written)
    source = f"#set page(width: 60cm)\n#set text(fallback: true)\n{lines}\n"
    return typst.compile(source.encode())


def _typst(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
