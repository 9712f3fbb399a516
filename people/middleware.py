"""What stands before a view because of who asks."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language_from_path

from people.permissions import user_needs_second_factor
from people.second_factor import NEXT_KEY, has_second_factor, session_has_shown_it

OPEN_DOORS = ("/admin/login/", "/admin/logout/", "/admin/password_reset/")


class SecondFactorMiddleware:
    """Editors, moderators and administrators show a second factor before the addresses of their work open.

    Without one they are sent to set one up, with one to show it, and from there back. Other people pass: the views
    themselves say no to them. Costs nothing outside `SECOND_FACTOR_PREFIXES`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REQUIRE_MFA and is_guarded(request.path_info):
            detour = find_detour(request)
            if detour:
                return HttpResponseRedirect(detour)
        return self.get_response(request)


def is_guarded(path: str) -> bool:
    """Whether the address is one of `SECOND_FACTOR_PREFIXES`, whatever language it is read in."""
    language = get_language_from_path(path)
    bare = path.removeprefix(f"/{language}") if language else path
    return bare.startswith(settings.SECOND_FACTOR_PREFIXES) and not bare.startswith(OPEN_DOORS)


def find_detour(request: HttpRequest) -> str | None:
    """Where to go first, or None. Three queries for somebody who works there, one for others."""
    if not request.user.is_authenticated or not user_needs_second_factor(request.user):
        return None
    if not has_second_factor(request.user):
        request.session[NEXT_KEY] = target_of(request)
        return reverse("mfa_index")
    if not session_has_shown_it(request):
        ways = [way["url"] for way in get_adapter().get_reauthentication_methods(request.user) if way["id"] != PASSWORD]
        return f"{ways[0]}?{urlencode({'next': target_of(request)})}"
    request.session.pop(NEXT_KEY, None)
    return None


PASSWORD = "reauthenticate"  # noqa: S105 – allauth's name for the way


def target_of(request: HttpRequest) -> str:
    """Where to come back to: the page itself, or the front of the editor where a form was sent."""
    return request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("wagtailadmin_home")
