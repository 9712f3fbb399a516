"""Files, to those who may read the post they are in. Asked for each time: whoever loses the right loses the file."""

import re
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from forum.models import Attachment, EventMaterial, LibraryFile
from forum.queries.composing import get_attachment_for

SIGNED_FOR = 60
"""Seconds that an address of the store is good for."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def attachment(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Pictures, which Flett has made anew, are shown; everything else is downloaded."""
    return serve_file(request, get_attachment_for(request.user, key))


def serve_file(request: HttpRequest, found: Attachment | LibraryFile | EventMaterial) -> HttpResponseBase:
    """A file somebody may have, so that nothing in it runs in our origin. One range of bytes is honoured.

    With FLETT_FILES the proxy sends it, or the store itself to a short-lived address; whoever asks has been found to be
    allowed either way. Pictures always come from us: pages show nothing from elsewhere.
    Raises Http404 where it is gone from the disk.
    """
    response: HttpResponseBase
    if settings.FORUM_FILES == "signed" and request.method == "GET" and not found.is_image:
        response = HttpResponseRedirect(_signed_address(found))
    elif settings.FORUM_FILES == "proxy":
        response = _left_to_the_proxy(found)
    else:
        response = _streamed(request, found)
    forbid_running(response)
    return response


def forbid_running(response: HttpResponseBase) -> None:
    """Whatever is in a file from somebody, the browser takes it for what we say it is, and runs nothing in it."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"


def _disposition(found: Attachment | LibraryFile | EventMaterial) -> str:
    return content_disposition_header(not found.is_image, found.name) or "inline"


def _signed_address(found: Attachment | LibraryFile | EventMaterial) -> str:
    """Of the store, good for a minute, with the headers that keep the file from being a page there."""
    storage: Any = found.file.storage
    parameters = {"ResponseContentDisposition": _disposition(found), "ResponseContentType": found.media_type}
    return str(storage.url(found.file.name, parameters=parameters, expire=SIGNED_FOR))


def _left_to_the_proxy(found: Attachment | LibraryFile | EventMaterial) -> HttpResponse:
    """nginx's X-Accel-Redirect: it answers with the file, ranges too, and the headers docs/operations.md gives it."""
    response = HttpResponse(content_type=found.media_type)
    response["Content-Disposition"] = _disposition(found)
    response["X-Accel-Redirect"] = settings.FORUM_FILES_PREFIX + quote(str(found.file.name))
    return response


def _streamed(request: HttpRequest, found: Attachment | LibraryFile | EventMaterial) -> HttpResponseBase:
    try:
        file: Any = found.file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    size = found.file.size
    wanted = _range(request.headers.get("Range", ""), size)
    response: HttpResponseBase
    if wanted is None:
        response = FileResponse(file, as_attachment=not found.is_image, filename=found.name)
        response["Content-Length"] = str(size)
    elif wanted == (0, 0):
        file.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        start, end = wanted
        file.seek(start)
        response = FileResponse(_Slice(file, end - start), as_attachment=not found.is_image, filename=found.name)
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        response["Content-Length"] = str(end - start)
    response["Content-Type"] = found.media_type
    response["Accept-Ranges"] = "bytes"
    return response


def _range(header: str, size: int) -> tuple[int, int] | None:
    """From and up to but not with (RFC 9110 § 14.2); (0, 0) where it cannot be had, None where none is asked for."""
    asked = _RANGE.fullmatch(header.strip())
    if asked is None or not (asked[1] or asked[2]) or len(header) > 60:
        return None
    if not asked[1]:
        length = min(int(asked[2]), size)
        return (size - length, size) if length else (0, 0)
    start = int(asked[1])
    end = min(int(asked[2]) + 1, size) if asked[2] else size
    return (start, end) if start < end else (0, 0)


class _Slice:
    """A part of a file, to be read from where it stands."""

    def __init__(self, file: Any, length: int) -> None:
        self.file = file
        self.left = length

    def read(self, most: int = -1) -> bytes:
        wanted = self.left if most < 0 else min(most, self.left)
        piece: bytes = self.file.read(wanted)
        self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.file.close()
