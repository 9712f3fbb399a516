"""From an address to a page in three queries: the site, the page, and the page as what it is.

Wagtail asks once per component of the address, and twice more for view restrictions.
"""

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Exists
from django.http import Http404, HttpRequest
from django.utils import translation
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.url_routing import RouteResult


def find_route(request: HttpRequest, path: str) -> RouteResult | None:
    """The page of this address in the language being read, or None. Kept on the request, where Wagtail looks for it."""
    site = Site.find_for_request(request)
    route = None
    if site is not None:
        home = site.root_page
        homes = [home]
        language = translation.get_language()
        if language != settings.LANGUAGE_CODE:
            translated = Page.objects.filter(
                translation_key=home.translation_key, locale__language_code=language
            ).first()
            homes = [translated, home] if translated and translated.live else [home]
        try:
            route = route_below(request, homes, [component for component in path.split("/") if component])
        except Http404:
            route = None
    request._wagtail_route_for_request = route  # type: ignore[attr-defined]
    return route


def route_below(request: HttpRequest, homes: Sequence[Page], path_components: list[str]) -> RouteResult:
    """The deepest page of the address below the first home that has one; its own `route` decides about the rest.

    Raises Http404. Two queries, and two more where any page of the site has a view restriction.
    """
    addresses = address_prefixes(path_components)
    found = {
        page.url_path: page
        for page in Page.objects.filter(url_path__in=[home.url_path + inner for home in homes for inner in addresses])
        .select_related("locale")
        .annotate(site_has_restrictions=Exists(PageViewRestriction.objects.all()))
    }
    for home in homes:
        deepest = next((inner for inner in addresses if home.url_path + inner in found), None)
        if deepest is None:
            continue
        base = found[home.url_path + deepest]
        page = base.specific
        page.locale = base.locale
        restrictions = (
            page.get_view_restrictions() if base.site_has_restrictions else PageViewRestriction.objects.none()
        )
        page.get_view_restrictions = lambda known=restrictions: known
        try:
            return page.route(request, path_components[deepest.count("/") :])
        except Http404:
            continue
    raise Http404


def address_prefixes(path_components: list[str]) -> list[str]:
    """What a page below home may be addressed as, the deepest first; home itself only where that is asked for."""
    depths = range(len(path_components), 0, -1) if path_components else [0]
    return ["".join(f"{part}/" for part in path_components[:depth]) for depth in depths]
