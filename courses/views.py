"""What views of courses share: who is let in, and the way back."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from courses.rendering import is_twin


def refuse_reader(request: HttpRequest, *, sign_in_required: bool) -> HttpResponse | None:
    """Send an anonymous reader of a closed course to the sign-in page; None when reading is fine.

    A page rendered for keeping is let through here and guarded when it is handed out.
    """
    if sign_in_required and not is_twin(request) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return None


def safe_next(request: HttpRequest, *, fallback: str) -> str:
    """Where the form says the reader came from, if that is on this site."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return fallback
