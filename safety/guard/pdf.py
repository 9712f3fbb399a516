"""Every word of a PDF: pages, notes, form fields, bookmarks and properties. What runs by itself is refused.

PDFium reads the text. It keeps state that is not made for threads, so one file is read at a time.
"""

import ctypes
import re
import zlib
from threading import Lock
from typing import IO, Any

import pypdfium2
import pypdfium2.raw as pdfium
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from safety.files import MEGABYTE, FileRefusedError
from safety.guard.pieces import Piece, Reading

MAX_PAGES = 1_000
MAX_CHARACTERS = 20_000_000
_STREAM_MAX_BYTES = 20 * MEGABYTE
_STREAMS_MAX_BYTES = 200 * MEGABYTE
_LOCK = Lock()

_STREAM = re.compile(rb"\bstream\r?\n")
_DICTIONARY_BYTES = 600
"""How far before a stream its dictionary is looked for."""
_NAME_ESCAPE = re.compile(rb"#([0-9a-fA-F]{2})")
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|RichMedia|EmbeddedFiles?|ImportData|GoToE|Movie|Sound)\b")
_XFA = re.compile(rb"/XFA\b")
_LAUNCH = re.compile(rb"/Launch\b")
_PROPERTIES = ("Title", "Author", "Subject", "Keywords")
_NOTE_KEYS = (b"Contents", b"T", b"RC", b"V", b"TU", b"Subj")


@sensitive_variables()
def read_pdf(file: IO[bytes]) -> Reading:
    """The words of the file. Raises FileRefusedError for scripts, attachments, damage and too many pages."""
    file.seek(0)
    content = file.read()
    has_xfa = _refuse_active(content)
    with _LOCK:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError as error:
            if "password" in str(error).lower():
                return Reading(unread=[_("filen har passord")])
            raise FileRefusedError(_("Filen er skadet og kan ikke leses. Lagre den på nytt, og prøv igjen.")) from error
        try:
            reading = _read(document)
        finally:
            document.close()
    if has_xfa:
        reading.unread.append(_("skjemaet er av en type som ikke kan leses (XFA)"))
    return reading


@sensitive_variables()
def _read(document: pypdfium2.PdfDocument) -> Reading:
    if len(document) > MAX_PAGES:
        raise FileRefusedError(
            _("Filen har %(pages)d sider. Den kan ha høyst %(most)d. Del den i flere filer.")
            % {"pages": len(document), "most": MAX_PAGES}
        )
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0 or pdfium.FPDFDoc_GetAttachmentCount(document) > 0:
        raise _active_refusal()
    reading = Reading()
    properties = "\n".join(document.get_metadata_value(key) for key in _PROPERTIES)
    reading.pieces.append(Piece(_("egenskaper"), properties, is_shown=False, is_prose=False))
    titles = "\n".join(mark.get_title() for mark in document.get_toc(max_depth=8))
    reading.pieces.append(Piece(_("bokmerker"), titles, is_shown=False))
    left = MAX_CHARACTERS
    pictures = []
    for number in range(len(document)):
        place = _("side %d") % (number + 1)
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            reading.unread.append(place)
            continue
        text = page.get_textpage().get_text_range()
        left -= len(text)
        if left < 0:
            raise FileRefusedError(_("Filen er for stor til å leses gjennom. Del den i flere filer."))
        # PDFium marks a hyphen at a line's end; it is no part of what was written.
        reading.pieces.append(Piece(place, text.replace("\r\n", "\n").replace("\ufffe", "")))
        reading.pieces.append(Piece(_("merknader, side %d") % (number + 1), _notes(page), is_shown=False))
        if not text.strip() and any(True for _object in page.get_objects(max_depth=2)):
            pictures.append(str(number + 1))
        page.close()
    if pictures:
        listed = ", ".join(pictures[:5]) + (" …" if len(pictures) > 5 else "")
        reading.unread.append(_("side %s er et bilde uten tekst") % listed)
    return reading


@sensitive_variables()
def _notes(page: Any) -> str:
    """What annotations and form fields on the page hold. Raises FileRefusedError for one that starts a program."""
    found = []
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            link = pdfium.FPDFAnnot_GetLink(annotation)
            action = pdfium.FPDFLink_GetAction(link) if link else None
            if action and pdfium.FPDFAction_GetType(action) == pdfium.PDFACTION_LAUNCH:
                raise _launch_refusal()
            found += [_value(annotation, key) for key in _NOTE_KEYS]
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return "\n".join(filter(None, found))


def _value(annotation: Any, key: bytes) -> str:
    """A text that the annotation holds under the key; PDFium counts in bytes of UTF-16, the closing zero included."""
    length = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
    if length <= 2 or length > MEGABYTE:
        return ""
    buffer = ctypes.create_string_buffer(length)
    pdfium.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[: length - 2].decode("utf-16-le", "replace")


def _refuse_active(content: bytes) -> bool:
    """Look for what acts by itself, also in compressed objects and in names spelt with #xx. Whether there is XFA."""
    has_xfa = False
    for part in _object_parts(content):
        plain = _NAME_ESCAPE.sub(_unescaped, part)
        if _LAUNCH.search(plain):
            raise _launch_refusal()
        if _ACTIVE.search(plain):
            raise _active_refusal()
        has_xfa = has_xfa or bool(_XFA.search(plain))
    return has_xfa


def _object_parts(content: bytes) -> list[bytes]:
    """The file without its streams (pictures and fonts are noise), and each compressed stream of objects unpacked."""
    outside = []
    parts = []
    left = _STREAMS_MAX_BYTES
    place = 0
    while (start := _STREAM.search(content, place)) is not None:
        outside.append(content[place : start.start()])
        end = content.find(b"endstream", start.end())
        end = len(content) if end == -1 else end
        head = content[max(start.start() - _DICTIONARY_BYTES, place) : start.start()]
        if b"ObjStm" in _NAME_ESCAPE.sub(_unescaped, head):
            try:
                unpacked = zlib.decompressobj().decompress(content[start.end() : end], min(_STREAM_MAX_BYTES, left))
            except zlib.error:
                unpacked = b""  # packed in another way: PDFium's own counts still hold
            left -= len(unpacked)
            if left <= 0:
                raise FileRefusedError(_("Filen er for stor til å leses gjennom. Del den i flere filer."))
            parts.append(unpacked)
        place = end
    return [b" ".join([*outside, content[place:]]), *parts]


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 16)])


def _active_refusal() -> FileRefusedError:
    return FileRefusedError(
        _("PDF-filen har innhold som kan kjøre av seg selv, eller filer inni seg. Lagre den på nytt som vanlig PDF.")
    )


def _launch_refusal() -> FileRefusedError:
    return FileRefusedError(
        _("PDF-filen vil starte et program og kan ikke lastes opp. Lagre den på nytt som vanlig PDF.")
    )
