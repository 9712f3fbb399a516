"""Addresses that notices lead to, stood in for where their own family of views is not there."""

from django.http import HttpRequest, HttpResponse
from django.urls import clear_url_caches, path

from forum import urls

NEEDED = {
    "home": "forum/",
    "space": "forum/rom/<slug:slug>/",
    "topic": "forum/trad/<int:pk>/",
    "post": "forum/innlegg/<int:pk>/",
}


def answer(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("here")


def stand_in() -> None:
    """Add those that are missing. Doing it again changes nothing."""
    there = {getattr(each, "name", None) for each in urls.urlpatterns}
    missing = [path(route, answer, name=name) for name, route in NEEDED.items() if name not in there]
    if missing:
        urls.urlpatterns += missing
        clear_url_caches()
