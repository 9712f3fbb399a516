"""The words of an RTF file (Rich Text Format 1.9.1): body, headers, notes, comments, properties, hidden text.

RTF is text with commands. Pictures and tables of fonts and styles are skipped; a field that fetches data refuses the
file, since a word processor may run it.
"""

import codecs
import re

from django.views.decorators.debug import sensitive_variables

from safety.files import FileRefusedError, object_message

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)", re.DOTALL
)
_NOT_TEXT = """
fonttbl colortbl stylesheet listtable listoverridetable pict themedata colorschememapping datastore latentstyles rsidtbl
generator xmlnstbl wgrffmtfilter blipuid shpinst panose
"""
_SKIPPED = frozenset(_NOT_TEXT.split())
_LINES = frozenset({"par", "line", "row", "page", "sect", "sectd", "column"})
_CELLS = frozenset({"cell", "nestcell"})
_ACTIVE_FIELD = re.compile(r"\b(?:DDE|DDEAUTO|IMPORT|INCLUDETEXT|INCLUDEPICTURE|MACROBUTTON)\b\s*[\"\\]", re.IGNORECASE)
_TEXT_ELSEWHERE = """
header headerl headerr headerf footer footerl footerr footerf footnote annotation atnauthor atnid info title subject
author keywords doccomm operator company manager shptxt fldinst bkmkstart bkmkend userprops docvar
"""
_DESTINATIONS = frozenset(_TEXT_ELSEWHERE.split())


@sensitive_variables()
def read_rtf(content: bytes) -> str:
    """Every word, in the file's order. Raises FileRefusedError for a field that fetches data.

    Whether it is RTF, and has objects, `safety.files.check_document` has looked at.
    """
    text = _Reader().read(content)
    if _ACTIVE_FIELD.search(text):
        raise FileRefusedError(object_message())
    # Characters beyond the first plane come as two.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class _Reader:
    def __init__(self) -> None:
        self._buffers: list[list[str]] = [[]]
        self._done: list[str] = []
        self._groups: list[tuple[bool, int, int]] = []
        self._is_skipped = False
        self._fallback = 1  # \uc: characters after \u that stand in for it in old readers
        self._to_skip = 0
        self._codec = "cp1252"

    def read(self, content: bytes) -> str:
        place = 0
        while place < len(content):
            token = _TOKEN.match(content, place)
            if token is None:
                place += 1
                continue
            place = token.end()
            word, number, hexadecimal, symbol, brace, plain = token.groups()
            if brace:
                self._brace(brace)
            elif word:
                place += self._word(word.decode("ascii"), int(number) if number else None)
            elif hexadecimal:
                self._add(bytes([int(hexadecimal, 16)]).decode(self._codec, "replace"))
            elif symbol:
                self._symbol(symbol)
            else:
                self._add(plain.decode(self._codec, "replace"))
        while len(self._buffers) > 1:
            self._close()
        return "\n".join(filter(None, ["".join(self._buffers[0]), *self._done]))

    def _brace(self, brace: bytes) -> None:
        if brace == b"{":
            self._groups.append((self._is_skipped, self._fallback, len(self._buffers)))
        elif self._groups:
            self._is_skipped, self._fallback, depth = self._groups.pop()
            while len(self._buffers) > depth:
                self._close()
        self._to_skip = 0

    def _close(self) -> None:
        self._done.append("".join(self._buffers.pop()))

    def _word(self, word: str, number: int | None) -> int:
        """Carry out one command; returns how many raw bytes follow that are not text."""
        if word == "bin":
            return max(number or 0, 0)
        if word in _SKIPPED:
            self._is_skipped = True
        elif word in _DESTINATIONS and len(self._groups) > 1:
            self._buffers.append([])
        elif word == "u" and number is not None:
            self._add(chr(number % 0x10000))
            self._to_skip = self._fallback
        elif word == "uc":
            self._fallback = max(number or 0, 0)
        elif word == "ansicpg":
            self._codec = _codec(number)
        elif word in _LINES:
            self._add("\n")
        elif word in _CELLS:
            self._add(" | ")
        elif word == "tab":
            self._add("\t")
        elif word in {"emdash", "endash"}:
            self._add("–")
        return 0

    def _symbol(self, symbol: bytes) -> None:
        words = {b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"*": ""}
        self._add(words.get(symbol, symbol.decode("ascii", "replace")))

    def _add(self, text: str) -> None:
        if self._to_skip and text:
            skipped = min(self._to_skip, len(text))
            self._to_skip -= skipped
            text = text[skipped:]
        if not self._is_skipped:
            self._buffers[-1].append(text)


def _codec(number: int | None) -> str:
    try:
        return codecs.lookup(f"cp{number}").name
    except LookupError:
        return "cp1252"
