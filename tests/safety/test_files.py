"""Files at the door: what they are by content, what is refused, and in which words."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from safety import files
from safety.files import (
    FileRefusedError,
    check_captions,
    check_document,
    check_film,
    check_image,
    check_sound,
    clean_image,
)

EXIF_ORIENTATION, EXIF_MAKE, EXIF_GPS = 0x0112, 0x010F, 0x8825


def picture(kind: str = "PNG", *, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> BytesIO:
    buffer = BytesIO()
    Image.new(mode, size, 120 if mode == "L" else None).save(buffer, kind, **options)
    buffer.seek(0)
    return buffer


def archive(parts: dict[str, bytes | str]) -> BytesIO:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    buffer.seek(0)
    return buffer


def office(main: str = "word/document.xml", /, **parts: Any) -> BytesIO:
    return archive({"[Content_Types].xml": "<Types/>", main: "<x/>", **parts})


def box(kind: bytes, content: bytes = b"") -> bytes:
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def mp4(*, brand: bytes = b"isom", codec: bytes = b"avc1") -> BytesIO:
    sample = box(b"stsd", b"\0\0\0\0\0\0\0\1" + box(codec, b"\0" * 78))
    return BytesIO(box(b"ftyp", brand + b"\0\0\2\0") + box(b"moov", sample) + box(b"mdat", b"\0" * 20))


def refusal(check: Any, file: BytesIO, name: str) -> str:
    """What the person is told. The file is back at its start afterwards."""
    with pytest.raises(FileRefusedError) as caught:
        check(file, name=name)
    assert file.tell() == 0
    return caught.value.message


# --- pictures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [("PNG", "tavle.png"), ("JPEG", "tavle.JPG"), ("JPEG", "a.jpeg"), ("WEBP", "a.webp"), ("GIF", "a.gif")],
)
def test_pictures_come_in(kind: str, name: str) -> None:
    file = picture(kind)
    check_image(file, name=name)
    assert file.tell() == 0
    clean = clean_image(file, name=name)
    assert (clean.name, Image.open(clean).format, Image.open(clean).size) == (name, kind, (40, 30))


@pytest.mark.parametrize(
    ("file", "name", "message"),
    [
        (BytesIO(b"<svg/>"), "logo.svg", "SVG-filer kan inneholde kode og kan ikke lastes opp. Lagre bildet som png."),
        (BytesIO(b"x"), "bilde.heic", "Bilder av typen .heic vises ikke overalt. Lagre bildet som jpg."),
        (BytesIO(b"x"), "bilde.bmp", "Et bilde må være en png-, jpg-, webp- eller gif-fil."),
        (BytesIO(b"x"), "bilde", "Et bilde må være en png-, jpg-, webp- eller gif-fil."),
        (BytesIO(b""), "tom.png", "Filen er tom."),
        (
            picture("JPEG"),
            "tavle.png",
            "Filen heter .png, men innholdet ser ut som jfif. Lagre den på nytt i riktig format.",
        ),
        (
            BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            "tavle.png",
            "Filen heter .png, men innholdet ser ut som svg. Lagre den på nytt i riktig format.",
        ),
    ],
)
def test_pictures_are_refused_in_plain_words(file: BytesIO, name: str, message: str) -> None:
    assert refusal(check_image, file, name) == message


def test_a_cut_picture_is_refused() -> None:
    whole = picture("PNG", size=(200, 200)).getvalue()
    message = refusal(check_image, BytesIO(whole[: len(whole) // 2]), "tavle.png")
    assert message == "Filen heter .png, men innholdet er noe annet, eller filen er skadet."


def test_a_picture_that_unfolds_to_gigabytes_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    big = picture("PNG", size=(100, 100))
    monkeypatch.setattr(files, "IMAGE_MAX_PIXELS", 1_000)
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("the pixels were read"))
    message = refusal(check_image, big, "stor.png")
    assert message == "Bildet er for stort: 100 × 100 bildepunkter. Gjør det mindre først."


def test_a_heavy_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "IMAGE_MAX_BYTES", files.MEGABYTE)
    message = refusal(check_image, BytesIO(b"\0" * (files.MEGABYTE * 3 // 2)), "tung.png")
    assert message == "Filen er for stor: 1,5 MB. Den kan være høyst 1 MB."


@pytest.mark.parametrize(("kind", "name"), [("GIF", "a.gif"), ("WEBP", "a.webp"), ("PNG", "a.png")])
def test_moving_pictures_are_refused(kind: str, name: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    buffer = BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=200)
    message = refusal(check_image, buffer, name)
    assert message == "Bildet beveger seg. Last det opp som film, så kan leseren stoppe det."


def test_place_camera_and_comments_are_left_behind() -> None:
    exif = Image.Exif()
    exif[EXIF_MAKE] = "Hemmelig kamera"
    exif[EXIF_GPS] = {1: "N", 2: (63.0, 26.0, 0.0)}
    photo = picture("JPEG", exif=exif, comment=b"Hemmelig pasient", icc_profile=srgb_profile(), xmp=b"<x>Hemmelig</x>")
    assert b"Hemmelig kamera" in photo.getvalue()
    clean = Image.open(clean_image(photo, name="foto.jpg"))
    assert set(clean.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
    assert len(clean.getexif()) == 0
    assert b"Hemmelig" not in clean_image(photo, name="foto.jpg").read()

    notes = PngInfo()
    notes.add_text("Comment", "Hemmelig pasient")
    drawing = picture("PNG", pnginfo=notes, icc_profile=srgb_profile())
    assert b"Hemmelig" in drawing.getvalue()
    assert b"Hemmelig" not in clean_image(drawing, name="tavle.png").read()
    assert Image.open(clean_image(drawing, name="tavle.png")).info == {}


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_a_photo_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    clean = Image.open(clean_image(picture("JPEG", size=(40, 20), exif=exif), name="foto.jpg"))
    assert clean.size == (20, 40)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "1", "LA", "I;16"])
def test_every_kind_of_png_is_made_anew(mode: str) -> None:
    buffer = BytesIO()
    Image.new(mode, (8, 8)).save(buffer, "PNG")
    assert Image.open(clean_image(buffer, name="a.png")).size == (8, 8)


def test_transparency_is_kept() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(buffer, "PNG")
    assert Image.open(clean_image(buffer, name="a.png")).getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_printers_jpeg_becomes_a_screens() -> None:
    clean = Image.open(clean_image(picture("JPEG", mode="CMYK"), name="trykk.jpg"))
    assert clean.mode == "RGB"


@given(
    st.binary(max_size=400),
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\0\0\0WEBP"]),
)
def test_no_broken_picture_breaks_the_door(noise: bytes, start: bytes) -> None:
    for name in ("a.png", "a.jpg", "a.gif", "a.webp"):
        try:
            clean_image(BytesIO(start + noise), name=name)
        except FileRefusedError as refused:
            assert refused.message


# --- documents ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (office(), "plan.docx"),
        (office("xl/workbook.xml"), "tall.XLSX"),
        (office("ppt/presentation.xml"), "foredrag.pptx"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), "plan.odt"),
        (BytesIO(b"%PDF-1.7\n1 0 obj\n%%EOF\n"), "plan.pdf"),
        (BytesIO("Ærlig tekst\n".encode()), "notat.txt"),
        (BytesIO("Ærlig tekst\n".encode("latin-1")), "notat.txt"),
        (BytesIO("navn;år\n".encode("utf-16")), "tall.csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_documents_come_in(file: BytesIO, name: str) -> None:
    check_document(file, name=name)
    assert file.tell() == 0


MACROS = "Filen har makroer og kan ikke lastes opp. Lagre den uten makroer, for eksempel som docx, xlsx eller pdf."


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (office(**{"word/vbaProject.bin": b"x"}), "plan.docx"),
        (office(**{"word/VBAPROJECT.BIN": b"x"}), "plan.docx"),
        (office("xl/workbook.xml", **{"xl/macrosheets/sheet1.xml": b"x"}), "tall.xlsx"),
        (
            archive(
                {
                    "[Content_Types].xml": '<Override ContentType="application/vnd.ms-word.macroEnabled.main+xml"/>',
                    "word/document.xml": "<x/>",
                }
            ),
            "plan.docx",
        ),
        (
            archive({"mimetype": "application/vnd.oasis.opendocument.text", "Basic/Standard/Module1.xml": "<x/>"}),
            "plan.odt",
        ),
        (office(), "plan.docm"),
        (office(), "tall.xlsm"),
    ],
)
def test_macros_are_refused_whatever_the_name(file: BytesIO, name: str) -> None:
    assert refusal(check_document, file, name) == MACROS


@pytest.mark.parametrize(
    ("file", "name", "message"),
    [
        (
            BytesIO(b"MZ\x90\0" + b"\0" * 200),
            "plan.pdf",
            "Filen heter .pdf, men innholdet ser ut som exe. Lagre den på nytt i riktig format.",
        ),
        (
            BytesIO(b"MZ\x90\0" + b"\0" * 200),
            "notat.txt",
            "Filen heter .txt, men innholdet ser ut som exe. Lagre den på nytt i riktig format.",
        ),
        (
            BytesIO(b"  <!DOCTYPE html><script>alert(1)</script>"),
            "notat.txt",
            "Filen inneholder en nettside eller et program, ikke ren tekst. Den kan ikke lastes opp.",
        ),
        (
            BytesIO(b"<svg onload='x'/>"),
            "tall.csv",
            "Filen inneholder en nettside eller et program, ikke ren tekst. Den kan ikke lastes opp.",
        ),
        (
            BytesIO(b"#!/bin/sh\nrm -r ~\n"),
            "notat.txt",
            "Filen inneholder en nettside eller et program, ikke ren tekst. Den kan ikke lastes opp.",
        ),
        (
            office("xl/workbook.xml"),
            "plan.docx",
            "Filen heter .docx, men innholdet er noe annet, eller filen er skadet.",
        ),
        (
            archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}),
            "plan.odt",
            "Filen heter .odt, men innholdet er noe annet, eller filen er skadet.",
        ),
        (
            BytesIO(b"%PDF-1.4\n<</Launch /F(cmd.exe)>>\n%%EOF"),
            "plan.pdf",
            "PDF-filen vil starte et program og kan ikke lastes opp. Lagre den på nytt som vanlig PDF.",
        ),
        (
            office(**{"word/embeddings/oleObject1.bin": b"x"}),
            "plan.docx",
            "Filen har et innebygd objekt som kan kjøre kode. Lim det inn som bilde eller tabell i stedet.",
        ),
        (
            office(
                **{
                    "word/_rels/settings.xml.rels": '<Relationship Target="https://evil.example/a.dotm"'
                    ' Type="http://x/attachedTemplate" TargetMode="External"/>'
                }
            ),
            "plan.docx",
            "Filen henter en mal fra en annen maskin. Lagre den med en vanlig mal først.",
        ),
        (
            BytesIO(b"x"),
            "gammel.doc",
            "Filer av typen .doc kan ikke lastes opp. Lagre filen som docx, xlsx, pptx eller pdf.",
        ),
        (
            BytesIO(b"<html>"),
            "side.html",
            "Filer av typen «html» kan ikke lastes opp. "
            "Bruk en av disse: docx, xlsx, pptx, odt, ods, odp, pdf, rtf, txt, csv.",
        ),
    ],
)
def test_documents_are_refused_in_plain_words(file: BytesIO, name: str, message: str) -> None:
    assert refusal(check_document, file, name) == message


def test_an_embedded_chart_and_an_own_template_are_fine() -> None:
    parts = {
        "word/embeddings/Microsoft_Excel_Sheet1.xlsx": b"x",
        "word/_rels/settings.xml.rels": '<Relationship Type="x/attachedTemplate" Target="file:///C:/Maler/Normal.dotm"/>',
    }
    check_document(office(**parts), name="plan.docx")


def test_a_zip_bomb_is_refused_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = archive({"word/document.xml": b"\0" * 2_000_000})
    monkeypatch.setattr(files, "ARCHIVE_MAX_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *args, **kwargs: pytest.fail("something was unpacked"))
    message = refusal(check_document, bomb, "plan.docx")
    assert message == "Filen blir for stor når den pakkes ut, og kan ikke lastes opp."


@given(st.binary(max_size=300), st.sampled_from(["a.docx", "a.odt", "a.pdf", "a.txt", "a.csv"]))
def test_no_broken_document_breaks_the_door(noise: bytes, name: str) -> None:
    for content in (noise, b"PK\x03\x04" + noise, office().getvalue()[:-40] + noise):
        try:
            check_document(BytesIO(content), name=name)
        except FileRefusedError as refused:
            assert refused.message


# --- film and sound -----------------------------------------------------------------------------------


def test_films_come_in() -> None:
    check_film(mp4(), name="film.mp4")
    check_film(BytesIO(b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm"), name="film.webm")


@pytest.mark.parametrize(
    ("file", "name", "message"),
    [
        (mp4(), "film.mov", "En film må være en mp4-fil (H.264) eller en webm-fil."),
        (
            mp4(codec=b"hvc1"),
            "film.mp4",
            "Filmen er lagret som HEVC (H.265) og spilles ikke overalt. Lagre den som H.264.",
        ),
        (BytesIO(mp4().getvalue()[:-4]), "film.mp4", "Filmen er ikke hel. Prøv å lagre og laste den opp på nytt."),
        (
            BytesIO(box(b"ftyp", b"isom\0\0\2\0")),
            "film.mp4",
            "Filmen er ikke hel. Prøv å lagre og laste den opp på nytt.",
        ),
        (
            BytesIO(b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska"),
            "film.webm",
            "Filen heter .webm, men innholdet er noe annet, eller filen er skadet.",
        ),
        (
            BytesIO(b"<html></html>"),
            "film.mp4",
            "Filen heter .mp4, men innholdet ser ut som html. Lagre den på nytt i riktig format.",
        ),
    ],
)
def test_films_are_refused_in_plain_words(file: BytesIO, name: str, message: str) -> None:
    assert refusal(check_film, file, name) == message


def test_sound() -> None:
    check_sound(BytesIO(b"ID3\x04" + b"\0" * 30), name="opptak.mp3")
    check_sound(BytesIO(b"\xff\xfb\x90\x64" + b"\0" * 30), name="opptak.mp3")
    check_sound(BytesIO(box(b"ftyp", b"M4A \0\0\0\0")), name="opptak.m4a")
    assert refusal(check_sound, BytesIO(b"<html>"), "opptak.mp3").startswith("Filen heter .mp3, men innholdet")
    assert refusal(check_sound, BytesIO(b"x"), "opptak.wav") == "Et lydopptak må være en mp3- eller m4a-fil."


# --- captions -----------------------------------------------------------------------------------------

CUE = "00:00:01.000 --> 00:00:02.500\nHei.\n"


@pytest.mark.parametrize(
    "text",
    [
        f"WEBVTT\n\n{CUE}",
        f"\ufeffWEBVTT - Rollefilm\r\n\r\nNOTE Oversatt\r\n\r\n1\r\n{CUE}",
        f"WEBVTT\nKind: captions\n\nSTYLE\n::cue {{}}\n\n{CUE}\n\n01:00.000 --> 01:02.000 line:0\n- Én\n- To",
    ],
)
def test_captions_come_in(text: str) -> None:
    check_captions(BytesIO(text.encode()), name="film.nb.vtt")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"{CUE}", 1, "Filen må begynne med ordet WEBVTT."),
        ("WEBVTTX\n", 1, "Filen må begynne med ordet WEBVTT."),
        (f"WEBVTT\n{CUE}", 2, "Det må være en tom linje etter WEBVTT."),
        ("WEBVTT\n\n", 3, "Filen har ingen teksting."),
        (
            "WEBVTT\n\n00:00:01,000 --> 00:00:02,000\nHei.\n",
            3,
            "Tidene må skrives slik: 00:00:01.000 --> 00:00:04.000.",
        ),
        (f"WEBVTT\n\n{CUE}\n00:61.000 --> 00:62.000\nHei", 6, "Tidene må skrives slik: 00:00:01.000 --> 00:00:04.000."),
        ("WEBVTT\n\n1\nHei.\n", 3, "Her mangler tidene, for eksempel 00:00:01.000 --> 00:00:04.000."),
        ("WEBVTT\n\n00:02.000 --> 00:02.000\nHei.\n", 3, "Teksten må slutte etter at den begynner."),
        (
            f"WEBVTT\n\n{CUE}\n00:00.500 --> 00:03.000\nHei.\n",
            6,
            "Teksten begynner før den forrige. Sett dem i rekkefølge.",
        ),
        ("WEBVTT\n\n1\n00:01.000 --> 00:02.000\n\nHei", 4, "Her er det tider, men ingen tekst."),
        (f"WEBVTT\n\n{CUE}{CUE}", 5, "Det må være en tom linje mellom to tekster."),
    ],
)
def test_captions_name_the_line_that_is_wrong(text: str, line: int, message: str) -> None:
    with pytest.raises(FileRefusedError) as caught:
        check_captions(BytesIO(text.encode()), name="film.vtt")
    assert (caught.value.line, caught.value.message) == (line, f"Linje {line}: {message}")


def test_captions_in_another_encoding_name_the_line() -> None:
    with pytest.raises(FileRefusedError) as caught:
        check_captions(BytesIO(f"WEBVTT\n\n{CUE}Blåbær".encode("latin-1")), name="film.vtt")
    assert (caught.value.line, caught.value.message) == (5, "Linje 5: Filen er ikke lagret som UTF-8.")


def test_subtitles_of_another_format_are_refused() -> None:
    assert refusal(check_captions, BytesIO(b"1\n"), "film.srt") == "Teksting må være en WebVTT-fil (.vtt)."


@given(st.text(max_size=200))
def test_no_caption_file_breaks_the_door(text: str) -> None:
    try:
        check_captions(BytesIO(f"WEBVTT\n{text}".encode()), name="a.vtt")
    except FileRefusedError as refused:
        assert refused.message


# --- one truth ----------------------------------------------------------------------------------------


def test_settings_and_door_agree_on_what_comes_in() -> None:
    assert set(settings.WAGTAILIMAGES_EXTENSIONS) == set(files.IMAGE_FORMATS)
    assert set(settings.WAGTAILDOCS_EXTENSIONS) == set(files.DOCUMENT_EXTENSIONS)
    assert settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE == files.IMAGE_MAX_BYTES
    assert set(settings.WAGTAILMEDIA["VIDEO_EXTENSIONS"]) <= set(files.FILM_EXTENSIONS)
    assert set(settings.WAGTAILMEDIA["AUDIO_EXTENSIONS"]) == set(files.SOUND_EXTENSIONS)


def test_a_clean_picture_is_a_file_django_can_store() -> None:
    assert isinstance(clean_image(picture(), name="a.png"), ContentFile)


def noisy_picture(kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    Image.effect_noise((90, 60), 80).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("a.jpg", "JPEG", {"quality": 60}),
        ("a.jpg", "JPEG", {"quality": 80, "progressive": True}),
        ("a.jpg", "JPEG", {"comment": b"hemmelig"}),
        ("a.webp", "WEBP", {"quality": 70}),
        ("a.webp", "WEBP", {"lossless": True}),
        ("a.png", "PNG", {}),
        ("a.gif", "GIF", {}),
    ],
)
def test_cleaning_a_clean_picture_changes_no_byte(name, kind, options):
    once = clean_image(BytesIO(noisy_picture(kind, **options)), name=name).read()
    assert clean_image(BytesIO(once), name=name).read() == once


def test_bare_jpeg_is_kept_as_it_is():
    content = noisy_picture("JPEG", quality=70)
    assert clean_image(BytesIO(content), name="a.jpg").read() == content


@pytest.mark.parametrize("spoilt", ["comment", "trailing", "exif", "late comment"])
def test_jpeg_with_anything_besides_its_picture_is_made_anew(spoilt):
    secret = b"\xff\xfe\x00\x0ahemmelig"
    content = noisy_picture("JPEG", quality=70, progressive=True)
    exif = Image.Exif()
    exif[0x010E] = "hemmelig"
    spoilt_content = {
        "comment": content[:2] + secret + content[2:],
        "trailing": content + b"hemmelig",
        "exif": noisy_picture("JPEG", exif=exif),
        "late comment": content[:-2] + secret + content[-2:],
    }[spoilt]
    assert b"hemmelig" in spoilt_content
    assert b"hemmelig" not in clean_image(BytesIO(spoilt_content), name="a.jpg").read()
