"""Moderators and seals: under the prefix that asks for a second factor."""

from django.urls import URLPattern, URLResolver, path

from forum.views import seals

urlpatterns: list[URLPattern | URLResolver] = [
    path("moderering/alias/", seals.openings, name="seal-openings"),
    path("moderering/alias/<int:pk>/apne/", seals.ask, name="seal-ask"),
    path("moderering/alias/apninger/<int:pk>/", seals.opening, name="seal-opening"),
    path("moderering/alias/apninger/<int:pk>/person/", seals.identity, name="seal-identity"),
]
