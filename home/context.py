"""What every template may show of the site itself."""

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from home.queries import get_site_links


def site(request: HttpRequest) -> dict[str, Any]:
    """Header and footer links, read only by templates that show them. One query where they do.

    Not named `site`: allauth's pages carry Django's site under that name.
    """
    return {"site_links": SimpleLazyObject(lambda: get_site_links(language=translation.get_language() or "nb"))}
