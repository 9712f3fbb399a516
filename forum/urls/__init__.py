"""Addresses of FACT Forum, one module a family."""

from forum.urls import library, library_bulk, moderation, notices, seals, spaces, topics, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *library_bulk.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
