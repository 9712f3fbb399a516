"""Events: their pages, and signing up."""

from django.urls import URLPattern, URLResolver, path

from forum.views import events, sign_ups

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/arrangementer/nytt/", events.event_new, name="event-new"),
    path("forum/arrangementer/<int:pk>/", events.event, name="event"),
    path("forum/arrangementer/<int:pk>/rediger/", events.event_edit, name="event-edit"),
    path("forum/arrangementer/<int:pk>/publiser/", events.event_publish, name="event-publish"),
    path("forum/arrangementer/<int:pk>/meld-pa/", sign_ups.sign_up, name="event-sign-up"),
    path("forum/arrangementer/<int:pk>/meld-av/", sign_ups.sign_up_cancel, name="event-sign-up-cancel"),
]
