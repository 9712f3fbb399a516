"""Front door of the site: Wagtail's pages, a page per principle, health."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe
from wagtail.views import serve as wagtail_serve

from courses.queries import get_principle_learning, get_principles
from courses.rendering import kept
from forum.kept_pages import serve
from home.my_page import serve_my_page
from home.queries import by_letter, get_glossary
from home.routing import find_route
from home.search.asked import parse
from home.search.queries import search as find


@kept
def serve_page(request: HttpRequest, path: str) -> HttpResponse:
    """Any Wagtail page. Pages behind one of Wagtail's view restrictions are never kept."""
    route = find_route(request, path)
    response: HttpResponse = wagtail_serve(request, path)
    response.is_keepable = route is not None and not route.page.get_view_restrictions().exists()  # type: ignore[attr-defined]
    return response


@kept
def principle(request: HttpRequest, set_key: str, slug: str) -> HttpResponse:
    """What there is to learn about one principle; templates, topics and events join it later."""
    language = translation.get_language() or "nb"
    principles = get_principles(set_key=set_key, language=language)
    chosen = next((candidate for candidate in principles if candidate.slug == slug), None)
    if chosen is None:
        raise Http404
    context = {"principle": chosen, "principles": principles, "courses": get_principle_learning(principle=chosen)}
    return TemplateResponse(request, "home/principle.html", context)


@kept
def glossary(request: HttpRequest) -> HttpResponse:
    """Every word of the field, in the reader's alphabet."""
    entries = get_glossary(language=translation.get_language() or settings.LANGUAGE_CODE)
    return TemplateResponse(request, "home/glossary.html", {"sections": by_letter(entries), "count": len(entries)})


@kept
def glossary_term(request: HttpRequest, slug: str) -> HttpResponse:
    """One word: what it means, and what it is called in the other languages."""
    entry = next(iter(get_glossary(language=translation.get_language() or settings.LANGUAGE_CODE, slug=slug)), None)
    if entry is None:
        raise Http404
    return TemplateResponse(request, "home/glossary_term.html", {"entry": entry, "term": entry.term})


@login_required
@never_cache
@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    """«Min side»: what to go on with, what waits for one, where one belongs, one's account. Nobody else's page."""
    return serve_my_page(request)


@never_cache
@require_safe
@sensitive_variables()
def search(request: HttpRequest) -> HttpResponse:
    """One search for everything the reader may see. What is searched for is neither logged nor stored. A page that was
    shown lies in the process' own memory for a while, and is shown again where all that it shows was found again.
    """
    typed, page = request.GET.get("q", ""), request.GET.get("side", "")
    results = find(
        user=request.user,
        asked=parse(typed),
        language=translation.get_language() or settings.LANGUAGE_CODE,
        kind=request.GET.get("slag", ""),
        page=int(page) if page.isdecimal() and len(page) < 4 else 1,
    )
    response = serve(request, "home/search.html", {"results": results, "typed": bool(typed.strip())})
    response["X-Robots-Tag"] = "noindex"
    return response


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Whether database, migrations, cache and storage work; 503 and the failing part's name when not."""
    checks = {"database": _database, "migrations": _migrations, "cache": _cache, "storage": _storage}
    result = {}
    for name, check in checks.items():
        try:
            result[name] = "ok" if check() else "failed"
        except Exception as error:  # noqa: BLE001 – the point is to report whatever fails
            result[name] = f"failed: {type(error).__name__}"
    ready = all(value == "ok" for value in result.values())
    return JsonResponse(result, status=200 if ready else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _cache() -> bool:
    caches["default"].set("readyz", "1", 10)
    return caches["default"].get("readyz") == "1"


def _storage() -> bool:
    name = default_storage.save("readyz.txt", ContentFile(b"ok"))
    with default_storage.open(name) as file:
        content = file.read()
    default_storage.delete(name)
    return content == b"ok"
