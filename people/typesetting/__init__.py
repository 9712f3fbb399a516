"""Papers as PDF that assistive technology can read: PDF/UA-1, tagged, made by Typst.

A template gets everything as data. Our own fonts only: neither the machine's nor Typst's. They have the letters of
Europe, Vietnamese and Arabic. PDF/UA allows no missing letters, so other letters are printed as question marks, and
other signs, such as emoji, not at all.
"""

import json
import re
import threading
import unicodedata
from bisect import bisect_right
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

import segno
import typst
from django.utils import formats
from django.utils.translation import ngettext

FONTS = Path(__file__).resolve().parent / "fonts"
MISSING = "?"
BREAK = "\u200b"
LONGEST_WORD = 30
"""Letters without a space before a line may break: a name of three hundred letters stays on the page."""
JOINERS = "\u200c\u200d"
"""What keeps letters of Arabic script apart or together inside a word."""
JOINERS_ALONE = re.compile(rf"(?<!\w)[{JOINERS}]|[{JOINERS}](?!\w)")
KEPT = 32
"""Papers each process keeps, some 60 kB each: a holder often opens the same one twice."""

_compiling = threading.Lock()


@lru_cache(maxsize=KEPT)
def compile_pdf(template: Path, data: str, stamp: int) -> bytes:
    """The PDF of a template with its data (JSON), the same bytes each time; `stamp` is its time (seconds, UTC).

    Some 11 ms on one core. Raises typst.TypstError where the result would not be PDF/UA-1.
    """
    with _compiling:
        made = _compiler(template).compile(
            format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": data}, timestamp=stamp
        )
    if not isinstance(made, bytes):
        raise TypeError("Typst made no single file")
    return made


@cache
def _compiler(template: Path) -> typst.Compiler:
    """Made once for each process and template: reading the fonts takes longer than a page."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(template, root=template.parent, font_paths=fonts)


def draw_qr(url: str) -> str:
    """The address as an SVG drawing. A quarter of it may be hidden and it can still be read."""
    drawn = BytesIO()
    segno.make(url, error="q", micro=False).save(drawn, kind="svg", scale=4, border=0, dark="#1d2a2a", xmldecl=False)
    return drawn.getvalue().decode()


def show_hours(hours: Decimal) -> str:
    """«1,5 timer»: without zeros that say nothing."""
    shown = formats.number_format(hours.quantize(Decimal(1)) if hours == hours.to_integral() else hours.normalize())
    return ngettext("%(hours)s time", "%(hours)s timer", 1 if hours == 1 else 2) % {"hours": shown}


def printable(text: str) -> str:
    """The text in letters our fonts have, with a place to break in words that fill a line by themselves."""
    bare = JOINERS_ALONE.sub("", unicodedata.normalize("NFC", text))
    known = "".join(letter if letter in JOINERS else print_letter(letter) for letter in bare)
    words = []
    for word in known.split():
        parts = [word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD)]
        words.append(BREAK.join(parts))
    return " ".join(words)


def print_letter(letter: str) -> str:
    """A sign that shows nothing, such as one that turns the direction of what follows, is left out."""
    if letter.isspace():
        return " "
    if unicodedata.category(letter) in ("Cf", "Cc"):
        return ""
    if has_letter(letter):
        return letter
    return MISSING if letter.isalnum() else ""


def has_letter(letter: str) -> bool:
    starts, ends = covered()
    place = bisect_right(starts, ord(letter)) - 1
    return place >= 0 and ord(letter) <= ends[place]


@cache
def covered() -> tuple[list[int], list[int]]:
    """First and last code point of each run of letters that our fonts have, as `fonts/make.py` wrote them down."""
    runs = json.loads((FONTS / "covered.json").read_text(encoding="utf-8"))
    return [first for first, _last in runs], [last for _first, last in runs]
