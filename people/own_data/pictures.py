"""A person's picture: made anew in two square sizes, whatever was handed in."""

from io import BytesIO
from typing import IO

from PIL import Image, ImageOps

from people.models import ProfilePicture
from safety.files import clean_image

GROUND = "#ffffff"
QUALITY = 85


def make_squares(file: IO[bytes], *, name: str) -> tuple[bytes, bytes]:
    """The small and the large picture as JPEG, cut to the middle, without any metadata.

    Raises FileRefusedError as `safety.files.clean_image` does.
    """
    with Image.open(clean_image(file, name=name)) as opened:
        opened.seek(0)
        picture = on_ground(opened)
    return square(picture, ProfilePicture.SMALL), square(picture, ProfilePicture.LARGE)


def on_ground(picture: Image.Image) -> Image.Image:
    """Opaque, in RGB: what was transparent is white."""
    if picture.mode == "RGB":
        return picture.copy()
    clear = picture.convert("RGBA")
    ground = Image.new("RGBA", clear.size, GROUND)
    ground.alpha_composite(clear)
    return ground.convert("RGB")


def square(picture: Image.Image, side: int) -> bytes:
    """Faces are rather above the middle than below it."""
    fitted = ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    bare = Image.new("RGB", fitted.size)
    bare.paste(fitted)
    written = BytesIO()
    bare.save(written, "JPEG", quality=QUALITY, optimize=True)
    return written.getvalue()
