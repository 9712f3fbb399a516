"""Files on their way into the library, and pictures of their pages."""

from django.urls import URLPattern, URLResolver, path

from forum.views import uploads

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/bibliotek/opplasting/", uploads.uploads, name="library-uploads"),
    path("forum/bibliotek/opplasting/<uuid:key>/", uploads.upload, name="library-upload"),
]
