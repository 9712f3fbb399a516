"""Files that a script sends to a form of the library piece by piece, in the manner of tus (tus.io, 1.0).

A form's own file field does the same without a script. All answers are JSON, with the words that the form would say.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from forum.actions.library import remove_library_file
from forum.actions.uploads import (
    PIECE_MOST,
    WrongPlaceError,
    begin_upload,
    finish_upload,
    forget_upload,
    take_piece,
)
from forum.models import LibraryFile, LibraryUpload
from forum.permissions.library import user_can_hand_in
from forum.queries.uploads import get_form_files, get_own_file, get_upload_for
from forum.views.kept import is_forged_or_old
from safety.files import FileRefusedError
from safety.guard import ConfirmationNeededError
from safety.text import TextRefusedError

REFUSED, WRONG_PLACE = 422, 409
_LONGEST_NUMBER = 18

View = Callable[..., HttpResponse]


def for_scripts(view: View) -> View:
    """Whoever is signed out or has an old page is told so in words; the chosen file stays chosen, and can go on."""

    @csrf_exempt  # by the middleware, which would answer with a page
    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    @sensitive_variables()
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            message = _(
                "Du er logget ut. Logg inn i en ny fane, og prøv igjen her. Det som er lastet opp, er ikke borte."
            )
            return JsonResponse({"message": message, "login_url": reverse("account_login")}, status=401)
        if is_forged_or_old(request):
            return JsonResponse({"token": get_token(request)}, status=403)
        return view(request, *args, **kwargs)

    return guarded


@for_scripts
@require_http_methods(["GET", "POST"])
@sensitive_variables()
def uploads(request: HttpRequest) -> HttpResponse:
    """What lies beside a form already, and what is on its way to it; or the beginning of one more."""
    person: Any = request.user
    if not user_can_hand_in(person):
        raise PermissionDenied
    data = request.GET if request.method == "GET" else request.POST
    try:
        submission = UUID(data.get("submission", ""))
    except ValueError:
        raise Http404 from None
    if request.method == "GET":
        found = get_form_files(person, submission)
        return JsonResponse(
            {
                "is_used": found.is_used,
                "files": [_told(file) for file in found.files],
                "uploads": [_state(upload) | {"name": upload.name} for upload in found.uploads],
            }
        )
    try:
        upload = begin_upload(
            person=person,
            submission=submission,
            name=data.get("name", ""),
            size=_number(data.get("size", "")),
            stamp=_number(data.get("stamp", "")),
        )
    except (FileRefusedError, TextRefusedError) as error:
        return JsonResponse({"message": error.message}, status=REFUSED)
    return JsonResponse(_state(upload), status=201)


@for_scripts
@require_http_methods(["GET", "HEAD", "PATCH", "POST", "DELETE"])
@sensitive_variables()
def upload(request: HttpRequest, key: UUID) -> HttpResponse:
    """How far it has come (GET), the next piece (PATCH), its end (POST), or away with it (DELETE)."""
    person: Any = request.user
    found = get_upload_for(person, key)
    if request.method == "DELETE":
        return _take_away(person, found, key)
    if found is None:
        file = get_own_file(person, key)
        if file is None:
            raise Http404
        return JsonResponse({"file": _told(file), "notices": []})
    try:
        if request.method == "PATCH":
            found = take_piece(
                upload=found, start=_number(request.headers.get("Upload-Offset", "")), content=_body(request)
            )
        elif request.method == "POST":
            return _finish(found, confirmed=request.POST.get("confirmed") == "1")
    except WrongPlaceError as error:
        return JsonResponse({"received": error.received}, status=WRONG_PLACE)
    except LibraryUpload.DoesNotExist:
        raise Http404 from None
    except FileRefusedError as error:
        return JsonResponse({"message": error.message}, status=REFUSED)
    return JsonResponse(_state(found), headers={"Upload-Offset": str(found.received)})


@sensitive_variables()
def _finish(found: LibraryUpload, *, confirmed: bool) -> HttpResponse:
    try:
        file, notices = finish_upload(upload=found, confirmed=confirmed)
    except ConfirmationNeededError as error:
        return JsonResponse({"question": error.message}, status=REFUSED)
    except (FileRefusedError, TextRefusedError) as error:
        return JsonResponse({"message": error.message}, status=REFUSED)
    return JsonResponse({"file": _told(file), "notices": notices})


def _take_away(person: Any, found: LibraryUpload | None, key: UUID) -> HttpResponse:
    """Also what it became, as long as that is in no version."""
    if found is not None:
        forget_upload(upload=found)
    file = get_own_file(person, key)
    if file is not None:
        remove_library_file(person=person, file=file)
    return HttpResponse(status=204)


def _body(request: HttpRequest) -> bytes:
    try:
        return request.body if int(request.headers.get("Content-Length") or 0) <= PIECE_MOST else b""
    except (RequestDataTooBig, ValueError):
        return b""


def _number(written: str) -> int:
    """-1 for what is none."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < _LONGEST_NUMBER else -1


def _state(upload: LibraryUpload) -> dict[str, Any]:
    return {
        "url": reverse("forum:library-upload", args=[upload.key]),
        "received": upload.received,
        "size": upload.size,
        "piece": PIECE_MOST // 2,
    }


def _told(file: LibraryFile) -> dict[str, str]:
    return {
        "key": str(file.key),
        "name": file.name,
        "size": filesizeformat(file.size),
        "url": reverse("forum:library-file", args=[file.key]),
        "upload_url": reverse("forum:library-upload", args=[file.key]),
    }
