"""Spaces and who is in them; `forum:home` and `forum:space` are lists of topics, among theirs."""

from django.urls import URLPattern, URLResolver, path

from forum.views import spaces

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/nytt-rom/", spaces.new, name="space-new"),
    path("forum/invitasjoner/", spaces.invitations, name="space-invitations"),
    path("forum/invitasjoner/<int:pk>/", spaces.invitation, name="space-invitation"),
    path("forum/til-deg/", spaces.alias_openings, name="alias-openings"),
    path("forum/rom/<slug:slug>/om/", spaces.about, name="space-about"),
    path("forum/rom/<slug:slug>/innstillinger/", spaces.edit, name="space-edit"),
    path("forum/rom/<slug:slug>/innstillinger/arkiver/", spaces.archive, name="space-archive"),
    path("forum/rom/<slug:slug>/bli-med/", spaces.join, name="space-join"),
    path("forum/rom/<slug:slug>/bli-med/trekk/", spaces.withdraw, name="space-withdraw"),
    path("forum/rom/<slug:slug>/onsker/", spaces.requests, name="space-requests"),
    path("forum/rom/<slug:slug>/onsker/<int:pk>/", spaces.decide, name="space-request"),
    path("forum/rom/<slug:slug>/inviter/", spaces.invite, name="space-invite"),
    path("forum/rom/<slug:slug>/inviter/<int:pk>/trekk/", spaces.take_back, name="space-take-back"),
    path("forum/rom/<slug:slug>/medlemmer/", spaces.members, name="space-members"),
    path("forum/rom/<slug:slug>/medlemmer/radgivere/", spaces.facilitators, name="space-facilitators"),
    path("forum/rom/<slug:slug>/medlemmer/<int:pk>/", spaces.member, name="space-member"),
    path("forum/rom/<slug:slug>/ga-ut/", spaces.leave, name="space-leave"),
    path("forum/rom/<slug:slug>/alias/", spaces.alias, name="space-alias"),
]
