"""News, what one wants to hear, mail and feeds."""

from django.urls import URLPattern, URLResolver, path

from forum.views import notices

urlpatterns: list[URLPattern | URLResolver] = [
    path("varsler/", notices.notices, name="notices"),
    path("varsler/<int:pk>/", notices.notice, name="notice"),
    path("varsler/lest/", notices.mark_all, name="notices-read"),
    path("varsler/innstillinger/", notices.notice_settings, name="notice-settings"),
    path("varsler/innstillinger/strom/", notices.make_feed, name="feed-make"),
    path("varsler/innstillinger/strom/slett/", notices.revoke_feed, name="feed-revoke"),
    path("forum/strom/<str:token>/", notices.feed, name="feed"),
    path("forum/rom/<slug:slug>/folg/", notices.watch_space, name="space-watch"),
    path("forum/trad/<int:pk>/folg/", notices.watch_topic, name="topic-watch"),
]
