"""Events: their pages, and signing up."""

from django.urls import URLPattern, URLResolver, path

from forum.views import events, sign_ups

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/arrangementer/nytt/", events.event_new, name="event-new"),
    path("forum/arrangementer/<int:pk>/", events.event, name="event"),
    path("forum/arrangementer/<int:pk>/rediger/", events.event_edit, name="event-edit"),
    path("forum/arrangementer/<int:pk>/publiser/", events.event_publish, name="event-publish"),
    path("forum/arrangementer/<int:pk>/program/", events.event_programme, name="event-programme"),
    path("forum/arrangementer/<int:pk>/sporsmal/", events.event_questions, name="event-questions"),
    path("forum/arrangementer/<int:pk>/avlys/", events.event_cancel, name="event-cancel"),
    path("forum/arrangementer/<int:pk>/vis/", events.event_state, name="event-state"),
    path("forum/arrangementer/<int:pk>/slett/", events.event_delete, name="event-delete"),
    path("forum/arrangementer/<int:pk>/pameldte/", sign_ups.participants, name="event-participants"),
    path("forum/arrangementer/<int:pk>/pameldte/ny/", sign_ups.add_person, name="event-add-person"),
    path("forum/arrangementer/<int:pk>/team/", sign_ups.sign_up_team, name="event-sign-up-team"),
    path("forum/arrangementer/<int:pk>/svar/", sign_ups.sign_up_answers, name="event-answers"),
    path("forum/arrangementer/<int:pk>/meld-pa/", sign_ups.sign_up, name="event-sign-up"),
    path("forum/arrangementer/pamelding/<uuid:key>/meld-av/", sign_ups.sign_up_cancel, name="event-sign-up-cancel"),
    path("forum/arrangementer/pamelding/<uuid:key>/tilbud/", sign_ups.sign_up_offer, name="event-sign-up-offer"),
]
