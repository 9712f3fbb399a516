"""Reads that join the rooms. Open to anyone."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, ExpressionWrapper, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.utils import translation
from wagtail.models import Page

from courses.models import GlossaryTerm
from courses.models.glossary import sort_key
from courses.queries import get_principles
from learning.queries import get_learning_paths, get_short_courses

FORUM_GUIDE = "slik-bruker-du-forumet"
"""The address of the page on how the forum works, linked from its front."""


def get_front_page(*, language: str) -> dict[str, Any]:
    """What the front page shows: paths and short courses in the page's language, FACT's principles in the reader's."""
    return {
        "paths": get_learning_paths(language=language),
        "short_courses": get_short_courses(language=language),
        "principles": get_principles(set_key="fact", language=translation.get_language() or language),
    }


def get_site_links(*, language: str) -> dict[str, Any]:
    """Links of the header, the footer and the forum, in the language asked for or else Bokmål. One query."""
    kinds = {
        "is_learn_page": Q(learnpage__isnull=False),
        "is_footer_page": Q(standardpage__show_in_footer=True),
        "is_reference_page": Q(standardpage__show_as_reference=True) | Q(roleindexpage__isnull=False),
        "is_forum_guide": Q(standardpage__isnull=False, slug=FORUM_GUIDE),
    }
    pages = (
        Page.objects.live()
        .filter(reduce(or_, kinds.values()))
        .annotate(
            **{name: ExpressionWrapper(kind, output_field=BooleanField()) for name, kind in kinds.items()},
            summary=Coalesce("standardpage__summary", "roleindexpage__intro", Value(""), output_field=TextField()),
        )
        .select_related("locale")
        .order_by("path")
    )
    chosen = in_language(pages, language=language)
    return {
        "learn_page": [page for page in chosen if page.is_learn_page][:1],
        "footer_pages": [page for page in chosen if page.is_footer_page],
        "reference_pages": [page for page in chosen if page.is_reference_page],
        "forum_guide": [page for page in chosen if page.is_forum_guide][:1],
    }


def in_language(pages: Any, *, language: str) -> list[Any]:
    """One page per identity: the translation where there is one, else the Bokmål original."""
    chosen: dict[Any, Any] = {}
    for page in pages:
        kept = chosen.get(page.translation_key)
        if page.locale.language_code == language or (kept is None and page.locale.language_code == "nb"):
            chosen[page.translation_key] = page
    return list(chosen.values())


@dataclass(slots=True)
class GlossaryEntry:
    """A term as the reader sees it: in their language where it is written, and what it is called in the others."""

    term: GlossaryTerm
    others: list[GlossaryTerm] = field(default_factory=list)

    @property
    def is_nearest_somewhere(self) -> bool:
        """Whether a language lacks a word that is quite the same."""
        return any(row.is_nearest for row in (self.term, *self.others))


def get_glossary(*, language: str, slug: str = "") -> list[GlossaryEntry]:
    """All terms, or the one with this slug, in the alphabet of the language. One query."""
    rows = GlossaryTerm.objects.select_related("locale")
    if slug:
        rows = rows.filter(slug=slug)
    by_slug: dict[str, dict[str, GlossaryTerm]] = defaultdict(dict)
    for row in rows:
        by_slug[row.slug][row.locale.language_code] = row
    entries = []
    for found in by_slug.values():
        term = found.get(language) or found.get(settings.LANGUAGE_CODE) or next(iter(found.values()))
        others = [found[code] for code, _label in settings.LANGUAGES if code in found and found[code] is not term]
        entries.append(GlossaryEntry(term=term, others=others))
    return sorted(entries, key=lambda entry: sort_key(entry.term.term))


def by_letter(entries: list[GlossaryEntry]) -> list[tuple[str, list[GlossaryEntry]]]:
    """The glossary's sections, a letter each. Expects the entries in order. No query."""
    return [(letter, list(group)) for letter, group in groupby(entries, key=lambda entry: entry.term.letter)]
