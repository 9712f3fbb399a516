"""Lists that people hand in as CSV or XLSX, and hand out: read as plain text cells, written without formulas.

A file is told by its content and bounded before it is opened: bytes, unpacked bytes, rows, columns, length of a
cell. A cell that a spreadsheet would run as a formula goes out with an apostrophe before it, and comes in without.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException

from safety.archive import ArchiveRefusedError, check_entries
from safety.files import MEGABYTE, FileRefusedError, check_document

TABLE_MAX_BYTES = 5 * MEGABYTE
TABLE_MAX_UNPACKED_BYTES = 40 * MEGABYTE
TABLE_MAX_PARTS = 200
TABLE_MAX_ROWS = 10_000
TABLE_MAX_COLUMNS = 40
TABLE_MAX_CELL = 5_000
TABLE_EXTENSIONS = ("csv", "xlsx")

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_DELIMITERS = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file, with the number a spreadsheet shows beside it."""

    number: int
    cells: tuple[str, ...]


def read_table(file: IO[bytes], *, name: str) -> list[Row]:
    """The rows that have anything in them, the headings first. An XLSX's first sheet counts.

    Raises FileRefusedError with what is wrong and what to do.
    """
    extension = name.lower().rpartition(".")[2]
    if extension not in TABLE_EXTENSIONS:
        raise FileRefusedError(_("Lista må være en xlsx- eller csv-fil."))
    file.seek(0, 2)
    if file.tell() > TABLE_MAX_BYTES:
        raise FileRefusedError(_("Lista er for stor. Den kan være høyst %d MB.") % (TABLE_MAX_BYTES // MEGABYTE))
    check_document(file, name=name)
    rows: list[Row] = []
    for row in _read_xlsx(file) if extension == "xlsx" else _read_csv(file):
        if not any(row.cells):
            continue
        if len(rows) > TABLE_MAX_ROWS:
            raise FileRefusedError(_("Lista har flere enn %d rader. Del den i to.") % TABLE_MAX_ROWS)
        if len(row.cells) > TABLE_MAX_COLUMNS:
            raise FileRefusedError(_("Lista har flere enn %d kolonner.") % TABLE_MAX_COLUMNS)
        if any(len(cell) > TABLE_MAX_CELL for cell in row.cells):
            raise FileRefusedError(_("En celle i rad %d har for mye tekst.") % row.number, line=row.number)
        rows.append(Row(row.number, tuple(unescape_formula(cell) for cell in row.cells)))
    if not rows:
        raise FileRefusedError(_("Filen er tom."))
    return rows


def _read_csv(file: IO[bytes]) -> Iterator[Row]:
    """UTF-8 or UTF-16, else what older Excel writes (Windows-1252); semicolon, comma or tab by the first line."""
    file.seek(0)
    content = file.read()
    try:
        text = content.decode("utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    lines = text.splitlines(keepends=True)
    if lines and (said := re.fullmatch(r"sep=(.)\s*", lines[0])):  # Excel's own way to name the delimiter
        delimiter, lines, before = said[1], lines[1:], 1
    else:
        head = next((line for line in lines if line.strip()), "")
        delimiter, before = max(_DELIMITERS, key=head.count), 0
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for cells in reader:
            yield Row(before + number + 1, _trimmed(cells))
            number = reader.line_num
    except csv.Error as error:
        raise FileRefusedError(
            _("Rad %d kan ikke leses. Se etter et anførselstegn som mangler.") % (before + number + 1),
            line=before + number + 1,
        ) from error


def _read_xlsx(file: IO[bytes]) -> Iterator[Row]:
    try:
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            check_entries(archive.infolist(), max_bytes=TABLE_MAX_UNPACKED_BYTES, max_files=TABLE_MAX_PARTS)
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # A file may claim a million rows and hold ten: the claim is not read.
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(max_col=TABLE_MAX_COLUMNS + 1, values_only=True), start=1):
                if any(cell is not None for cell in cells):
                    yield Row(number, _trimmed([_as_text(cell) for cell in cells]))
        finally:
            book.close()
    except ArchiveRefusedError as error:
        raise FileRefusedError(str(error)) from error
    except (
        *(ParseError, DefusedXmlException, InvalidFileException, zipfile.BadZipFile),
        *(KeyError, IndexError, ValueError, TypeError, AttributeError, OSError, EOFError),
    ) as error:
        if isinstance(error, FileRefusedError):
            raise
        raise FileRefusedError(_("Regnearket er skadet og kan ikke leses. Lagre det på nytt.")) from error


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """Without the empty cells at the end."""
    kept = [cell.strip() for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _as_text(cell: Any) -> str:
    """A cell as somebody would have typed it: dates as 2025-10-31, whole numbers without a decimal."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute) else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def escape_formula(cell: str) -> str:
    """The cell as a spreadsheet shows it and does not run it. An apostrophe of one's own is doubled before one."""
    return f"'{cell}" if cell.lstrip("'").lstrip().startswith(_FORMULA_STARTS) else cell


def unescape_formula(cell: str) -> str:
    """What `escape_formula` was given."""
    inner = cell.removeprefix("'")
    return inner if cell.startswith("'") and inner.lstrip("'").lstrip().startswith(_FORMULA_STARTS) else cell


def write_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """As Norwegian Excel opens it by a double click: semicolons, UTF-8 with a mark, formulas escaped."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return written.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """One sheet with the headings fast at the top. Every cell is text, also what looks like a formula."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = title
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            if not value:
                continue
            cell = sheet.cell(row=number, column=column)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", escape_formula(value))
            cell.data_type = "s"
            if number == 1:
                cell.font = Font(bold=True)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


# --- tables of any length -------------------------------------------------------------------------------


def stream_csv(rows: Iterable[Sequence[str | int]]) -> Iterator[bytes]:
    """As `write_csv`, a piece at a time, so that memory stays flat. Whole numbers are written as they are."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell if isinstance(cell, int) else escape_formula(cell) for cell in row])
        if number % 500 == 0:
            yield written.getvalue().encode()
            written.seek(0)
            written.truncate()
    yield written.getvalue().encode()


def write_long_xlsx(rows: Iterable[Sequence[str | int]], file: IO[bytes], *, title: str) -> None:
    """As `write_xlsx`, into a file and without holding the rows. Whole numbers are numbers, all else is text."""
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title=re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for number, row in enumerate(rows):
        cells: list[Any] = []
        for value in row:
            if isinstance(value, int) or not value:
                cells.append(value if value != "" else None)
                continue
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", escape_formula(value)))
            cell.data_type = "s"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    book.save(file)
