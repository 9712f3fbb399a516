"""Draw the placeholder film that stands where a role film is to come."""

import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import yaml
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image, ImageDraw, ImageFont

STARTER = settings.BASE_DIR / "home" / "starter"
FONT = settings.BASE_DIR / "static" / "vendor" / "fonts" / "atkinson-hyperlegible-next-latin.woff2"

WIDTH, HEIGHT = 960, 540
FRAMES_PER_SECOND = 25
OVERSAMPLING = 2
PAPER, INK = "#faf7f1", "#1d2a2a"
THREADS = ("#e9a13b", "#b4532a", "#0d5149")  # sun, clay, pine: ask, share, learn

BIT_EXACT = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-an"]
ENCODERS = {
    ".mp4": ["-c:v", "libx264", "-preset", "veryslow", "-crf", "27", "-pix_fmt", "yuv420p", "-movflags", "+faststart"],
    ".webm": ["-c:v", "libvpx-vp9", "-crf", "42", "-b:v", "0", "-cpu-used", "2", "-row-mt", "0", "-pix_fmt", "yuv420p"],
}


class Command(BaseCommand):
    help = "Draw the placeholder film and put it into every starter course that uses it. Needs ffmpeg."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", type=Path, help="a folder to write to instead of the starter courses")

    def handle(self, *args: Any, into: Path | None, **options: Any) -> None:
        ffmpeg = shutil.which("ffmpeg")
        if ffmpeg is None:
            raise CommandError("ffmpeg is missing. Install it with: apt-get install ffmpeg")
        film = yaml.safe_load((STARTER / "film" / "film.yaml").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as work:
            made = make_film(film, ffmpeg=ffmpeg, folder=Path(work))
            for folder in [into] if into else folders_using(film["name"]):
                folder.mkdir(parents=True, exist_ok=True)
                for file in made:
                    shutil.copyfile(file, folder / file.name)
                self.stdout.write(f"{folder}: {', '.join(f'{file.name} {file.stat().st_size} B' for file in made)}")
        self.stdout.write(f"duration: {seconds_of(film)} s")


def folders_using(name: str) -> list[Path]:
    """The media folders of starter courses whose media.yaml lists the film."""
    lists = {
        file.parent: yaml.safe_load(file.read_text(encoding="utf-8"))
        for file in STARTER.glob("courses/*/media/media.yaml")
    }
    return sorted(folder for folder, media in lists.items() if name in media.get("films", {}))


def seconds_of(film: dict[str, Any]) -> int:
    return sum(card["seconds"] for card in film["cards"])


def make_film(film: dict[str, Any], *, ffmpeg: str, folder: Path) -> list[Path]:
    """Write the film in both codecs, its poster and its captions. Raises CommandError with ffmpeg's own words."""
    count = len(film["cards"])
    braids = [draw_braid(share=number / count) for number in range(count + 1)]
    cards = [write_on(braid, card["text"]) for braid, card in zip(braids[1:], film["cards"], strict=True)]
    poster = folder / f"{film['name']}.jpg"
    cards[0].save(poster, quality=80, optimize=True)
    captions = folder / f"{film['name']}.{film['language']}.vtt"
    captions.write_text(write_captions(film), encoding="utf-8")
    films = []
    size = f"{WIDTH}x{HEIGHT}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(FRAMES_PER_SECOND), "-i", "-"]
    for suffix, encoder in ENCODERS.items():
        target = folder / f"{film['name']}{suffix}"
        command = [ffmpeg, "-hide_banner", "-loglevel", "error", "-y", *source, *encoder, *BIT_EXACT, str(target)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as encoding:  # noqa: S603
            frames, complaints = cast("IO[bytes]", encoding.stdin), cast("IO[bytes]", encoding.stderr)
            try:
                for frame in draw_frames(film, cards=cards, braids=braids):
                    frames.write(frame.tobytes())
                frames.close()
            except BrokenPipeError:
                pass  # ffmpeg has stopped; its own message says why
            complaint = complaints.read().decode(errors="replace").strip()
        if encoding.returncode:
            raise CommandError(f"ffmpeg could not make {target.name}: {complaint}")
        films.append(target)
    return [*films, poster, captions]


def draw_frames(film: dict[str, Any], *, cards: list[Image.Image], braids: list[Image.Image]) -> Iterator[Image.Image]:
    """Each card in turn: the braid grows while the words come, and the words go before the next come."""
    fade = int(film["fade"] * FRAMES_PER_SECOND)
    for number, card in enumerate(film["cards"]):
        frames = card["seconds"] * FRAMES_PER_SECOND
        for frame in range(frames):
            left = frames - frame
            if frame < fade and number:
                yield Image.blend(braids[number], cards[number], ease(frame / fade))
            elif left < fade and number + 1 < len(cards):
                yield Image.blend(braids[number + 1], cards[number], ease(left / fade))
            else:
                yield cards[number]


def ease(share: float) -> float:
    """A calm start and end for a fade; 0–1."""
    return (1 - math.cos(math.pi * share)) / 2


def write_on(braid: Image.Image, text: str) -> Image.Image:
    """One card: the braid and a sentence. The lower fifth is left to captions."""
    card = braid.copy()
    face = ImageFont.truetype(FONT, 50)
    face.set_variation_by_axes([650])
    for number, line in enumerate(wrap(text, face, most=780)):
        ImageDraw.Draw(card).text((90, 240 + number * 66), line, font=face, fill=INK)
    return card


def draw_braid(*, share: float) -> Image.Image:
    """Three threads over and under each other, `share` (0–1) of the way across."""
    left, middle, height, length, wave, radius = 90, 135, 40, 780, 195, 8
    braid = Image.new("RGB", (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING), PAPER)
    draw = ImageDraw.Draw(braid)
    for start in range(0, int(length * share), 4):
        pieces = []  # of a few pixels' width; the one at the front is drawn last
        for step in range(start, start + 4):
            for number, colour in enumerate(THREADS):
                phase = 2 * math.pi * (step / wave + number / 3)
                pieces.append((math.cos(2 * phase + math.pi / 2), step, math.sin(phase), colour))
        for _depth, step, offset, colour in sorted(pieces):
            x, y = (left + step) * OVERSAMPLING, (middle + height * offset) * OVERSAMPLING
            r = radius * OVERSAMPLING
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    return braid.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def wrap(text: str, face: ImageFont.FreeTypeFont, *, most: float) -> list[str]:
    """Break a sentence into lines no wider than `most` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and face.getlength(longer) > most:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def write_captions(film: dict[str, Any]) -> str:
    """WebVTT with one cue a card."""
    cues, start = ["WEBVTT"], 0
    for card in film["cards"]:
        end = start + card["seconds"]
        cues.append(f"{clock(start)} --> {clock(end)}\n{card['text']}")
        start = end
    return "\n\n".join(cues) + "\n"


def clock(seconds: int) -> str:
    return f"00:{seconds // 60:02}:{seconds % 60:02}.000"
