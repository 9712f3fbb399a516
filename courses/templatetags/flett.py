"""Tags that every template may use."""

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.template.base import NodeList, Parser, Token
from django.utils import translation
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from wagtail.models import Page

from courses.models import Principle
from courses.rendering import put_together, slot_marker
from courses.symbols import ring_dots
from courses.urls_of import language_prefix, page_path

register = template.Library()


@register.simple_tag
def slot(name: str, argument: Any = "") -> SafeString:
    """Leave a place for what depends on the reader (see courses/rendering.py)."""
    return slot_marker(name, str(argument))


@register.tag
def together(parser: Parser, token: Token) -> "TogetherNode":
    """`{% together %}…{% endtogether %}` around a part with many slots (see courses/rendering.py)."""
    nodes = parser.parse(("endtogether",))
    parser.delete_first_token()
    return TogetherNode(nodes)


class TogetherNode(template.Node):
    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        return put_together(self.nodelist.render(context))


@register.simple_tag
def href(page: Page) -> str:
    """The page's address in the language being read."""
    return page_path(page)


@register.simple_tag
def home_href() -> str:
    """The front page in the language being read."""
    return language_prefix()


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[dict[str, Any]]:
    """This page's address in each language of the interface."""
    path = context["request"].path
    active = translation.get_language() or settings.LANGUAGE_CODE
    inner = path.removeprefix(language_prefix(active)).lstrip("/")
    return [
        {"code": code, "label": label, "url": f"{language_prefix(code)}{inner}", "is_active": code == active}
        for code, label in settings.LANGUAGES
    ]


@register.inclusion_tag("components/ring.html")
def ring(principle: Principle, size: int = 40) -> dict[str, Any]:
    """The principle's symbol: a ring of dots with its own lit."""
    return {"dots": ring_dots(position=principle.position, size=principle.ring_size), "size": size}


@register.inclusion_tag("components/icon.html")
def icon(name: str, size: int = 20) -> dict[str, Any]:
    """A symbol from our own sprite; always beside text that says the same."""
    return {"name": name, "size": size}


@register.filter
def labelled_rows(table: Any) -> list[list[tuple[str, Any]]]:
    """A typed table's rows, each cell with its column's heading: on a narrow screen every cell says what it is."""
    headings = [column["heading"] for column in table.columns]
    return [list(zip(headings, row, strict=True)) for row in table.rows]


_LANGUAGES = {"nb": gettext_lazy("Norsk bokmål"), "da": gettext_lazy("Dansk"), "en": gettext_lazy("Engelsk")}


@register.filter
def language_word(code: str) -> Any:
    """The name of a language in the language being read; the site's own list has each in itself."""
    return _LANGUAGES.get(code, code)


@register.filter
def unbroken(paragraph: str) -> str:
    """A paragraph of a law whose § stays on the line of its number."""
    return paragraph.replace("§ ", "§\N{NO-BREAK SPACE}")


@register.filter
def minutes_and_seconds(seconds: float | None) -> str:
    """Length of a film: 502 → 8:22."""
    whole = round(seconds or 0)
    return f"{whole // 60}:{whole % 60:02d}"
