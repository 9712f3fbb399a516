"""Addresses of FACT Forum, one module a family."""

from forum.urls import events, library, moderation, notices, seals, spaces, topics, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *events.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
