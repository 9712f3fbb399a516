"""Papers, and zips with a list, as people make them to take into the library."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache

from docx import Document
from docx.oxml.ns import qn


@cache
def empty_docx() -> bytes:
    """An empty paper without the hundreds of styles that Word's own brings: all of it is read at each upload."""
    document = Document()
    for key, relation in list(document.part.rels.items()):
        if relation.reltype.endswith("/stylesWithEffects"):
            del document.part.rels[key]
    styles = document.styles.element
    for style in [*styles.iterchildren(qn("w:latentStyles")), *styles.iterchildren(qn("w:style"))]:
        if not style.get(qn("w:default")):
            styles.remove(style)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def docx(*paragraphs: str) -> bytes:
    document = Document(io.BytesIO(empty_docx()))
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def sheet(
    *rows: Mapping[str, str], columns: Sequence[str] = (), delimiter: str = ";", encoding: str = "utf-8-sig"
) -> bytes:
    names = columns or list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([[row.get(name, "") for name in names] for row in rows])
    return written.getvalue().encode(encoding)


def zipped(files: Mapping[str, bytes]) -> io.BytesIO:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    written.seek(0)
    return written
