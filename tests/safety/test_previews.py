"""Pictures of pages: what they look like, what cannot be shown, and that a file takes nothing down with it."""

import json
import os
import shutil
import stat
import time
from io import BytesIO
from pathlib import Path
from textwrap import dedent

import pikepdf
import pytest
from PIL import Image

from safety import previews
from safety.previews import CannotBeShownError, NoWayError, can_show, render
from tests.safety.papers import docx, edited_pdf, pdf


def sized_pdf(width: float, height: float, *, before: int = 0) -> bytes:
    """A page of this size, in points, after so many common ones."""
    made = pikepdf.new()
    for _ in range(before):
        made.add_blank_page(page_size=(595, 842))
    made.add_blank_page().MediaBox = pikepdf.Array([0, 0, width, height])
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def picture(*, size: tuple[int, int] = (2000, 1000), mode: str = "RGB", colour: object = "red") -> bytes:
    buffer = BytesIO()
    Image.new(mode, size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_pages_of_a_pdf_in_two_widths() -> None:
    rendering = render(pdf("En #pagebreak() To").getvalue(), extension="pdf")
    assert (rendering.page_count, [page.number for page in rendering.pages]) == (2, [1, 2])
    for page in rendering.pages:
        small, large = opened(page.small), opened(page.large)
        assert (small.format, large.format) == ("WEBP", "WEBP")
        assert (small.width, large.width) == (640, 1280)
        assert (page.width, page.height) == large.size == (1280, 1811)
    assert rendering.pages[0].large != rendering.pages[1].large


def test_only_the_first_pages_are_made_and_all_are_counted() -> None:
    rendering = render(pdf("a" + "#pagebreak() a" * 14).getvalue(), extension="pdf")
    assert (rendering.page_count, len(rendering.pages)) == (15, 12)


@pytest.mark.parametrize("size", [(100_000, 100_000), (14_401, 500), (100, 5_000), (2, 2)])
def test_a_page_of_a_size_nobody_prints_is_left_out(size: tuple[float, float]) -> None:
    rendering = render(sized_pdf(*size, before=1), extension="pdf")
    assert [(page.number, page.width > 0) for page in rendering.pages] == [(1, True), (2, False)]
    assert rendering.pages[1].large == b""


def test_a_file_with_nothing_else_cannot_be_shown() -> None:
    with pytest.raises(CannotBeShownError):
        render(sized_pdf(100_000, 100_000), extension="pdf")


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7\n%%EOF", pdf().getvalue()[:400], b"\x00" * 5000],
    ids=["empty", "a head alone", "cut", "noise"],
)
def test_a_broken_file_cannot_be_shown(content: bytes) -> None:
    with pytest.raises(CannotBeShownError):
        render(content, extension="pdf")


def test_a_locked_file_cannot_be_shown() -> None:
    buffer = BytesIO()
    with pikepdf.open(pdf()) as document:
        document.save(buffer, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(CannotBeShownError):
        render(buffer.getvalue(), extension="pdf")


def slow_pdf() -> bytes:
    """A page that draws for minutes, after one that does not."""
    with pikepdf.open(pdf("En #pagebreak() To")) as document:
        lines = b"".join(b"%d 0 m 0 %d l 500 500 l h B*\n" % (n % 600, n % 800) for n in range(400_000))
        document.pages[1].Contents = document.make_stream(b"/P gs 0.5 w " + lines)
        buffer = BytesIO()
        document.save(buffer)
    return buffer.getvalue()


def test_a_page_that_takes_too_long_is_stopped_and_the_pages_before_it_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "RENDER_SECONDS", 2)
    started = time.monotonic()
    rendering = render(slow_pdf(), extension="pdf")
    assert time.monotonic() - started < 10
    assert (rendering.page_count, [page.number for page in rendering.pages]) == (2, [1])


def test_a_file_that_swells_takes_its_own_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "RENDER_MEGABYTES", 60)
    with pytest.raises(CannotBeShownError):
        render(pdf().getvalue(), extension="pdf")


def test_a_picture_is_made_smaller_and_never_larger() -> None:
    page = render(picture(), extension="png").pages[0]
    assert (opened(page.small).size, opened(page.large).size) == ((640, 320), (1280, 640))
    page = render(picture(size=(300, 200)), extension="png").pages[0]
    assert (opened(page.small).size, opened(page.large).size, page.width) == ((300, 200), (300, 200), 300)


def test_what_is_transparent_lies_on_white() -> None:
    page = render(picture(mode="RGBA", colour=(0, 0, 0, 0), size=(50, 50)), extension="png").pages[0]
    assert opened(page.large).convert("RGB").getpixel((25, 25)) == (255, 255, 255)


def test_text_files_have_no_pictures() -> None:
    assert not can_show("txt")
    with pytest.raises(NoWayError):
        render(b"Hei", extension="txt")


# --- LibreOffice, by a stand-in of its name ------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `soffice` that makes a PDF of two pages; what it saw lies beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "made.pdf").write_bytes(pdf("En #pagebreak() To").getvalue())
    write_office(folder, "out.mkdir(); shutil.copy(here / 'made.pdf', out / (file.stem + '.pdf'))")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FLETT_SECRET_KEY", "never in there")
    return folder


def write_office(folder: Path, does: str) -> None:
    script = folder / "soffice"
    script.write_text(
        dedent(
            f"""\
            #!{shutil.which("python3")}
            import json, os, pathlib, resource, shutil, socket, sys, time
            here = pathlib.Path(__file__).parent
            file, out = pathlib.Path(sys.argv[-1]), pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
            here.joinpath("seen.json").write_text(json.dumps({{
                "arguments": sys.argv[1:], "environment": dict(os.environ),
                "networks": [name for _number, name in socket.if_nameindex()],
                "memory": resource.getrlimit(resource.RLIMIT_AS)[0],
            }}))
            {does}
            """
        )
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)


def test_an_office_file_is_made_into_pages_where_libreoffice_is(office: Path) -> None:
    assert can_show("docx")
    rendering = render(docx().getvalue(), extension="docx")
    assert (rendering.page_count, len(rendering.pages)) == (2, 2)
    seen = json.loads((office / "seen.json").read_text())
    assert seen["arguments"][1:4] == ["--headless", "--norestore", "--nolockcheck"]
    assert seen["arguments"][0].startswith("-env:UserInstallation=file:///tmp/")
    assert seen["arguments"][5:7] == ["--convert-to", "pdf"]
    assert {name for name in seen["environment"] if name.startswith("FLETT")} == set()
    assert seen["networks"] == ["lo"]
    assert seen["memory"] == previews.CONVERT_MEGABYTES * 1024 * 1024


def test_libreoffice_that_hangs_is_stopped_with_its_children(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "CONVERT_SECONDS", 2)
    write_office(office, "os.fork(); here.joinpath(f'{os.getpid()}.pid').touch(); time.sleep(60)")
    with pytest.raises(CannotBeShownError):
        render(docx().getvalue(), extension="docx")
    pids = [path.stem for path in office.glob("*.pid")]
    assert len(pids) == 2
    for pid in pids:
        state = Path(f"/proc/{pid}/stat")
        assert not state.exists() or state.read_text().split()[2] == "Z"


def test_libreoffice_that_makes_nothing_is_told_as_it_is(office: Path) -> None:
    write_office(office, "sys.exit(1)")
    with pytest.raises(CannotBeShownError):
        render(docx().getvalue(), extension="docx")


def test_without_libreoffice_or_a_closed_network_there_is_no_way(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    confined = office / "confined.py"
    confined.write_text(f"import sys; sys.exit({previews.NO_ISOLATION})")
    monkeypatch.setattr(previews, "_CONFINED", confined)
    with pytest.raises(NoWayError):
        render(docx().getvalue(), extension="docx")
    (office / "soffice").unlink()
    assert not can_show("docx")
    with pytest.raises(NoWayError):
        render(docx().getvalue(), extension="docx")


def test_nothing_is_left_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    render(edited_pdf(lambda document: None).getvalue(), extension="pdf")
    assert list(tmp_path.iterdir()) == []
