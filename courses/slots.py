"""Reader-dependent places of this room's pages."""

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html

from courses.rendering import register_slot


def csrf(request: HttpRequest, argument: str) -> str:
    """The hidden field that a form needs."""
    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))


register_slot("csrf", csrf)
