"""Files on their way into the library, and pictures of their pages."""

from django.urls import URLPattern, URLResolver, path

from forum.views import previews, uploads

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/bibliotek/opplasting/", uploads.uploads, name="library-uploads"),
    path("forum/bibliotek/opplasting/<uuid:key>/", uploads.upload, name="library-upload"),
    path("forum/bibliotek/versjon/<int:pk>/", previews.version, name="library-version"),
    path("forum/bibliotek/fil/<uuid:key>/side/<int:number>/<slug:size>/", previews.preview, name="library-preview"),
]
