"""Addresses of the whole site."""

from allauth.account import urls as account_urls
from allauth.mfa import urls as mfa_urls
from allauth.socialaccount import urls as social_urls
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.urls import serve_pattern
from wagtail.utils.urlpatterns import decorate_urlpatterns
from wagtail.views import authenticate_with_password

from home import views
from home.media import serve_media
from people.account_views import confirm_code, list_sessions, openid_callback, openid_login, reset_door
from people.views import admin_door, page_door

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/login/", admin_door, name="admin-door"),
    re_path(r"^admin/password_reset/", reset_door, name="admin-reset-door"),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
]
# One address for a provider to send people back to, whatever language they read in.
urlpatterns += [
    path("konto/oidc/<str:provider_id>/login/", openid_login, name="openid_connect_login"),
    path("konto/oidc/<str:provider_id>/login/callback/", openid_callback, name="openid_connect_callback"),
]
if settings.SERVE_MEDIA:
    urlpatterns.append(path("media/<path:path>", serve_media))

urlpatterns += i18n_patterns(
    path("konto/confirm-email/", confirm_code, name="account_email_verification_sent"),
    path("konto/", include(decorate_urlpatterns(account_urls.urlpatterns, never_cache))),
    path("konto/totrinn/", include(decorate_urlpatterns(mfa_urls.urlpatterns, never_cache))),
    path("konto/tilkoblet/", include(decorate_urlpatterns(social_urls.urlpatterns, never_cache))),
    path("konto/okter/", list_sessions, name="usersessions_list"),
    path("", include("people.urls")),
    path("", include("home.urls")),
    path("", include("learning.urls")),
    path("", include("forum.urls")),
    # Wagtail's own list, with our door in place of its sign-in page and our way to a page.
    path("_util/login/", page_door, name="wagtailcore_login"),
    path(
        "_util/authenticate_with_password/<int:page_view_restriction_id>/<int:page_id>/",
        authenticate_with_password,
        name="wagtailcore_authenticate_with_password",
    ),
    re_path(serve_pattern, views.serve_page, name="wagtail_serve"),
    prefix_default_language=False,
)
