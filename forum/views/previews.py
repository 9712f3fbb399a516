"""Pictures of pages, and older versions as they were. Who may see is asked each time, as for the file itself."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from forum.kept_pages import serve
from forum.queries.library import get_item_for, get_version_for, get_versions
from forum.queries.previews import add_previews, get_page_for
from forum.views.attachments import forbid_running

SIZES = {"liten": "small", "stor": "large"}


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def preview(request: HttpRequest, key: UUID, number: int, size: str) -> HttpResponseBase:
    """A page that the browser has already is not sent again: a picture never changes."""
    page = get_page_for(request.user, key, number)
    if size not in SIZES:
        raise Http404
    mark = f'"{page.pk}-{size}"'
    response: HttpResponseBase
    if request.headers.get("If-None-Match") == mark:
        response = HttpResponseNotModified()
    else:
        picture = getattr(page, SIZES[size])
        try:
            response = FileResponse(picture.open("rb"), content_type="image/webp")
        except FileNotFoundError:
            raise Http404 from None
        response["Content-Length"] = str(picture.size)
    response["ETag"] = mark
    forbid_running(response)
    return response


@login_required
@never_cache
@require_safe
def version(request: HttpRequest, pk: int) -> HttpResponse:
    """An item as it was: one of its versions, with its text, link and files."""
    found = get_version_for(request.user, pk)
    item = get_item_for(request.user, found.item_id)
    versions = get_versions(item)
    shown = next(each for each in versions if each.pk == found.pk)
    add_previews(shown.shown_files)  # type: ignore[attr-defined]
    context = {"item": item, "version": shown, "is_current": shown.pk == item.current_id}
    return serve(request, "forum/library/old_version.html", context)
