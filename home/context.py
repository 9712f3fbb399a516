"""What every template may show of the site itself."""

from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from courses.rendering import request_stamp
from home.queries import get_site_links


def site(request: HttpRequest) -> dict[str, Any]:
    """Header and footer links, read only by templates that show them. One query the first time for this content.

    Not named `site`: allauth's pages carry Django's site under that name.
    """
    return {"site_links": SimpleLazyObject(lambda: _links_of(request))}


def _links_of(request: HttpRequest) -> dict[str, Any]:
    language = translation.get_language() or "nb"
    key = f"site-links:{language}:{request_stamp(request)}"
    kept: dict[str, Any] | None = caches["pages"].get(key)
    if kept is None:
        kept = get_site_links(language=language)
        caches["pages"].set(key, kept)
    return kept
