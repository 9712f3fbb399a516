"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path

from learning.views import answers, lessons, reflections
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
    path("svar/<int:page_id>/<uuid:block_id>/", answers.answer, name="answer"),
    path("mine-svar/<uuid:lesson_key>/", answers.own_answers, name="own-answers"),
    path("refleksjon/<uuid:lesson_key>/<uuid:block_id>/", reflections.reflection, name="reflection"),
    path("min-laeringssti/", reflections.reflections, name="reflections"),
    path("min-laeringssti/docx/", reflections.reflections_docx, name="reflections-docx"),
    path("min-laeringssti/<uuid:block_id>/", reflections.edit_reflection, name="edit-reflection"),
    path("min-laeringssti/<uuid:block_id>/slett/", reflections.confirm_deletion, name="delete-reflection"),
    # Course certificates.
    # Reports.
    # Reminders.
]
