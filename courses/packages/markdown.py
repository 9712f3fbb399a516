"""Markdown in the file, HTML in Flett, and back.

The subset is what Wagtail's editor can hold: paragraphs, headings from level two, lists, bold, italic, links.
`to_markdown` returns None where Markdown cannot say exactly what the HTML says; the package then keeps HTML.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token

from safety.html import WEB_PROTOCOLS, allowed_tags, clean_html

PROTOCOLS = WEB_PROTOCOLS | {"page", "document"}
"""What a link in a package may start with: the web's own, and the two that name things in Flett."""

HEADINGS = frozenset({"h2", "h3", "h4"})
_BLOCKS = frozenset({"p", "ul", "ol", "li"}) | HEADINGS
_SAME = {"strong": "b", "em": "i"}


class MarkdownError(ValueError):
    """Something in the text that lessons do not have; `line` counts from 0 at the text's first line."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


# --- HTML as a small tree ------------------------------------------------------------------------------


@dataclass(slots=True)
class Element:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in {"br", "hr", "img", "embed"}:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self.open) - 1, 0, -1):
            if self.open[depth].tag == tag:
                del self.open[depth:]
                return

    def handle_data(self, data: str) -> None:
        siblings = self.open[-1].children
        if siblings and isinstance(siblings[-1], str):
            siblings[-1] += data
        else:
            siblings.append(data)


def parse_html(source: str) -> Element:
    """The HTML as a tree under a nameless root."""
    builder = _TreeBuilder()
    builder.feed(source)
    builder.close()
    return builder.root


def render_html(node: Element | str) -> str:
    """The tree as text, in the one form Flett compares: `b` and `i`, no space between blocks, no block keys."""
    if isinstance(node, str):
        return escape(re.sub(r"[\n\r\t\f]+", " ", node), quote=False)
    children = node.children
    if node.tag in {"", "ul", "ol"}:
        children = [child for child in children if not (isinstance(child, str) and not child.strip(" \n\r\t\f"))]
    inner = "".join(map(render_html, children))
    if not node.tag:
        return inner
    tag = _SAME.get(node.tag, node.tag)
    if tag == "br":
        return "<br/>"
    attributes = "".join(
        f' {name}="{escape(value)}"' for name, value in sorted(node.attributes.items()) if name != "data-block-key"
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"


def canonical_html(source: str, features: frozenset[str]) -> str:
    """The same HTML cleaned to these features and written in the one form. Doing it twice changes nothing."""
    if not source.strip():
        return ""
    return render_html(parse_html(clean_html(source, features=features, protocols=PROTOCOLS)))


def walk(node: Element) -> Iterator[Element]:
    for child in node.children:
        if isinstance(child, Element):
            yield child
            yield from walk(child)


def map_links(source: str, change: Callable[[dict[str, str]], dict[str, str] | None]) -> str:
    """The HTML with each link's attributes changed; where `change` returns None the link's text alone stays."""
    if "<a" not in source:
        return source
    root = parse_html(source)
    _change_links(root, change)
    return render_html(root)


def _change_links(node: Element, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    children: list[Element | str] = []
    for child in node.children:
        if isinstance(child, Element):
            _change_links(child, change)
            if child.tag == "a":
                attributes = change(child.attributes)
                if attributes is None:
                    children.extend(child.children)
                    continue
                child.attributes = attributes
        children.append(child)
    node.children = children


# --- Markdown to HTML ----------------------------------------------------------------------------------

_parser = MarkdownIt("commonmark", {"html": True})  # HTML is recognised in order to be refused
_parser.validateLink = lambda url: True  # type: ignore[method-assign]  # our own check below names the line
_parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
_parser.normalizeLinkText = lambda link: link  # type: ignore[method-assign]

_INLINE = {
    "strong_open": "<b>",
    "strong_close": "</b>",
    "em_open": "<i>",
    "em_close": "</i>",
    "link_close": "</a>",
    "softbreak": " ",
    "hardbreak": "<br/>",
}
_BLOCK = {
    "bullet_list_open": "<ul>",
    "bullet_list_close": "</ul>",
    "ordered_list_close": "</ol>",
    "list_item_open": "<li>",
    "list_item_close": "</li>",
}


def _refusal(kind: str, features: frozenset[str]) -> str:
    messages = {
        "html_block": _("HTML kan ikke brukes her. Skriv Markdown."),
        "html_inline": _("HTML kan ikke brukes her. Skriv Markdown, eller \\< for tegnet <."),
        "image": _("Bilder settes inn med blokken ::: image."),
        "code_block": _("Linjen er rykket inn med fire mellomrom eller mer. Ta bort innrykket."),
        "fence": _("Kodeblokker kan ikke brukes."),
        "code_inline": _("Kode (`…`) kan ikke brukes."),
        "blockquote_open": _("Sitater settes inn med blokken ::: quotation."),
        "hr": _("En skillelinje kan ikke brukes her."),
    }
    return messages.get(kind, _("Dette kan ikke brukes her."))


def link_problem(href: str) -> str | None:
    """What is wrong with this link address, if anything."""
    if any(character <= " " for character in href) or not href:
        return _("Lenken «%s» er ikke en adresse.") % href
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", href)
    if scheme is None:
        if href.startswith(("/", "#")) and not href.startswith("//"):
            return None
        return _("Lenken «%s» må begynne med https://, mailto:, tel:, page: eller document:.") % href
    if scheme.group(1) not in PROTOCOLS:
        return _("Lenken «%s» må begynne med https://, mailto:, tel:, page: eller document:.") % href
    return None


def to_html(source: str, features: frozenset[str]) -> str:
    """The Markdown as canonical HTML. Raises MarkdownError for what these features do not have."""
    tags = allowed_tags(features)
    pieces: list[str] = []
    item_blocks: list[int] = []  # paragraphs seen in each open list item
    line = 0
    for token in _parser.parse(source):
        if token.map:
            line = token.map[0]
        kind = token.type
        if kind == "inline":
            pieces.append(_inline_html(token, line, tags, features))
        elif kind in {"paragraph_open", "paragraph_close"}:
            if not item_blocks:
                pieces.append("<p>" if kind == "paragraph_open" else "</p>")
            elif kind == "paragraph_open":
                item_blocks[-1] += 1
                if item_blocks[-1] > 1:
                    raise MarkdownError(line, _("Et punkt i en liste kan bare ha ett avsnitt."))
        elif kind in {"heading_open", "heading_close"}:
            if item_blocks:
                raise MarkdownError(line, _("En overskrift kan ikke stå i en liste."))
            if token.tag not in tags:
                allowed = ", ".join("#" * int(tag[1]) for tag in sorted(HEADINGS & tags))
                raise MarkdownError(
                    line,
                    _("Denne overskriften kan ikke brukes her. Bruk %s.") % allowed
                    if allowed
                    else _("Overskrifter kan ikke brukes her."),
                )
            pieces.append(f"<{token.tag}>" if kind == "heading_open" else f"</{token.tag}>")
        elif kind == "ordered_list_open":
            if token.attrGet("start") not in {None, 1}:
                raise MarkdownError(
                    line, _("En nummerert liste må begynne på 1. Skriv «\\.» etter tallet hvis det ikke er en liste.")
                )
            pieces.append("<ol>")
        elif kind in _BLOCK:
            if kind == "list_item_open":
                item_blocks.append(0)
            elif kind == "list_item_close":
                item_blocks.pop()
            pieces.append(_BLOCK[kind])
        else:
            raise MarkdownError(line, _refusal(kind, features))
    rendered = "".join(pieces)
    return canonical_html(rendered, features)


def _inline_html(token: Token, line: int, tags: frozenset[str], features: frozenset[str]) -> str:
    pieces = []
    for child in token.children or []:
        if child.type == "text":
            pieces.append(escape(child.content, quote=False))
        elif child.type == "link_open":
            href = str(child.attrGet("href") or "")
            problem = link_problem(href)
            if problem:
                raise MarkdownError(line, problem)
            if child.attrGet("title"):
                raise MarkdownError(line, _("En lenke kan ikke ha egen tittel."))
            pieces.append(f'<a href="{escape(href)}">')
        elif child.type in _INLINE:
            pieces.append(_INLINE[child.type])
        else:
            raise MarkdownError(line, _refusal(child.type, features))
        line += child.type in {"softbreak", "hardbreak"}
    return "".join(pieces)


# --- HTML to Markdown ----------------------------------------------------------------------------------

_NEEDED = re.compile(r"([\\`*_\[\]<])|&(?=#?\w+;)")
_ANY = re.compile(r"([!-/:-@\[-`{-~])")
_LINE_START = re.compile(r"(?m)^(?:(#{1,6}(?=\s|$)|>|[+-](?=\s|$)|=+\s*$|--+\s*$|~~~)|(\d{1,9})([.)])(?=\s|$)|(:::))")


class _CannotSayError(Exception):
    """This HTML has no Markdown."""


def to_markdown(html: str, features: frozenset[str]) -> str | None:
    """Markdown that reads back as exactly this HTML, or None when there is none. No line end at the end."""
    if not html:
        return ""
    root = parse_html(html)
    for needed_only in (True, False):
        for star in ("*", "_"):
            try:
                markdown = "\n\n".join(_block(child, needed_only, star) for child in root.children)
                if to_html(markdown, features) == html and not re.search(r"(?m)^:::", markdown):
                    return markdown
            except (_CannotSayError, MarkdownError):
                continue
    return None


def _block(node: Element | str, needed_only: bool, star: str) -> str:
    if isinstance(node, str) or node.tag not in _BLOCKS:
        raise _CannotSayError
    if node.tag in HEADINGS:
        text = _inline(node.children, needed_only, star)
        if "\n" in text:
            raise _CannotSayError
        return f"{'#' * int(node.tag[1])} {text}"
    if node.tag == "p":
        return _start_of_line(_inline(node.children, needed_only, star))
    return _list(node, needed_only, star)


def _list(node: Element, needed_only: bool, star: str) -> str:
    lines = []
    for number, item in enumerate(node.children, 1):
        if isinstance(item, str) or item.tag != "li":
            raise _CannotSayError
        mark = "- " if node.tag == "ul" else f"{number}. "
        nested = [child for child in item.children if isinstance(child, Element) and child.tag in {"ul", "ol"}]
        inline = item.children[: len(item.children) - len(nested)]
        if nested != item.children[len(inline) :]:
            raise _CannotSayError
        body = [_start_of_line(_inline(inline, needed_only, star))] if inline else []
        body += [_list(child, needed_only, star) for child in nested if isinstance(child, Element)]
        indent = " " * len(mark)
        lines.append(mark + "\n".join(body).replace("\n", f"\n{indent}"))
    return "\n".join(lines)


def _inline(nodes: list[Element | str], needed_only: bool, star: str) -> str:
    pieces = []
    for node in nodes:
        if isinstance(node, str):
            pieces.append(
                _NEEDED.sub(lambda match: f"\\{match.group()}", node) if needed_only else _ANY.sub(r"\\\1", node)
            )
        elif node.tag == "br":
            pieces.append("\\\n")
        elif node.tag == "b":
            pieces.append(f"**{_inline(node.children, needed_only, star)}**")
        elif node.tag == "i":
            pieces.append(f"{star}{_inline(node.children, needed_only, star)}{star}")
        elif node.tag == "a" and set(node.attributes) == {"href"}:
            pieces.append(f"[{_inline(node.children, needed_only, star)}]({_destination(node.attributes['href'])})")
        else:
            raise _CannotSayError
    return "".join(pieces)


def _destination(href: str) -> str:
    if re.search(r"[\s()<>\\]", href):
        if "\n" in href:
            raise _CannotSayError
        return "<" + re.sub(r"([<>\\]|&(?=#?\w+;))", r"\\\1", href) + ">"
    return re.sub(r"&(?=#?\w+;)", r"\\&", href)


def _start_of_line(text: str) -> str:
    """Escape what would begin a list, a heading or a block at the start of a line."""

    def mend(match: re.Match[str]) -> str:
        mark, number, point, fence = match.groups()
        if number:
            return f"{number}\\{point}"
        return f"\\{mark or fence}"

    return _LINE_START.sub(mend, text)
