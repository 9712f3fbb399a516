"""News: the list, the archive, an item, and what those who publish do with it."""

from django.urls import URLPattern, URLResolver, path

from forum.views import news

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/nyheter/", news.news, name="news"),
    path("forum/nyheter/arkiv/", news.archive, name="news-archive"),
    path("forum/nyheter/ny/", news.publish, name="news-publish"),
    path("forum/nyheter/<int:pk>/", news.item, name="news-item"),
    path("forum/nyheter/<int:pk>/bekreft/", news.confirm, name="news-confirm"),
    path("forum/nyheter/<int:pk>/rediger/", news.edit, name="news-edit"),
    path("forum/nyheter/<int:pk>/tidligere/", news.earlier, name="news-earlier"),
    path("forum/nyheter/<int:pk>/lest/", news.follow_up, name="news-follow-up"),
    path("forum/nyheter/<int:pk>/minn/", news.remind, name="news-remind"),
    path("forum/nyheter/<int:pk>/vis/", news.state, name="news-state"),
    path("forum/nyheter/<int:pk>/slett/", news.delete, name="news-delete"),
]
