"""Run as a program of its own by `safety.previews`: pictures of a PDF's first pages, or of a picture.

    python -I page_pictures.py <pdf|image> <file> <folder> <pages at most> <width> [<width> …]

Says one line of JSON for the file (`page_count`), then one for each page when its pictures lie in the folder as
`<number>-<width>.webp`; a page that cannot be shown has no width. Whoever reads hostile files may fall: what was said
before that stands. Imports nothing of Flett.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageOps

LONGEST_SIDE = 14_400
"""Points. 200 inches is as large as a page may be (ISO 32000-1, annex C)."""
SHORTEST_SIDE = 3
STEEPEST = 6
"""Height over width. With the width given, this is what bounds the pixels."""
IMAGE_MAX_PIXELS = 50_000_000
QUALITY = 80


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 – its answer


def save(picture: Image.Image, folder: Path, number: int, widths: list[int]) -> None:
    """In each width, or in its own where that is less."""
    width, height = picture.size
    if height > STEEPEST * width:
        say(number=number)
        return
    for wanted in widths:
        size = (min(wanted, width), max(1, round(height * min(wanted, width) / width)))
        smaller = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
        smaller.save(folder / f"{number}-{wanted}.webp", "WEBP", quality=QUALITY, method=4)
    say(number=number, width=size[0], height=size[1])


def show_image(file: Path, folder: Path, widths: list[int]) -> None:
    say(page_count=1)
    with Image.open(file) as opened:
        if opened.width * opened.height > IMAGE_MAX_PIXELS:
            say(number=1)
            return
        upright = ImageOps.exif_transpose(opened).convert("RGBA")
    paper = Image.new("RGBA", upright.size, "white")
    paper.alpha_composite(upright)
    save(paper.convert("RGB"), folder, 1, widths)


def show_pdf(file: Path, folder: Path, most: int, widths: list[int]) -> None:
    document = pypdfium2.PdfDocument(file)
    say(page_count=len(document))
    for number in range(1, min(len(document), most) + 1):
        try:
            page = document[number - 1]
            width, height = page.get_size()
            if not (SHORTEST_SIDE <= width <= LONGEST_SIDE and SHORTEST_SIDE <= height <= LONGEST_SIDE) or (
                height > STEEPEST * width
            ):
                say(number=number)
                continue
            picture = page.render(scale=widths[-1] / width).to_pil().convert("RGB")
        except (pypdfium2.PdfiumError, ValueError, MemoryError):
            say(number=number)
            continue
        save(picture, folder, number, widths)
        page.close()


def main(arguments: list[str]) -> None:
    kind, file, folder, most, *widths = arguments
    wanted = sorted(int(width) for width in widths)
    if kind == "pdf":
        show_pdf(Path(file), Path(folder), int(most), wanted)
    else:
        show_image(Path(file), Path(folder), wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
