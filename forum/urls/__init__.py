"""Addresses of FACT Forum, one module a family."""

from forum.urls import library, moderation, notices, seals, spaces, topics, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *library.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
