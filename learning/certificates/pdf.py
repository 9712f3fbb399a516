"""The certificate as a PDF that assistive technology can read: PDF/UA-1, tagged, one page.

Typst makes it from `certificate.typ`, which gets everything as data. Our own fonts only: neither the machine's nor
Typst's. They have the letters of Europe, Vietnamese and Arabic. PDF/UA allows no missing letters, so other letters are
printed as question marks, and other signs, such as emoji, not at all; the page where it is checked shows them all.
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
from typing import Any

import segno
import typst
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from learning.certificates.codes import show_code
from learning.models import Certificate, SubjectKind

HERE = Path(__file__).resolve().parent
MISSING = "?"
BREAK = "\u200b"
LONGEST_WORD = 30
"""Letters without a space before a line may break: a name of three hundred letters stays on the page."""
JOINERS = "\u200c\u200d"
"""What keeps letters of Arabic script apart or together inside a word."""
JOINERS_ALONE = re.compile(rf"(?<!\w)[{JOINERS}]|[{JOINERS}](?!\w)")
KEPT = 32
"""Certificates each process keeps, some 60 kB each: a holder often opens the same one twice."""

_compiling = threading.Lock()


def make_pdf(certificate: Certificate, *, url: str) -> bytes:
    """The PDF of a certificate, the same bytes each time. `url` is the address where it is checked.

    Some 11 ms on one core where it was not made lately by this process. Asks the database nothing.
    """
    with translation.override(certificate.language):
        data = describe(certificate, url=url)
    return compile_pdf(json.dumps(data, sort_keys=True), int(certificate.issued_at.timestamp()))


@lru_cache(maxsize=KEPT)
def compile_pdf(data: str, stamp: int) -> bytes:
    """Raises typst.TypstError where the result would not be PDF/UA-1."""
    with _compiling:
        made = compiler().compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": data}, timestamp=stamp)
    if not isinstance(made, bytes):
        raise TypeError("Typst made no single file")
    return made


@cache
def compiler() -> typst.Compiler:
    """Made once for each process: reading the fonts takes longer than a page."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[HERE / "fonts"])
    return typst.Compiler(HERE / "certificate.typ", root=HERE, font_paths=fonts)


def describe(certificate: Certificate, *, url: str) -> dict[str, Any]:
    """What stands on the certificate, in the language that is active."""
    is_path = certificate.kind == SubjectKind.PATH
    issued_on = timezone.localdate(certificate.issued_at)
    name, title = printable(certificate.holder_name), printable(certificate.title)
    facts = [
        (_("Fullført"), formats.date_format(certificate.completed_on, "DATE_FORMAT")),
        (_("Omfang"), show_hours(certificate.hours) if certificate.hours is not None else ""),
        (
            _("Gjelder til"),
            formats.date_format(certificate.expires_on, "DATE_FORMAT") if certificate.expires_on else "",
        ),
        (_("Utstedt"), formats.date_format(issued_on, "DATE_FORMAT")),
        (_("Utsteder"), printable(certificate.issuer)),
        (_("Versjon"), str(certificate.version)),
    ]
    return {
        "document_title": _("Kursbevis: %(title)s") % {"title": title.replace(BREAK, "")},
        "language": certificate.language,
        "issued": [issued_on.year, issued_on.month, issued_on.day],
        "tight": is_long(certificate),
        "heading": _("Kursbevis"),
        "shows_that": _("Dette viser at"),
        "name": name,
        "has_completed": _("har fullført læringsstien") if is_path else _("har fullført kurset"),
        "title": title,
        "facts": [{"label": label, "value": value} for label, value in facts if value],
        "principles_heading": _("Prinsipper i læringsstien") if is_path else _("Prinsipper i kurset"),
        "principles": [printable(principle) for principle in certificate.principles],
        "qr": draw_qr(url),
        "qr_alt": _("QR-kode til %(url)s, der beviset kontrolleres.") % {"url": url},
        "check_heading": _("Kontroller at beviset er ekte"),
        "check_how": _("Skann koden, eller gå til adressen:"),
        "check_url": url,
        "check_shown": url.split("://", 1)[-1],
        "code_label": _("Kode"),
        "code": show_code(certificate.code),
        "issuer": printable(certificate.issuer),
        "what_it_is": (
            _("Kursbeviset viser at læringsstien er fullført. Det er ikke en autorisasjon.")
            if is_path
            else _("Kursbeviset viser at kurset er fullført. Det er ikke en autorisasjon.")
        ),
    }


def is_long(certificate: Certificate) -> bool:
    """Whether the text needs the room that the page otherwise leaves open."""
    return (
        max(len(certificate.holder_name), len(certificate.title)) > 90
        or len(certificate.issuer) > 60
        or len(certificate.principles) > 8
        or sum(map(len, certificate.principles)) > 320
    )


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
    runs = json.loads((HERE / "fonts" / "covered.json").read_text(encoding="utf-8"))
    return [first for first, _last in runs], [last for _first, last in runs]
