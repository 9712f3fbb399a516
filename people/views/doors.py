"""Doors that stand where Wagtail would show its own."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache


@never_cache
def admin_door(request: HttpRequest) -> HttpResponse:
    """Where Wagtail sends people who may not come in yet, in place of its own sign-in, which knows no second factor.

    Anonymous: to our sign-in and then on. An editor: on. Anybody else: 403, since signing in again would not help.
    """
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = {request.get_host()}
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=own, require_https=request.is_secure()):
        target = reverse("wagtailadmin_home")
    if not request.user.is_authenticated:
        return redirect_to_login(target, login_url=resolve_url("account_login"))
    if not request.user.has_perm("wagtailadmin.access_admin"):
        raise PermissionDenied
    return HttpResponseRedirect(target)


@never_cache
def page_door(request: HttpRequest) -> HttpResponse:
    """Where Wagtail sends readers of a restricted page: to our sign-in, or to a 403 where that would not help."""
    if request.user.is_authenticated:
        raise PermissionDenied
    target = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    return redirect_to_login(target, login_url=resolve_url("account_login"))
