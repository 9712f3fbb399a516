"""Ending a kind of mail from the mail itself."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from people.own_data import actions
from people.unsubscribe import BadTokenError, read_token


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever holds the address may: mail programs post to it without cookies, and must not be redirected (RFC 8058).

    A GET changes nothing, since filters open every link of a mail. Nothing is told of whom it is about.
    """
    try:
        account, kind = read_token(token)
    except BadTokenError:
        return TemplateResponse(request, "people/unsubscribe.html", {"state": "unknown"}, status=404)
    if request.method == "POST":
        actions.stop_mails(account=account, kind=kind)
    state = "done" if request.method == "POST" else "asked"
    return TemplateResponse(request, "people/unsubscribe.html", {"state": state, "what": kind.label})
