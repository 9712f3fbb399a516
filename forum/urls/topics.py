"""Lists of topics, and topics to read."""

from django.urls import URLPattern, URLResolver, path

from forum.views import topic_tools, topics

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/", topics.home, name="home"),
    path("forum/rom/<slug:slug>/", topics.space, name="space"),
    path("forum/rom/<slug:slug>/lest/", topics.mark_space_read, name="mark-all-read"),
    path("forum/trad/<int:pk>/", topics.topic, name="topic"),
    path("forum/trad/<int:pk>/forste-uleste/", topics.first_unread, name="first-unread"),
    path("forum/trad/<int:pk>/fest/", topic_tools.pin, name="topic-pin"),
    path("forum/trad/<int:pk>/steng/", topic_tools.close, name="topic-close"),
    path("forum/trad/<int:pk>/flytt/", topic_tools.move, name="topic-move"),
    path("forum/trad/<int:pk>/sla-sammen/", topic_tools.merge, name="topic-merge"),
    path("forum/trad/<int:pk>/del/", topic_tools.split, name="topic-split"),
    path("forum/innlegg/<int:pk>/", topics.post, name="post"),
    path("forum/innlegg/<int:pk>/reaksjon/", topics.react, name="post-react"),
    path("forum/innlegg/<int:pk>/hjalp/", topics.accept, name="post-accept"),
    path("forum/om/<slug:kind>/<uuid:key>/", topics.topics_about, name="topics-about"),
]
