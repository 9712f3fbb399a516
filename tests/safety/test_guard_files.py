"""Files through the guard: what they say, also out of sight; what may not come in; what cannot be read."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from safety.files import FileRefusedError
from safety.guard import ConfirmationNeededError, Hint, PatientDataError
from safety.guard import office as office_reader
from safety.guard import pdf as pdf_reader
from safety.guard.files import guard_file, read_file
from tests.safety.papers import (
    OPEN_DOCUMENT,
    TYPES,
    W,
    docx,
    edited_pdf,
    open_document,
    packed,
    pdf,
    pptx,
    runs,
    scanned_pdf,
    unpacked,
    xlsx,
)

BORN_1986 = "15108695088"  # the example of python-stdnum's documentation
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OBJECT = "Filen har et innebygd objekt som kan kjøre kode. Lim det inn som bilde eller tabell i stedet."


def seen(place: str = "", number: str = "15•••••••••") -> str:
    where = f"«{number}», {place}" if place else f"«{number}»"
    return (
        f"Filen inneholder et fødselsnummer ({where}). Det peker ut én person og skal aldri inn i Flett. Filen er ikke "
        "tatt imot. Ta bort tallet i filen, også der det ikke vises, og last den opp på nytt."
    )


def refusal(file: BytesIO, name: str) -> str:
    with pytest.raises((FileRefusedError, PatientDataError)) as caught:
        guard_file(file, name=name, confirmed=True)
    assert file.tell() == 0
    return caught.value.message


def question(file: BytesIO, name: str) -> str:
    """What is asked; and the file comes in when it is confirmed."""
    with pytest.raises(ConfirmationNeededError) as caught:
        guard_file(file, name=name)
    assert file.tell() == 0
    assert guard_file(file, name=name, confirmed=True).name == name
    return caught.value.message


def a_part(text: str) -> str:
    return f"<w:hdr {W}><w:p><w:r><w:t>{text[:4]}</w:t></w:r><w:r><w:t>{text[4:]}</w:t></w:r></w:p></w:hdr>"


def shape(text: str, space: str = A) -> str:
    return f'<x xmlns:a="{space}"><a:p><a:r><a:t>{text[:3]}</a:t></a:r><a:r><a:t>{text[3:]}</a:t></a:r></a:p></x>'


TRACKED = (
    '<w:p><w:r><w:t>1510</w:t></w:r><w:del w:id="1" w:author="x"><w:r><w:delText>8695088</w:delText></w:r></w:del>'
    '<w:ins w:id="2" w:author="x"><w:r><w:t>-tallet</w:t></w:r></w:ins></w:p>'
)
INSERTED = (
    '<w:p><w:r><w:t>151086</w:t></w:r><w:del w:id="1" w:author="x"><w:r><w:delText>77</w:delText></w:r></w:del>'
    '<w:ins w:id="2" w:author="x"><w:r><w:t>95088</w:t></w:r></w:ins></w:p>'
)
TEXT_BOX = (
    "<w:p><w:r><w:t>1510</w:t></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>Boks</w:t></w:r></w:p></w:txbxContent>"
    "</w:pict></w:r><w:r><w:t>8695088</w:t></w:r></w:p>"
)
ANNOTATED = (
    "<text:p>1510<office:annotation><dc:creator>Kari</dc:creator><text:p>Hvem er dette?</text:p></office:annotation>"
    "8695088</text:p>"
)


@pytest.mark.parametrize(
    ("file", "name", "place"),
    [
        (docx(runs("Født 15", "1086", " 950", "88.")), "plan.docx", ""),
        (docx(TRACKED), "plan.docx", "sporede endringer"),
        (docx(INSERTED), "plan.docx", ""),
        (docx(TEXT_BOX), "plan.docx", ""),
        (docx("<w:tbl><w:tr><w:tc>" + runs("151086") + "</w:tc><w:tc>" + runs("95088") + "</w:tc></w:tr></w:tbl>"),
         "plan.docx", ""),
        (docx('<w:p><w:r><w:t>151086</w:t><w:br/><w:t>95088</w:t></w:r></w:p>'), "plan.docx", ""),
        (docx('<w:p><w:r><w:t>151086</w:t><w:noBreakHyphen/><w:t>95088</w:t></w:r></w:p>'), "plan.docx", ""),
        (docx('<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>15108695088</w:t></w:r></w:p>'), "plan.docx", ""),
        (docx(word__header9_xml=a_part(BORN_1986)), "plan.docx", "topptekst"),
        (docx(word__footer9_xml=a_part(BORN_1986)), "plan.docx", "bunntekst"),
        (docx(word__comments_xml=a_part(BORN_1986)), "plan.docx", "kommentarer"),
        (docx(word__footnotes_xml=a_part(BORN_1986)), "plan.docx", "fotnoter"),
        (docx(word__endnotes_xml=a_part(BORN_1986)), "plan.docx", "sluttnoter"),
        (docx(docProps__custom_xml="<x><v>15108695088</v></x>"), "plan.docx", "egenskaper"),
        (docx(docProps__app_xml="<x><Company>15108695088</Company></x>"), "plan.docx", "egenskaper"),
        (docx(customXml__item7_xml="<x><y>15108695088</y></x>"), "plan.docx", ""),
        (docx(word__charts__chart1_xml="<c><pt><v>15108695088</v></pt></c>"), "plan.docx", "diagram"),
        (docx('<w:p><w:r><w:drawing><x descr="Tavla, 15108695088"/></w:drawing></w:r></w:p>'), "plan.docx", ""),
        (docx('<w:p><w:fldSimple w:instr="HYPERLINK x"><w:r><w:t>15108695088</w:t></w:r></w:fldSimple></w:p>'),
         "plan.docx", ""),
        (docx(**{"word__embeddings__Ark.xlsx": xlsx(["Nr", 15108695088]).getvalue()}), "plan.docx",
         "innebygd fil – arket «Sheet»"),
        (xlsx(["Navn", "Nr"], ["x", BORN_1986]), "liste.xlsx", "arket «Sheet»"),
        (xlsx(["x", 15108695088]), "liste.xlsx", "arket «Sheet»"),
        (xlsx(["x", 15108695088.0]), "liste.xlsx", "arket «Sheet»"),
        (xlsx(["151086", "95088"]), "liste.xlsx", "arket «Sheet»"),
        (xlsx([151086, 95088]), "liste.xlsx", "arket «Sheet»"),
        (xlsx(["x"], hidden=[["y"], [15108695088]]), "liste.xlsx", "det skjulte arket «Bak»"),
        (xlsx(['="15108695088"&"x"']), "liste.xlsx", "arket «Sheet»"),
        (pptx(ppt__slides__slide3_xml=shape(BORN_1986)), "foredrag.pptx", "lysbilde 3"),
        (pptx(ppt__notesSlides__notesSlide1_xml=shape(BORN_1986)), "foredrag.pptx", "notater"),
        (pptx(ppt__comments__comment1_xml=f'<x xmlns:p="{P}"><p:text>15108695088</p:text></x>'), "foredrag.pptx",
         "kommentarer"),
        (open_document("text", "<text:p>1510<text:span>86</text:span> 95088</text:p>"), "notat.odt", ""),
        (open_document("text", ANNOTATED), "notat.odt", ""),
        (open_document("text", styles_xml=f"<x {OPEN_DOCUMENT}><text:p>15108695088</text:p></x>"), "notat.odt",
         "topptekst eller bunntekst"),
        (open_document("text", meta_xml=f"<x {OPEN_DOCUMENT}><dc:creator>15108695088</dc:creator></x>"), "notat.odt",
         "egenskaper"),
        (open_document("spreadsheet", '<table:table-cell office:value="15108695088"><text:p>1,51E+10</text:p>'
                       "</table:table-cell>"), "tall.ods", ""),
        (open_document("presentation", "<text:p>15108695088</text:p>"), "foredrag.odp", ""),
        (pdf("Født 151086 95088."), "plan.pdf", "side 1"),
        (pdf("En #pagebreak() 15#strong[1086]95088"), "plan.pdf", "side 2"),
        (pdf('#set document(title: "15108695088")\nHei'), "plan.pdf", "egenskaper"),
        (pdf("#set heading(bookmarked: true, outlined: false)\n#hide[= 15108695088]"), "plan.pdf", "bokmerker"),
        (BytesIO(b"{\\rtf1\\ansi Nr. 1510{\\b 86}\\~950\\u56?\\'38}"), "notat.rtf", ""),
        (BytesIO(b"{\\rtf1\\ansi Hei{\\header 15108695088\\par}}"), "notat.rtf", ""),
        (BytesIO(b"{\\rtf1\\ansi 1510{\\*\\annotation Hvem?}8695088}"), "notat.rtf", ""),
        (BytesIO(b"{\\rtf1{\\info{\\author 15108695088}}Hei}"), "notat.rtf", ""),
        (BytesIO(b"navn;dato;nr\nx;151086;95088\n"), "liste.csv", ""),
        (BytesIO("Nr. 151086 95088".encode("utf-16")), "notat.txt", ""),
        (BytesIO("Født 151086\u00a095088".encode("latin-1")), "notat.txt", ""),
        (docx(), "om 15108695088.docx", "filnavnet"),
    ],
)  # fmt: skip
def test_a_number_is_found_wherever_it_stands(file: BytesIO, name: str, place: str) -> None:
    assert refusal(file, name) == seen(place)
    if place != "filnavnet":
        assert BORN_1986[6:] in read_file(file, name=name)


def note(**keys: Any) -> Any:
    def edit(document: pikepdf.Pdf) -> None:
        annotation = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Rect=[0, 0, 9, 9], **keys)
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([document.make_indirect(annotation)]))

    return edit


@pytest.mark.parametrize(
    "keys",
    [
        {"Subtype": pikepdf.Name.Text, "Contents": "Gjelder 15108695088"},
        {"Subtype": pikepdf.Name.Widget, "FT": pikepdf.Name.Tx, "T": "nr", "V": "15108695088"},
    ],
)
def test_notes_and_form_fields_of_a_pdf_are_read(keys: dict[str, Any]) -> None:
    assert refusal(edited_pdf(note(**keys)), "skjema.pdf") == seen("merknader, side 1")


def test_a_lost_zero_is_put_back() -> None:
    message = refusal(xlsx(["Navn", "Nr"], ["x", 1010012356]), "liste.xlsx")
    assert message == seen("arket «Sheet»", "01•••••••••")
    assert refusal(xlsx(["Fødselsnr"], [2013299997]), "liste.xlsx") == seen("arket «Sheet»", "02•••••••••")
    guard_file(xlsx(["Kunde"], [1010012355], [987654325], [2013299996]), name="liste.xlsx")


def shared(strings: str) -> BytesIO:
    """A workbook as Excel writes it: its one cell shows the first of the strings."""
    parts: dict[str, Any] = unpacked(xlsx([1]))
    sheet = f'<worksheet {S}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData></worksheet>'
    return packed({**parts, "xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": f"<sst {S}>{strings}</sst>"})


def test_shared_strings_are_read_where_they_are_shown() -> None:
    rich = "<si><r><t>1510</t></r><r><t>86 95</t></r><r><t>088</t></r><rPh><t>x</t></rPh></si>"
    assert refusal(shared(rich), "liste.xlsx") == seen("arket «Sheet»")
    assert guard_file(shared("<si><t>Hei</t></si>"), name="liste.xlsx").text == "Hei"


def test_what_a_cell_held_once_is_read() -> None:
    assert refusal(shared("<si><t>Hei</t></si><si><t>15108695088</t></si>"), "liste.xlsx") == seen("slettede celler")


def test_what_a_pivot_table_copied_is_read() -> None:
    parts: dict[str, Any] = unpacked(xlsx(["x"]))
    parts["xl/pivotCache/pivotCacheRecords1.xml"] = f'<r {S}><r><n v="15108695088"/></r></r>'
    assert refusal(packed(parts), "liste.xlsx") == seen("pivottabell")


def test_a_number_that_a_writer_gives_an_exponent_is_read() -> None:
    parts: dict[str, Any] = unpacked(xlsx(["x", 12]))
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("<v>12</v>", "<v>1.5108695088E10</v>")
    assert refusal(packed(parts), "liste.xlsx") == seen("arket «Sheet»")


def test_words_that_only_ask() -> None:
    assert question(docx(runs("Pasienten heter Kari. Ring 912 34 567.")), "plan.docx") == (
        "Se over filen en gang til. Den inneholder noe som ser ut som navnet på en pasient, et telefonnummer. Kan noen "
        "kjenne igjen en pasient, så ta det bort. Er det i orden, kan du bekrefte og gå videre."
    )


def test_what_comes_in_is_searchable_by_what_its_readers_see() -> None:
    guarded = guard_file(
        docx(runs("Nettverks", "møte"), word__header9_xml=a_part("Topp her")), name="plan.docx", confirmed=True
    )
    assert guarded.media_type == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert guarded.name == "plan.docx"
    assert "Om å møte hverandre.\nNettverksmøte" in guarded.text
    assert "Topp her" in guarded.text
    assert "python-docx" not in guarded.text
    assert (guard_file(pdf("En #pagebreak() To"), name="a.pdf").text, guard_file(pdf(), name="a.pdf").notices) == (
        "En\nTo",
        [],
    )
    assert guard_file(xlsx(["Ansvar", "Frist"], ["Kari", 3]), name="a.xlsx").text == "Ansvar | Frist |\nKari | 3"
    assert guard_file(BytesIO(b"{\\rtf1\\ansi\\ansicpg1252 Bl\\'e5b\\'e6r\\par og \\u248?l}"), name="a.rtf").text == (
        "Blåbær\nog øl"
    )
    assert guard_file(BytesIO("Blåbær".encode()), name="a.txt").text == "Blåbær"


def test_what_is_out_of_sight_is_asked_about_but_not_searched() -> None:
    file = xlsx(["Plan"], hidden=[["Pasienten heter Kari"]])
    assert "navnet på en pasient (det skjulte arket «Bak»)" in question(file, "a.xlsx")
    assert guard_file(file, name="a.xlsx", confirmed=True).text == "Plan"
    notes = edited_pdf(note(Subtype=pikepdf.Name.Text, Contents="Ring 912 34 567"))
    assert "et telefonnummer (merknader, side 1)" in question(notes, "a.pdf")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("C:\\Felles\\plan.txt", "plan.txt"),
        ("../../plan.txt", "plan.txt"),
        ("plan\u202etxt.txt", "plantxt.txt"),
        (" plan  for\nuka.txt", "plan for uka.txt"),
        (f"{'a' * 300}.txt", f"{'a' * 196}.txt"),
    ],
)
def test_a_name_is_a_name_and_nothing_else(name: str, kept: str) -> None:
    guarded = guard_file(BytesIO(b"Hei"), name=name)
    assert (guarded.name, guarded.content.name, guarded.media_type) == (kept, kept, "text/plain")


def test_a_picture_of_another_kind_is_refused_in_its_own_words() -> None:
    assert refusal(BytesIO(b"<svg/>"), "a.svg") == (
        "SVG-filer kan inneholde kode og kan ikke lastes opp. Lagre bildet som png."
    )


# --- what may not come in -----------------------------------------------------------------------------


def relation(kind: str, target: str) -> str:
    one = f'<Relationship Id="r1" Type="{TYPES}/{kind}" TargetMode="External" Target="{target}"/>'
    return f"<Relationships>{one}</Relationships>"


def with_script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_attachment(document: pikepdf.Pdf) -> None:
    document.attachments["nytte.exe"] = b"MZ"


def with_launch(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")


PACKED_OBJECTS = {"object_stream_mode": pikepdf.ObjectStreamMode.generate}
PDF_ACTIVE = "PDF-filen har innhold som kan kjøre av seg selv, eller filer inni seg. Lagre den på nytt som vanlig PDF."
DAMAGED = "Filen er skadet og kan ikke leses. Lagre den på nytt, og prøv igjen."
PDF_LAUNCH = "PDF-filen vil starte et program og kan ikke lastes opp. Lagre den på nytt som vanlig PDF."


@pytest.mark.parametrize(
    ("file", "name", "message"),
    [
        (docx('<w:p><w:r><w:instrText>DD</w:instrText></w:r><w:r><w:instrText>EAUTO c:\\\\x</w:instrText></w:r></w:p>'),
         "a.docx", OBJECT),
        (docx('<w:p><w:fldSimple w:instr="DDE excel x"/></w:p>'), "a.docx", OBJECT),
        (docx(**{"word___rels_document.xml.rels": relation("oleObject", "http://x.example/a")}), "a.docx", OBJECT),
        (docx(**{"word___rels_webSettings.xml.rels": relation("frame", "http://x.example/a")}), "a.docx", OBJECT),
        (docx(**{"word___rels_other.xml.rels": relation("attachedTemplate", "http://x.example/a.dotm")}), "a.docx",
         "Filen henter en mal fra en annen maskin. Lagre den med en vanlig mal først."),
        (docx(word__embeddings__oleObject1=b"x", **{"word__embeddings__oleObject1.bin": b"x"}), "a.docx", OBJECT),
        (xlsx(["=cmd|'/c calc'!A0"]), "a.xlsx", OBJECT),
        (open_document("text", '<text:dde-connection-decl office:name="x"/>'), "a.odt", OBJECT),
        (open_document("text", '<script:event-listener script:event-name="dom:load"/>'), "a.odt", OBJECT),
        (open_document("text", '<text:a xlink:href="vnd.sun.star.script:x?language=Basic"/>'), "a.odt", OBJECT),
        (open_document("text", **{"Object 1": b"x"}), "a.odt", OBJECT),
        (BytesIO(b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}"), "a.rtf", OBJECT),
        (BytesIO(b"{\\rtf1{\\*\\template http://x.example/a.dot}}"), "a.rtf",
         "Filen henter en mal fra en annen maskin. Lagre den med en vanlig mal først."),
        (BytesIO(b'{\\rtf1{\\field{\\*\\fldinst INCLUDE{}PICTURE "http://x.example"}}}'), "a.rtf", OBJECT),
        (BytesIO(b"MZ\x90\0"), "a.rtf",
         "Filen heter .rtf, men innholdet ser ut som exe. Lagre den på nytt i riktig format."),
        (edited_pdf(with_script), "a.pdf", PDF_ACTIVE),
        (edited_pdf(with_script, **PACKED_OBJECTS), "a.pdf", PDF_ACTIVE),
        (edited_pdf(with_attachment), "a.pdf", PDF_ACTIVE),
        (edited_pdf(with_attachment, **PACKED_OBJECTS), "a.pdf", PDF_ACTIVE),
        (edited_pdf(with_launch, **PACKED_OBJECTS), "a.pdf", PDF_LAUNCH),
        (BytesIO(b"%PDF-1.4\n<</#4aavaScript 1>>\n%%EOF"), "a.pdf", PDF_ACTIVE),
        (BytesIO(b"%PDF-1.4\nrot\n%%EOF"), "a.pdf", DAMAGED),
        (docx(customXml__item7_xml='<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'), "a.docx", DAMAGED),
        (docx(customXml__item7_xml="<x>"), "a.docx", DAMAGED),
        (BytesIO(b"x"), "a.exe",
         "Filer av typen «exe» kan ikke lastes opp. "
         "Bruk en av disse: docx, xlsx, pptx, odt, ods, odp, pdf, rtf, txt, csv."),
    ],
)  # fmt: skip
def test_what_runs_by_itself_is_refused(file: BytesIO, name: str, message: str) -> None:
    assert refusal(file, name) == message


def test_more_than_is_ever_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_reader, "READ_MAX_BYTES", 5_000)
    assert refusal(docx(), "a.docx") == "Filen er for stor til å leses gjennom. Del den i flere filer."
    monkeypatch.setattr(pdf_reader, "MAX_PAGES", 1)
    assert refusal(pdf("a #pagebreak() b"), "a.pdf") == (
        "Filen har 2 sider. Den kan ha høyst 1. Del den i flere filer."
    )


def test_a_part_packed_too_tightly_is_refused() -> None:
    bomb = docx(word__bomb_xml="<x>" + " " * 4_000_000 + "</x>")
    assert refusal(bomb, "a.docx") == "«word/bomb.xml» er pakket så tett at den kan være en zip-bombe."


# --- what cannot be read ------------------------------------------------------------------------------


def locked_pdf() -> BytesIO:
    buffer = BytesIO()
    with pikepdf.open(pdf()) as document:
        document.save(buffer, encryption=pikepdf.Encryption(owner="a", user="b"))
    buffer.seek(0)
    return buffer


def locked_docx() -> BytesIO:
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
    return BytesIO(start + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512)


@pytest.mark.parametrize(
    ("file", "name", "what"),
    [
        (locked_pdf(), "a.pdf", "filen har passord"),
        (locked_docx(), "a.docx", "filen har passord"),
        (open_document("text", **{"META-INF__manifest.xml": "<m><encryption-data/></m>"}), "a.odt",
         "filen har passord"),
        (scanned_pdf(), "a.pdf", "side 1 er et bilde uten tekst"),
        (scanned_pdf(7), "a.pdf", "side 1, 2, 3, 4, 5 … er et bilde uten tekst"),
        (docx(**{"word__afchunk.mht": b"x"}), "a.docx", "en fil inni filen"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_and_asked_about(file: BytesIO, name: str, what: str) -> None:
    assert question(file, name) == (
        f"Flett kan ikke lese hele filen: {what}. Se selv etter at ingen pasient kan kjennes igjen i den. Er det i "
        "orden, kan du bekrefte og gå videre."
    )
    assert guard_file(file, name=name, confirmed=True).notices == [f"Flett har ikke kunnet lese alt: {what}."]
    with pytest.raises(ConfirmationNeededError) as caught:
        guard_file(file, name=name)
    assert [warning.hint for warning in caught.value.warnings["file"]] == [Hint.UNREADABLE]


# --- pictures -----------------------------------------------------------------------------------------


def photo(kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (63.0, 26.0, 0.0)}
    exif[0x010F] = "Hemmelig kamera"
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(buffer, kind, exif=exif)
    return buffer.getvalue()


def test_a_picture_comes_in_without_its_place() -> None:
    guarded = guard_file(BytesIO(photo()), name="tavle.jpg")
    assert b"Hemmelig" not in guarded.content.read()
    assert (guarded.media_type, guarded.text) == ("image/jpeg", "")
    assert guarded.notices == [
        "Sted, tidspunkt og kamera er fjernet fra bildet.",
        "Flett kan ikke lese tekst i bilder.",
    ]


@pytest.mark.parametrize(
    ("file", "name", "part"),
    [
        (docx(**{"word__media__image1.jpeg": photo()}), "a.docx", "word/media/image1.jpeg"),
        (docx(**{"word__media__image1.png": photo("PNG")}), "a.docx", "word/media/image1.png"),
        (open_document("text", **{"Pictures__a.jpg": photo()}), "a.odt", "Pictures/a.jpg"),
    ],
)
def test_pictures_within_a_document_lose_their_place(file: BytesIO, name: str, part: str) -> None:
    assert b"Hemmelig kamera" in unpacked(file)[part]
    guarded = guard_file(file, name=name)
    after = unpacked(BytesIO(guarded.content.read()))
    before = unpacked(file)
    assert list(after) == list(before)
    assert b"Hemmelig" not in after[part]
    assert Image.open(BytesIO(after[part])).size == (40, 30)
    changed = {entry for entry in before if before[entry] != after[entry]}
    assert changed == {part}
    assert guarded.notices == ["Sted, tidspunkt og kamera er fjernet fra bildene i filen."]


def test_a_document_with_bare_pictures_is_kept_byte_for_byte() -> None:
    buffer = BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "JPEG")
    file = open_document("text", **{"Pictures__a.jpg": buffer.getvalue()})
    assert guard_file(file, name="a.odt").content.read() == file.getvalue()


# --- the virus scanner --------------------------------------------------------------------------------

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner(socketserver.StreamRequestHandler):
    """As much of clamd as INSTREAM needs."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
        if content == b"stort":
            self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
        else:
            self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


@pytest.fixture(params=["port", "path"])
def scanner(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    server: Any
    if request.param == "port":
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner)
        settings.CLAMAV = f"127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.ThreadingUnixStreamServer(str(tmp_path / "clamd"), Scanner)
        settings.CLAMAV = str(tmp_path / "clamd")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("scanner")
def test_the_scanner_is_asked() -> None:
    assert guard_file(BytesIO(b"Ren tekst " * 20_000), name="a.txt").name == "a.txt"
    assert refusal(BytesIO(EICAR), "a.txt") == "Viruskontrollen fant noe skadelig i filen. Den er ikke tatt imot."
    assert refusal(BytesIO(b"stort"), "a.txt") == "Viruskontrollen kunne ikke lese filen, så den er ikke tatt imot."
    assert refusal(BytesIO(b"x" * 200_000 + EICAR), "bilde.png").startswith("Viruskontrollen fant noe skadelig")


def test_a_scanner_that_does_not_answer_lets_nothing_in(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.CLAMAV = f"127.0.0.1:{free.getsockname()[1]}"
    message = "Viruskontrollen svarer ikke, så filen kan ikke tas imot nå. Prøv igjen om litt."
    assert refusal(BytesIO(b"Ren tekst"), "a.txt") == message
    settings.CLAMAV = "/finnes/ikke"
    assert refusal(BytesIO(b"Ren tekst"), "a.txt") == message


def test_without_a_scanner_nothing_is_asked(settings: Any) -> None:
    settings.CLAMAV = ""
    assert guard_file(BytesIO(b"Hei"), name="a.txt").text == "Hei"


# --- nothing breaks the door --------------------------------------------------------------------------

BASES = {
    "a.docx": docx().getvalue(),
    "a.xlsx": xlsx(["x", 1]).getvalue(),
    "a.odt": open_document("text", "<text:p>Hei</text:p>").getvalue(),
    "a.pdf": pdf().getvalue(),
    "a.rtf": b"{\\rtf1\\ansi Hei {\\b du}\\par}",
    "a.csv": b"a;b\n1;2\n",
}


@given(st.sampled_from(list(BASES)), st.integers(0, 10**6), st.binary(max_size=60), st.booleans())
@hypothesis_settings(max_examples=120, deadline=None)
def test_no_broken_file_breaks_the_door(name: str, place: int, noise: bytes, cuts: bool) -> None:
    whole = BASES[name]
    place %= len(whole) + 1
    content = whole[:place] + noise + (b"" if cuts else whole[place + len(noise) :])
    try:
        guard_file(BytesIO(content), name=name)
    except (FileRefusedError, PatientDataError, ConfirmationNeededError) as error:
        assert error.message


@given(st.binary(max_size=200))
def test_no_rtf_breaks_the_reader(noise: bytes) -> None:
    try:
        guard_file(BytesIO(b"{\\rtf1 " + noise), name="a.rtf", confirmed=True)
    except (FileRefusedError, PatientDataError) as error:
        assert error.message
