"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path

from learning.views.events import events

app_name = "learning"

urlpatterns: list[URLPattern | URLResolver] = [
    # A lesson, and what is done in it.
    # What the browser sends by itself.
    path("laering/hendelser/", events, name="events"),
    # Answers and reflections.
    # Course certificates.
    # Reports.
    # Reminders.
]
