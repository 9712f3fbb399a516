"""A space's library in and out."""

from django.urls import URLPattern, URLResolver, path

from forum.views import library_bulk

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/rom/<slug:slug>/bibliotek/", library_bulk.bulk, name="library-bulk"),
    path("forum/rom/<slug:slug>/bibliotek/hent-ut/", library_bulk.export, name="library-export"),
    path("forum/rom/<slug:slug>/bibliotek/mal/", library_bulk.template, name="library-template"),
]
