"""Hostile files at the library's doors, by form and in pieces: told why in words, and nothing left behind."""

import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from forum.models import LibraryFile, LibraryItem, LibraryUpload, LibraryUploadPart, Space
from people.models import User
from tests import factories
from tests.forum.test_library import post_share
from tests.forum.test_library_uploads import begin, send_whole
from tests.safety.papers import docx, edited_pdf, packed, pdf, unpacked

pytestmark = pytest.mark.django_db

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = b"<script>alert(document.cookie)</script>"


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def zipped(**parts: bytes) -> bytes:
    return packed({name.replace("_", "."): content for name, content in parts.items()}).getvalue()


def picture(kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (60, 40), "red").save(buffer, kind, **options)
    return buffer.getvalue()


def png_with_a_page() -> bytes:
    info = PngInfo()
    info.add_text("Comment", "<html><body onload=alert(1)>")
    return picture("PNG", pnginfo=info)


def gigapixels() -> bytes:
    """A head that says 100,000 × 100,000, with the right sum."""
    whole = picture("PNG")
    head = b"IHDR" + (100_000).to_bytes(4, "big") * 2 + whole[24:29]
    return whole[:12] + head + zlib.crc32(head).to_bytes(4, "big") + whole[33:]


def script_as_gif() -> bytes:
    """Width and height begin a comment of JavaScript, which ends behind the picture."""
    gif = picture("GIF")
    return gif[:6] + b"/*" + b"\x01\x00" + gif[10:] + b"*/=1;alert(1)//"


def late_script() -> bytes:
    """Added behind the file's end, as an editor saves changes."""
    whole = pdf().getvalue()
    action = b"\n9999 0 obj\n<< /S /JavaScript /JS (app.alert(1)) >>\nendobj\n"
    return whole + action + b"startxref\n0\n%%EOF\n"


def late_head() -> bytes:
    return b"<html>" + SCRIPT + b"</html>\n" + pdf().getvalue()


def with_part(name: str, content: bytes) -> bytes:
    return packed({**unpacked(docx()), name: content}).getvalue()


def nested_bomb() -> bytes:
    """Zeros in a document in a document."""
    inner = with_part("word/a.xml", b"<x>" + b" " * 20_000_000 + b"</x>")
    return with_part("word/embeddings/Ark.docx", inner)


def many_parts() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(docx().getvalue())) as source, zipfile.ZipFile(buffer, "w") as target:
        for entry in source.infolist():
            target.writestr(entry, source.read(entry))
        for number in range(5_001):
            target.writestr(f"word/{number}.xml", b"")
    return buffer.getvalue()


def pdf_in_docx() -> bytes:
    """The head of a PDF in the first kilobyte, in a part that is not packed."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(docx().getvalue())) as source, zipfile.ZipFile(buffer, "w") as target:
        target.writestr(zipfile.ZipInfo("a.xml"), b"<!--%PDF-1.7\n-->")
        for entry in source.infolist():
            target.writestr(entry, source.read(entry))
    return buffer.getvalue()


def html_behind_docx() -> bytes:
    content = bytearray(docx().getvalue())
    comment = b"<html>" + SCRIPT + b"</html>"
    content[-2:] = len(comment).to_bytes(2, "little")
    return bytes(content) + comment


HIDDEN_IN_PDF = "PDF-filen har noe annet gjemt i seg. Lagre den på nytt som vanlig PDF."
HIDDEN_IN_IMAGE = "Bildet har noe annet gjemt i seg. Åpne det, lagre det på nytt, og prøv igjen."
HIDDEN = "Filen har noe annet gjemt i seg. Lagre den på nytt, og prøv igjen."
RUNS = "PDF-filen har innhold som kan kjøre av seg selv, eller filer inni seg. Lagre den på nytt som vanlig PDF."
MACROS = "Filen har makroer og kan ikke lastes opp. Lagre den uten makroer, for eksempel som docx, xlsx eller pdf."
VIRUS = "Viruskontrollen fant noe skadelig i filen. Den er ikke tatt imot."
BOMB = "er pakket så tett at den kan være en zip-bombe."
NOT_A_KIND = "kan ikke lastes opp. Bruk en av disse"
SOMETHING_ELSE = "men innholdet"

HOSTILE: dict[str, tuple[str, Any, str]] = {
    "a PDF with a zip behind it": ("a.pdf", lambda: pdf().getvalue() + zipped(a_txt=b"x"), HIDDEN_IN_PDF),
    "a PDF with a zip and another end": (
        "a.pdf",
        lambda: pdf().getvalue() + zipped(a=b"x") + b"\n%%EOF",
        HIDDEN_IN_PDF,
    ),
    "a PDF with a page behind it": ("a.pdf", lambda: pdf().getvalue() + SCRIPT, HIDDEN_IN_PDF),
    "a PDF with a page at its head": (
        "a.pdf",
        lambda: pdf().getvalue().replace(b"\n", b"\n% " + SCRIPT + b"\n", 1),
        HIDDEN_IN_PDF,
    ),
    "a page with a PDF in it": ("a.pdf", late_head, SOMETHING_ELSE),
    "a PDF with a late script": ("a.pdf", late_script, RUNS),
    "a PDF with a script": (
        "a.pdf",
        lambda: edited_pdf(
            lambda file: file.Root.__setattr__("OpenAction", {"/S": "/JavaScript", "/JS": "app.alert(1)"})
        ).getvalue(),
        RUNS,
    ),
    "a GIF that is a script": ("a.gif", script_as_gif, HIDDEN_IN_IMAGE),
    "a GIF with a page behind it": ("a.gif", lambda: picture("GIF") + SCRIPT, HIDDEN_IN_IMAGE),
    "a GIF with a page in a comment": ("a.gif", lambda: picture("GIF", comment=SCRIPT), HIDDEN_IN_IMAGE),
    "a JPEG with a zip behind it": ("a.jpg", lambda: picture("JPEG") + zipped(a_txt=b"x"), HIDDEN_IN_IMAGE),
    "a JPEG with a page in a comment": ("a.jpg", lambda: picture("JPEG", comment=SCRIPT), HIDDEN_IN_IMAGE),
    "a PNG with a page in its words": ("a.png", png_with_a_page, HIDDEN_IN_IMAGE),
    "a PNG with an archive behind it": ("a.png", lambda: picture("PNG") + b"Rar!\x1a\x07\x01\x00", HIDDEN_IN_IMAGE),
    "a document with a PDF's head": ("a.docx", pdf_in_docx, HIDDEN),
    "a document with a page behind it": ("a.docx", html_behind_docx, HIDDEN),
    "a text that is a page": ("a.txt", lambda: b"<!-- x --><script>alert(1)</script>", "ikke ren tekst"),
    "a text that is a PDF": ("a.txt", lambda: b"%PDF-1.4\n1 0 obj\n", "ikke ren tekst"),
    "a program called a text": ("a.txt", lambda: b"MZ\x90\x00\x03", SOMETHING_ELSE),
    "a zip called a document": ("a.docx", lambda: zipped(a_txt=b"x"), SOMETHING_ELSE),
    "a PDF called a document": ("a.docx", lambda: pdf().getvalue(), SOMETHING_ELSE),
    "a picture called a PDF": ("a.pdf", lambda: picture("PNG"), SOMETHING_ELSE),
    "a page called a picture": ("a.png", lambda: SCRIPT, SOMETHING_ELSE),
    "a program": ("a.exe", lambda: b"MZ\x90\x00", NOT_A_KIND),
    "a program behind a document's name": ("a.docx.exe", lambda: b"MZ\x90\x00", NOT_A_KIND),
    "a page": ("a.html", lambda: SCRIPT, NOT_A_KIND),
    "a zip": ("a.zip", lambda: zipped(a_txt=b"x"), NOT_A_KIND),
    "a name without an ending": ("avtale", lambda: b"x", NOT_A_KIND),
    "a drawing with a script": (
        "a.svg",
        lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "SVG-filer kan inneholde kode og kan ikke lastes opp. Lagre bildet som png.",
    ),
    "a part that unpacks to a lot": ("a.docx", lambda: with_part("word/a.xml", b" " * 20_000_000), BOMB),
    "a picture that unpacks to a lot": ("a.docx", lambda: with_part("word/media/a.png", bytes(20_000_000)), BOMB),
    "a bomb in a document in it": ("a.docx", nested_bomb, BOMB),
    "thousands of parts": ("a.docx", many_parts, "Filen blir for stor når den pakkes ut, og kan ikke lastes opp."),
    "a picture of gigapixels": ("a.png", gigapixels, "Bildet har for mange bildepunkter. Gjør det mindre først."),
    "a macro file": ("a.docm", lambda: docx().getvalue(), MACROS),
    "a document with macros": ("a.docx", lambda: with_part("word/vbaProject.bin", b"x"), MACROS),
    "a document with a control": ("a.docx", lambda: with_part("word/activeX/a.bin", b"x"), "kan kjøre kode"),
    "nothing": ("a.docx", lambda: b"", "Filen er tom."),
    "no picture": ("a.png", lambda: b"", "Filen er tom."),
    "the scanners' trial": ("a.txt", lambda: EICAR, VIRUS),
    "the trial in a document": ("a.docx", lambda: with_part("word/media/a.emf", EICAR), VIRUS),
    "the trial in a zip in a document": (
        "a.docx",
        lambda: with_part("word/embeddings/a.docx", zipped(a_txt=EICAR)),
        VIRUS,
    ),
    "the trial behind a picture": ("a.jpg", lambda: picture("JPEG") + EICAR, VIRUS),
}


def files_on_disk() -> list[Path]:
    return [path for path in Path(settings.STORAGES["forum"]["OPTIONS"]["location"]).rglob("*") if path.is_file()]


def nothing_is_left(before: list[Path]) -> bool:
    models = (LibraryFile, LibraryItem, LibraryUpload, LibraryUploadPart)
    return files_on_disk() == before and not any(model.objects.exists() for model in models)


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_form_refuses_it(browser: Client, space: Space, kind: str) -> None:
    name, make, message = HOSTILE[kind]
    before = files_on_disk()
    for confirmed in ("", "1"):
        file = SimpleUploadedFile(name, make())
        answer = post_share(browser, space, file=file, file_confirmed=confirmed)
        assert answer.status_code == 422
        assert message in " ".join(answer.context["file_errors"])
        assert nothing_is_left(before)


@pytest.mark.parametrize("kind", HOSTILE)
def test_the_upload_in_pieces_refuses_it(browser: Client, kind: str) -> None:
    name, make, message = HOSTILE[kind]
    before, content = files_on_disk(), make()
    for confirmed in ("", "1"):
        begun = begin(browser, content, name=name)
        answer = begun if begun.status_code == 422 else send_whole(browser, content, name=name, confirmed=confirmed)
        assert answer.status_code == 422
        assert message in answer.json()["message"]
        LibraryUpload.objects.filter(received=0).delete()  # that `begin` alone had begun
        assert nothing_is_left(before)


NAMES = {
    "../../etc/passwd.txt": "uten mapper",
    "..\\..\\windows\\system.txt": "uten mapper",
    "/etc/passwd.txt": "uten mapper",
    "C:\\avtale.txt": "uten mapper",
    "avtale\u202etxt.exe.txt": "skjulte tegn",
    "avtale\u2066.txt": "skjulte tegn",
    "skjult\x00.exe.txt": "skjulte tegn",
    "to\r\nlinjer.txt": "skjulte tegn",
    "....": "vanlig navn",
    ".": "vanlig navn",
    "..": "vanlig navn",
    "": "vanlig navn",
    "   ": "vanlig navn",
    "CON.txt": "betyr noe annet",
    "lpt1.notat.txt": "betyr noe annet",
    "nul .txt": "betyr noe annet",
    "a" * 300 + ".txt": "for langt",
}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_with_tricks_is_refused_before_a_byte_has_come(browser: Client, name: str) -> None:
    before = files_on_disk()
    answer = begin(browser, name=name)
    assert answer.status_code == 422
    assert NAMES[name] in answer.json()["message"]
    assert nothing_is_left(before)


@pytest.mark.parametrize("name", ["CON.txt", "lpt1.notat.txt", "a" * 240 + ".txt"])
def test_the_form_refuses_such_names_too(browser: Client, space: Space, name: str) -> None:
    """Paths and hidden characters Django has taken out of the name before we see it."""
    before = files_on_disk()
    answer = post_share(browser, space, file=SimpleUploadedFile(name, b"Bare tekst"))
    assert NAMES.get(name, "for langt") in " ".join(answer.context["file_errors"])
    assert nothing_is_left(before)


def test_common_names_stay_as_they_are(browser: Client) -> None:
    for name in ("Møte 12. mai – referat (endelig).txt", "e\u0301n.txt", "konkret.txt", "a\u00adb.txt"):
        assert begin(browser, name=name).status_code == 201
    assert list(LibraryUpload.objects.values_list("name", flat=True)) == [
        "Møte 12. mai – referat (endelig).txt",
        "én.txt",
        "konkret.txt",
        "ab.txt",
    ]


def test_a_form_that_claims_gigabytes_is_refused_unread(browser: Client, kari: User) -> None:
    """Its body is never read: not by the view, and not by the check of its token."""

    class Unread(BytesIO):
        def read(self, *args: Any) -> bytes:
            raise AssertionError("the body was read")

    answer = browser.generic(
        "POST",
        reverse("forum:library-share"),
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(2 * 1024**3), "wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "Filene er for store til å sendes sammen." in answer.content.decode()
    assert not LibraryFile.objects.exists()


def test_a_form_needs_its_token_as_before(kari: User, space: Space) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(kari)
    answer = strict.post(reverse("forum:library-share"), {"title": "Uten", "submission": str(uuid4())})
    assert answer.status_code == 403
    assert not LibraryItem.objects.exists()
