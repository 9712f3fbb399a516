"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path

from learning.views import lessons
from learning.views.events import events

app_name = "learning"

urlpatterns: list[URLPattern | URLResolver] = [
    # A lesson, and what is done in it.
    path("laering/leksjon/<uuid:lesson_key>/fullfor/", lessons.complete, name="complete"),
    path("laering/leksjon/<uuid:lesson_key>/angre/", lessons.undo, name="undo"),
    path("laering/leksjon/<uuid:lesson_key>/lest/", lessons.news_read, name="news-read"),
    # What the browser sends by itself.
    path("laering/hendelser/", events, name="events"),
    # Answers and reflections.
    # Course certificates.
    # Reports.
    # Reminders.
]
