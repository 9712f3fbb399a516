"""From what somebody wrote to what is shown: sanitised at write, made again by `rebake_posts` when rules change."""

import re
from dataclasses import dataclass
from html import unescape

from django.utils.html import escape, linebreaks, strip_tags

from forum.models import Post
from safety.html import clean_html

RENDERING_VERSION = 1
"""Grows when the rules below or those of `safety.html` change."""

FEATURES = frozenset({"h3", "bold", "italic", "strikethrough", "ol", "ul", "link", "blockquote", "code"})
_BLOCK_END = re.compile(r"</(p|h[1-6]|li|blockquote|pre|div)>|<br ?/?>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    text: str
    version: int = RENDERING_VERSION


def render(source: str, *, source_format: str) -> Rendered:
    """Raises safety.html.HtmlTooLargeError."""
    raw = linebreaks(escape(source)) if source_format == Post.Format.TEXT else source
    html = clean_html(raw, features=FEATURES)
    return Rendered(html=html, text=plain_text(html))


def plain_text(html: str) -> str:
    """The words of clean HTML, a line for each block."""
    lines = unescape(strip_tags(_BLOCK_END.sub("\n", html))).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
