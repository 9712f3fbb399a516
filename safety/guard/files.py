"""Files that people hand in, read for patient data before they are stored.

What may not come in raises: `FileRefusedError` (wrong kind, too large, macros, active content, a virus),
`PatientDataError` (an identity number anywhere in it), and, unless the person has said that it is fine,
`ConfirmationNeededError` (what else may point somebody out, and what could not be read).
"""

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath, PurePosixPath
from typing import IO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from safety.files import (
    DOCUMENT_MAX_BYTES,
    IMAGE_FORMATS,
    OFFICE_MAIN_PARTS,
    OPEN_DOCUMENT_TYPES,
    PICTURES_REFUSED,
    FileRefusedError,
    check_document,
    clean_image,
)
from safety.guard.doors import ConfirmationNeededError, PatientDataError, hint_sentence, listed, with_article
from safety.guard.hints import GuardWarning, Hint, find_warnings
from safety.guard.identity import Finding, find_identity_numbers
from safety.guard.masking import mask, shown
from safety.guard.office import read_office
from safety.guard.pdf import read_pdf
from safety.guard.pieces import Piece, Reading
from safety.guard.rtf import read_rtf
from safety.guard.virus import refuse_viruses
from safety.text import clean_line

FIELD = "file"
"""The name that findings and warnings about a file stand under."""

_MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    **OPEN_DOCUMENT_TYPES,
    "pdf": "application/pdf",
    "rtf": "application/rtf",
    "txt": "text/plain",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
}
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_NAME_MAX = 200
_PICTURES_INSIDE = ("jpg", "jpeg", "png", "webp")


@dataclass(frozen=True, slots=True)
class GuardedFile:
    """A file that may be stored."""

    content: "ContentFile[bytes]"
    """Cleaned: a picture made anew, pictures in documents without metadata."""
    name: str
    media_type: str
    text: str
    """What its readers see, for searching; without identity numbers, and without properties and deleted text."""
    notices: list[str]
    """What the person should know, in their language: metadata removed, what could not be read."""


@sensitive_variables()
def guard_file(file: IO[bytes], *, name: str, confirmed: bool = False) -> GuardedFile:
    """Check, read and clean one file. `name` is what the person called it. Raises as the module says."""
    name = _plain_name(name)
    extension = _extension(name)
    refuse_viruses(file)
    if extension in IMAGE_FORMATS or extension in PICTURES_REFUSED:
        cleaned = clean_image(file, name=name)
        _judge([Piece(_("filnavnet"), name)], [], confirmed=confirmed)
        notices = [_("Sted, tidspunkt og kamera er fjernet fra bildet."), _("Flett kan ikke lese tekst i bilder.")]
        return GuardedFile(cleaned, name, _MEDIA_TYPES[extension], "", notices)
    reading = _read(file, name=name, extension=extension)
    _judge([Piece(_("filnavnet"), name, is_shown=False), *reading.pieces], reading.unread, confirmed=confirmed)
    content, has_changed = _without_picture_metadata(file, extension=extension)
    notices = [_("Flett har ikke kunnet lese alt: %s.") % ", ".join(reading.unread)] if reading.unread else []
    if has_changed:
        notices.append(_("Sted, tidspunkt og kamera er fjernet fra bildene i filen."))
    text = "\n".join(piece.text for piece in reading.pieces if piece.is_shown and piece.text.strip())
    return GuardedFile(
        ContentFile(content, name=name), name, _MEDIA_TYPES[extension], text.replace("\x00", ""), notices
    )


@sensitive_variables()
def guard_file_name(name: str) -> None:
    """Raise PatientDataError where the name alone holds an identity number; before the file has come."""
    _judge([Piece(_("filnavnet"), name)], [], confirmed=True)


@sensitive_variables()
def read_file(file: IO[bytes], *, name: str) -> str:
    """What the file's readers see, and what they do not: everything there is to look through.

    For looking through what is stored already. Raises FileRefusedError as `guard_file` does.
    """
    extension = _extension(name)
    return "\n\n\n\n\n\n".join(piece.text for piece in _read(file, name=name, extension=extension).pieces)


def _plain_name(name: str) -> str:
    """The file's own name, without folders, and without characters that hide or turn what stands beside them."""
    own = clean_line(PurePosixPath(name.replace("\\", "/")).name, most=100_000)
    stem, dot, ending = own.rpartition(".")
    return f"{stem[: _NAME_MAX - len(ending) - 1]}{dot}{ending}" if len(own) > _NAME_MAX else own


def _extension(name: str) -> str:
    return PurePath(name).suffix.lower().removeprefix(".")


@sensitive_variables()
def _read(file: IO[bytes], *, name: str, extension: str) -> Reading:
    if extension in OFFICE_MAIN_PARTS and _is_encrypted_office(file):
        return Reading(unread=[_("filen har passord")])
    check_document(file, name=name)
    file.seek(0)
    try:
        if extension in OFFICE_MAIN_PARTS or extension in OPEN_DOCUMENT_TYPES:
            return read_office(file)
        if extension == "pdf":
            return read_pdf(file)
        content = file.read()
        text = read_rtf(content) if extension == "rtf" else _decoded(content)
        return Reading([Piece("", text)])
    finally:
        file.seek(0)


def _is_encrypted_office(file: IO[bytes]) -> bool:
    """Office puts what has a password into a compound file (MS-OFFCRYPTO § 2.3.4)."""
    file.seek(0)
    content = file.read(DOCUMENT_MAX_BYTES + 1)
    file.seek(0)
    if not content.startswith(_COMPOUND_FILE) or _ENCRYPTED_PACKAGE not in content:
        return False
    if len(content) > DOCUMENT_MAX_BYTES:
        raise FileRefusedError(_("Filen er for stor til å leses gjennom. Del den i flere filer."))
    return True


def _decoded(content: bytes) -> str:
    """Text in the encodings that `check_document` lets in."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


@sensitive_variables()
def _judge(pieces: list[Piece], unread: list[str], *, confirmed: bool) -> None:
    findings: list[Finding] = []
    seen: list[str] = []
    for piece in pieces:
        for finding in find_identity_numbers(piece.text):
            findings.append(finding)
            words = {"number": with_article(finding.kind), "seen": shown(piece.text[finding.start : finding.end])}
            sentence = (
                _("%(number)s («%(seen)s», %(place)s)") % {**words, "place": mask(piece.place)}
                if piece.place
                else _("%(number)s («%(seen)s»)") % words
            )
            if sentence not in seen:
                seen.append(sentence)
    if findings:
        message = _(
            "Filen inneholder %(seen)s. Det peker ut én person og skal aldri inn i Flett. Filen er ikke tatt imot. "
            "Ta bort tallet i filen, også der det ikke vises, og last den opp på nytt."
        ) % {"seen": listed(seen)}
        raise PatientDataError(message, findings={FIELD: findings}, masked={})
    if confirmed:
        return
    warnings: list[GuardWarning] = []
    reasons: dict[str, None] = {}
    for piece in pieces:
        for warning in find_warnings(piece.text) if piece.is_prose else []:
            warnings.append(warning)
            what = hint_sentence(warning.hint)
            place = mask(piece.place)
            reasons[_("%(what)s (%(place)s)") % {"what": what, "place": place} if place else what] = None
    questions = []
    if unread:
        warnings.append(GuardWarning(Hint.UNREADABLE, 0, 0))
        questions.append(
            _("Flett kan ikke lese hele filen: %s. Se selv etter at ingen pasient kan kjennes igjen i den.")
            % ", ".join(unread)
        )
    if reasons:
        questions.append(
            _("Se over filen en gang til. Den inneholder %s. Kan noen kjenne igjen en pasient, så ta det bort.")
            % listed(list(reasons))
        )
    if questions:
        message = " ".join([*questions, _("Er det i orden, kan du bekrefte og gå videre.")])
        raise ConfirmationNeededError(message, warnings={FIELD: warnings})


@sensitive_variables()
def _without_picture_metadata(file: IO[bytes], *, extension: str) -> tuple[bytes, bool]:
    """The file's bytes; an Office file is packed anew when a picture in it carried a place, a camera or a comment."""
    file.seek(0)
    content = file.read()
    if not (extension in OFFICE_MAIN_PARTS or extension in OPEN_DOCUMENT_TYPES) or not zipfile.is_zipfile(
        BytesIO(content)
    ):
        return content, False
    cleaned: dict[str, bytes] = {}
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for entry in archive.infolist():
            kind = PurePosixPath(entry.filename).suffix.lower().removeprefix(".")
            if kind not in _PICTURES_INSIDE:
                continue
            picture = archive.read(entry)
            if (clean := _clean_picture(picture, kind=kind)) is not None and clean != picture:
                cleaned[entry.filename] = clean
        if not cleaned:
            return content, False
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as target:
            for entry in archive.infolist():
                part = cleaned.get(entry.filename) or archive.read(entry)
                target.writestr(entry, part, compress_type=entry.compress_type)
    return packed.getvalue(), True


def _clean_picture(picture: bytes, *, kind: str) -> bytes | None:
    """The picture anew where it has something to hide; None when it is bare, broken, or not what its name says."""
    try:
        if not _has_metadata(picture):
            return None
        return clean_image(BytesIO(picture), name=f"bilde.{kind}").read()
    except (FileRefusedError, zlib.error):
        return None


def _has_metadata(picture: bytes) -> bool:
    return any(
        mark in picture for mark in (b"Exif\0\0", b"eXIf", b"EXIF", b"http://ns.adobe.com/xap/", b"XMP ", b"tEXt")
    )
