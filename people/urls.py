"""Addresses of teams and their people."""

from django.urls import path

from people.views import directory, membership, people_settings

app_name = "people"

urlpatterns = [
    path("team/", directory.directory, name="directory"),
    path("team/<slug:slug>/", directory.team, name="team"),
    path("team/<slug:slug>/rediger/", directory.edit_team, name="team-edit"),
    path("team/<slug:slug>/bli-med/", membership.join, name="join"),
    path("team/<slug:slug>/bli-med/trekk/", membership.withdraw, name="withdraw"),
    path("team/<slug:slug>/medlemmer/", membership.members, name="members"),
    path("team/<slug:slug>/medlemmer/tidligere/", membership.history, name="former-members"),
    path("team/<slug:slug>/medlemmer/<int:pk>/", membership.member, name="member"),
    path("team/<slug:slug>/medlemmer/<int:pk>/avslutt/", membership.end, name="end-membership"),
    path("team/<slug:slug>/onsker/", membership.requests, name="requests"),
    path("team/<slug:slug>/onsker/<int:pk>/", membership.decide_request, name="request"),
    path("team/<slug:slug>/invitasjoner/", membership.invitations, name="invitations"),
    path("team/<slug:slug>/invitasjoner/<int:pk>/trekk/", membership.revoke, name="revoke-invitation"),
    path("team/<slug:slug>/invitasjoner/<int:pk>/send/", membership.resend, name="resend-invitation"),
    path("team/invitasjon/<uuid:key>/", membership.invitation, name="invitation"),
    path("konto/medlemskap/", membership.own_history, name="own-memberships"),
    path("oversikt/team/", membership.overview, name="overview"),
    path("innstillinger/team/", people_settings.people_settings, name="people-settings"),
]
