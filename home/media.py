"""Films, pictures and captions from the media folder, with the byte ranges that seeking in a film needs.

For a developer's machine and a pilot on one server; elsewhere the proxy serves `/media/` (docs/operations.md).
Documents are not here: Wagtail's document view serves them, and asks who may.
"""

import mimetypes
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils._os import safe_join
from django.views.decorators.http import require_safe
from whitenoise.responders import MissingFileError, NotARegularFileError, Response, SlicedFile, StaticFile

PUBLIC_FOLDERS = frozenset({"images", "media", "media_thumbnails", "captions"})
"""What pages show. Originals of images and documents stay behind views that know the reader."""


class MediaFile(StaticFile):
    """WhiteNoise's file, which answers every satisfiable range: its own refuses the range of one byte."""

    def get_range_response(self, range_header: str, base_headers: Any, file_handle: Any) -> Response:
        size = next(int(value) for name, value in base_headers if name == "Content-Length")
        start, end = self.get_byte_range(range_header, size)
        if start > end:
            return self.get_range_not_satisfiable_response(file_handle, size)
        headers = [(name, value) for name, value in base_headers if name != "Content-Length"]
        headers += [("Content-Range", f"bytes {start}-{end}/{size}"), ("Content-Length", str(end - start + 1))]
        body = SlicedFile(file_handle, start, end) if file_handle is not None else None
        return Response(206, headers, body)


@require_safe
def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file, or the part of it that was asked for. Anything outside the public folders is not found."""
    folder, _, rest = path.partition("/")
    if folder not in PUBLIC_FOLDERS:
        raise Http404
    try:
        full_path = Path(safe_join(str(Path(settings.MEDIA_ROOT) / folder), rest))
        file = MediaFile(
            str(full_path),
            [
                ("Content-Type", mimetypes.guess_type(full_path.name)[0] or "application/octet-stream"),
                ("Accept-Ranges", "bytes"),
                ("Cache-Control", "max-age=3600"),
            ],
        )
    except (SuspiciousFileOperation, MissingFileError, NotARegularFileError, ValueError) as error:
        raise Http404 from error
    asked = dict(request.META)
    asked.pop("HTTP_ACCEPT_ENCODING", None)
    if asked.get("HTTP_IF_RANGE", file.etag) != file.etag:
        asked.pop("HTTP_RANGE", None)  # the file has changed since: send the whole of it
    answer = file.get_response(request.method, asked)
    response = (
        FileResponse(answer.file, status=int(answer.status)) if answer.file else HttpResponse(status=int(answer.status))
    )
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    return response
