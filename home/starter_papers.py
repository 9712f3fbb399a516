"""Papers of the starter library: Markdown in the repository, Word and PDF where Flett is set up.

A heading is a real heading, a table has a heading row, the language is said. `[[name]]` is a place to fill in (in Word
a field one can tab to), `- [ ]` a box to tick, and an empty cell of a table a place to write. Nothing else is
understood: what is not here raises `PaperError` with the line it stands on.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import typst
import yaml
from django.conf import settings
from docx import Document
from docx.document import Document as DocumentType
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph
from markdown_it import MarkdownIt
from markdown_it.token import Token

from people.typesetting import FONTS

LIBRARY = settings.BASE_DIR / "home" / "starter" / "library"
TAGS = {"nb": "nb-NO", "da": "da-DK", "en": "en-GB"}
"""BCP 47 tags that Word and screen readers choose a voice by."""
AUTHOR = "Flett"
MADE = datetime(2026, 11, 23, tzinfo=UTC)
"""Stands in every paper, so that the same text is the same file."""
PINE = RGBColor(0x0D, 0x51, 0x49)
WRITING_ROOM = Cm(1)

_FIELD = re.compile(r"\[\[([^\[\]]+)\]\]")
_BOX = re.compile(r"\[ \] ")
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"


class PaperError(ValueError):
    """What a paper cannot hold."""


@dataclass(frozen=True, slots=True)
class Run:
    """Words of one kind. `is_field` is a place to fill in, called by its text."""

    text: str
    is_bold: bool = False
    is_italic: bool = False
    href: str = ""
    is_field: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True, slots=True)
class Items:
    """A list: points, numbers or boxes to tick."""

    items: tuple[Runs, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """The first row holds the headings."""

    rows: tuple[tuple[Runs, ...], ...]


Block = Heading | Paragraph | Items | Table


@dataclass(frozen=True, slots=True)
class Paper:
    """A text with its title, the line that says what it is, and its language (`nb`, `da`, `en`)."""

    title: str
    intro: str
    language: str
    blocks: tuple[Block, ...] = field(default=())


# --- reading -------------------------------------------------------------------------------------------


def read_paper(file: Path) -> Paper:
    """Front matter and Markdown. Raises PaperError."""
    rows = file.read_text(encoding="utf-8").split("\n")
    end = rows.index("---", 1)
    said: dict[str, str] = yaml.safe_load("\n".join(rows[1:end]))
    tokens = MarkdownIt("commonmark").enable("table").parse("\n".join(rows[end + 1 :]))
    try:
        blocks = tuple(_read_blocks(tokens))
    except PaperError as error:
        raise PaperError(f"{file.name}: {error}") from error
    return Paper(title=said["title"], intro=said["intro"], language=said["language"], blocks=blocks)


def _read_blocks(tokens: Sequence[Token]) -> Iterable[Block]:
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = _closing(tokens, place)
        inside = tokens[place + 1 : end]
        match token.type:
            case "heading_open":
                yield Heading(int(token.tag[1]), _read_runs(inside[0]))
            case "paragraph_open":
                yield Paragraph(_read_runs(inside[0]))
            case "bullet_list_open" | "ordered_list_open":
                yield _read_items(inside, is_numbered=token.type == "ordered_list_open")
            case "table_open":
                yield _read_table(inside)
            case other:
                raise PaperError(f"line {(token.map or [0])[0] + 1}: {other}")
        place = end + 1


def _closing(tokens: Sequence[Token], place: int) -> int:
    """Where what begins here ends."""
    depth = 0
    for number in range(place, len(tokens)):
        depth += tokens[number].nesting
        if depth == 0:
            return number
    raise PaperError("something is not closed")


def _read_items(tokens: Sequence[Token], *, is_numbered: bool) -> Items:
    if any(token.type.endswith("list_open") for token in tokens):
        raise PaperError("a list in a list")
    found = [_read_runs(token) for token in tokens if token.type == "inline"]
    if all(runs and _BOX.match(runs[0].text) for runs in found):
        bare = [(Run(_BOX.sub("", runs[0].text, count=1), runs[0].is_bold), *runs[1:]) for runs in found]
        return Items(tuple(bare), "boxes")
    return Items(tuple(found), "numbers" if is_numbered else "points")


def _read_table(tokens: Sequence[Token]) -> Table:
    rows: list[list[Runs]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_read_runs(token))
    return Table(tuple(tuple(row) for row in rows))


def _read_runs(token: Token) -> Runs:
    """The words of a line, neighbours of one kind as one."""
    words: list[Run] = []
    bold, italic, href = False, False, ""
    for child in token.children or []:
        match child.type:
            case "strong_open" | "strong_close":
                bold = child.nesting == 1
            case "em_open" | "em_close":
                italic = child.nesting == 1
            case "link_open" | "link_close":
                href = str(child.attrs.get("href", ""))
            case "text" | "softbreak":
                now = Run(" " if child.type == "softbreak" else child.content, bold, italic, href)
                if not now.text:
                    continue
                if words and (words[-1].is_bold, words[-1].is_italic, words[-1].href) == (bold, italic, href):
                    now = Run(words.pop().text + now.text, bold, italic, href)
                words.append(now)
            case other:
                raise PaperError(other)
    return tuple(part for run in words for part in _split(run))


def _split(run: Run) -> Iterable[Run]:
    """Places to fill in stand for themselves."""
    for number, text in enumerate(_FIELD.split(run.text)):
        if text:
            yield Run(text, run.is_bold, run.is_italic, run.href, is_field=number % 2 == 1)


def html_of_paper(paper: Paper) -> str:
    """The words as HTML of paragraphs, for whoever reads content and not papers."""

    def words(runs: Runs) -> str:
        return f"<p>{escape(''.join(run.text for run in runs))}</p>"

    parts = []
    for block in paper.blocks:
        match block:
            case Heading(runs=runs) | Paragraph(runs=runs):
                parts.append(words(runs))
            case Items(items=items):
                parts.append("".join(words(item) for item in items))
            case Table(rows=rows):
                parts.append("".join(words(cell) for row in rows for cell in row if cell))
    return "".join(parts)


# --- Word ----------------------------------------------------------------------------------------------


def make_docx(paper: Paper) -> bytes:
    """The paper as `.docx` (ECMA-376)."""
    document = Document()
    core = document.core_properties
    core.title, core.language, core.comments = paper.title, TAGS[paper.language], ""
    core.author = core.last_modified_by = AUTHOR
    core.created = core.modified = MADE.replace(tzinfo=None)
    _set_styles(document, language=TAGS[paper.language])
    document.add_heading(paper.title, level=1)
    document.add_paragraph(paper.intro, style="Subtitle")
    for block in paper.blocks:
        match block:
            case Heading(level=level, runs=runs):
                _add_runs(document.add_heading(level=level), runs)
            case Paragraph(runs=runs):
                _add_runs(document.add_paragraph(), runs)
            case Items(items=items, kind=kind):
                _add_items(document, items, kind=kind)
            case Table(rows=rows):
                _add_table(document, rows)
    _add_footer(document, paper.title)
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _set_styles(document: DocumentType, *, language: str) -> None:
    styles: Any = document.styles
    styles["Normal"].font.name, styles["Normal"].font.size = "Calibri", Pt(11.5)
    styles["Normal"].paragraph_format.space_after = Pt(7)
    styles["Normal"].paragraph_format.line_spacing = 1.15
    for level, size in ((1, 24), (2, 16), (3, 13)):
        style = styles[f"Heading {level}"]
        style.font.name, style.font.size, style.font.color.rgb = "Calibri", Pt(size), PINE
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(14 if level > 1 else 0), Pt(5)
        fonts = style.element.rPr.find(qn("w:rFonts"))
        for theme in [name for name in fonts.attrib if name.endswith("Theme")]:
            del fonts.attrib[theme]
    subtitle = styles["Subtitle"]
    subtitle.font.name, subtitle.font.size, subtitle.font.italic = "Calibri", Pt(11.5), False
    subtitle.font.color.rgb = RGBColor(0x53, 0x64, 0x64)
    for each in styles.element.iter(qn("w:lang")):
        each.set(qn("w:val"), language)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.3)
    section.top_margin = section.bottom_margin = Cm(2.2)


def _add_items(document: DocumentType, items: Sequence[Runs], *, kind: str) -> None:
    style = {"points": "List Bullet", "numbers": "List Number", "boxes": "Normal"}[kind]
    numbering = _new_numbering(document) if kind == "numbers" else None
    for item in items:
        paragraph = document.add_paragraph(style=style)
        paragraph.paragraph_format.space_after = Pt(3)
        if numbering is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = 0, numbering
        if kind == "boxes":
            paragraph.paragraph_format.left_indent = Cm(0.7)
            paragraph.paragraph_format.first_line_indent = Cm(-0.7)
            _add_box(paragraph)
        _add_runs(paragraph, item)


def _new_numbering(document: DocumentType) -> int:
    """A list that begins at one. Word goes on counting where two lists share a numbering."""
    style: Any = document.styles["List Number"]
    shared = style.element.pPr.numPr.numId.val
    numbering: Any = document.part.numbering_part.element
    abstract = next(num.abstractNumId.val for num in numbering.num_lst if num.numId == shared)
    made = numbering.add_num(abstract)
    made.add_lvlOverride(ilvl=0).add_startOverride(1)
    number: int = made.numId
    return number


def _add_box(paragraph: WordParagraph) -> None:
    """A box to tick with the mouse or the space bar."""
    paragraph._p.append(
        parse_xml(
            f'<w:sdt {nsdecls("w")} xmlns:w14="{_W14}"><w:sdtPr><w14:checkbox><w14:checked w14:val="0"/>'
            '<w14:checkedState w14:val="2612" w14:font="MS Gothic"/>'
            '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox></w:sdtPr>'
            '<w:sdtContent><w:r><w:rPr><w:rFonts w:ascii="MS Gothic" w:hAnsi="MS Gothic" w:eastAsia="MS Gothic"/>'
            "</w:rPr><w:t>\u2610</w:t></w:r></w:sdtContent></w:sdt>"
        )
    )
    paragraph.add_run("  ")


def _add_runs(paragraph: WordParagraph, runs: Runs) -> None:
    for run in runs:
        if run.is_field:
            _add_field(paragraph, run.text)
            continue
        made = paragraph.add_run(run.text)
        made.bold, made.italic = run.is_bold or None, run.is_italic or None
        if run.href:
            made.font.underline, made.font.color.rgb = True, PINE
            link = OxmlElement("w:hyperlink")
            link.set(qn("r:id"), paragraph.part.relate_to(run.href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
            link.append(made._r)
            paragraph._p.append(link)


def _add_field(paragraph: WordParagraph, name: str) -> None:
    """A place to write that says what belongs there, and loses those words when one writes."""
    field_element = parse_xml(
        f"<w:sdt {nsdecls('w')}><w:sdtPr><w:alias/><w:showingPlcHdr/><w:text/></w:sdtPr><w:sdtContent><w:r><w:rPr>"
        '<w:color w:val="536464"/><w:shd w:val="clear" w:color="auto" w:fill="F1EADB"/></w:rPr><w:t/></w:r>'
        "</w:sdtContent></w:sdt>"
    )
    alias, text = field_element.find(f".//{qn('w:alias')}"), field_element.find(f".//{qn('w:t')}")
    alias.set(qn("w:val"), name)
    text.text = f"[{name}]"
    paragraph._p.append(field_element)


def _add_table(document: DocumentType, rows: Sequence[Sequence[Runs]]) -> None:
    table: Any = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for number, row in enumerate(rows):
        made = table.add_row()
        if not all(row):
            made.height = WRITING_ROOM
        for cell, runs in zip(made.cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(2)
            _add_runs(paragraph, tuple(Run(run.text, is_bold=True) for run in runs) if number == 0 else runs)
            if number == 0:
                cell._tc.get_or_add_tcPr().append(parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="F1EADB"/>'))
        properties = made._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))


def _add_footer(document: DocumentType, title: str) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.add_run(f"{title} · ")
    page = OxmlElement("w:fldSimple")
    page.set(qn("w:instr"), "PAGE")
    page.append(paragraph.add_run("1")._r)
    paragraph._p.append(page)
    for run in paragraph._p.iter(qn("w:r")):
        run.get_or_add_rPr().append(parse_xml(f'<w:sz {nsdecls("w")} w:val="18"/>'))


# --- PDF -----------------------------------------------------------------------------------------------


def make_pdf(paper: Paper, *, as_slides: bool = False) -> bytes:
    """The paper as PDF/UA-1, upright, or a slide for each heading. Raises typst.TypstError where it would not be."""
    data = {
        "title": paper.title,
        "intro": paper.intro,
        "language": paper.language,
        "author": AUTHOR,
        "slides": as_slides,
        "made": [MADE.year, MADE.month, MADE.day],
        "blocks": [_as_data(block) for block in paper.blocks],
    }
    made = _compiler().compile(
        format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": json.dumps(data)}, timestamp=int(MADE.timestamp())
    )
    if not isinstance(made, bytes):
        raise TypeError("Typst made no single file")
    return made


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.Compiler(LIBRARY / "paper.typ", root=LIBRARY, font_paths=fonts)


def _as_data(block: Block) -> dict[str, Any]:
    def data(runs: Runs) -> list[dict[str, Any]]:
        return [
            {"text": run.text, "bold": run.is_bold, "italic": run.is_italic, "href": run.href, "field": run.is_field}
            for run in runs
        ]

    match block:
        case Heading(level=level, runs=runs):
            return {"kind": "heading", "level": level, "runs": data(runs)}
        case Paragraph(runs=runs):
            return {"kind": "paragraph", "runs": data(runs)}
        case Items(items=items, kind=kind):
            return {"kind": kind, "items": [data(item) for item in items]}
        case Table(rows=rows):
            return {"kind": "table", "rows": [[data(cell) for cell in row] for row in rows]}
