"""Events: list, calendar, archive, and calendars for other programs."""

from django.urls import URLPattern, URLResolver, path

from forum.views import event_calendar

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/arrangementer/", event_calendar.events, name="events"),
    path("forum/arrangementer/kalender/", event_calendar.calendar, name="event-calendar"),
    path("forum/arrangementer/arkiv/", event_calendar.archive, name="event-archive"),
    path("forum/arrangementer/abonner/", event_calendar.subscription, name="event-subscription"),
    path("forum/arrangementer/abonner/lag/", event_calendar.make_feed, name="event-feed-make"),
    path("forum/arrangementer/abonner/stopp/", event_calendar.revoke_feed, name="event-feed-revoke"),
    path("forum/arrangementer/<int:pk>/kalender.ics", event_calendar.download, name="event-ics"),
    path("forum/arrangementer/kalender/<str:token>.ics", event_calendar.feed, name="event-feed"),
]
