"""Nobody loses what they wrote: signed out, on an old page, or signed in as somebody else, the text comes back.

The text is in the answer's body only: never in a cookie, an address, a session, a log or an error report.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from forum.models import TITLE_MAX, WARNING_MAX, Post
from forum.queries.composing import account_key
from forum.rendering import render as render_text
from forum.rendering import text_to_write_on
from forum.writing import masked_source
from safety.guard import mask
from safety.text import TextRefusedError

SALT = "forum.kept"
KEPT_FOR = 14 * 24 * 3600
"""Seconds that a page with somebody's text may lie open and still be continued from."""
FIELDS = ("place", "source_format", "as_pseudonym", "subject", "reply_to", "submission", "version")

View = Callable[..., HttpResponse]


class _Check(CsrfViewMiddleware):
    """Django's check, which says what is wrong instead of answering with its own page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def is_forged_or_old(request: HttpRequest) -> bool:
    check = _Check(lambda request: HttpResponse())
    return check.process_view(request, HttpResponse, (), {}) is not None


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def keeps_text(on_old_page: View) -> Callable[[View], View]:
    """For a view that takes what somebody wrote: like `login_required` and CSRF protection, but the text comes back.

    `on_old_page` answers a POST whose CSRF token is not today's. It changes nothing and shows the text with a new one.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @never_cache
        @sensitive_post_parameters()
        @wraps(view)
        @sensitive_variables()
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            account = request.POST.get("account", "")
            if not request.user.is_authenticated or (account and account != account_key(request.user)):
                return signed_out(request)
            if request.method == "POST" and is_forged_or_old(request):
                if wants_json(request):
                    return JsonResponse({"token": get_token(request)}, status=403)
                return on_old_page(request, *args, **kwargs)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


@sensitive_variables()
def signed_out(request: HttpRequest) -> HttpResponse:
    """What a signed-out writer gets: the way to sign in, and their text to go on with afterwards."""
    back = request.POST.get("back", "") if request.method == "POST" else request.get_full_path()
    if not back.startswith("/") or back.startswith("//"):
        back = request.path
    login_url = f"{reverse('account_login')}?{urlencode({'next': back})}"
    if wants_json(request):
        message = _("Du er logget ut. Teksten ligger her på enheten og lagres når du har logget inn.")
        return JsonResponse({"message": message, "login_url": login_url}, status=401)
    if request.method != "POST":
        return HttpResponse(status=302, headers={"Location": login_url})
    kept = pack(request)
    return show_kept(request, kept=kept, login_url=login_url)


@sensitive_variables()
def show_kept(request: HttpRequest, *, kept: dict[str, Any], login_url: str, is_other: bool = False) -> HttpResponse:
    html = render_text(kept["source"], source_format=kept["source_format"]).html
    context = {
        "kept": signing.dumps(kept, salt=SALT, compress=True),
        "title": kept["title"],
        "text": text_to_write_on(html) if kept["source_format"] == Post.Format.HTML else kept["source"],
        "login_url": login_url,
        "is_other": is_other,
    }
    return render(request, "forum/signed_out.html", context, status=401)


@sensitive_variables()
def pack(request: HttpRequest) -> dict[str, Any]:
    """What was sent, with identity numbers masked, as it stands signed in the page."""
    kept: dict[str, Any] = {name: request.POST.get(name, "")[:200] for name in FIELDS}
    kept["account"] = request.POST.get("account", "")[:40]
    kept["principles"] = request.POST.getlist("principles")[:20]
    kept["back"] = request.POST.get("back", "")[:200]
    if kept["source_format"] not in Post.Format.values:
        kept["source_format"] = Post.Format.TEXT
    try:
        kept["source"] = masked_source(request.POST.get("source", ""), source_format=kept["source_format"])
    except TextRefusedError:
        # Too long or too tangled to be posted: the words are what there is to save.
        kept["source"], kept["source_format"] = mask(request.POST.get("source", "")[:200_000]), Post.Format.TEXT
    kept["title"] = mask(request.POST.get("title", ""))[:TITLE_MAX]
    kept["content_warning"] = mask(request.POST.get("content_warning", ""))[:WARNING_MAX]
    return kept


def unpack(request: HttpRequest) -> dict[str, Any]:
    """Raises django.core.signing.BadSignature for what is not ours or too old."""
    kept: dict[str, Any] = signing.loads(request.POST.get("kept", ""), salt=SALT, max_age=KEPT_FOR)
    return kept
