"""Nobody loses a form they filled in because they were signed out meanwhile, or because the page has grown old.

Everything that was sent stands in the answer's body, as hidden fields to be sent once more: never in a cookie, an
address, a session, a log or an error report. Posts have a page of their own (`forum.views.kept`).
"""

from collections.abc import Iterator
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from forum.models import Post
from forum.queries.composing import as_uuid
from forum.views.kept import View, is_forged_or_old
from forum.writing import masked_source, words_to_write_on
from safety.guard import mask, mask_html
from safety.html import HtmlTooLargeError
from safety.text import TextRefusedError

SIGNED_OUT, OLD_PAGE = 401, 403
FIELDS_MOST = 2000
LENGTH_MOST = 400_000
"""Characters of names and values in all: four times the longest form that is accepted."""
ONE_LINE = ("title", "subject", "label")
"""Fields that are shown to their writer even where they hold one word."""


class Kept(NamedTuple):
    """What was sent, in its order, and the same as its writer reads it."""

    fields: list[tuple[str, str]]
    words: str
    is_masked: bool


def keeps_form(view: View) -> View:
    """For a view with a long form, in place of `login_required`: signed out or on an old page, what was sent is shown
    again and may be sent on. The view itself is reached as ever, signed in and with a token of today.

    A POST from another site is not shown: one press on our page would make what somebody else has filled in.
    """
    protected = csrf_protect(login_required(view))

    @csrf_exempt
    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    @sensitive_variables()
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and is_sent_from_here(request):
            if not request.user.is_authenticated:
                return _show(request, status=SIGNED_OUT)
            if is_forged_or_old(request):
                return _show(request, status=OLD_PAGE)
        return protected(request, *args, **kwargs)

    return guarded


def is_sent_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of ours sent it. Where it says nothing, it is not so."""
    check = CsrfViewMiddleware(lambda request: HttpResponse())
    if "HTTP_ORIGIN" in request.META:
        return bool(check._origin_verified(request))  # type: ignore[attr-defined]
    if not request.is_secure():
        return False
    try:
        check._check_referer(request)  # type: ignore[attr-defined]
    except RejectRequest:
        return False
    return True


@sensitive_variables()
def _show(request: HttpRequest, *, status: int) -> HttpResponse:
    context = {
        "kept": _keep(request),
        "is_signed_out": status == SIGNED_OUT,
        "has_files": bool(request.FILES),
        "login_url": f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}",
    }
    return render(request, "forum/kept_form.html", context, status=status)


@sensitive_variables()
def _keep(request: HttpRequest) -> Kept | None:
    """What was sent, with identity numbers masked. None where it is more than any form of ours sends."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"]
    if len(sent) > FIELDS_MOST or sum(len(name) + len(value) for name, value in sent) > LENGTH_MOST:
        return None
    source_format = Post.Format.TEXT
    if request.POST.get("source_format") == Post.Format.HTML:
        source_format = Post.Format.HTML
    try:
        source = masked_source(request.POST.get("source", ""), source_format=source_format)
    except TextRefusedError:
        # Too long or too tangled to be saved: the words are what there is to save.
        source, source_format = mask(request.POST.get("source", "")), Post.Format.TEXT
    fields = []
    for name, value in sent:
        if name == "source":
            kept = source
        elif name == "source_format":
            kept = source_format
        elif name == "formatted":
            kept = _mask_formatted(value)
        else:
            kept = _mask_value(value)
        fields.append((name, kept))
    is_masked = any(_mask_value(value) != value for _name, value in sent)
    return Kept(fields, "\n\n".join(_read(fields, source_format=source_format)), is_masked)


@sensitive_variables()
def _mask_value(value: str) -> str:
    """A form's own key may have digits enough to look like somebody's number; changed, it would be no key any more."""
    return value if str(as_uuid(value)) == value.lower() else mask(value)


@sensitive_variables()
def _mask_formatted(html: str) -> str:
    try:
        return mask_html(html)
    except HtmlTooLargeError:
        return ""


@sensitive_variables()
def _read(fields: list[tuple[str, str]], *, source_format: str) -> Iterator[str]:
    """What somebody wrote rather than chose: one-line titles, and whatever has a space in it."""
    for name, value in fields:
        if not value.strip():
            continue
        if name == "source":
            yield words_to_write_on(value, source_format=source_format)[1]
        elif name != "formatted" and (len(value.split()) > 1 or name.rpartition("-")[2] in ONE_LINE):
            yield value
