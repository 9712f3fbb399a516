"""HTML as its reader sees it, character by character, with the way back to the source.

Tags are no boundary: «151086<b>95088</b>» is one number. Nor are character references, comments, or attributes.
"""

import html as html_library
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from django.views.decorators.debug import sensitive_variables

from safety.guard.identity import Finding, find_identity_numbers
from safety.guard.masking import mask, placeholder

_TAG_START = re.compile(r"[a-zA-Z/!?]")
_TAG_REST = re.compile(r"(?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*>")
"""Up to the end of a tag, quoted values included. Never reads past the next «<», so that time grows with length."""
_REFERENCE = re.compile(r"&(?:#[0-9]{1,12};?|#[xX][0-9a-fA-F]{1,12};?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)")
_TAG_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_LINE_TAGS = """
address article aside blockquote br dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav
ol option p pre section table tr ul
"""
_LINES = frozenset(_LINE_TAGS.split())
_CELLS = frozenset({"td", "th"})
_NOT_WRITTEN = frozenset({"class", "style", "width", "height", "colspan", "rowspan", "id", "rel", "target"})
_ADDRESSES = frozenset({"href", "src", "action", "cite", "srcset", "poster", "data"})


@dataclass(slots=True)
class Reading:
    """`text` as read, then each attribute's value and comment on a line of its own."""

    text: str = ""
    sources: list[tuple[int, int] | None] = field(default_factory=list)
    """For each character of the body its span in the source; None for what only separates."""
    asides: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Attribute values and comments: span in the source, decoded value, name of the attribute ("" for a comment)."""


@sensitive_variables()
def read_html(source: str) -> Reading:
    """Read any HTML, also broken, in time that grows with its length."""
    reading = Reading()
    letters: list[str] = []
    place = 0
    while place < len(source):
        start = source.find("<", place)
        start = len(source) if start == -1 else start
        _read_words(source, place, start, letters, reading.sources)
        if start == len(source):
            break
        place = _read_tag(source, start, letters, reading)
    body = "".join(letters)
    asides = "".join(f"\n\n\n\n\n\n{value}" for _, _, value, _ in reading.asides)
    reading.text = body + asides
    return reading


@sensitive_variables()
def find_in_html(source: str) -> list[Finding]:
    """Every identity number in the HTML. Places are those of the text as read, not of the source."""
    return find_identity_numbers(read_html(source).text)


@sensitive_variables()
def mask_html(source: str) -> str:
    """The HTML with each identity number replaced by words, tags kept. An address that holds one leads nowhere."""
    for _round in range(10):
        edits = _edits(read_html(source))
        if not edits:
            return source
        parts = []
        place = 0
        for start, end, words in sorted(edits):
            if start < place:
                continue
            parts += [source[place:start], words]
            place = end
        source = "".join([*parts, source[place:]])
    return html_library.escape(mask(read_html(source).text))


@sensitive_variables()
def _edits(reading: Reading) -> list[tuple[int, int, str]]:
    edits = []
    body = reading.text[: len(reading.sources)]
    for finding in find_identity_numbers(reading.text):
        if finding.start >= len(body):
            continue
        words = html_library.escape(placeholder(finding.kind))
        for span in reading.sources[finding.start : finding.end]:
            if span is not None:
                edits.append((*span, words))
                words = ""
    for start, end, value, name in reading.asides:
        if find_identity_numbers(value):
            words = "#" if name in _ADDRESSES else html_library.escape(mask(value))
            edits.append((start, end, f'"{words}"' if name else ""))
    return edits


@sensitive_variables()
def _read_words(source: str, start: int, end: int, letters: list[str], sources: list[tuple[int, int] | None]) -> None:
    place = start
    for reference in _REFERENCE.finditer(source, start, end):
        if place < reference.start():
            letters.append(source[place : reference.start()])
        sources.extend((index, index + 1) for index in range(place, reference.start()))
        decoded = html_library.unescape(reference[0])
        letters.append(decoded)
        sources.extend([reference.span()] * len(decoded))
        place = reference.end()
    if place < end:
        letters.append(source[place:end])
        sources.extend((index, index + 1) for index in range(place, end))


@sensitive_variables()
def _read_tag(source: str, start: int, letters: list[str], reading: Reading) -> int:
    """Read what begins with «<» at `start`; returns where it ends."""
    if source.startswith("<!--", start):
        end = source.find("-->", start + 4)
        end = len(source) if end == -1 else end + 3
        reading.asides.append((start, end, html_library.unescape(source[start + 4 : end].removesuffix("-->")), ""))
        return end
    rest = _TAG_REST.match(source, start + 1) if _TAG_START.match(source, start + 1) else None
    if rest is None:
        letters.append("<")
        reading.sources.append((start, start + 1))
        return start + 1
    end = rest.end()
    tag = _TAG_NAME.match(source, start)
    name = tag[1].lower() if tag else ""
    separator = "\n" if name in _LINES else " | " if name in _CELLS and source[start + 1] != "/" else ""
    begins_line = not letters or letters[-1].endswith("\n")
    if separator and not (separator == "\n" and begins_line):
        letters.append(separator)
        reading.sources.extend([None] * len(separator))
    for attribute in _ATTRIBUTE.finditer(source, start + 1 + len(name), end - 1):
        own_name = attribute[1].lower()
        if own_name in _NOT_WRITTEN:
            continue
        value = html_library.unescape(attribute[2].strip("\"'"))
        reading.asides.append((*attribute.span(2), unquote(value), own_name))
    return end
