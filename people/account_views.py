"""Account pages that allauth does not have as we want them."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.views import ConfirmEmailVerificationCodeView
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.providers.openid_connect import views as openid
from allauth.usersessions.internal.flows import sessions as session_flows
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

# In this order: most browsers also call themselves Chrome and Safari.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@never_cache
def reset_door(request: HttpRequest) -> HttpResponse:
    """Wagtail's own way to a new password, wherever in it somebody is: to ours, which knows the limits."""
    return redirect("account_reset_password")


def describe_browser(user_agent: str) -> str:
    """What somebody recognises a session by: "Firefox på Windows"."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), gettext("Ukjent nettleser"))
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return gettext("%(browser)s på %(system)s") % {"browser": browser, "system": system} if system else browser


@method_decorator(never_cache, name="dispatch")
class SessionList(ListUserSessionsView):
    """Where one is signed in. Ends one session (`session`), or all but this one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["sessions"].reverse()
        for session in context["sessions"]:
            session.flett_browser = describe_browser(session.user_agent)
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = request.POST.get("session", "")
        if not chosen.isdecimal():
            response: HttpResponse = super().post(request, *args, **kwargs)
            return response
        session = get_object_or_404(UserSession, pk=chosen, user_id=request.user.pk)
        session_flows.end_sessions(request, [session])
        get_adapter().add_message(request, messages.SUCCESS, message=gettext("Du er logget ut der."))
        return HttpResponseRedirect(self.get_success_url())


list_sessions = SessionList.as_view()


class ConfirmCode(ConfirmEmailVerificationCodeView):
    """Where the code from the mail is typed. A new one is sent as often, and takes as long, whether or not the address
    has an account already: the mail alone says which.
    """

    def _resend_form_valid(self, form: Any) -> HttpResponse:
        self._process.generate_code()
        self._process.send()
        self._process.record_resend()
        self._process.persist()
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_email_verification_sent")))


confirm_code = login_not_required(never_cache(ConfirmCode.as_view()))


LANGUAGE_KEY = "openid_language"


@never_cache
def openid_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """On to the provider by way of a page, not of a redirect.

    A form may only lead to ourselves (`form-action` of the content policy), and browsers hold the redirect after it
    to the same rule. These addresses are the same in all languages: the one the person came from is kept till they are
    back.
    """
    came_from = urlsplit(request.headers.get("Referer", "")).path
    language = translation.get_language_from_path(came_from) or translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(language):
        response: HttpResponse = openid.login(request, provider_id)
        target = response.get("Location", "")
        if response.status_code != 302 or urlsplit(target).netloc in {"", request.get_host()}:
            return response
        request.session[LANGUAGE_KEY] = language
        provider = get_social_adapter().get_provider(request, provider_id)
        return render(request, "socialaccount/leaving.html", {"target": target, "provider_name": provider.name})


@never_cache
def openid_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider, in the language the person left in."""
    with translation.override(request.session.get(LANGUAGE_KEY) or translation.get_language()):
        response: HttpResponse = openid.callback(request, provider_id)
        return response
