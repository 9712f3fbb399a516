"""The certificate as a PDF: what stands on it, and that assistive technology can read it.

Typst refuses to write a PDF/UA-1 file that breaks the rules it knows. Independently of it, `pdfua` checks 12 rules of
ISO 14289-1 here, and `check_tagging` the ones it leaves out that a page like this could break. What a machine cannot
judge (does the reading order make sense, does the text say what the picture says) is in docs/certificates.md.
"""

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfua
import pikepdf
import pypdfium2
import pytest
import segno
from django.utils import translation
from fontTools.ttLib import TTFont

from learning.certificates import pdf
from people import typesetting
from tests.learning.certificates import bare_certificate

URL = "https://flett.example.org/bevis/34CDFGHJKMNP/"
ISSUED = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)

PAINTING = {"Tj", "TJ", "'", '"', "Do", "f", "f*", "F", "S", "s", "B", "B*", "b", "b*", "sh"}

HOSTILE = {
    "typst": '#import "x": * #panic() *_$ `raw` <label> @ref $x^2$ // /* = Overskrift',
    "escapes": "a\\u{41} \"; #let data = 1 \\ \\n ' [x] {y} ~ --- \u2028 \x00 \x1b",
    "right to left": "مريم بنت علي",
    "right-to-left marks": "Kari \u202eineB\u202c \u200f\u2067x\u2069",
    "emoji": "👩‍⚕️ Kari 🎉 Østby 🇳🇴",
    "cyrillic and greek": "Ольга Коваленко Ἀλέξανδρος",
    "sami and polish": "Áŋŋel Čuŧđi Łukasz Żółć",
    "letters we have none for": "田中 さくら",
    "one long word": "W" * 300,
    "long": "Anne-Margrethe von der Østensjø " * 9,
    "nothing but signs": "🎉",
}


def make(**changes: Any) -> bytes:
    return pdf.make_pdf(bare_certificate(issued_at=ISSUED, **changes), url=URL)


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document)


def elements(node: Any) -> list[Any]:
    """Every structure element below this one, in reading order."""
    if isinstance(node, pikepdf.Array):
        return [found for child in node for found in elements(child)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    own = [node] if "/S" in node else []
    return own + (elements(node.K) if "/K" in node else [])


def check_tagging(content: bytes, *, language: str, title: str) -> None:
    """Asserts, by clause of ISO 14289-1: what is not tagged is an artifact (7.1), the document says its language (7.2),
    title (7.1) and that it is PDF/UA-1 (5), pictures have words (7.3), headings leave no level out (7.4.2), lists are
    lists (7.6), links are tagged and described (7.18.5), and every font is embedded with a way back to text (7.21).
    """
    document = pikepdf.open(io.BytesIO(content))
    root = document.Root
    assert root.MarkInfo.Marked
    assert not root.MarkInfo.get("/Suspects", False)
    assert str(root.Lang) == language
    assert root.ViewerPreferences.DisplayDocTitle
    with document.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["dc:title"] == title
        assert metadata["dc:language"] == {language}
    tagged = elements(root.StructTreeRoot.K)
    kinds = [str(element.S) for element in tagged]
    assert kinds[0] == "/Document"
    levels = [int(kind[2:]) for kind in kinds if kind[1:2] == "H" and kind[2:].isdigit()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    figures = [element for element in tagged if element.S == "/Figure"]
    assert [str(figure.Alt).count(URL) for figure in figures] == [1]
    for element in tagged:
        if element.S == "/L":
            assert {str(child.S) for child in element.K} == {"/LI"}
    page = document.pages[0]
    assert page.Tabs == "/S"
    links = [note for note in page.Annots if note.Subtype == "/Link"]
    assert [str(link.A.URI) for link in links] == [URL]
    assert all(str(link.Contents) for link in links)
    assert kinds.count("/Link") == 1
    depth, loose = 0, []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        if operator in ("BDC", "BMC"):
            depth += 1
            tag = str(instruction.operands[0])
            assert depth > 1 or tag == "/Artifact" or "/MCID" in instruction.operands[1]
        elif operator == "EMC":
            depth -= 1
        elif (
            operator in ("Tj", "TJ", "'", '"', "Do", "f", "f*", "F", "S", "s", "B", "B*", "b", "b*", "sh") and not depth
        ):
            loose.append(operator)
    assert loose == []
    for font in page.Resources.Font.values():
        assert "/ToUnicode" in font
        described = font.DescendantFonts[0].FontDescriptor
        assert "/FontFile2" in described or "/FontFile3" in described


def test_it_says_what_was_completed() -> None:
    content = make(expires_on=date(2028, 11, 20), completed_on=date(2026, 11, 20))
    assert text_of(content).split("\n") == [
        "Kursbevis",
        "Dette viser at",
        "Kari Østby Nordmann",
        "har fullført kurset",
        "Kommunikasjon i FACT-team",
        "Fullført",
        "20. november 2026",
        "Omfang",
        "1,5 timer",
        "Gjelder til",
        "20. november 2028",
        "Utstedt",
        "21. november 2026",
        "Utsteder",
        "Flett",
        "Versjon",
        "2",
        "Prinsipper i kurset",
        "• Fleksibilitet",
        "• Felles ansvar",
        "Kontroller at beviset er ekte",
        "Skann koden, eller gå til adressen:",
        "flett.example.org/bevis/34CDFGHJKMNP/",
        "Kode 34CD-FGHJ-KMNP",
        "Kursbeviset viser at kurset er fullført. Det er ikke en autorisasjon.",
    ]


def test_a_path_says_so_and_what_is_not_known_is_left_out() -> None:
    shown = text_of(make(kind="path", hours=None, principles=[]))
    assert "har fullført læringsstien" in shown
    assert "Kursbeviset viser at læringsstien er fullført. Det er ikke en autorisasjon." in shown
    assert "Omfang" not in shown
    assert "Gjelder til" not in shown
    assert "Prinsipper" not in shown


@pytest.mark.parametrize(
    ("hours", "shown"), [("1", "1 time"), ("1.00", "1 time"), ("0.25", "0,25 timer"), ("10.00", "10 timer")]
)
def test_hours_are_said_as_one_says_them(hours: str, shown: str) -> None:
    assert typesetting.show_hours(Decimal(hours)) == shown


@pytest.mark.parametrize("language", ["nb", "da", "en"])
def test_it_can_be_read_by_assistive_technology(language: str, tmp_path: Path) -> None:
    content = make(language=language, expires_on=date(2028, 11, 20))
    with translation.override(language):
        title = translation.gettext("Kursbevis: %(title)s") % {"title": "Kommunikasjon i FACT-team"}
    check_tagging(content, language=language, title=title)
    assert_pdfua(content, tmp_path)


def assert_pdfua(content: bytes, folder: Path) -> None:
    """No finding. UA-14-001 (headings) of pdfua 0.1.3 trips over pikepdf 10; `check_tagging` asks the same of them."""
    file = folder / "certificate.pdf"
    file.write_bytes(content)
    report = pdfua.validate(str(file))
    assert [finding.to_dict() for finding in report.findings] == []
    assert {outcome.rule_id for outcome in report.skipped} <= {"UA-14-001"}
    assert len(report.outcomes) >= 12


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_people_write_is_printed_and_nothing_more(name: str) -> None:
    content = make(holder_name=name, title=name[:255], issuer=name[:200], principles=[name[:80]] * 9)
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 1
    check_tagging(
        content, language="nb", title="Kursbevis: " + typesetting.printable(name[:255]).replace(typesetting.BREAK, "")
    )
    shown = text_of(content).replace("\n", " ").replace(typesetting.BREAK, "")
    assert shown.count("Kursbevis ") == 1
    assert "34CD-FGHJ-KMNP" in shown
    printed = typesetting.printable(name).replace(typesetting.BREAK, "")
    if printed.isascii():
        assert "".join(printed.split()) in "".join(shown.split())


def test_markup_is_text_to_the_letter() -> None:
    assert HOSTILE["typst"] in " ".join(text_of(make(holder_name=HOSTILE["typst"])).split())


def test_letters_are_kept_where_we_have_them() -> None:
    assert typesetting.printable(HOSTILE["cyrillic and greek"]) == HOSTILE["cyrillic and greek"]
    assert typesetting.printable(HOSTILE["sami and polish"]) == HOSTILE["sami and polish"]
    assert typesetting.printable(HOSTILE["right to left"]) == HOSTILE["right to left"]
    assert typesetting.printable("👩‍⚕️ Kari 🎉 Østby 🇳🇴") == "Kari Østby"
    assert typesetting.printable("Kari \u202eineB\u202c") == "Kari ineB"
    assert typesetting.printable("می\u200cخواهم") == "می\u200cخواهم"
    assert typesetting.printable("田中 Ola") == "?? Ola"
    assert typesetting.printable("Kari\u2028\x00 Østby") == "Kari Østby"
    assert typesetting.printable("e\u0301") == "é"


@pytest.mark.parametrize("style", ["Regular", "SemiBold"])
def test_the_fonts_have_every_letter_they_are_said_to_have(style: str) -> None:
    fonts = typesetting.FONTS
    letters: set[int] = set()
    for file in fonts.glob(f"*-{style}.ttf"):
        letters |= set(TTFont(file).getBestCmap())
    said = {
        point for first, last in json.loads((fonts / "covered.json").read_text()) for point in range(first, last + 1)
    }
    assert said <= letters
    assert set(map(ord, "ABCÆØÅæøåáčđŋšŧžéüłżЖжΩωمعل«»–…")) <= said


def test_no_font_but_ours_is_used() -> None:
    content = make(holder_name="Kari Ольга مريم")
    document = pikepdf.open(io.BytesIO(content))
    used = {str(font.BaseFont).split("+")[-1] for font in document.pages[0].Resources.Font.values()}
    assert used == {
        "AtkinsonHyperlegibleNext-Regular",
        "AtkinsonHyperlegibleNext-SemiBold",
        "NotoSans-SemiBold",
        "NotoSansArabic-SemiBold",
    }


def test_the_same_certificate_is_the_same_file() -> None:
    first = make()
    typesetting.compile_pdf.cache_clear()
    assert make() == first
    assert make(holder_name="En annen") != first


def test_the_qr_code_leads_to_the_page_where_it_is_checked() -> None:
    """Drawn big and read again, cell by cell: the same as the address makes."""
    matrix = [list(row) for row in segno.make(URL, error="q", micro=False).matrix]
    page = pypdfium2.PdfDocument(make())[0]
    scale = 8
    image = page.render(scale=scale).to_pil().convert("L")
    dark = image.point(lambda value: 255 if value < 90 else 0)
    # The code is what is dark in the lowest left part of the page.
    width, height = image.size
    box = (0, int(height * 0.74), int(width * 0.31), int(height * 0.9))
    left, top, right, bottom = dark.crop(box).getbbox()
    left, right, top, bottom = left + box[0], right + box[0], top + box[1], bottom + box[1]
    cell_x, cell_y = (right - left) / len(matrix), (bottom - top) / len(matrix)
    read = [
        [
            int(dark.getpixel((int(left + (x + 0.5) * cell_x), int(top + (y + 0.5) * cell_y))) > 0)
            for x in range(len(matrix))
        ]
        for y in range(len(matrix))
    ]
    assert read == [[int(bool(cell)) for cell in row] for row in matrix]
