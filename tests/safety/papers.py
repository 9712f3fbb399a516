"""Real documents for the guard's tests, made part by part: words stand where they are seldom looked for."""

import re
import zipfile
from io import BytesIO
from typing import Any

import pikepdf
import typst
from docx import Document
from openpyxl import Workbook

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OPEN_DOCUMENT = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0"'
)


def packed(parts: dict[str, bytes | str]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    buffer.seek(0)
    return buffer


def unpacked(file: BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def docx(body: str = "", **more: bytes | str) -> BytesIO:
    """A Word file with this XML in its body, and these parts more (`word__comments_xml`)."""
    buffer = BytesIO()
    document = Document()
    document.add_paragraph("Om å møte hverandre.")
    document.save(buffer)
    parts: dict[str, Any] = unpacked(buffer)
    del parts["docProps/thumbnail.jpeg"]
    parts["_rels/.rels"] = re.sub(rb"<Relationship [^>]*thumbnail[^>]*/>", b"", parts["_rels/.rels"])
    parts["word/document.xml"] = parts["word/document.xml"].decode().replace("<w:sectPr", f"{body}<w:sectPr", 1)
    return packed({**parts, **{_name(key): content for key, content in more.items()}})


def _name(key: str) -> str:
    return key.replace("__", "/").replace("_xml", ".xml").replace("_rels.", "_rels/")


def runs(*texts: str) -> str:
    """A paragraph of runs, each with a format of its own."""
    made = "".join(f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>' for text in texts)
    return f"<w:p>{made}</w:p>"


def xlsx(*rows: list[Any], hidden: list[list[Any]] | None = None) -> BytesIO:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if hidden is not None:
        sheet = book.create_sheet("Bak")
        sheet.sheet_state = "hidden"
        for row in hidden:
            sheet.append(row)
    buffer = BytesIO()
    book.save(buffer)
    buffer.seek(0)
    return buffer


def pptx(**parts: bytes | str) -> BytesIO:
    return packed(
        {
            "[Content_Types].xml": "<Types/>",
            "ppt/presentation.xml": "<p/>",
            **{_name(key): content for key, content in parts.items()},
        }
    )


def open_document(kind: str, content: str = "", **parts: bytes | str) -> BytesIO:
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {OPEN_DOCUMENT}>{content}</office:document-content>",
            **{_name(key): part for key, part in parts.items()},
        }
    )


def pdf(markup: str = "Om å møte hverandre.") -> BytesIO:
    return BytesIO(typst.compile(markup.encode()))


def edited_pdf(edit: Any, **options: Any) -> BytesIO:
    """A typeset PDF, changed in its objects."""
    buffer = BytesIO()
    with pikepdf.open(pdf()) as document:
        edit(document)
        document.save(buffer, **options)
    buffer.seek(0)
    return buffer


def scanned_pdf(pages: int = 1) -> BytesIO:
    """Pages that are pictures and nothing else."""

    def paint(document: pikepdf.Pdf) -> None:
        picture = document.make_stream(b"\x80" * 12, Width=2, Height=2, ColorSpace=pikepdf.Name.DeviceRGB)
        picture.Type, picture.Subtype, picture.BitsPerComponent = pikepdf.Name.XObject, pikepdf.Name.Image, 8
        for page in document.pages:
            page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=picture))
            page.Contents = document.make_stream(b"q 200 0 0 200 0 0 cm /I Do Q")

    buffer = BytesIO()
    with pikepdf.open(pdf("a" + "#pagebreak() a" * (pages - 1))) as document:
        paint(document)
        document.save(buffer)
    buffer.seek(0)
    return buffer
