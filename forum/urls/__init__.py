"""Addresses of FACT Forum, one module a family."""

from forum.urls import (
    event_after,
    event_calendar,
    events,
    library,
    library_bulk,
    library_joined,
    moderation,
    news,
    notices,
    seals,
    spaces,
    topics,
    uploads,
    writing,
)

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *event_calendar.urlpatterns,
    *events.urlpatterns,
    *library_bulk.urlpatterns,
    *library_joined.urlpatterns,
    *news.urlpatterns,
    *uploads.urlpatterns,
    *event_after.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
