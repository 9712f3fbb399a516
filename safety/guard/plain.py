"""Text as a finder reads it: every script's digits as 0–9, nothing invisible, and the way back to where it stood."""

import re
import unicodedata
from dataclasses import dataclass

_UNUSUAL = re.compile(r"[^\t-\r\x20-\x7e]")
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing (Hangul fillers, the empty Braille cell)."""
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` without what cannot be seen; `places` gives each character's index in the original, or None if equal."""

    text: str
    places: list[int] | None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span in the text as it was handed in. `end` is exclusive, and greater than `start`."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def read_plainly(text: str) -> Plain:
    """Digits of any script, also circled and superscript, become 0–9; zero-width and combining marks fall out."""
    changes = {letter: seen for letter in set(_UNUSUAL.findall(text)) if (seen := _seen(letter)) != letter}
    if all(changes.values()):
        return Plain(text.translate({ord(letter): seen for letter, seen in changes.items()}), None)
    kept: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        seen = changes.get(letter, letter)
        if seen:
            kept.append(seen)
            places.append(place)
    return Plain("".join(kept), places)


def _seen(letter: str) -> str:
    digit = unicodedata.digit(letter, None)
    if digit is not None:
        return str(digit)
    is_hidden = letter in _BLANK_LETTERS or (unicodedata.category(letter) in _UNSEEN and not letter.isspace())
    return "" if is_hidden else letter
