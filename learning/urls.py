"""Addresses of learning's own views; the pages themselves are Wagtail's."""

from django.urls import URLPattern, URLResolver, path, register_converter
from django.urls.converters import StringConverter

from learning.views import answers, certificates, events, lessons, reflections, reminders, reports


class BadgeKindConverter(StringConverter):
    """A picture with the credential inside, or the credential alone."""

    regex = "svg|jwt"


register_converter(BadgeKindConverter, "badge_kind")

app_name = "learning"

urlpatterns: list[URLPattern | URLResolver] = [
    # A lesson, and what is done in it.
    path("laering/leksjon/<uuid:lesson_key>/fullfor/", lessons.complete, name="complete"),
    path("laering/leksjon/<uuid:lesson_key>/angre/", lessons.undo, name="undo"),
    path("laering/leksjon/<uuid:lesson_key>/lest/", lessons.news_read, name="news-read"),
    # What the browser sends by itself.
    path("laering/hendelser/", events.events, name="events"),
    # Answers and reflections.
    path("svar/<int:page_id>/<uuid:block_id>/", answers.answer, name="answer"),
    path("mine-svar/<uuid:lesson_key>/", answers.own_answers, name="own-answers"),
    path("refleksjon/<uuid:lesson_key>/<uuid:block_id>/", reflections.reflection, name="reflection"),
    path("min-laeringssti/", reflections.reflections, name="reflections"),
    path("min-laeringssti/docx/", reflections.reflections_docx, name="reflections-docx"),
    path("min-laeringssti/<uuid:block_id>/", reflections.edit_reflection, name="edit-reflection"),
    path("min-laeringssti/<uuid:block_id>/slett/", reflections.confirm_deletion, name="delete-reflection"),
    # Course certificates.
    path("kursbevis/", certificates.own_certificates, name="certificates"),
    path("kursbevis/<str:code>/pdf/", certificates.certificate_pdf, name="certificate-pdf"),
    path("kursbevis/<str:code>/digitalt.<badge_kind:kind>", certificates.certificate_badge, name="certificate-badge"),
    path("kursbevis/<str:code>/navn/", certificates.show_name, name="certificate-name"),
    path("kursbevis/<str:code>/nytt-navn/", certificates.reissue, name="certificate-reissue"),
    path("kursbevis/<str:code>/forny/", certificates.renew, name="certificate-renew"),
    path("bevis/", certificates.find_certificate, name="find-certificate"),
    path("bevis/utsteder.json", certificates.badge_issuer, name="badge-issuer"),
    path("bevis/nokler.json", certificates.badge_keys, name="badge-keys"),
    path("bevis/kurs/<uuid:subject_key>/<int:version>.json", certificates.badge_achievement, name="badge-achievement"),
    path("bevis/status/<int:number>.jwt", certificates.badge_status, name="badge-status"),
    path("bevis/<str:code>/", certificates.certificate, name="certificate"),
    # Reports.
    path("team/<slug:slug>/laering/", reports.team_report, name="team-report"),
    path("min-side/dette-ser-teamlederen/", reports.seen_by_leader, name="seen-by-leader"),
    path("rapporter/laering/", reports.report, name="report"),
    path("rapporter/laering/tell/", reports.refresh_report, name="report-refresh"),
    path("rapporter/laering/fil/", reports.make_export, name="report-export-make"),
    path("rapporter/laering/fil/<uuid:key>/", reports.export_progress, name="report-export"),
    path("rapporter/laering/fil/<uuid:key>/hent/", reports.download_export, name="report-export-download"),
    # Reminders.
    path("laering/team/<slug:slug>/minn/<int:pk>/", reminders.remind, name="remind"),
]
