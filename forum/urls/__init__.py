"""Addresses of FACT Forum, one module a family."""

from forum.urls import event_after, events, library, moderation, notices, seals, spaces, topics, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *events.urlpatterns,
    *event_after.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
