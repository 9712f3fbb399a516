"""From what somebody wrote to what is shown: sanitised at write, made again by `rebake_posts` when rules change.

Rendering what is rendered changes nothing, so that an editor may begin from the rendering.
"""

import re
from dataclasses import dataclass
from html import unescape

from django.utils.html import escape, linebreaks, strip_tags

from forum.models import Post
from safety.html import clean_post
from safety.rich_text import tidy_html

RENDERING_VERSION = 2
"""Grows when the rules below or those of `safety.html` and `safety.rich_text` change."""

FEATURES = frozenset({"h3", "bold", "italic", "strikethrough", "ol", "ul", "link", "blockquote", "code"})
_LINK = re.compile(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.IGNORECASE | re.DOTALL)
_BLOCK_END = re.compile(r"</(p|h[1-6]|li|blockquote|pre|div)>|<br ?/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    text: str
    version: int = RENDERING_VERSION


def render(source: str, *, source_format: str) -> Rendered:
    """Raises safety.html.HtmlTooLargeError."""
    raw = linebreaks(escape(source)) if source_format == Post.Format.TEXT else source
    html = clean_post(tidy_html(raw), features=FEATURES)
    if "<a " in html:  # a bare address became a link inside what surrounds it; tidying has one order for the two
        html = clean_post(tidy_html(html), features=FEATURES)
    return Rendered(html=html, text=plain_text(html))


def plain_text(html: str) -> str:
    """The words of clean HTML, a line for each block."""
    lines = unescape(strip_tags(_BLOCK_END.sub("\n", html))).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def text_to_write_on(html: str) -> str:
    """Clean HTML as plain text for a text area: an empty line between paragraphs, a sign before list items."""
    marked = re.sub(r"<li>", "- ", html, flags=re.IGNORECASE)
    marked = re.sub(r"<(ul|ol)>", "\n", marked, flags=re.IGNORECASE)
    marked = re.sub(r"</(p|h3|blockquote|pre|ul|ol)>", "\n\n", marked, flags=re.IGNORECASE)
    marked = re.sub(r"<br ?/?>|</li>", "\n", marked, flags=re.IGNORECASE)
    text = unescape(strip_tags(marked))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def text_with_links(html: str) -> str:
    """Clean HTML as plain text; a link's address stands after its words."""

    def spelled(found: re.Match[str]) -> str:
        address, words = found[1], strip_tags(found[2]).strip()
        return words if words == address else f"{words} ({address})"

    return text_to_write_on(_LINK.sub(spelled, html))
