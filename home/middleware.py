"""The shell around every response."""

from collections.abc import Callable
from typing import Any

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from courses.rendering import fill_slots

ADMIN_PREFIX = "/admin/"


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy for everybody, and Wagtail's own under /admin/ (its editor needs inline style)."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN_PREFIX) and not getattr(request, "is_preview", False) and not report_only:
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY["DIRECTIVES"]
        return parts


class SlotMiddleware:
    """Fills the slots of pages that are rendered for one reader, such as forms and error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            not getattr(response, "flett_is_filled", False)
            and not response.streaming
            and response.get("Content-Type", "").startswith("text/html")
        ):
            filled: Any = fill_slots(response.content, request)
            if filled is not response.content:
                response.content = filled
        return response
