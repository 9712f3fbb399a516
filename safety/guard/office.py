"""Every word of a Word, Excel, PowerPoint or OpenDocument file, also where a reader seldom looks.

These files are zips of XML. Each XML part is read: body, headers, footers, comments, notes, hidden sheets and slides,
properties, charts' copied cells, pivot tables' caches, embedded workbooks. A paragraph's runs are joined, so that a
number split by spelling or formatting is whole. Where changes are tracked, the text is read as it was and as it is.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from typing import IO
from xml.parsers.expat import ExpatError, ParserCreate

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from safety.archive import ArchiveRefusedError, check_entries
from safety.files import (
    ARCHIVE_MAX_ENTRIES,
    ARCHIVE_MAX_UNPACKED_BYTES,
    MEGABYTE,
    FileRefusedError,
    object_message,
    template_message,
)
from safety.guard.identity import find_identity_numbers, names_a_number, with_lost_zeros
from safety.guard.pieces import Piece, Reading

READ_MAX_BYTES = 60 * MEGABYTE
"""XML unpacked from one file. A thesis of 500 pages has 5 MB; a sheet of a million cells has 50."""
EMBEDDED_DEPTH = 2

_XML_ENDINGS = (".xml", ".rels", ".vml", ".rdf", ".xhtml")
_EMBEDDED_ENDINGS = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")
_HARMLESS_ENDINGS = (
    ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".emf", ".wmf", ".wdp", ".odttf", ".ttf",
    ".otf", ".fntdata", ".css", "mimetype", "layout-cache", "/",
)  # fmt: skip
_HARMLESS = re.compile(r"^(?:thumbnails|configurations2|objectreplacements|pictures)/|printersettings\d*\.bin$")

_PARAGRAPHS = frozenset({"p", "h", "si", "comment", "annotation", "note", "creator", "date", "row", "table-row", "pt"})
_CELLS = frozenset({"tc", "c", "table-cell", "covered-table-cell"})
_SPACES = {"tab": "\t", "br": "\n", "cr": "\n", "line-break": "\n", "noBreakHyphen": "-", "s": " ", "ptab": "\t"}
_PLACES_OF_DRAWINGS = "wordprocessingDrawing"
_ATTRIBUTES = """
descr title alt tooltip author name caption string-value value displayName instr href Target prompt promptTitle error
errorTitle text userName userId label helpText statusText
"""
_WRITTEN_ATTRIBUTES = frozenset(_ATTRIBUTES.split())
_VALUE_ELEMENTS = frozenset({"filter", "customFilter", "docVar", "alias", "tag", "default", "listEntry", "listItem"})
_CACHED_ELEMENTS = frozenset({"s", "n", "d"})
_ACTIVE_ELEMENTS = frozenset({"ddeLink", "dde-source", "dde-connection-decl", "dde-link", "event-listener"})
_ACTIVE_RELATIONS = frozenset({"oleObject", "frame", "subDocument", "package", "control"})
_ACTIVE_FIELD = re.compile(r"\bDDE(?:AUTO)?\s", re.IGNORECASE)
_ACTIVE_FORMULA = re.compile(r"\w\|'")
_REMOTE = re.compile(r"https?:|ftp:|\\\\|file:////", re.IGNORECASE)
_FIELD_CODES = frozenset({"instrText", "delInstrText", "fldSimple"})
_SHEET_TEXTS = frozenset(
    {"v", "t", "f", "rPh", "formula1", "formula2", "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader"}
)
_WAS, _IS = "del", "ins"
_CHANGES = {"del": _WAS, "moveFrom": _WAS, "ins": _IS, "moveTo": _IS}
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, ExpatError, KeyError, OSError, EOFError, ValueError,
    NotImplementedError, RuntimeError, RecursionError,
)  # fmt: skip


@sensitive_variables()
def read_office(file: IO[bytes]) -> Reading:
    """The words of the file. Raises FileRefusedError when it is damaged or unpacks to more than is ever read."""
    reading = Reading()
    try:
        _read_package(file, reading, _Budget(READ_MAX_BYTES), depth=0, within="")
    except ArchiveRefusedError as error:
        raise FileRefusedError(str(error)) from error
    except FileRefusedError:
        raise  # it is a ValueError, which damage may raise too
    except _DAMAGE as error:
        raise FileRefusedError(_("Filen er skadet og kan ikke leses. Lagre den på nytt, og prøv igjen.")) from error
    return reading


@dataclass
class _Budget:
    left: int

    def read(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
        """A part's bytes, counted as they come out, whatever the zip says about its size."""
        with archive.open(entry) as part:
            content = part.read(self.left + 1)
        self.left -= len(content)
        if self.left < 0:
            raise FileRefusedError(_("Filen er for stor til å leses gjennom. Del den i flere filer."))
        return content


@sensitive_variables()
def _read_package(file: IO[bytes], reading: Reading, budget: _Budget, *, depth: int, within: str) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = check_entries(archive.infolist(), max_bytes=ARCHIVE_MAX_UNPACKED_BYTES, max_files=ARCHIVE_MAX_ENTRIES)
        named = {str(path): entry for path, entry in entries}
        if b"encryption-data" in _start(archive, named.get("META-INF/manifest.xml")):
            reading.unread.append(_("filen har passord"))
            return
        book = _Workbook.of(archive, named, budget)
        for name, entry in named.items():
            lowered = name.lower()
            if entry.is_dir() or name in {"[Content_Types].xml", "META-INF/manifest.xml"}:
                continue
            if lowered.endswith(_XML_ENDINGS):
                content = budget.read(archive, entry)
                place = " – ".join(filter(None, (within, book.place_of(name))))
                reading.pieces.extend(_read_part(name, content, book, place=place))
            elif lowered.endswith(_EMBEDDED_ENDINGS) and depth < EMBEDDED_DEPTH:
                inner = BytesIO(budget.read(archive, entry))
                _read_package(inner, reading, budget, depth=depth + 1, within=_("innebygd fil"))
            elif not lowered.endswith(_HARMLESS_ENDINGS) and not lowered.startswith(
                ("thumbnails/", "configurations2/")
            ):
                reading.unread.append(_("en fil inni filen"))
        reading.pieces.append(Piece(_("slettede celler"), book.unused_strings(), is_shown=False))


def _start(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> bytes:
    if entry is None:
        return b""
    with archive.open(entry) as part:
        return part.read(MEGABYTE)


@sensitive_variables()
def _read_part(name: str, content: bytes, book: "_Workbook", *, place: str) -> Iterator[Piece]:
    if name in book.sheets:
        sheet = _Sheet(book)
        _parse(content, sheet)
        yield Piece(place, sheet.text(), is_shown=name not in book.hidden)
        yield from _asides(sheet, place)
        return
    if name == book.strings_part:
        return  # read as the cells that show them
    words = _Words(is_cache="pivotCache" in name)
    if name.lower().endswith(".vml"):
        try:
            _parse(content, words)
        except ExpatError:
            yield Piece(place, re.sub(r"<[^<>]*>", "", content.decode("utf-8", "replace")))
            return
    else:
        _parse(content, words)
    now, before = words.texts()
    is_body = not name.endswith(".rels") and not name.startswith("docProps/")
    yield Piece(place, now, is_shown=is_body, is_prose=is_body)
    if before != now:
        yield Piece(_("sporede endringer"), before, is_shown=False)
    yield from _asides(words, place)


def _asides(words: "_Words", place: str) -> Iterator[Piece]:
    if words.asides:
        yield Piece(place, "\n\n\n\n\n\n".join(words.asides), is_shown=False, is_prose=False)


Attributes = dict[str, str]


class _Handler:
    """What a part is handed to. Each reader overrides what it listens for."""

    def start(self, space: str, local: str, attributes: Attributes) -> None:
        pass

    def end(self, space: str, local: str) -> None:
        pass

    def characters(self, content: str) -> None:
        pass


def _parse(content: bytes, handler: _Handler) -> None:
    """Hand the XML over piece by piece. A document type is refused unread: no entities, hence no bombs made of them."""

    def start(name: str, attributes: Attributes) -> None:
        handler.start(*_split(name), {_split(key)[1]: value for key, value in attributes.items()})

    def end(name: str) -> None:
        handler.end(*_split(name))

    def refuse(*_declaration: object) -> None:
        raise ValueError("a document type")

    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = handler.characters
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


@lru_cache(maxsize=4096)
def _split(name: str) -> tuple[str, str]:
    """The namespace and the local name."""
    space, _separator, local = name.rpartition(" ")
    return space, local


class _Words(_Handler):
    """Character data by paragraph. A paragraph within a paragraph (a text box, a comment) is a line of its own."""

    def __init__(self, *, is_cache: bool = False) -> None:
        self.is_cache = is_cache
        self.asides: list[str] = []
        self._lines: list[tuple[str, str]] = []
        self._open: list[tuple[list[str], list[str]]] = [([], [])]
        self._changes: list[str] = []
        self._skipped = 0
        self._is_field = False
        self._fields: list[str] = []

    def texts(self) -> tuple[str, str]:
        """The text as it is, and as it was before tracked changes."""
        self._close()
        if _ACTIVE_FIELD.search("".join(self._fields)):
            raise FileRefusedError(object_message())
        return tuple("\n".join(line[side] for line in self._lines if line[side]) for side in (0, 1))  # type: ignore[return-value]

    def start(self, space: str, local: str, attributes: Attributes) -> None:
        if local in _CHANGES:
            self._changes.append(_CHANGES[local])
        if space.endswith(_PLACES_OF_DRAWINGS) and local not in {"docPr", "inline", "anchor"}:
            self._skipped += 1
        if local in _FIELD_CODES:
            self._is_field = True
            self._fields.append(attributes.get("instr", ""))
        if local in _PARAGRAPHS:
            self._open.append(([], []))
        elif local in _SPACES and not self.is_cache:
            self._add(_SPACES[local])
        elif local in _CELLS:
            self._add(" | ")
        self._read_attributes(local, attributes)

    def _refuse_active(self, local: str, attributes: Attributes) -> None:
        """Data fetched from other programs, macros on events, objects and frames from elsewhere."""
        if local in _ACTIVE_ELEMENTS:
            raise FileRefusedError(object_message())
        if attributes.get("href", "").lower().startswith(("vnd.sun.star.script:", "macro:")):
            raise FileRefusedError(object_message())
        if local == "Relationship" and attributes.get("TargetMode") == "External":
            kind = attributes.get("Type", "").rsplit("/", 1)[-1]
            if kind in _ACTIVE_RELATIONS:
                raise FileRefusedError(object_message())
            if kind == "attachedTemplate" and _REMOTE.match(attributes.get("Target", "")):
                raise FileRefusedError(template_message())

    def _read_attributes(self, local: str, attributes: Attributes) -> None:
        self._refuse_active(local, attributes)
        for attribute, value in attributes.items():
            is_value = attribute == "val" and local in _VALUE_ELEMENTS
            is_cached = attribute == "v" and self.is_cache and local in _CACHED_ELEMENTS
            is_written = attribute in _WRITTEN_ATTRIBUTES
            if (is_value or is_cached or is_written) and len(value) > 5 and re.search(r"\d", value):
                self.asides.append(_as_written(value) if is_cached or attribute == "value" else value)

    def end(self, space: str, local: str) -> None:
        if local in _CHANGES:
            self._changes.pop()
        if space.endswith(_PLACES_OF_DRAWINGS) and local not in {"docPr", "inline", "anchor"}:
            self._skipped -= 1
        if local in _FIELD_CODES:
            self._is_field = False
        if local in _PARAGRAPHS and len(self._open) > 1:
            self._close()
            self._open.pop()

    def characters(self, content: str) -> None:
        if self._is_field:
            self._fields.append(content)
        if not self._skipped:
            self._add(content)

    def _add(self, content: str) -> None:
        now, before = self._open[-1]
        if _WAS not in self._changes:
            now.append(content)
        if _IS not in self._changes:
            before.append(content)

    def _close(self) -> None:
        now, before = self._open[-1]
        line = "".join(now).strip("\n"), "".join(before).strip("\n")
        if line[0].strip() or line[1].strip():
            self._lines.append(line)
        now.clear()
        before.clear()


class _Sheet(_Words):
    """A sheet row by row: cells side by side, so that a date and the five digits beside it are seen together."""

    def __init__(self, book: "_Workbook") -> None:
        super().__init__()
        self._book = book
        self._rows: list[str] = []
        self._cells: list[str] = []
        self._headings: dict[str, str] = {}
        self._type = ""
        self._column = ""
        self._value: list[str] = []
        self._formula: list[str] = []
        self._within = ""

    def text(self) -> str:
        return " |\n".join(self._rows)

    def start(self, space: str, local: str, attributes: Attributes) -> None:
        if local == "row":
            self._cells = []
        elif local == "c":
            self._type = attributes.get("t", "n")
            self._column = re.sub(r"\d", "", attributes.get("r", ""))
            self._value, self._formula = [], []
        if local in _SHEET_TEXTS:
            self._within = local
        self._read_attributes(local, attributes)

    def end(self, space: str, local: str) -> None:
        if local == self._within:
            self._within = ""
        if local == "c":
            self._end_cell()
        elif local == "row" and self._cells:
            self._rows.append(" | ".join(self._cells))

    def characters(self, content: str) -> None:
        if self._within in {"v", "t"}:
            self._value.append(content)
        elif self._within == "f":
            self._formula.append(content)
        elif self._within and self._within != "rPh":
            self.asides.append(content)

    def _end_cell(self) -> None:
        value = "".join(self._value)
        if self._type == "s" and value.isdigit():
            value = self._book.string(int(value))
        heading = self._headings.get(self._column, "")
        is_named = names_a_number(heading)
        if self._type == "n":
            value = _as_written(value, is_named=is_named)
        if is_named and not find_identity_numbers(value):
            self.asides.append(f"{heading}: {value}")
        if self._formula and re.search(r"\d{4}", formula := "".join(self._formula)):
            self.asides.append(formula)
        if _ACTIVE_FORMULA.search("".join(self._formula)):
            raise FileRefusedError(object_message())
        if value:
            self._cells.append(value)
            self._headings.setdefault(self._column, value)


def _as_written(value: str, *, is_named: bool = False) -> str:
    """A number as a person would write it: whole, without exponent, with the zero that a spreadsheet drops."""
    try:
        number = float(value)
    except ValueError:
        return value
    if not number.is_integer() or abs(number) >= 10**15:
        return value
    whole = str(int(number))
    return with_lost_zeros(whole, is_named=is_named) or whole


@dataclass
class _Workbook:
    """What a workbook's sheets are called and which strings they share. Empty for everything else."""

    sheets: dict[str, str] = field(default_factory=dict)
    strings: list[str] = field(default_factory=list)
    strings_part: str = ""
    used: set[int] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)

    def string(self, index: int) -> str:
        """The shared string with that number, which is thereby known to stand in a cell."""
        self.used.add(index)
        return self.strings[index] if index < len(self.strings) else ""

    def unused_strings(self) -> str:
        """What stood in cells that are gone, and was left behind in the file."""
        return "\n\n\n\n\n\n".join(text for index, text in enumerate(self.strings) if index not in self.used)

    @classmethod
    def of(cls, archive: zipfile.ZipFile, named: dict[str, zipfile.ZipInfo], budget: _Budget) -> "_Workbook":
        book = cls(
            sheets={name: "" for name in named if re.fullmatch(r"xl/(work|chart|dialog)sheets/[^/]+\.xml", name)}
        )
        if not book.sheets:
            return book
        titles = _Titles()
        for part in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
            if part in named:
                _parse(budget.read(archive, named[part]), titles)
        for name in book.sheets:
            book.sheets[name] = titles.place_of(name)
            if titles.is_hidden(name):
                book.hidden.add(name)
        if "xl/sharedStrings.xml" in named:
            book.strings_part = "xl/sharedStrings.xml"
            strings = _Strings()
            _parse(budget.read(archive, named[book.strings_part]), strings)
            book.strings = strings.found
        return book

    def place_of(self, name: str) -> str:
        """Where the part is, in the words of whoever has the file open."""
        if name in self.sheets:
            return self.sheets[name]
        last = name.rsplit("/", 1)[-1].lower()
        places = (
            ("header", _("topptekst")),
            ("footer", _("bunntekst")),
            ("footnotes", _("fotnoter")),
            ("endnotes", _("sluttnoter")),
            ("notesslide", _("notater")),
            ("comment", _("kommentarer")),
            ("core.xml", _("egenskaper")),
            ("app.xml", _("egenskaper")),
            ("custom.xml", _("egenskaper")),
            ("meta.xml", _("egenskaper")),
            ("styles.xml", _("topptekst eller bunntekst")),
            ("chart", _("diagram")),
            ("pivotcache", _("pivottabell")),
        )
        slide = re.fullmatch(r"ppt/slides/slide(\d+)\.xml", name)
        if slide:
            return _("lysbilde %s") % slide[1]
        return next((place for start, place in places if last.startswith(start)), "")


class _Strings(_Handler):
    """The strings a workbook's cells share, runs joined, reading aids left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._text: list[str] | None = None
        self._aids = 0

    def start(self, space: str, local: str, attributes: Attributes) -> None:
        if local == "si":
            self._text = []
        self._aids += local == "rPh"

    def end(self, space: str, local: str) -> None:
        if local == "si" and self._text is not None:
            self.found.append("".join(self._text))
            self._text = None
        self._aids -= local == "rPh"

    def characters(self, content: str) -> None:
        if self._text is not None and not self._aids:
            self._text.append(content)


class _Titles(_Handler):
    def __init__(self) -> None:
        self._sheets: dict[str, tuple[str, str]] = {}
        self._targets: dict[str, str] = {}

    def start(self, space: str, local: str, attributes: Attributes) -> None:
        if local == "sheet" and "id" in attributes:
            self._sheets[attributes["id"]] = attributes.get("name", ""), attributes.get("state", "visible")
        elif local == "Relationship":
            self._targets[attributes.get("Target", "").removeprefix("/xl/")] = attributes.get("Id", "")

    def is_hidden(self, part: str) -> bool:
        return self._sheet(part)[1] != "visible"

    def place_of(self, part: str) -> str:
        title, state = self._sheet(part)
        if not title:
            return ""
        return _("arket «%s»") % title if state == "visible" else _("det skjulte arket «%s»") % title

    def _sheet(self, part: str) -> tuple[str, str]:
        return self._sheets.get(self._targets.get(part.removeprefix("xl/"), ""), ("", "visible"))
