"""Files, to those who may read the post they are in. Asked for each time: whoever loses the right loses the file."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from forum.models import Attachment, EventMaterial, LibraryFile
from forum.queries.composing import get_attachment_for

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def attachment(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """Pictures, which Flett has made anew, are shown; everything else is downloaded."""
    return serve_file(request, get_attachment_for(request.user, key))


def serve_file(request: HttpRequest, found: Attachment | LibraryFile | EventMaterial) -> HttpResponseBase:
    """A file somebody may have, so that nothing in it runs in our origin. One range of bytes is honoured.

    Raises Http404 where it is gone from the disk.
    """
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
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
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
