"""What editors and office programs put on the clipboard, reduced to plain structure.

Paragraphs, headings, nested lists, quotations, preformatted text, links and emphasis stay; the rest of the markup of
Word, Outlook and Teams goes. The result still passes `safety.html.clean_html`: this module decides what a text *says*,
that one what may be stored.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

import nh3

from safety.html import MAX_LENGTH, MAX_TAGS, WEB_PROTOCOLS, HtmlTooLargeError

_DROPPED = frozenset(
    [
        "applet",
        "audio",
        "button",
        "canvas",
        "embed",
        "head",
        "iframe",
        "math",
        "meta",
        "noembed",
        "noframes",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
        "textarea",
        "title",
        "video",
        "xml",
    ]
)
"""What is inside these is no text of the author's."""
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"ul", "ol"})
_MARKS = {
    "b": "strong",
    "strong": "strong",
    "i": "em",
    "em": "em",
    "s": "del",
    "del": "del",
    "strike": "del",
    "code": "code",
    "tt": "code",
}
_ORDER = ("strong", "em", "del", "code")
_ROWS = frozenset({"table", "thead", "tbody", "tfoot"})
_BLOCKS = (
    frozenset(
        [
            "address",
            "article",
            "aside",
            "blockquote",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
            "dir",
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "header",
            "hr",
            "li",
            "main",
            "menu",
            "nav",
            "p",
            "pre",
            "section",
            "summary",
            "td",
            "th",
            "tr",
        ]
    )
    | _HEADINGS
    | _LISTS
    | _ROWS
)
_INLINE = frozenset({"a", "span", "font", "br", "u", "sub", "sup", "small", "big", "mark"}) | frozenset(_MARKS)
_READ = _BLOCKS | _INLINE
_ATTRIBUTES = {tag: {"style"} for tag in ("p", "span", *_MARKS)} | {"a": {"href"}}
_BLANK = " \t\r\n\f\u00a0\u200b\ufeff"
_SPACES = re.compile(r"[ \t\r\n\f]+")
_OFFICE_LEVEL = re.compile(r"mso-list:[^;\"]*\blevel(\d)", re.IGNORECASE)
_OFFICE_BULLET = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_COUNTED = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]{1,2}|[ivxIVX]{1,5})[.)]")
_BULLET = re.compile(r"(?P<sign>[·•▪◦§‣o–-]|\(?(?:\d{1,3}|[a-z])[.)])[ \u00a0]*\u00a0[ \u00a0]+")
"""What is left of Word's list where an editor has taken its style away: a sign, then a run of hard spaces."""
_BOLD = re.compile(r"font-weight:\s*(bold|[6-9]00)", re.IGNORECASE)
_NOT_BOLD = re.compile(r"font-weight:\s*(normal|[1-5]00)", re.IGNORECASE)
_ITALIC = re.compile(r"font-style:\s*italic", re.IGNORECASE)
_DEEPEST = 40
"""Levels of nesting that are read; what is deeper is read as if it stood there."""


@dataclass(slots=True)
class _Node:
    tag: str
    style: str = ""
    href: str = ""
    children: list["_Node | str"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text with its marks; `text` is a line break where it is «\\n» by itself."""

    text: str
    marks: frozenset[str] = frozenset()
    href: str = ""


_BREAK = _Piece("\n")


class _Reader(HTMLParser):
    """Reads what nh3 wrote, which closes every tag and quotes every value."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("div")
        self.open = [self.root]
        self.passed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        node = _Node(tag, style=given.get("style") or "", href=given.get("href") or "")
        if len(self.open) > _DEEPEST:
            if tag not in {"br", "hr"}:
                self.passed.append(tag)
            return
        self.open[-1].children.append(node)
        if tag not in {"br", "hr"}:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if self.passed:
            self.passed.pop()
        elif len(self.open) > 1 and tag not in {"br", "hr"}:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tidy_html(source: str) -> str:
    """The structure and words of pasted or edited HTML, and nothing else. Tidying what is tidy changes nothing.

    Raises HtmlTooLargeError before parsing anything.
    """
    if len(source) > MAX_LENGTH or source.count("<") > MAX_TAGS:
        raise HtmlTooLargeError
    read = nh3.clean(
        source.replace("\x00", ""),
        tags=set(_READ),
        clean_content_tags=set(_DROPPED),
        attributes=_ATTRIBUTES,
        url_schemes=set(WEB_PROTOCOLS),
        link_rel=None,
        strip_comments=True,
    )
    reader = _Reader()
    reader.feed(read)
    reader.close()
    return "".join(_Writer().blocks(reader.root.children))


class _Writer:
    """From nodes to the few tags that are kept."""

    def blocks(self, children: Iterable["_Node | str"]) -> Iterator[str]:
        run: list[_Piece] = []
        items: list[tuple[int, str, str]] = []

        def flushed() -> Iterator[str]:
            for paragraph in _paragraphs(run):
                item = _unstyled_item(paragraph)
                if item:
                    items.append(item)
                    continue
                yield from listed()
                yield f"<p>{_written(paragraph)}</p>"
            run.clear()

        def listed() -> Iterator[str]:
            if items:
                yield _nested(items)
                items.clear()

        for child in children:
            if isinstance(child, str) or not _is_block(child):
                run += self.pieces([child])
                continue
            yield from flushed()
            level = _OFFICE_LEVEL.search(child.style) if child.tag == "p" else None
            if level:
                items.append(self.office_item(child, level=int(level[1])))
                continue
            if child.tag == "p":
                run += self.pieces(child.children)
                yield from flushed()
                continue
            written = "".join(self.block(child))
            if written:
                yield from listed()
                yield written
        yield from flushed()
        yield from listed()

    def block(self, node: _Node) -> Iterator[str]:
        if node.tag in _HEADINGS:
            words = _written(_trimmed(_in_one_line(self.pieces(node.children))))
            if words:
                yield f"<h3>{words}</h3>"
        elif node.tag == "blockquote":
            inner = "".join(self.blocks(node.children))
            if inner:
                yield f"<blockquote>{inner}</blockquote>"
        elif node.tag in _LISTS:
            yield self.listing(node)
        elif node.tag == "pre":
            text = _raw_text(node).strip("\n")
            if text.strip(_BLANK):
                yield f"<pre>{escape(text, quote=False)}</pre>"
        elif node.tag == "tr":
            cells = [_trimmed(_in_one_line(self.pieces([each]))) for each in node.children if isinstance(each, _Node)]
            row = " | ".join(words for cell in cells if (words := _written(cell)))
            if row:
                yield f"<p>{row}</p>"
        elif node.tag == "li":
            yield self.listing(_Node("ul", children=[node]))
        elif node.tag != "hr":
            yield from self.blocks(node.children)

    def listing(self, node: _Node) -> str:
        """Nested lists stand inside the item before them, also where an office program puts them beside it."""
        items: list[str] = []
        for child in node.children:
            if isinstance(child, str) and not child.strip(_BLANK):
                continue
            if isinstance(child, _Node) and child.tag in _LISTS:
                inner = self.listing(child)
                if inner and items:
                    items[-1] += inner
                elif inner:
                    items.append(inner)
                continue
            content = self.item(child.children if isinstance(child, _Node) and child.tag == "li" else [child])
            if content:
                items.append(content)
        written = "".join(f"<li>{item}</li>" for item in items)
        return f"<{node.tag}>{written}</{node.tag}>" if items else ""

    def item(self, children: Iterable["_Node | str"]) -> str:
        """An item's words on lines, then the lists in it."""
        run: list[_Piece] = []
        inner = ""
        for child in _without_wrapping(children):
            if isinstance(child, _Node) and child.tag in _LISTS:
                inner += self.listing(child)
            elif isinstance(child, _Node) and _is_block(child):
                run += [_BREAK, *self.pieces(child.children), _BREAK]
            else:
                run += self.pieces([child])
        lines = [_written(line) for line in _lines(run)]
        return "<br>".join(line for line in lines if line) + inner

    def office_item(self, node: _Node, *, level: int) -> tuple[int, str, str]:
        sign = "".join(_raw_text(each) for each in _bullets(node)).strip(_BLANK)
        words = _written(_trimmed(_in_one_line(self.pieces(node.children))))
        return level, "ol" if _COUNTED.fullmatch(sign) else "ul", words

    def pieces(
        self, children: Iterable["_Node | str"], marks: frozenset[str] = frozenset(), href: str = ""
    ) -> list[_Piece]:
        found: list[_Piece] = []
        for child in children:
            if isinstance(child, str):
                text = _SPACES.sub(" ", child.replace("\u200b", "").replace("\ufeff", ""))
                if text:
                    found.append(_Piece(text, marks, href))
            elif child.tag == "br":
                found.append(_BREAK)
            elif not _OFFICE_BULLET.search(child.style):
                inner = self.pieces(child.children, _with_style(child, marks), child.href or href)
                found += [_BREAK, *inner, _BREAK] if _is_block(child) else inner
        return found


def _with_style(node: _Node, marks: frozenset[str]) -> frozenset[str]:
    mark = _MARKS.get(node.tag, "")
    if mark == "strong" and _NOT_BOLD.search(node.style):
        mark = ""
    added = {mark} if mark else set()
    if node.tag == "span" and _BOLD.search(node.style):
        added.add("strong")
    if node.tag == "span" and _ITALIC.search(node.style):
        added.add("em")
    return marks | added


def _is_block(node: _Node) -> bool:
    return node.tag in _BLOCKS or any(isinstance(child, _Node) and _is_block(child) for child in node.children)


def _without_wrapping(children: Iterable["_Node | str"]) -> Iterator["_Node | str"]:
    """Children, with those of boxes around lists in their place."""
    for child in children:
        if isinstance(child, _Node) and child.tag not in _LISTS and any(_has_list(each) for each in child.children):
            yield _BREAK_NODE
            yield from _without_wrapping(child.children)
        else:
            yield child


_BREAK_NODE = _Node("br")


def _has_list(node: "_Node | str") -> bool:
    return isinstance(node, _Node) and (node.tag in _LISTS or any(_has_list(each) for each in node.children))


def _bullets(node: _Node) -> Iterator[_Node]:
    for child in node.children:
        if isinstance(child, _Node):
            if _OFFICE_BULLET.search(child.style):
                yield child
            else:
                yield from _bullets(child)


def _raw_text(node: _Node) -> str:
    parts = []
    for child in node.children:
        if isinstance(child, str):
            parts.append(child)
        else:
            parts.append("\n" if child.tag == "br" else _raw_text(child))
    return "".join(parts)


def _lines(run: list[_Piece]) -> Iterator[list[_Piece]]:
    line: list[_Piece] = []
    for piece in [*run, _BREAK]:
        if piece == _BREAK:
            yield _trimmed(line)
            line = []
        else:
            line.append(piece)


def _paragraphs(run: list[_Piece]) -> Iterator[list[_Piece]]:
    """An empty line divides two paragraphs."""
    paragraph: list[_Piece] = []
    for line in _lines(run):
        if line:
            paragraph += [_BREAK, *line] if paragraph else line
        elif paragraph:
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph


def _in_one_line(pieces: list[_Piece]) -> list[_Piece]:
    return [_Piece(" ") if piece == _BREAK else piece for piece in pieces]


def _trimmed(line: list[_Piece]) -> list[_Piece]:
    """Without blanks at the ends, and with one space where pieces meet."""
    found: list[_Piece] = []
    for piece in line:
        text = piece.text
        if not found:
            text = text.lstrip(_BLANK)
        elif found[-1].text.endswith(" "):
            text = text.lstrip(" ")
        if text:
            found.append(_Piece(text, piece.marks, piece.href))
    while found:
        text = found[-1].text.rstrip(_BLANK)
        if text:
            found[-1] = _Piece(text, found[-1].marks, found[-1].href)
            break
        found.pop()
    return found


def _written(pieces: list[_Piece]) -> str:
    """HTML of a run, tags always in the same order, and none around what is only blank."""
    parts: list[str] = []
    opened: list[str] = []

    def close_to(wanted: list[str]) -> None:
        keep = 0
        while keep < min(len(opened), len(wanted)) and opened[keep] == wanted[keep]:
            keep += 1
        parts.extend("</a>" if tag.startswith("a ") else f"</{tag}>" for tag in reversed(opened[keep:]))
        del opened[keep:]

    for piece in pieces:
        if piece == _BREAK:
            close_to([])
            parts.append("<br>")
            continue
        wanted = [f'a href="{escape(piece.href)}"'] if piece.href else []
        wanted += [mark for mark in _ORDER if mark in piece.marks]
        if not piece.text.strip(_BLANK):
            wanted = wanted if wanted == opened else [tag for tag in wanted if tag in opened]
        close_to(wanted)
        for tag in wanted[len(opened) :]:
            parts.append(f"<{tag}>")
            opened.append(tag)
        parts.append(escape(piece.text, quote=False))
    close_to([])
    return "".join(parts)


def _unstyled_item(paragraph: list[_Piece]) -> tuple[int, str, str] | None:
    """The item a paragraph is where only Word's sign and hard spaces tell; None where it is none."""
    sign = _BULLET.match(paragraph[0].text) if _BREAK not in paragraph else None
    if sign is None:
        return None
    first = paragraph[0]
    rest = _trimmed([_Piece(first.text[sign.end() :], first.marks, first.href), *paragraph[1:]])
    words = _written(rest)
    return (1, "ol" if _COUNTED.fullmatch(sign["sign"]) else "ul", words) if words else None


def _nested(items: list[tuple[int, str, str]]) -> str:
    """Items that know their level, as lists in lists."""
    parts: list[str] = []
    opened: list[tuple[int, str]] = []
    for level, kind, words in items:
        if not words:
            continue
        while opened and (opened[-1][0] > level or opened[-1] == (level, "ol" if kind == "ul" else "ul")):
            parts.append(f"</li></{opened.pop()[1]}>")
        if opened and opened[-1][0] == level:
            parts.append("</li>")
        else:
            parts.append(f"<{kind}>")
            opened.append((level, kind))
        parts.append(f"<li>{words}")
    while opened:
        parts.append(f"</li></{opened.pop()[1]}>")
    return "".join(parts)
