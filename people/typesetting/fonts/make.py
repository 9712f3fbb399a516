"""Make the static fonts of the certificate from the vendored ones, and write down which letters they have.

Typst reads neither WOFF2 nor variable fonts, so each is set to the two weights that are used, and the parts the web
splits a typeface into are put together. Run by hand, with npm on the path and the development tools installed:
`python people/typesetting/fonts/make.py`. Flett itself reads only what it wrote.
"""

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).resolve().parent
VENDORED = HERE.parents[2] / "static" / "vendor" / "fonts"
WEIGHTS = {400: "Regular", 650: "SemiBold"}


@dataclass(frozen=True)
class Typeface:
    """A family, and the parts it is put together from: of an npm package, or vendored for the pages already."""

    family: str
    parts: tuple[str, ...]
    package: str = ""


TYPEFACES = [
    Typeface(
        "Atkinson Hyperlegible Next",
        ("atkinson-hyperlegible-next-latin.woff2", "atkinson-hyperlegible-next-latin-ext.woff2"),
    ),
    Typeface(
        "Noto Sans",
        tuple(
            f"noto-sans-{subset}-wght-normal.woff2"
            for subset in ("latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext")
        ),
        package="@fontsource-variable/noto-sans@5",
    ),
    Typeface(
        "Noto Sans Arabic", ("noto-sans-arabic-arabic-wght-normal.woff2",), "@fontsource-variable/noto-sans-arabic@5"
    ),
]


def fetch(package: str, into: Path) -> Path:
    """Unpack a published npm package; returns its folder of files. Raises CalledProcessError."""
    packed = subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", package],  # noqa: S607
        cwd=into,
        check=True,
        capture_output=True,
        text=True,
    )
    with tarfile.open(into / packed.stdout.split()[-1]) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def make(typeface: Typeface, *, source: Path, weight: int, into: Path) -> set[int]:
    """Write one weight of a typeface; returns the code points it has."""
    parts = []
    for number, name in enumerate(typeface.parts):
        font = TTFont(source / name)
        limits = {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes} | {"wght": weight}
        static = instantiateVariableFont(font, limits, updateFontNames=False)
        static.flavor = None
        part = into / f"{number}.ttf"
        static.save(part)
        parts.append(str(part))
    merged = Merger().merge(parts) if len(parts) > 1 else TTFont(parts[0])
    style = WEIGHTS[weight]
    postscript = typeface.family.replace(" ", "") + f"-{style}"
    for name_id, text in {
        1: typeface.family if weight == 400 else f"{typeface.family} {style}",
        2: "Regular",
        4: f"{typeface.family} {style}",
        6: postscript,
        16: typeface.family,
        17: style,
    }.items():
        merged["name"].setName(text, name_id, 3, 1, 0x409)
    merged["OS/2"].usWeightClass = weight
    merged["head"].modified = merged["head"].created  # the same file from the same parts
    merged.recalcTimestamp = False
    written = BytesIO()
    merged.save(written)
    (HERE / f"{postscript}.ttf").write_bytes(written.getvalue())
    return set(merged.getBestCmap())


def ranges(points: set[int]) -> list[list[int]]:
    """The points as first and last of each run."""
    runs: list[list[int]] = []
    for point in sorted(points):
        if runs and point == runs[-1][1] + 1:
            runs[-1][1] = point
        else:
            runs.append([point, point])
    return runs


def main() -> int:
    if shutil.which("npm") is None:
        sys.stderr.write("npm is missing; it is needed to fetch the fonts (not to run Flett).\n")
        return 1
    covered: set[int] = set()
    for typeface in TYPEFACES:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            source = VENDORED
            if typeface.package:
                package = fetch(typeface.package, folder)
                shutil.copyfile(package / "LICENSE", HERE / f"LICENSE-{typeface.family.replace(' ', '')}")
                source = package / "files"
            else:
                shutil.copyfile(VENDORED / "LICENSE", HERE / f"LICENSE-{typeface.family.replace(' ', '')}")
            in_all = set.intersection(
                *(make(typeface, source=source, weight=weight, into=folder) for weight in WEIGHTS)
            )
            covered |= in_all
    (HERE / "covered.json").write_text(json.dumps(ranges(covered)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
