"""What is made from the manuscript of a film: captions, described transcript, and the text to record from.

Times are estimates until the film is recorded: how long it takes to say the words. Captions follow the figures that
subtitlers commonly work by, as in Netflix's Timed Text Style Guide for Norwegian: two lines of 42 characters, 17
characters a second for adults, and no longer than seven seconds. One second is the least anybody can read.

Pure functions: no model, no database.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

LINE_CHARACTERS = 42
CUE_LINES = 2
CHARACTERS_A_SECOND = 17
LEAST_CUE = 1_000
LONGEST_CUE = 7_000
WORD_TIME = 480
"""Milliseconds a word: 125 words a minute, a calm voice that leaves room for the picture."""
SCENE_TIME = 3_000
"""Milliseconds a scene's picture stands before anybody speaks."""
SILENT_SCENE_TIME = 8_000
LINE_PAUSE = 300

_MARK_ALONE = 10.0
_MOST_WORDS = LONGEST_CUE // WORD_TIME
_SENTENCE_END = re.compile(r"[.!?…:][»”\"')]*\Z")
_CLAUSE_END = re.compile(r"[,;–][»”\"')]*\Z")


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """What one person says."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """A place and a time, what the picture shows, and what is said."""

    scene: str
    picture: str
    lines: tuple[ScriptLine, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption; times in milliseconds from the film's start."""

    start: int
    end: int
    lines: tuple[str, ...]


def read_script(scenes: Iterable[Mapping[str, Any]]) -> list[Scene]:
    """The manuscript of a `role_film` block: its value in the database, or in a package."""
    return [
        Scene(
            scene=_tidy(scene.get("scene")),
            picture=_tidy(scene.get("picture")),
            lines=tuple(
                ScriptLine(_tidy(line.get("speaker")), _tidy(line.get("text"))) for line in scene.get("lines") or []
            ),
        )
        for scene in scenes
    ]


def _tidy(text: Any) -> str:
    """The text with single spaces, and without the characters that nobody sees or hears."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", str(text or "")).split())


def spoken_words(scenes: Iterable[Scene]) -> int:
    return sum(len(line.text.split()) for scene in scenes for line in scene.lines)


def estimated_seconds(scenes: Iterable[Scene]) -> int:
    """How long the film becomes, in whole seconds."""
    return ceil(_run(list(scenes), [])[1] / 1000)


# --- captions -----------------------------------------------------------------------------------------


def make_cues(scenes: Iterable[Scene]) -> list[Cue]:
    """The captions in order. Every word that is said is in one of them, and none overlaps the next."""
    return _run(list(scenes), [])[0]


def _run(scenes: list[Scene], cues: list[Cue]) -> tuple[list[Cue], int]:
    """The captions and when the film ends."""
    clock = 0
    for scene in scenes:
        clock += SCENE_TIME if scene.lines else SILENT_SCENE_TIME
        heard: set[str] = set()
        last = ""
        for line in scene.lines:
            if not line.text:
                continue
            mark = ""
            if line.speaker and line.speaker not in heard:
                mark = f"{line.speaker}:"
            elif line.speaker != last:
                mark = "–"
            heard.add(line.speaker)
            last = line.speaker
            for shown in split_into_cues(f"{mark} {line.text}", mark_words=len(mark.split())):
                length = _cue_time(shown)
                cues.append(Cue(clock, clock + length, shown))
                clock += length
            clock += LINE_PAUSE
    return cues, clock


def _cue_time(lines: tuple[str, ...]) -> int:
    shown = " ".join(lines)
    said = sum(any(map(str.isalnum, word)) for word in shown.split())
    return max(LEAST_CUE, ceil(len(shown) * 1000 / CHARACTERS_A_SECOND), said * WORD_TIME)


def split_into_cues(text: str, *, mark_words: int = 0) -> list[tuple[str, ...]]:
    """The text cut into captions of one or two lines, at the ends of sentences and clauses where that can be.

    A word longer than a line is cut. Nothing else is changed. The first `mark_words` words say who speaks: they do not
    stand alone unless what is said leaves no room beside them.
    """
    words = tuple(_short_words(text.split()))
    # The cheapest way to the end, from every word; a caption costs more the worse its end is a place to stop.
    cost: list[float] = [0.0] * (len(words) + 1)
    following = [len(words)] * (len(words) + 1)
    for place in range(len(words) - 1, -1, -1):
        cost[place] = float("inf")
        for end in range(place + 1, min(place + _MOST_WORDS, len(words)) + 1):
            lines = _two_lines(words[place:end])
            if lines is None:
                break
            total = cost[end] + _cue_cost(words[end - 1], sum(map(len, lines)), is_last=end == len(words))
            if end <= mark_words:
                total += _MARK_ALONE
            if total <= cost[place]:  # of equals the longer
                cost[place], following[place] = total, end
    cues = []
    place = 0
    while place < len(words):
        lines = _two_lines(words[place : following[place]])
        assert lines is not None  # noqa: S101 – the loop above chose it
        cues.append(lines)
        place = following[place]
    return cues


def _short_words(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        for place in range(0, len(word), LINE_CHARACTERS):
            yield word[place : place + LINE_CHARACTERS]


def _cue_cost(last_word: str, length: int, *, is_last: bool) -> float:
    cost = 1.0
    if not is_last and not _SENTENCE_END.search(last_word):
        cost += 0.6 if _CLAUSE_END.search(last_word) else 2.2 + _hangs(last_word)
    if length < LINE_CHARACTERS // 2:
        cost += 0.4
    return cost


def _hangs(word: str) -> bool:
    """Whether a line should not end here: «i», «på», «og» and their like belong to what follows."""
    return len(word) <= 3


@lru_cache(maxsize=4096)
def _two_lines(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The words on one line, or on two of even length; None when they do not fit."""
    whole = " ".join(words)
    if len(whole) <= LINE_CHARACTERS:
        return (whole,)
    best: tuple[float, tuple[str, ...]] | None = None
    for cut in range(1, len(words)):
        first, second = " ".join(words[:cut]), " ".join(words[cut:])
        if len(first) > LINE_CHARACTERS or len(second) > LINE_CHARACTERS:
            continue
        is_pause = _SENTENCE_END.search(words[cut - 1]) or _CLAUSE_END.search(words[cut - 1])
        badness = abs(len(first) - len(second)) - (12 if is_pause else 0)
        badness += 8 if not is_pause and _hangs(words[cut - 1]) else 0
        if best is None or badness < best[0]:
            best = (badness, (first, second))
    return best[1] if best else None


def captions(scenes: Iterable[Scene]) -> str:
    """The captions as WebVTT (W3C, webvtt1); empty when nobody speaks."""
    cues = make_cues(scenes)
    if not cues:
        return ""
    pieces = ["WEBVTT\n", "NOTE {}\n".format(_("Tidene er anslått fra manuset. Rett dem etter opptaket."))]
    pieces += [f"{_clock(cue.start)} --> {_clock(cue.end)}\n{_escape(cue.lines)}\n" for cue in cues]
    return "\n".join(pieces)


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{thousandths:03d}"


def _escape(lines: tuple[str, ...]) -> str:
    return "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- texts --------------------------------------------------------------------------------------------


def described_transcript(scenes: Iterable[Scene]) -> str:
    """All that is said and what must be seen, in paragraphs: what `FlettMedia.transcript` holds."""
    paragraphs = []
    for number, scene in enumerate(scenes, start=1):
        paragraphs.append(_scene_title(number, scene))
        if scene.picture:
            paragraphs.append(_("Bildet viser: %s") % scene.picture)
        paragraphs += [f"{line.speaker}: {line.text}" for line in scene.lines]
    return "\n\n".join(paragraphs) + "\n" if paragraphs else ""


def manuscript(scenes: Iterable[Scene], *, title: str, role: str = "") -> str:
    """What the crew holds in their hands, as Markdown: who is needed, how long it takes, scene by scene."""
    scenes = list(scenes)
    seconds = estimated_seconds(scenes)
    words = spoken_words(scenes)
    said = ngettext("%(count)s ord", "%(count)s ord", words) % {"count": words}
    speakers = list(dict.fromkeys(line.speaker for scene in scenes for line in scene.lines))
    about = [
        *([(_("Rolle"), role)] if role else []),
        (_("Medvirkende"), ", ".join(speakers) or "–"),
        (
            _("Anslått lengde"),
            f"{seconds // 60}:{seconds % 60:02d} ({said})",
        ),
    ]
    pieces = [f"# {title}", "\n".join(f"- {label}: {value}" for label, value in about)]
    for number, scene in enumerate(scenes, start=1):
        pieces.append(f"## {_scene_title(number, scene)}")
        if scene.picture:
            pieces.append("*{}*".format(_("Bildet viser: %s") % scene.picture))
        pieces += [f"**{line.speaker}:** {line.text}" for line in scene.lines]
    return "\n\n".join(pieces) + "\n"


def _scene_title(number: int, scene: Scene) -> str:
    return _("Scene %(number)d. %(place)s") % {"number": number, "place": scene.scene}
