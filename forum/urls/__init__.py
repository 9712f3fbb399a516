"""Addresses of FACT Forum, one module a family."""

from forum.urls import library, moderation, notices, seals, spaces, topics, uploads, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *uploads.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
