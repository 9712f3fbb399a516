"""Addresses of teams and their people."""

from django.urls import path

from people.views import directory, membership, own_data, people_settings, unsubscribe

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
    path("konto/", own_data.account, name="account"),
    path("konto/profil/", own_data.profile, name="profile"),
    path("konto/sprak-og-varsler/", own_data.preferences, name="preferences"),
    path("konto/alt-om-meg/", own_data.own_data, name="own-data"),
    path("konto/alt-om-meg/kopi/", own_data.make_export, name="make-export"),
    path("konto/alt-om-meg/kopi/<uuid:key>/", own_data.download_export, name="download-export"),
    path("konto/slett/", own_data.delete_account, name="delete-account"),
    path("konto/behold/", own_data.keep_account, name="keep-account"),
    path("avmelding/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("folk/<int:pk>/", own_data.person, name="person"),
    path("folk/<int:pk>/bilde/<uuid:key>/<slug:size>/", own_data.picture, name="picture"),
    path("oversikt/team/", membership.overview, name="overview"),
    path("innstillinger/team/", people_settings.people_settings, name="people-settings"),
]
