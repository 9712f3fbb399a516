"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path

from learning.views import reports

app_name = "learning"

urlpatterns: list[URLPattern | URLResolver] = [
    # A lesson, and what is done in it.
    # What the browser sends by itself.
    # Answers and reflections.
    # Course certificates.
    # Reports.
    path("team/<slug:slug>/laering/", reports.team_report, name="team-report"),
    path("min-side/dette-ser-teamlederen/", reports.seen_by_leader, name="seen-by-leader"),
    path("rapporter/laering/", reports.report, name="report"),
    path("rapporter/laering/tell/", reports.refresh_report, name="report-refresh"),
    path("rapporter/laering/fil/", reports.make_export, name="report-export-make"),
    path("rapporter/laering/fil/<uuid:key>/", reports.export_progress, name="report-export"),
    path("rapporter/laering/fil/<uuid:key>/hent/", reports.download_export, name="report-export-download"),
    # Reminders.
]
