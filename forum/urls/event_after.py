"""What an arranger does around an event, and what comes afterwards."""

from django.urls import URLPattern, URLResolver, path

from forum.views import event_after, event_around

EVENT = "forum/arrangementer/<int:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{EVENT}grupper/", event_around.groups, name="event-groups"),
    path(f"{EVENT}brev/", event_around.letters, name="event-letters"),
    path(f"{EVENT}eksport/", event_around.exports, name="event-exports"),
    path(f"{EVENT}eksport.<str:file_format>", event_around.export, name="event-export"),
    path(f"{EVENT}team/eksport.<str:file_format>", event_around.export_team, name="event-export-team"),
    path(f"{EVENT}materiell/", event_after.materials, name="event-materials"),
    path("forum/arrangementer/materiell/<uuid:key>/", event_after.material, name="event-material"),
    path(f"{EVENT}evaluering/", event_after.evaluation, name="event-evaluation"),
    path(f"{EVENT}evaluering/sporsmal/", event_after.evaluation_questions, name="event-evaluation-questions"),
    path(f"{EVENT}evaluering/svar/", event_after.evaluation_results, name="event-evaluation-results"),
    path(f"{EVENT}deltakerbevis/", event_after.certificate, name="event-certificate"),
    path(f"{EVENT}deltakerbevis.pdf", event_after.certificate_pdf, name="event-certificate-pdf"),
    path(f"{EVENT}deltakerbevis/nytt-navn/", event_after.certificate_reissue, name="event-certificate-reissue"),
    path(f"{EVENT}deltakerbevis/utsted/", event_after.certificates_issue, name="event-certificates-issue"),
    path("deltakerbevis/<str:code>/", event_after.check, name="attendance-check"),
]
