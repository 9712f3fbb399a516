"""Addresses of teams and their people."""

from django.urls import path

from people.views import directory

app_name = "people"

urlpatterns = [
    path("team/", directory.directory, name="directory"),
    path("team/<slug:slug>/", directory.team, name="team"),
    path("team/<slug:slug>/rediger/", directory.edit_team, name="team-edit"),
]
