"""Reads that join the rooms. Open to anyone."""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import translation
from wagtail.models import Page

from courses.queries import get_principles
from learning.queries import get_learning_paths, get_short_courses


def get_front_page(*, language: str) -> dict[str, Any]:
    """What the front page shows: paths and short courses in the page's language, FACT's principles in the reader's."""
    return {
        "paths": get_learning_paths(language=language),
        "short_courses": get_short_courses(language=language),
        "principles": get_principles(set_key="fact", language=translation.get_language() or language),
    }


def get_site_links(*, language: str) -> dict[str, Any]:
    """Links of the header and footer, in the language asked for or else Bokmål. One query."""
    is_learn_page = Q(learnpage__isnull=False)
    pages = (
        Page.objects.live()
        .filter(is_learn_page | Q(standardpage__show_in_footer=True))
        .annotate(is_learn_page=ExpressionWrapper(is_learn_page, output_field=BooleanField()))
        .select_related("locale")
        .order_by("path")
    )
    chosen = in_language(pages, language=language)
    return {
        "learn_page": [page for page in chosen if page.is_learn_page][:1],
        "footer_pages": [page for page in chosen if not page.is_learn_page],
    }


def in_language(pages: Any, *, language: str) -> list[Any]:
    """One page per identity: the translation where there is one, else the Bokmål original."""
    chosen: dict[Any, Any] = {}
    for page in pages:
        kept = chosen.get(page.translation_key)
        if page.locale.language_code == language or (kept is None and page.locale.language_code == "nb"):
            chosen[page.translation_key] = page
    return list(chosen.values())
