"""Which addresses within Flett lead somewhere, as an author may write them: `/laer/kurs/fleksibilitet/`."""

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, ResolverMatch, get_script_prefix, resolve
from django.utils import translation
from wagtail.models import Page, Site

PAGES_VIEW = "wagtail_serve"
_ROWS = {"home:glossary-term": ("courses", "GlossaryTerm"), "home:principle": ("courses", "Principle")}
"""Views that show one row by its slug, and which."""


def is_local(href: str) -> bool:
    """Whether this is a path on the site itself."""
    return href.startswith("/") and not href.startswith("//")


def find_live_addresses(hrefs: Iterable[str]) -> set[str]:
    """Those of the addresses that lead to a live page, or to a view that is not a page.

    A page may serve addresses below its own (a learning path shows its courses' lessons there); those are looked up
    as course and lesson. At most seven queries, however many addresses.
    """
    found: set[str] = set()
    pages: dict[str, tuple[str, ...]] = {}
    rows: dict[str, tuple[str, str]] = {}
    for href in set(hrefs):
        if href.startswith((settings.MEDIA_URL, settings.STATIC_URL)):
            found.add(href)  # served by the web server
            continue
        match, language, path = _resolve(href)
        if match is None:
            continue
        if match.url_name == PAGES_VIEW and not match.namespaces:
            pages[href] = (language, *(part for part in path.split("/") if part))
        elif match.view_name in _ROWS:
            rows[href] = (match.view_name, match.kwargs["slug"])
        else:
            found.add(href)
    return found | _live_rows(rows) | _live_pages(pages)


def _resolve(href: str) -> tuple[ResolverMatch | None, str, str]:
    """The view of the address, the language it is written for, and the rest of the path."""
    try:
        path = unquote(urlsplit(href).path)
    except ValueError:
        return None, "", ""
    inner = path.removeprefix(get_script_prefix()).lstrip("/")
    first, _slash, rest = inner.partition("/")
    language = first if first in dict(settings.LANGUAGES) and first != settings.LANGUAGE_CODE else ""
    with translation.override(language or settings.LANGUAGE_CODE):
        for tried in (f"/{inner}", f"/{inner}/"):  # Django adds the slash that a reader forgot
            try:
                return resolve(tried), language or settings.LANGUAGE_CODE, rest if language else inner
            except Resolver404:
                continue
    return None, "", ""


def _live_rows(wanted: dict[str, tuple[str, str]]) -> set[str]:
    found = set()
    for view, model in _ROWS.items():
        slugs = {slug for name, slug in wanted.values() if name == view}
        if slugs:
            rows = apps.get_model(*model)._default_manager.filter(slug__in=slugs)
            known = set(rows.values_list("slug", flat=True))
            found |= {href for href, (name, slug) in wanted.items() if name == view and slug in known}
    return found


def _live_pages(wanted: dict[str, tuple[str, ...]]) -> set[str]:
    """A page is looked for in the language of its address and then in the site's own, as readers are."""
    site = Site.objects.select_related("root_page").filter(is_default_site=True).first() if wanted else None
    if site is None:
        return set()
    home = site.root_page
    homes = dict(
        Page.objects.filter(translation_key=home.translation_key).values_list("locale__language_code", "url_path")
    )
    candidates: dict[str, list[list[str]]] = {}
    for href, (language, *parts) in wanted.items():
        roots = [root for root in dict.fromkeys((homes.get(language), home.url_path)) if root]
        candidates[href] = [
            [root + "".join(f"{part}/" for part in parts[:depth]) for depth in range(len(parts), 0, -1)] or [root]
            for root in roots
        ]
    url_paths = {path for tried in candidates.values() for paths in tried for path in paths}
    pages = {page.url_path: page for page in Page.objects.filter(url_path__in=url_paths, live=True)}
    found, below = set(), {}
    for href, tried in candidates.items():
        for paths in tried:
            deepest = next((place for place, path in enumerate(paths) if path in pages), None)
            if deepest == 0:
                found.add(href)
            elif deepest is not None and pages[paths[deepest]].specific_class.route is not Page.route:
                below[href] = wanted[href][len(wanted[href]) - deepest :]
    return found | _live_lessons(below)


def _live_lessons(wanted: dict[str, tuple[str, ...]]) -> set[str]:
    """Those whose `<course>/` or `<course>/<lesson>/` is live in some section."""
    if not wanted:
        return set()
    courses, lessons = apps.get_model("courses", "CoursePage"), apps.get_model("courses", "LessonPage")
    ends = {f"/{parts[0]}/" for parts in wanted.values() if len(parts) == 1}
    ends |= {f"/{parts[0]}/{parts[1]}/" for parts in wanted.values() if len(parts) == 2}
    like = Q(pk=None)
    for end in ends:
        like |= Q(url_path__endswith=end)
    found: set[str] = set()
    for model, length in ((courses, 1), (lessons, 2)):
        for url_path in model.objects.live().filter(like).values_list("url_path", flat=True):
            found |= {
                href
                for href, parts in wanted.items()
                if len(parts) == length and url_path.endswith("/" + "/".join(parts) + "/")
            }
    return found
