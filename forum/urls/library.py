"""The library: its list, items, versions and files."""

from django.urls import URLPattern, URLResolver, path

from forum.views import library

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/bibliotek/", library.library, name="library"),
    path("forum/bibliotek/del/", library.share, name="library-share"),
    path("forum/bibliotek/<int:pk>/", library.item, name="library-item"),
    path("forum/bibliotek/<int:pk>/rediger/", library.edit, name="library-edit"),
    path("forum/bibliotek/<int:pk>/ny-versjon/", library.new_version, name="library-new-version"),
    path("forum/bibliotek/<int:pk>/bruk/", library.use, name="library-use"),
    path("forum/bibliotek/<int:pk>/vis/", library.state, name="library-state"),
    path("forum/bibliotek/<int:pk>/slett/", library.delete, name="library-delete"),
    path("forum/bibliotek/sammenlign/<int:before>/<int:after>/", library.compare, name="library-compare"),
    path("forum/bibliotek/fil/<uuid:key>/", library.file, name="library-file"),
]
