"""What is shown of a text around the words that were asked for. From plain text: escaped first, marked after."""

import re
from functools import lru_cache

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from home.search import words
from home.search.asked import Asked

AROUND = 240
"""Characters of an excerpt."""
_READ = 30_000
_WORD = re.compile(r"[^\W_]+")
_LEAST_PREFIX = 4


@lru_cache(maxsize=50_000)
def _keys(written: str) -> frozenset[str]:
    return frozenset(key for token in words.tokens(written) for key in words.word_keys(token))


def find(text: str, asked: Asked) -> list[tuple[int, int]]:
    """Where in the text the words stand that were found, by their stems, parts or synonyms."""
    keys = asked.keys
    half = next((term.stem for term in asked.terms if term.is_last and len(term.stem) >= _LEAST_PREFIX), None)
    found = []
    for match in _WORD.finditer(text):
        has = _keys(match[0])
        if has & keys or (half and any(key.startswith(half) for key in has)):
            found.append(match.span())
    return found


def mark(text: str, asked: Asked) -> SafeString:
    """The text with the words in `<mark>`."""
    return _marked(text, find(text, asked))


def excerpt(text: str, asked: Asked) -> SafeString:
    """The part of the text where most of the words stand together; its beginning where none does."""
    text = " ".join(text[:_READ].split())
    spans = find(text, asked)
    start, end = _window(text, spans)
    part = text[start:end]
    inside = [(at - start, to - start) for at, to in spans if at >= start and to <= end]
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    return mark_safe(f"{before}{_marked(part, inside)}{after}")  # noqa: S308 – both are escaped


def _window(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """From the beginning of a word to the end of one, about `AROUND` characters."""
    if not spans:
        start = 0
    else:
        near = AROUND * 2 // 3
        counted = [(sum(first <= at and to <= first + near for at, to in spans), -first) for first, _end in spans]
        start = max(0, -max(counted)[1] - AROUND // 3)
    end = min(len(text), start + AROUND)
    start = max(0, end - AROUND)
    if start:
        space = text.find(" ", start, end)
        start = space + 1 if space != -1 else start
    if end < len(text):
        space = text.rfind(" ", start, end)
        end = space if space > start else end
    return start, end


def _marked(text: str, spans: list[tuple[int, int]]) -> SafeString:
    pieces, place = [], 0
    for start, end in spans:
        pieces += [escape(text[place:start]), "<mark>", escape(text[start:end]), "</mark>"]
        place = end
    pieces.append(escape(text[place:]))
    return mark_safe("".join(pieces))  # noqa: S308 – each piece is escaped above
