"""HTML that people write, reduced to what is allowed.

bleach removes what is not on the list, nh3 (another parser, in another language) reads the result once more:
what one of them misreads, the other must misread in the same way to let through.
"""

import re
from functools import lru_cache
from typing import Any

import bleach
import nh3
from bleach.linkifier import Linker

MAX_LENGTH = 200_000
"""Characters. A chapter of a book is 30,000; parsing time grows faster than length."""
MAX_TAGS = 4_000
"""bleach takes 1.3 s for 8,000 nested tags."""

WEB_PROTOCOLS = frozenset({"http", "https", "mailto", "tel"})

_ALWAYS = frozenset({"p", "br"})
_TAGS: dict[str, frozenset[str]] = {
    "h2": frozenset({"h2"}),
    "h3": frozenset({"h3"}),
    "h4": frozenset({"h4"}),
    "bold": frozenset({"b", "strong"}),
    "italic": frozenset({"i", "em"}),
    "ol": frozenset({"ol", "li"}),
    "ul": frozenset({"ul", "li"}),
    "link": frozenset({"a"}),
    "document-link": frozenset({"a"}),
    "blockquote": frozenset({"blockquote"}),
    "code": frozenset({"code", "pre"}),
    "strikethrough": frozenset({"s", "del"}),
}


class HtmlTooLargeError(ValueError):
    """The text is longer, or has more tags, than is ever parsed."""


@lru_cache(maxsize=64)
def allowed_tags(features: frozenset[str]) -> frozenset[str]:
    """The tags these features use. Raises KeyError for a feature nobody has decided on."""
    return _ALWAYS.union(*(_TAGS[feature] for feature in features))


def clean_html(source: str, *, features: frozenset[str], protocols: frozenset[str] = WEB_PROTOCOLS) -> str:
    """The HTML with only the tags of `features`, only `href` on links, and only these protocols.

    Cleaning what is clean changes nothing. Text inside a tag that is not allowed stays, as text. Raises
    HtmlTooLargeError before parsing anything.
    """
    if len(source) > MAX_LENGTH or source.count("<") > MAX_TAGS:
        raise HtmlTooLargeError
    tags = allowed_tags(features)
    attributes = {"a": ["href"]} if "a" in tags else {}
    once = bleach.clean(
        source.replace("\x00", ""),
        tags=tags,
        attributes=attributes,
        protocols=protocols,
        strip=True,
        strip_comments=True,
    )
    return nh3.clean(
        once,
        tags=set(tags),
        attributes={tag: set(names) for tag, names in attributes.items()},
        url_schemes=set(protocols),
        link_rel=None,
        strip_comments=True,
    )


POST_REL = "nofollow noopener ugc"
_ASIDE = "\ue000"
_CODE = re.compile(r"<(pre|code)>.*?</\1>", re.DOTALL)
_BARE_LINK = re.compile(r"(?<![\w@/.])(?:https?://|www\.)[^\s<>\"'«»]+", re.IGNORECASE)


def _link_safely(attributes: Any, new: bool = False) -> Any:
    if new and attributes["_text"].lower().startswith("www."):
        attributes[None, "href"] = f"https://{attributes['_text']}"
    return attributes


@lru_cache(maxsize=1)
def _linker() -> Linker:
    return Linker(callbacks=[_link_safely], url_re=_BARE_LINK)


def _linkify(html: str) -> str:
    """Code is set aside meanwhile: bleach writes the character references in what it skips twice over."""
    aside: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        aside.append(found[0])
        return f"{_ASIDE}{len(aside) - 1}{_ASIDE}"

    linked = _linker().linkify(_CODE.sub(set_aside, html.replace(_ASIDE, "")))
    return re.sub(f"{_ASIDE}([0-9]+){_ASIDE}", lambda found: aside[int(found[1])], linked)


def clean_post(source: str, *, features: frozenset[str]) -> str:
    """As `clean_html`, for what members write to each other: bare addresses become links, and no link is vouched for.

    Cleaning what is clean changes nothing. Raises HtmlTooLargeError.
    """
    html = clean_html(source, features=features)
    if _BARE_LINK.search(html):
        html = _linkify(html)
    tags = allowed_tags(features)
    return nh3.clean(
        html,
        tags=set(tags),
        attributes={"a": {"href"}} if "a" in tags else {},
        url_schemes=set(WEB_PROTOCOLS),
        link_rel=POST_REL,
        strip_comments=True,
    )
