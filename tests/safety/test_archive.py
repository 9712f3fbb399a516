"""Zip files made to harm: none of them writes outside its folder or more than it may."""

import contextlib
import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety.archive import MAX_NAME_LENGTH, ArchiveRefusedError, safe_path, unpack_zip

MEGABYTE = 1024 * 1024


def make_zip(*entries: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.filename = entry.orig_filename = name  # zipfile mends names on its own; a hostile tool does not
            entry.compress_type = compression
            archive.writestr(entry, content)
    buffer.seek(0)
    return buffer


def unpack(file: io.BytesIO, folder: Path, *, max_bytes: int = MEGABYTE, max_files: int = 10) -> list[str]:
    inside = folder / "inside"
    inside.mkdir()
    try:
        return [
            str(path.relative_to(inside)) for path in unpack_zip(file, inside, max_bytes=max_bytes, max_files=max_files)
        ]
    finally:
        assert [path.name for path in folder.iterdir()] == ["inside"]
        assert not any(path.is_symlink() for path in inside.rglob("*"))
        assert sum(path.stat().st_size for path in inside.rglob("*") if path.is_file()) <= max_bytes


def test_an_honest_zip_is_unpacked(tmp_path: Path) -> None:
    file = make_zip(("kurs/", b""), ("kurs/course.yaml", b"a: 1\n"), ("kurs/lessons/blåbær.md", b"Hei"))
    assert unpack(file, tmp_path) == ["kurs/course.yaml", "kurs/lessons/blåbær.md"]
    assert (tmp_path / "inside/kurs/lessons/blåbær.md").read_bytes() == b"Hei"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "a/..",
        "/etc/passwd",
        "//server/x",
        "C:/x",
        "C:x",
        "c:\\x",
        "..\\x",
        "a\\..\\x",
        "a//b",
        "./a",
        "a/./b",
        "a\x00.md",
        "a\nb",
        "a\x1b[31m",
        "x" * (MAX_NAME_LENGTH + 1),
        "/".join(["d"] * 9),
        "con",
        "a/NUL.txt",
        "navn.",
        "navn ",
        "~/../x",
    ],
)
def test_a_path_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefusedError, match="ugyldig filsti"):
        unpack(make_zip((name, b"x")), tmp_path)
    assert list((tmp_path / "inside").iterdir()) == []


@given(st.text(alphabet="./\\:a\x00~ ", max_size=12))
def test_a_safe_path_stays_below_the_folder(name: str) -> None:
    try:
        path = safe_path(name)
    except ArchiveRefusedError:
        return
    folder = Path("/somewhere/inside")
    assert (folder / path).resolve().is_relative_to(folder)
    assert ".." not in path.parts


@pytest.mark.parametrize(
    "mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644, stat.S_IFCHR | 0o644, stat.S_IFSOCK | 0o644]
)
def test_links_and_devices_are_refused(mode: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("lenke")
        entry.create_system = 3
        entry.external_attr = mode << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(ArchiveRefusedError, match="ikke en vanlig fil"):
        unpack(buffer, tmp_path)


def test_a_bomb_that_is_honest_about_its_size_is_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefusedError, match="høyst 1 MB"):
        unpack(make_zip(("a", b"\0" * (MEGABYTE + 1))), tmp_path)
    assert list((tmp_path / "inside").iterdir()) == []


def test_many_files_together_are_counted(tmp_path: Path) -> None:
    file = make_zip(*((f"f{number}", bytes(200_000)) for number in range(8)))
    with pytest.raises(ArchiveRefusedError, match="høyst 1 MB"):
        unpack(file, tmp_path)


def test_a_tightly_packed_file_is_refused_within_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefusedError, match="zip-bombe"):
        unpack(make_zip(("a", b"\0" * (4 * MEGABYTE))), tmp_path, max_bytes=10 * MEGABYTE)


def test_a_bomb_that_lies_about_its_size_is_stopped_while_unpacking(tmp_path: Path) -> None:
    content = b"\0" * (4 * MEGABYTE)
    data = bytearray(make_zip(("a", content)).getvalue())
    claimed = struct.pack("<L", 100)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        assert data[place : place + 4] == struct.pack("<L", len(content))
        data[place : place + 4] = claimed
    with pytest.raises(ArchiveRefusedError):
        unpack(io.BytesIO(bytes(data)), tmp_path)


def test_overlapping_entries_do_not_multiply(tmp_path: Path) -> None:
    """A zip whose entries all point at the same packed bytes (Fifield's bomb)."""
    data = bytearray(make_zip(("a", b"\0" * 900_000)).getvalue())
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = bytes(data[start:end])
    count = 5
    directory = b"".join(entry.replace(b"a", bytes([ord("a") + number]), 1) for number in range(count))
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    with pytest.raises(ArchiveRefusedError):
        unpack(io.BytesIO(bytes(data[:start]) + directory + tail), tmp_path)


def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefusedError, match="flere enn 10 filer"):
        unpack(make_zip(*((f"f{number}", b"") for number in range(11))), tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("a.md", "A.md"),
        ("a.md", "a.md"),
        ("é.md", "e\u0301.md"),
        ("ﬁl.md", "fil.md"),
        ("a", "a/b"),
        ("a/b", "A"),
        ("straße", "STRASSE"),
    ],
)
def test_names_that_meet_are_refused(names: tuple[str, str], tmp_path: Path) -> None:
    with pytest.warns(UserWarning) if names[0] == names[1] else _nothing():
        file = make_zip(*((name, b"x") for name in names))
    with pytest.raises(ArchiveRefusedError, match="samme navn"):
        unpack(file, tmp_path)


def test_encrypted_entries_are_refused(tmp_path: Path) -> None:
    data = bytearray(make_zip(("a", b"x")).getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(ArchiveRefusedError, match="kryptert"):
        unpack(io.BytesIO(bytes(data)), tmp_path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(compression: int, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefusedError, match="ikke kan leses"):
        unpack(make_zip(("a", b"x" * 100), compression=compression), tmp_path)


@pytest.mark.parametrize("cut", [0, 1, 10, 40, 80])
def test_a_broken_zip_is_refused(cut: int, tmp_path: Path) -> None:
    data = make_zip(("a", b"x" * 50), ("b", b"y" * 50)).getvalue()
    with pytest.raises(ArchiveRefusedError, match="skadet"):
        unpack(io.BytesIO(data[:cut]), tmp_path)


@settings(max_examples=400, deadline=None)
@given(place=st.integers(0, 400), value=st.integers(0, 255))
def test_any_flipped_byte_is_a_refusal_or_harmless(
    place: int, value: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = bytearray(make_zip(("a/b.md", b"x" * 50), ("c.md", b"y" * 50)).getvalue())
    data[place % len(data)] = value
    with contextlib.suppress(ArchiveRefusedError):
        unpack(io.BytesIO(bytes(data)), tmp_path_factory.mktemp("zip"))


def _nothing() -> "contextlib.AbstractContextManager[None]":
    return contextlib.nullcontext()
