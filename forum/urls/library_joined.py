"""The library beside the conversations and the moderators."""

from django.urls import URLPattern, URLResolver, path

from forum.views import library_joined as views

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/bibliotek/<int:pk>/diskuter/", views.discuss, name="library-discuss"),
    path("forum/bibliotek/<int:pk>/folg/", views.follow, name="library-follow"),
    path("forum/bibliotek/<int:pk>/gjennomgatt/", views.reviewed, name="library-reviewed"),
    path("forum/bibliotek/<int:pk>/meld/", views.report, name="library-report"),
    path("forum/bibliotek/<int:pk>/meldt/", views.report_thanks, name="library-report-thanks"),
    path("forum/bibliotek/praksis/<uuid:key>/", views.practice, name="library-practice"),
    path("forum/rom/<slug:slug>/moderering/ressurs/<int:pk>/", views.space_case, name="space-item-case"),
    path("moderering/ressurs/<int:pk>/", views.case, name="item-case"),
]
