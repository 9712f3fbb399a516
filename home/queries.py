"""Reads that join the rooms. Open to anyone."""

from typing import Any

from courses.queries import get_principles
from home.models import StandardPage
from learning.models import LearnPage
from learning.queries import get_learning_paths, get_short_courses


def get_front_page(*, language: str) -> dict[str, Any]:
    """What the front page shows: the paths, the short courses and FACT's eight principles."""
    return {
        "paths": get_learning_paths(language=language),
        "short_courses": get_short_courses(language=language),
        "principles": get_principles(set_key="fact", language=language),
    }


def get_site_links(*, language: str) -> dict[str, Any]:
    """Links of the header and footer, in the language asked for or else Bokmål. Two queries."""
    return {
        "learn_page": in_language(LearnPage.objects.live().select_related("locale"), language=language, limit=1),
        "footer_pages": in_language(
            StandardPage.objects.live().filter(show_in_footer=True).defer_streamfields().select_related("locale").order_by("path"),
            language=language,
        ),
    }


def in_language(pages: Any, *, language: str, limit: int | None = None) -> list[Any]:
    """One page per identity: the translation where there is one, else the Bokmål original."""
    chosen: dict[Any, Any] = {}
    for page in pages:
        kept = chosen.get(page.translation_key)
        if page.locale.language_code == language or (kept is None and page.locale.language_code == "nb"):
            chosen[page.translation_key] = page
    return list(chosen.values())[:limit]
