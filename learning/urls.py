"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path

from learning.views import reminders

app_name = "learning"

urlpatterns: list[URLPattern | URLResolver] = [
    # A lesson, and what is done in it.
    # What the browser sends by itself.
    # Answers and reflections.
    # Course certificates.
    # Reports.
    # Reminders.
    path("laering/team/<slug:slug>/minn/<int:pk>/", reminders.remind, name="remind"),
]
