"""The manuscripts of a lesson's films, to record from."""

import zipfile
from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import translation

from courses.film_script import Scene, captions, described_transcript, manuscript, read_script
from courses.models import LessonPage


def scripts_of(lesson: LessonPage) -> list[tuple[str, str, list[Scene]]]:
    """Title, role and manuscript of each role film in the lesson as it was last saved."""
    latest: LessonPage = lesson.get_latest_revision_as_object()
    return [
        (child.value["title"], child.value["role"], read_script(child.value["script"]))
        for child in latest.body
        if child.block_type == "role_film" and child.value.get("script")
    ]


def script_files(lesson: LessonPage) -> dict[str, str]:
    """Manuscript, captions and described transcript of each film, in the lesson's language, by file name."""
    language = lesson.locale.language_code
    found = {}
    scripts = scripts_of(lesson)
    with translation.override(language):
        for number, (title, role, scenes) in enumerate(scripts, start=1):
            stem = lesson.slug if len(scripts) == 1 else f"{lesson.slug}-{number}"
            found[f"{stem}.manus.md"] = manuscript(scenes, title=title, role=role)
            found[f"{stem}.utskrift.txt"] = described_transcript(scenes)
            if cues := captions(scenes):
                found[f"{stem}.{language}.vtt"] = cues
    return found


def download_script(request: HttpRequest, pk: int) -> FileResponse:
    """The files as a zip. Only for those who may edit the lesson: others get 403."""
    lesson = get_object_or_404(LessonPage.objects.select_related("locale"), pk=pk)
    if not lesson.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    files = script_files(lesson)
    if not files:
        raise Http404
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{lesson.slug}/{name}", text)
    sink.seek(0)
    return FileResponse(sink, as_attachment=True, filename=f"manus-{lesson.slug}.zip", content_type="application/zip")
