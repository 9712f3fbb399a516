"""Reader-dependent places of this room's pages."""

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html

from courses.rendering import register_slot


def form_token(request: HttpRequest) -> str:
    """The token of every form on this page; it is masked once a request."""
    token: str | None = getattr(request, "flett_form_token", None)
    if token is None:
        token = get_token(request)
        request.flett_form_token = token  # type: ignore[attr-defined]
    return token


def csrf(request: HttpRequest, argument: str) -> str:
    """The hidden field that a form needs."""
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', form_token(request))


register_slot("csrf", csrf)
