"""Files that people hand in: what a file *is*, told from its content, and whether it may come in.

Pure functions: they read the file, put it back at its start, and raise `FileRefusedError` with a sentence that
says to the person who uploaded it what is wrong and what to do. Type sniffing alone never proves a file
harmless: pictures are made anew, documents are served as attachments with `nosniff`, macros are refused.
"""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePath
from typing import IO, Any

import puremagic
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from safety.archive import MAX_RATIO, RATIO_FROM_BYTES, RESERVED_NAMES

MEGABYTE = 1024 * 1024

IMAGE_MAX_BYTES = 15 * MEGABYTE
IMAGE_MAX_PIXELS = 40_000_000
"""A picture of 40 megapixels takes 160 MB of memory to open; more than any screen shows."""
PICTURES_REFUSED = frozenset({"svg", "heic", "heif", "avif", "bmp", "tif", "tiff"})
"""Pictures that are refused in words of their own."""
IMAGE_FORMATS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}

DOCUMENT_MAX_BYTES = 50 * MEGABYTE
OFFICE_MAIN_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
OPEN_DOCUMENT_TYPES = {
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
TEXT_EXTENSIONS = ("txt", "csv")
DOCUMENT_EXTENSIONS = (*OFFICE_MAIN_PARTS, *OPEN_DOCUMENT_TYPES, "pdf", "rtf", *TEXT_EXTENSIONS)
MACRO_EXTENSIONS = ("docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "xlsb")
OLD_OFFICE_EXTENSIONS = ("doc", "xls", "ppt")
ARCHIVE_MAX_ENTRIES = 5_000
ARCHIVE_MAX_UNPACKED_BYTES = 300 * MEGABYTE

FILM_MAX_BYTES = 500 * MEGABYTE
FILM_EXTENSIONS = ("mp4", "webm")
SOUND_MAX_BYTES = 100 * MEGABYTE
SOUND_EXTENSIONS = ("mp3", "m4a")
CAPTIONS_MAX_BYTES = MEGABYTE

_ACTIVE_TEXT = re.compile(
    r"\s*(<!doctype|<!--|<html|<head|<body|<iframe|<img|<svg|<script|<\?xml|<\?php|#!|%PDF-|GIF8[79]a|\{\\rtf)",
    re.IGNORECASE,
)
_PAGE_MARKS = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)[\s>/]", re.IGNORECASE)
"""What makes a browser or a server take a file for a page or a program, wherever it stands in it."""
_SCRIPT_AS_GIF = re.compile(rb"GIF8[79]a(?:/[*/]|=\s*[\x22'\w;(]|\s*=\s*[\x22'\d])")
"""A picture whose width and height read as the beginning of a script: some 10,000 points wide, so never a real one."""
_ARCHIVE_MARKS = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")
_PDF_WITHIN = 1024
"""A PDF may begin this far into a file (ISO 32000-1, annex H, note 13)."""
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows: «avtale\u202excod.exe» reads as a document."""
_VBA = re.compile(rb"vnd\.ms-office\.vbaproject|macroenabled", re.IGNORECASE)
_REMOTE_TEMPLATE = re.compile(
    rb"<Relationship\b(?=[^>]*attachedTemplate)(?=[^>]*Target\s*=\s*[\"'](https?:|ftp:|\\\\|file:////))", re.IGNORECASE
)
_RTF_OBJECT = re.compile(rb"\\obj(?:data|update|emb|link|autlink|ocx|html|class)(?![a-z])")
_RTF_REMOTE_TEMPLATE = re.compile(rb"\\\*\\template\s*(?:https?:|ftp:|\\\\|file:)", re.IGNORECASE)
_OPEN_DOCUMENT_OBJECT = re.compile(r"Object \d+")
_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_CUE_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+\S.*)?[ \t]*")


class FileRefusedError(ValueError):
    """A file may not come in; the message is written for the person who uploaded it. `line` counts from 1."""

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def check_image(file: IO[bytes], *, name: str) -> None:
    """Raise FileRefusedError unless the file is a whole, still picture of an allowed kind and size."""
    extension = _extension(name)
    _check_image_claim(extension, _size(file))
    try:
        _open_image(file, extension=extension)
        _refuse_hidden_in_image(_content(file))
    finally:
        file.seek(0)


def _check_image_claim(extension: str, size: int) -> None:
    if extension not in IMAGE_FORMATS:
        raise FileRefusedError(_image_kind_message(extension))
    _check_size(size, most=IMAGE_MAX_BYTES)


def clean_file_name(name: str, *, most: int) -> str:
    """The name as people see it. Raises FileRefusedError for one that is a path, hides something or is too long."""
    plain = " ".join(unicodedata.normalize("NFC", name).split())
    if "/" in plain or "\\" in plain or not plain.strip(". "):
        raise FileRefusedError(_("Filnavnet kan ikke brukes. Gi filen et vanlig navn, uten mapper."))
    if any(character in _TURNING or unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn"} for character in name):
        raise FileRefusedError(_("Filnavnet har skjulte tegn. Gi filen et nytt navn."))
    if plain.split(".")[0].strip().lower() in RESERVED_NAMES:
        raise FileRefusedError(_("Filnavnet betyr noe annet på mange maskiner. Gi filen et nytt navn."))
    if len(plain) > most:
        raise FileRefusedError(_("Filnavnet er for langt. Det kan ha høyst %(most)d tegn.") % {"most": most})
    return "".join(character for character in plain if unicodedata.category(character) != "Cf")


def check_claim(*, name: str, size: int) -> None:
    """Raise FileRefusedError where name and size alone tell that the file may not come in. `size` is in bytes."""
    extension = _extension(name)
    if extension in IMAGE_FORMATS or extension in PICTURES_REFUSED:
        _check_image_claim(extension, size)
    else:
        _check_document_claim(extension, size)


def clean_image(file: IO[bytes], *, name: str) -> "ContentFile[bytes]":
    """The picture made anew: upright, in sRGB, without place, camera, comments or any other metadata.

    A JPEG or WebP that holds nothing but its picture is kept as it is, since making it anew would wear it a little
    each time. Raises FileRefusedError as `check_image` does.
    """
    extension = _extension(name)
    check_image(file, name=name)
    content = file.read()
    file.seek(0)
    if is_bare_image(content):
        return ContentFile(content, name=name)
    try:
        image = _open_image(file, extension=extension)
    finally:
        file.seek(0)
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    if profile and upright.mode in {"RGB", "CMYK", "L"}:
        upright = _to_srgb(upright, profile)
    if IMAGE_FORMATS[extension] == "JPEG" and upright.mode not in {"RGB", "L"}:
        upright = upright.convert("RGB")
    bare = upright.copy()
    bare.info = {key: value for key, value in upright.info.items() if key == "transparency"}
    written = BytesIO()
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 90, "optimize": True, "progressive": True},
        "PNG": {"optimize": True},
        "WEBP": {"quality": 92, "method": 4},
        "GIF": {},
    }
    bare.save(written, format=IMAGE_FORMATS[extension], **options[IMAGE_FORMATS[extension]])
    return ContentFile(written.getvalue(), name=name)


_JPEG_PICTURE_SEGMENTS = {0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD}


def is_bare_image(content: bytes) -> bool:
    """Whether a JPEG or WebP holds its picture and nothing else: no metadata, no profile, nothing after the end."""
    if content.startswith(b"\xff\xd8"):
        return _is_bare_jpeg(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        size = int.from_bytes(content[4:8], "little") + 8
        return content[12:16] in {b"VP8 ", b"VP8L"} and size == len(content) == _only_chunk_end(content)
    return False


def _only_chunk_end(content: bytes) -> int:
    """Where the first chunk of a RIFF file ends, padding included."""
    length = int.from_bytes(content[16:20], "little")
    return 20 + length + length % 2


def _is_bare_jpeg(content: bytes) -> bool:
    """Walk the segments (ITU-T T.81, annex B): tables, frames and scans, then the end of the file."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        is_jfif = marker == 0xE0 and content[place + 4 : place + 9] == b"JFIF\0" and length == 16
        if marker not in _JPEG_PICTURE_SEGMENTS and not is_jfif:
            return False
        place += 2 + length
        if marker == 0xDA:  # the scan's data: 0xFF stands before 0 or a restart marker, until the next segment
            place = content.find(b"\xff", place)
            while (
                place != -1
                and content[place + 1 : place + 2]
                and (content[place + 1] == 0 or 0xD0 <= content[place + 1] <= 0xD7)
            ):
                place = content.find(b"\xff", place + 2)
            if place == -1:
                return False
            if content[place:] == b"\xff\xd9":
                return True
    return False


def check_document(file: IO[bytes], *, name: str) -> None:
    """Raise FileRefusedError unless the content is what the name says: an office file without macros, PDF or text."""
    extension = _extension(name)
    _check_document_claim(extension, _size(file))
    try:
        if extension == "pdf":
            _check_pdf(file)
        elif extension == "rtf":
            _check_rtf(file)
        elif extension in TEXT_EXTENSIONS:
            _check_text(file, extension=extension)
        else:
            _check_archive(file, extension=extension)
    finally:
        file.seek(0)


def _check_document_claim(extension: str, size: int) -> None:
    if extension in MACRO_EXTENSIONS:
        raise FileRefusedError(_macro_message())
    if extension in OLD_OFFICE_EXTENSIONS:
        raise FileRefusedError(
            _("Filer av typen .%(extension)s kan ikke lastes opp. Lagre filen som docx, xlsx, pptx eller pdf.")
            % {"extension": extension}
        )
    if extension not in DOCUMENT_EXTENSIONS:
        raise FileRefusedError(
            _("Filer av typen «%(extension)s» kan ikke lastes opp. Bruk en av disse: %(allowed)s.")
            % {"extension": extension or "–", "allowed": ", ".join(DOCUMENT_EXTENSIONS)}
        )
    _check_size(size, most=DOCUMENT_MAX_BYTES)


def check_film(file: IO[bytes], *, name: str) -> None:
    """Raise FileRefusedError unless the file is an mp4 (H.264) or a WebM film by its content."""
    extension = _extension(name)
    if extension not in FILM_EXTENSIONS:
        raise FileRefusedError(_("En film må være en mp4-fil (H.264) eller en webm-fil."))
    _check_size(_size(file), most=FILM_MAX_BYTES)
    try:
        if extension == "webm":
            _check_webm(file)
        else:
            _check_mp4(file)
    finally:
        file.seek(0)


def check_sound(file: IO[bytes], *, name: str) -> None:
    """Raise FileRefusedError unless the file is an mp3 or m4a recording by its content."""
    extension = _extension(name)
    if extension not in SOUND_EXTENSIONS:
        raise FileRefusedError(_("Et lydopptak må være en mp3- eller m4a-fil."))
    _check_size(_size(file), most=SOUND_MAX_BYTES)
    head = _head(file, 16)
    is_sound = (
        head[4:12] in {b"ftypM4A ", b"ftypmp42", b"ftypisom"}
        if extension == "m4a"
        else head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)
    )
    if not is_sound:
        raise FileRefusedError(_content_message(file, extension))


def check_captions(file: IO[bytes], *, name: str) -> None:
    """Raise FileRefusedError, with the line that is wrong, unless the file is WebVTT (W3C, webvtt1 §4) with cues."""
    if _extension(name) != "vtt":
        raise FileRefusedError(_("Teksting må være en WebVTT-fil (.vtt)."))
    _check_size(_size(file), most=CAPTIONS_MAX_BYTES)
    file.seek(0)
    content = file.read()
    file.seek(0)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileRefusedError(
            _("Linje %(line)d: Filen er ikke lagret som UTF-8.") % {"line": line}, line=line
        ) from error
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not re.fullmatch(r"WEBVTT([ \t].*)?", lines[0]):
        raise _caption_error(1, _("Filen må begynne med ordet WEBVTT."))
    if len(lines) > 1 and lines[1].strip() and "-->" in lines[1]:
        raise _caption_error(2, _("Det må være en tom linje etter WEBVTT."))
    cues = 0
    previous_start = 0
    for number, block in _caption_blocks(lines):
        if re.match(r"(NOTE|STYLE|REGION)([ \t]|$)", block[0]):
            continue
        previous_start = _check_cue(number, block, earliest=previous_start)
        cues += 1
    if not cues:
        raise _caption_error(len(lines), _("Filen har ingen teksting."))


def _extension(name: str) -> str:
    return PurePath(name.replace("\\", "/")).suffix.lower().removeprefix(".")


def _head(file: IO[bytes], length: int) -> bytes:
    file.seek(0)
    head = file.read(length)
    file.seek(0)
    return head


def _content(file: IO[bytes]) -> bytes:
    file.seek(0)
    content = file.read()
    file.seek(0)
    return content


def _is_zip(content: bytes) -> bool:
    """Whether a program that unpacks would, whatever stands before the zip."""
    try:
        return zipfile.is_zipfile(BytesIO(content))
    except (ValueError, struct.error):
        return False


def _size(file: IO[bytes]) -> int:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    return size


def _check_size(size: int, *, most: int) -> None:
    if size <= 0:
        raise FileRefusedError(_("Filen er tom."))
    if size > most:
        raise FileRefusedError(
            _("Filen er for stor: %(size)s MB. Den kan være høyst %(most)d MB.")
            % {"size": f"{size / MEGABYTE:.1f}".replace(".", ","), "most": most // MEGABYTE}
        )


def _content_message(file: IO[bytes], extension: str) -> str:
    """Say that name and content disagree, and what the content looks like where that is known."""
    try:
        found = puremagic.from_string(_head(file, 4096)).lstrip(".")
    except (puremagic.PureError, ValueError):
        found = ""
    if found and found != extension:
        return _(
            "Filen heter .%(extension)s, men innholdet ser ut som %(found)s. Lagre den på nytt i riktig format."
        ) % {
            "extension": extension,
            "found": found,
        }
    return _("Filen heter .%(extension)s, men innholdet er noe annet, eller filen er skadet.") % {
        "extension": extension
    }


def _macro_message() -> str:
    return _("Filen har makroer og kan ikke lastes opp. Lagre den uten makroer, for eksempel som docx, xlsx eller pdf.")


def object_message() -> str:
    return _("Filen har et innebygd objekt som kan kjøre kode. Lim det inn som bilde eller tabell i stedet.")


def template_message() -> str:
    return _("Filen henter en mal fra en annen maskin. Lagre den med en vanlig mal først.")


# --- pictures -----------------------------------------------------------------------------------------


def _image_kind_message(extension: str) -> str:
    if extension == "svg":
        return _("SVG-filer kan inneholde kode og kan ikke lastes opp. Lagre bildet som png.")
    if extension in {"heic", "heif", "avif"}:
        return _("Bilder av typen .%(extension)s vises ikke overalt. Lagre bildet som jpg.") % {"extension": extension}
    return _("Et bilde må være en png-, jpg-, webp- eller gif-fil.")


def _open_image(file: IO[bytes], *, extension: str) -> Image.Image:
    """The picture, read to its end. Only the decoder that the name promises may touch the file."""
    file.seek(0)
    try:
        image = Image.open(BytesIO(file.read()), formats=[IMAGE_FORMATS[extension]])
        if image.width * image.height > IMAGE_MAX_PIXELS:
            raise FileRefusedError(
                _("Bildet er for stort: %(width)d × %(height)d bildepunkter. Gjør det mindre først.")
                % {"width": image.width, "height": image.height}
            )
        # A phone's panorama or portrait JPEG holds extra pictures (MPO); that is not movement.
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise FileRefusedError(_("Bildet beveger seg. Last det opp som film, så kan leseren stoppe det."))
        image.load()
    except FileRefusedError:
        raise
    except Image.DecompressionBombError as error:
        raise FileRefusedError(_("Bildet har for mange bildepunkter. Gjør det mindre først.")) from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:
        raise FileRefusedError(_content_message(file, extension)) from error
    return image


def _refuse_hidden_in_image(content: bytes) -> None:
    """What is a picture and something else too: an archive behind it, a script or a page in its comments."""
    if (
        _PAGE_MARKS.search(content)
        or _SCRIPT_AS_GIF.match(content)
        or b"%PDF-" in content[:_PDF_WITHIN]
        or any(mark in content for mark in _ARCHIVE_MARKS)
        or _is_zip(content)
    ):
        raise FileRefusedError(_("Bildet har noe annet gjemt i seg. Åpne det, lagre det på nytt, og prøv igjen."))


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the camera meant them, since the profile itself is dropped."""
    try:
        converted = ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a broken profile says nothing; the colours stay as stored
    return converted or image


# --- documents ----------------------------------------------------------------------------------------


def _check_pdf(file: IO[bytes]) -> None:
    file.seek(0)
    content = file.read()
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise FileRefusedError(_content_message(file, "pdf"))
    _refuse_hidden_in_pdf(content)
    if re.search(rb"/Launch\b", content):
        raise FileRefusedError(
            _("PDF-filen vil starte et program og kan ikke lastes opp. Lagre den på nytt som vanlig PDF.")
        )


def _refuse_hidden_in_pdf(content: bytes) -> None:
    """What is a PDF and something else too: a zip behind it, a page before it."""
    trailing = content[content.rfind(b"%%EOF") + 5 :].strip(b"\0\t\n\r\f ")
    if trailing or _is_zip(content) or _PAGE_MARKS.search(content[:_PDF_WITHIN]):
        raise FileRefusedError(_("PDF-filen har noe annet gjemt i seg. Lagre den på nytt som vanlig PDF."))


def _check_rtf(file: IO[bytes]) -> None:
    file.seek(0)
    content = file.read()
    if not content.startswith(b"{\\rtf"):
        raise FileRefusedError(_content_message(file, "rtf"))
    if _RTF_OBJECT.search(content):
        raise FileRefusedError(object_message())
    if _RTF_REMOTE_TEMPLATE.search(content):
        raise FileRefusedError(template_message())


def _check_text(file: IO[bytes], *, extension: str) -> None:
    file.seek(0)
    content = file.read()
    try:
        encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise FileRefusedError(_content_message(file, extension))
    if _ACTIVE_TEXT.match(text):
        raise FileRefusedError(
            _("Filen inneholder en nettside eller et program, ikke ren tekst. Den kan ikke lastes opp.")
        )


def _check_archive(file: IO[bytes], *, extension: str) -> None:
    if not _head(file, 4).startswith(b"PK\x03\x04"):
        raise FileRefusedError(_content_message(file, extension))
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > ARCHIVE_MAX_ENTRIES or unpacked > ARCHIVE_MAX_UNPACKED_BYTES:
                raise FileRefusedError(_("Filen blir for stor når den pakkes ut, og kan ikke lastes opp."))
            for entry in entries:
                if entry.file_size > RATIO_FROM_BYTES and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
                    raise FileRefusedError(
                        _("«%s» er pakket så tett at den kan være en zip-bombe.") % entry.filename[:80]
                    )
            if b"%PDF-" in _head(file, _PDF_WITHIN) or _PAGE_MARKS.search(archive.comment):
                raise FileRefusedError(_("Filen har noe annet gjemt i seg. Lagre den på nytt, og prøv igjen."))
            if any(entry.flag_bits & 0x1 for entry in entries):
                raise FileRefusedError(_("Filen har passord. Lagre den uten passord først."))
            names = [entry.filename for entry in entries]
            if extension in OFFICE_MAIN_PARTS:
                _check_office(archive, names=names, extension=extension)
            else:
                _check_open_document(archive, names=names, extension=extension)
    except FileRefusedError:
        raise  # it is a ValueError, which damage may raise too
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        KeyError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise FileRefusedError(_content_message(file, extension)) from error


def _check_office(archive: zipfile.ZipFile, *, names: list[str], extension: str) -> None:
    lowered = {name.lower() for name in names}
    if "[content_types].xml" not in lowered or OFFICE_MAIN_PARTS[extension] not in lowered:
        raise FileRefusedError(
            _("Filen heter .%(extension)s, men innholdet er noe annet, eller filen er skadet.")
            % {"extension": extension}
        )
    has_macros = any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lowered)
    if has_macros or _VBA.search(_part(archive, "[Content_Types].xml")):
        raise FileRefusedError(_macro_message())
    if any("/activex/" in name or re.search(r"/embeddings/.*\.bin$", name) for name in lowered):
        raise FileRefusedError(object_message())
    if "word/_rels/settings.xml.rels" in names and _REMOTE_TEMPLATE.search(
        _part(archive, "word/_rels/settings.xml.rels")
    ):
        raise FileRefusedError(template_message())


def _check_open_document(archive: zipfile.ZipFile, *, names: list[str], extension: str) -> None:
    if _part(archive, "mimetype").decode("ascii", "replace").strip() != OPEN_DOCUMENT_TYPES[extension]:
        raise FileRefusedError(
            _("Filen heter .%(extension)s, men innholdet er noe annet, eller filen er skadet.")
            % {"extension": extension}
        )
    if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in names):
        raise FileRefusedError(_macro_message())
    if any(_OPEN_DOCUMENT_OBJECT.fullmatch(name) for name in names):
        raise FileRefusedError(object_message())


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """The start of one part; KeyError when it is missing. Whatever it claims, no more than a megabyte is unpacked."""
    with archive.open(name) as part:
        return part.read(MEGABYTE)


# --- film ---------------------------------------------------------------------------------------------


def _check_webm(file: IO[bytes]) -> None:
    head = _head(file, 4096)
    # EBML header with DocType (0x4282) "webm"; Matroska proper says "matroska" and is not played by browsers.
    if not head.startswith(b"\x1a\x45\xdf\xa3") or not re.search(rb"\x42\x82.{1,8}?webm", head[:256], re.DOTALL):
        raise FileRefusedError(_content_message(file, "webm"))


def _check_mp4(file: IO[bytes]) -> None:
    """Walk the boxes (ISO/IEC 14496-12): brand first, index and picture data present, nothing beyond the end."""
    head = _head(file, 12)
    if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
        raise FileRefusedError(_content_message(file, "mp4"))
    found = dict(_boxes(file))
    if b"moov" not in found or not {b"mdat", b"moof"} & set(found):
        raise FileRefusedError(_("Filmen er ikke hel. Prøv å lagre og laste den opp på nytt."))
    file.seek(found[b"moov"][0])
    index = file.read(min(found[b"moov"][1], 32 * MEGABYTE))
    if re.search(rb"stsd.{12,16}(hvc1|hev1)", index, re.DOTALL):
        raise FileRefusedError(_("Filmen er lagret som HEVC (H.265) og spilles ikke overalt. Lagre den som H.264."))


def _boxes(file: IO[bytes]) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Top-level boxes as (kind, (start, size)). Raises FileRefusedError when one runs past the end of the file."""
    end = _size(file)
    place = 0
    while place < end:
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:
            raise FileRefusedError(_("Filmen er ikke hel. Prøv å lagre og laste den opp på nytt."))
        size = int.from_bytes(header[:4], "big")
        if size == 1:
            size = int.from_bytes(header[8:16], "big")
        elif size == 0:
            size = end - place
        if size < 8 or place + size > end:
            raise FileRefusedError(_("Filmen er ikke hel. Prøv å lagre og laste den opp på nytt."))
        yield header[4:8], (place, size)
        place += size


# --- captions -----------------------------------------------------------------------------------------


def _caption_error(line: int, message: str) -> FileRefusedError:
    return FileRefusedError(_("Linje %(line)d: %(message)s") % {"line": line, "message": message}, line=line)


def _caption_blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Blocks after the header, each with the number of its first line."""
    start = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    block: list[str] = []
    for place in range(start, len(lines)):
        if lines[place].strip():
            block.append(lines[place])
        elif block:
            yield place - len(block) + 1, block
            block = []
    if block:
        yield len(lines) - len(block) + 1, block


def _check_cue(number: int, block: list[str], *, earliest: int) -> int:
    """The cue's start in milliseconds; raises FileRefusedError naming the line."""
    offset = 0 if "-->" in block[0] else 1
    line = number + offset
    if offset >= len(block) or "-->" not in block[offset]:
        raise _caption_error(line - offset, _("Her mangler tidene, for eksempel 00:00:01.000 --> 00:00:04.000."))
    times = _CUE_TIMES.fullmatch(block[offset])
    if times is None:
        raise _caption_error(line, _("Tidene må skrives slik: 00:00:01.000 --> 00:00:04.000."))
    start, end = _milliseconds(times.groups()[:4]), _milliseconds(times.groups()[4:])
    if end <= start:
        raise _caption_error(line, _("Teksten må slutte etter at den begynner."))
    if start < earliest:
        raise _caption_error(line, _("Teksten begynner før den forrige. Sett dem i rekkefølge."))
    words = block[offset + 1 :]
    if not words:
        raise _caption_error(line, _("Her er det tider, men ingen tekst."))
    for place, text in enumerate(words, start=line + 1):
        if "-->" in text:
            raise _caption_error(place, _("Det må være en tom linje mellom to tekster."))
    return start


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths
