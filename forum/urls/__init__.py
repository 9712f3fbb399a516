"""Addresses of FACT Forum, one module a family."""

from forum.urls import moderation, notices, seals, spaces, topics, writing

app_name = "forum"

urlpatterns = [
    *spaces.urlpatterns,
    *topics.urlpatterns,
    *writing.urlpatterns,
    *notices.urlpatterns,
    *moderation.urlpatterns,
    *seals.urlpatterns,
]
