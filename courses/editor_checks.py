"""What an author should look at before a lesson is published.

Two kinds: what stops publication (the blocks' own validation says so too, at the field), and what is only
pointed out. Neither stops saving a draft. Pure reads: the same checks serve the editor and a lint of all content.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents import get_document_model
from wagtail.models import Page
from wagtail.rich_text import RichText

from courses.addresses import find_live_addresses, is_local
from courses.blocks import FILM_TYPES, QUIZ_TYPES

if TYPE_CHECKING:
    from courses.models import FacilitatorGuidePage, LessonPage

# Blocks whose template writes a second-level heading, so that a fourth-level one cannot follow directly.
ALWAYS_HEADED = {"fact_box", "film", "role_film", "case", "reflection", "sources"}
HEADED_WHEN_TITLED = {"steps", "accordion"}
_SAFE_SCHEMES = {"http", "https", "mailto", "tel"}
_HTML_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


@dataclass(frozen=True, slots=True)
class Warning_:  # noqa: N801 – `Warning` is Python's own
    """One thing to mend. `block_id` is empty when it concerns the lesson as a whole."""

    code: str
    message: str
    block_id: str = ""
    is_blocking: bool = False

    @property
    def anchor(self) -> str:
        """Where Wagtail's editor shows the block."""
        return f"#block-{self.block_id}-section" if self.block_id else ""


@dataclass(frozen=True, slots=True)
class _Link:
    block_id: str
    text: str
    kind: str
    target: str


class _RichTextReader(HTMLParser):
    """Headings and links of one stored rich text."""

    def __init__(self) -> None:
        super().__init__()
        self.headings: list[tuple[int, str]] = []
        self.links: list[tuple[str, str, str]] = []
        self._level = 0
        self._heading = ""
        self._link: dict[str, str | None] | None = None
        self._link_text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self._level, self._heading = int(tag[1]), ""
        elif tag == "a":
            self._link, self._link_text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        self._heading += data
        self._link_text += data

    def handle_endtag(self, tag: str) -> None:
        if self._level and tag == f"h{self._level}":
            self.headings.append((self._level, self._heading.strip()))
            self._level = 0
        elif tag == "a" and self._link is not None:
            kind = self._link.get("linktype") or "external"
            target = (self._link.get("id") if kind != "external" else self._link.get("href")) or ""
            self.links.append((self._link_text.strip(), kind, target))
            self._link = None


def check_lesson(lesson: "LessonPage") -> list[Warning_]:
    """Everything to mend in the lesson as it is in memory: what stops publication first, then in reading order.

    The queries of `_check_links`, besides what the body's own choosers load.
    """
    found = [*_check_whole(lesson), *check_body(lesson)]
    return sorted(found, key=lambda warning: not warning.is_blocking)


def check_body(page: "LessonPage | FacilitatorGuidePage") -> list[Warning_]:
    """What to mend in the page's blocks, in reading order."""
    found: list[Warning_] = []
    links: list[_Link] = []
    level = 1
    for child in page.body:
        block_id = str(child.id or "")
        found += _check_block(child, block_id=block_id)
        if child.block_type in FILM_TYPES:
            found += _check_film(child, block_id=block_id, language=page.locale.language_code)
        if child.block_type in ALWAYS_HEADED or (child.block_type in HEADED_WHEN_TITLED and child.value.get("title")):
            level = 2
        for block, value in _leaves(child.block, child.value):
            if isinstance(value, RichText):
                reader = _read(value)
                links += [_Link(block_id, *link) for link in reader.links]
                if child.block_type == "text":
                    level, warnings = check_headings(reader.headings, after=level, block_id=block_id)
                    found += warnings
                elif reader.headings:
                    found.append(_nested_heading(reader.headings[0][1], block_id=block_id))
            elif isinstance(value, str) and not isinstance(block, blocks.URLBlock) and _HTML_TAG.search(value):
                found.append(_html_warning(block, block_id=block_id))
    found += _check_links(links)
    return found


def publishing_errors(lesson: "LessonPage") -> list[Warning_]:
    """What must never be published: empty when the lesson may be."""
    return [warning for warning in check_lesson(lesson) if warning.is_blocking]


def _check_whole(lesson: "LessonPage") -> Iterator[Warning_]:
    kinds = {child.block_type for child in lesson.body}
    if not kinds:
        yield Warning_("empty", _("Leksjonen har ikke noe innhold ennå."))
    if lesson.completion == lesson.Completion.QUIZ and not kinds & QUIZ_TYPES:
        yield Warning_(
            "completion_without_quiz",
            _("Leksjonen fullføres når spørsmålene er bestått, men den har ingen. Da kan ingen fullføre den."),
        )
    if lesson.completion == lesson.Completion.FILM and not kinds & FILM_TYPES:
        yield Warning_(
            "completion_without_film",
            _("Leksjonen fullføres når filmen er sett, men den har ingen film. Da kan ingen fullføre den."),
        )


def _check_block(child: Any, *, block_id: str) -> Iterator[Warning_]:
    """What the block's own validation refuses, with our words where the reason is well known."""
    if child.block_type == "image" and not (child.value.get("alt") or "").strip():
        yield Warning_("alt_missing", _("Bildet mangler beskrivelse for dem som ikke ser det."), block_id, True)
        return
    try:
        child.block.clean(child.value)
    except ValidationError as error:
        if child.block_type in QUIZ_TYPES and _names_answers(error):
            message = _("Spørsmålet «%(question)s» mangler riktig svar, eller noe i svarene mangler.") % {
                "question": child.value.get("question") or "–"
            }
            yield Warning_("quiz_without_right_answer", message, block_id, True)
        elif child.block_type == "case":
            message = _("I saken «%(title)s» mangler noe, eller et valg går videre til et trinn som ikke finnes.") % {
                "title": child.value.get("title") or "–"
            }
            yield Warning_("case_broken", message, block_id, True)
        else:
            message = _("Noe mangler eller er feil i blokken «%(label)s».") % {"label": child.block.label}
            yield Warning_("block_invalid", message, block_id, True)
    if child.block_type == "law" and child.value.get("reference") and child.value["reference"].is_overdue:
        message = (
            _("Lovhenvisningen %(reference)s er ikke kontrollert det siste halvåret.")
            if child.value["reference"].checked_on
            else _("Lovhenvisningen %(reference)s er ikke kontrollert av noen.")
        )
        yield Warning_("law_overdue", message % {"reference": child.value["reference"]}, block_id)


def _names_answers(error: ValidationError) -> bool:
    return "answers" in getattr(error, "block_errors", {})


def _check_film(child: Any, *, block_id: str, language: str) -> Iterator[Warning_]:
    film = child.value.get("film")
    if film is None:
        return
    if language not in {track["language"] for track in film.captions}:
        yield Warning_(
            "captions_missing", _("Filmen «%(film)s» mangler teksting på leksjonens språk.") % {"film": film}, block_id
        )
    if not film.transcript.strip():
        yield Warning_("transcript_missing", _("Filmen «%(film)s» mangler utskrift.") % {"film": film}, block_id)


def _leaves(block: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """Every innermost block with its value."""
    if isinstance(block, blocks.StructBlock):
        for name, child in block.child_blocks.items():
            yield from _leaves(child, value.get(name))
    elif isinstance(block, blocks.ListBlock):
        for item in value or []:
            yield from _leaves(block.child_block, item)
    elif isinstance(block, TypedTableBlock):
        for row in value.row_data if value else []:
            for column, cell in zip(value.columns, row["values"], strict=False):
                yield from _leaves(column["block"], cell)
    else:
        yield block, value


def _read(value: RichText) -> _RichTextReader:
    reader = _RichTextReader()
    reader.feed(value.source or "")
    reader.close()
    return reader


def check_headings(headings: list[tuple[int, str]], *, after: int, block_id: str) -> tuple[int, list[Warning_]]:
    """The level the text ends on, and where a heading skips one (WCAG 1.3.1). The lesson's title is level one."""
    found = []
    for level, text in headings:
        if not text:
            found.append(Warning_("heading_empty", _("En overskrift er tom."), block_id))
            continue
        if level == 1 or level > after + 1:
            found.append(
                Warning_(
                    "heading_order",
                    _("Overskriften «%(text)s» er på nivå %(level)d rett etter nivå %(after)d. Bruk nivå %(right)d.")
                    % {"text": text, "level": level, "after": after, "right": min(after + 1, 4)},
                    block_id,
                )
            )
        after = level
    return after, found


def _nested_heading(text: str, *, block_id: str) -> Warning_:
    return Warning_(
        "heading_nested",
        _("«%(text)s» er en overskrift inne i en boks. Gjør den til vanlig tekst eller fet skrift.") % {"text": text},
        block_id,
    )


def _html_warning(block: Any, *, block_id: str) -> Warning_:
    return Warning_(
        "html_in_text",
        _("Feltet «%(label)s» inneholder HTML-koder. De vises som de står.") % {"label": block.label},
        block_id,
    )


def _check_links(links: list[_Link]) -> list[Warning_]:
    """Links to pages and documents that are gone or unpublished, and addresses no browser can follow.

    Two queries, and up to seven more where there are addresses within Flett, however many links there are.
    """
    page_ids = {int(link.target) for link in links if link.kind == "page" and link.target.isdecimal()}
    document_ids = {int(link.target) for link in links if link.kind == "document" and link.target.isdecimal()}
    live = dict(Page.objects.filter(pk__in=page_ids).values_list("pk", "live")) if page_ids else {}
    documents = (
        set(get_document_model().objects.filter(pk__in=document_ids).values_list("pk", flat=True))
        if document_ids
        else set()
    )
    local = find_live_addresses({link.target for link in links if link.kind == "external" and is_local(link.target)})
    found = []
    for link in links:
        target = int(link.target) if link.target.isdecimal() else 0
        message = ""
        if link.kind == "page" and target not in live:
            message = _("Lenken «%(text)s» går til en side som er slettet.")
        elif link.kind == "page" and not live[target]:
            message = _("Lenken «%(text)s» går til en side som ikke er publisert.")
        elif link.kind == "document" and target not in documents:
            message = _("Lenken «%(text)s» går til et dokument som er slettet.")
        elif link.kind == "external" and is_local(link.target):
            if link.target not in local:
                message = _("Lenken «%(text)s» går til en side som ikke finnes eller ikke er publisert: %(target)s")
        elif link.kind == "external" and not _is_address(link.target):
            message = _("Lenken «%(text)s» har en adresse som ikke virker: %(target)s")
        if message:
            found.append(
                Warning_("dead_link", message % {"text": link.text or "–", "target": link.target or "–"}, link.block_id)
            )
    return found


def _is_address(href: str) -> bool:
    """Whether a browser can follow it: http(s) with a host, an e-mail or telephone link, or a place on the page."""
    if href.startswith("#"):
        return len(href) > 1
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme in {"mailto", "tel"}:
        return bool(parts.path)
    return parts.scheme in _SAFE_SCHEMES and bool(re.fullmatch(r"[^\s/]+\.[^\s/.]{2,}", host))
