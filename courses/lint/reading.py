"""Words, sentences and reading ease.

LIX (C.-H. Björnsson, *Läsbarhet*, 1968): words per sentence, plus long words per hundred words; a long word has more
than six letters. A sentence ends at a full stop, a colon, a question mark, or where a paragraph, heading or point ends.
"""

import re
from collections.abc import Iterable

LONG_WORD_LETTERS = 6
"""A word with more letters than this is long."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_END = re.compile(r"[.!?:…]+(?=[»”\")\]]*(?:\s|$))|\n+")
_CLOSING_ABBREVIATIONS = frozenset({"m.fl", "m.m", "mfl", "mv", "o.a", "o.l", "osv"})
"""These may also end a sentence."""
_ABBREVIATIONS = _CLOSING_ABBREVIATIONS | frozenset(
    {
        "bl.a",
        "ca",
        "dvs",
        "ev",
        "evt",
        "f.eks",
        "inkl",
        "jf",
        "kap",
        "kl",
        "mill",
        "nr",
        "pkt",
        "pst",
        "s",
        "tlf",
    }
)


def words(text: str) -> list[str]:
    """The words of the text. A number is no word; what a hyphen joins is one."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of the text that have a word in them."""
    pieces, start = [], 0
    for match in _END.finditer(text):
        if match.group() == "." and not _ends_sentence(text, match.start(), match.end()):
            continue
        pieces.append(text[start : match.end()])
        start = match.end()
    pieces.append(text[start:])
    return [piece.strip() for piece in pieces if words(piece)]


def _ends_sentence(text: str, point: int, end: int) -> bool:
    """Not after «bl.a», nor in «9. april» or «3. ledd»."""
    before = text[max(point - 20, 0) : point].split()
    last = before[-1].strip("«»()*").lower() if before else ""
    after = text[end : end + 10].lstrip()[:1]
    if last in _ABBREVIATIONS:
        return after.isupper() and last in _CLOSING_ABBREVIATIONS
    return not (last.isdecimal() and after.islower())


def lix(text: str) -> float:
    """Björnsson's reading ease: under 30 is very easy, 40–50 average newspaper prose. 0 for no words."""
    found = words(text)
    if not found:
        return 0.0
    long_words = sum(len(word) > LONG_WORD_LETTERS for word in found)
    return len(found) / max(len(sentences(text)), 1) + 100 * long_words / len(found)


def normalised(text: str) -> str:
    """The words alone, in lower case: two texts that differ in marks or case only are the same."""
    return " ".join(re.findall(r"\w+", text.lower()))


def shingles(text: str, size: int = 3) -> frozenset[tuple[str, ...]]:
    """Every run of `size` words."""
    found = normalised(text).split()
    return frozenset(tuple(found[place : place + size]) for place in range(len(found) - size + 1))


def count_words(texts: Iterable[str]) -> int:
    return sum(len(words(text)) for text in texts)
