"""Reports, the moderators' queue and log, and what was decided about oneself."""

from django.urls import URLPattern, URLResolver, path

from forum.views import moderation

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/innlegg/<int:pk>/meld/", moderation.report, name="report"),
    path("forum/innlegg/<int:pk>/meldt/", moderation.report_thanks, name="report-thanks"),
    path("forum/innlegg/<int:pk>/skjul/", moderation.hide, name="post-hide"),
    # A space's facilitators.
    path("forum/rom/<slug:slug>/moderering/", moderation.space_queue, name="space-moderation"),
    path("forum/rom/<slug:slug>/moderering/logg/", moderation.space_log, name="space-moderation-log"),
    path("forum/rom/<slug:slug>/moderering/<int:pk>/", moderation.space_case, name="space-case"),
    # Moderators, behind a second factor.
    path("moderering/", moderation.queue, name="moderation"),
    path("moderering/logg/", moderation.moderation_log, name="moderation-log"),
    path("moderering/innlegg/<int:pk>/", moderation.case, name="case"),
    # Whoever it was done to.
    path("forum/avgjorelser/", moderation.decisions, name="decisions"),
    path("forum/avgjorelser/<int:pk>/", moderation.decision, name="decision"),
]
