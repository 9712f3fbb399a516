"""What is written, on its way in: tidied, guarded, or masked to be kept in a draft; and back to its writer.

Pure functions.
"""

from dataclasses import dataclass
from html import escape

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from forum.models import TITLE_MAX, WARNING_MAX, Post
from forum.rendering import Rendered, render, text_to_write_on
from safety.guard import guard_html, mask, mask_html
from safety.html import HtmlTooLargeError
from safety.rich_text import tidy_html
from safety.text import TextRefusedError, clean_line

SOURCE_MAX = 60_000
"""Characters of a post. A chapter of a book is 30,000."""


@dataclass(frozen=True, slots=True)
class Written:
    """Text that may be stored: `source` is HTML without its editor's own markup, or plain text as written."""

    title: str
    content_warning: str
    source: str
    source_format: str
    rendered: Rendered


@sensitive_variables()
def read_writing(
    *, source: str, source_format: str, title: str = "", content_warning: str = "", confirmed: bool = False
) -> Written:
    """Tidy, sanitise and guard. Raises TextRefusedError (too long, empty) and the guard's kinds of it."""
    title = clean_line(title, most=TITLE_MAX)
    content_warning = clean_line(content_warning, most=WARNING_MAX)
    source = tidy_source(source, source_format=source_format)
    rendered = render(source, source_format=source_format)
    if not rendered.text:
        raise TextRefusedError(_("Skriv noe først."))
    guard_html(
        {
            "title": escape(title),
            "content_warning": escape(content_warning),
            "source": source_to_guard(source, source_format=source_format, rendered=rendered),
        },
        confirmed=confirmed,
    )
    return Written(title, content_warning, source, source_format, rendered)


@sensitive_variables()
def source_to_guard(source: str, *, source_format: str, rendered: Rendered) -> str:
    """HTML for `guard_html`: what is stored of a formatted text, and every line of a plain one."""
    return escape(source) if source_format == Post.Format.TEXT else rendered.html


@sensitive_variables()
def tidy_source(source: str, *, source_format: str) -> str:
    """The source as it is stored. Raises TextRefusedError over the limits."""
    if len(source) > SOURCE_MAX:
        raise TextRefusedError(
            _("Teksten er for lang: %(length)d tegn. Den kan ha høyst %(most)d.")
            % {"length": len(source), "most": SOURCE_MAX}
        )
    if source_format == Post.Format.TEXT:
        return source.replace("\r\n", "\n").replace("\x00", "").strip()
    try:
        return tidy_html(source)
    except HtmlTooLargeError:
        raise TextRefusedError(_("Teksten har for mye formatering. Lim den inn som ren tekst.")) from None


@sensitive_variables()
def masked_source(source: str, *, source_format: str) -> str:
    """The source as it may be kept in a draft: no identity number. Raises TextRefusedError over the limits."""
    tidied = tidy_source(source, source_format=source_format)
    return mask(tidied) if source_format == Post.Format.TEXT else mask_html(tidied)


@sensitive_variables()
def words_to_write_on(source: str, *, source_format: str) -> tuple[str, str]:
    """A source for the editor, sanitised, and the same words for a text area.

    Where it is longer than is ever parsed there is no HTML, and it stays as it is.
    """
    try:
        html = render(source, source_format=source_format).html
    except HtmlTooLargeError:
        return "", source
    return html, source if source_format == Post.Format.TEXT else text_to_write_on(html)


@sensitive_variables()
def source_sent(source: str, *, source_format: str, formatted: str) -> tuple[str, str]:
    """What came from the editor or a text area, and its format.

    `formatted` is the HTML of which a text area showed the words. Where they come back as they were, it stands.
    """
    source = source.replace("\r\n", "\n")
    if source_format == Post.Format.HTML:
        return source, Post.Format.HTML
    if formatted and words_to_write_on(formatted, source_format=Post.Format.HTML)[1].strip() == source.strip():
        return formatted, Post.Format.HTML
    return source, Post.Format.TEXT
