"""Course packages in Wagtail's admin: download a course, import a zip and see what it did."""

import tempfile
from typing import IO, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages

from courses.actions import import_course_package
from courses.models import ChangeKind, CourseIndexPage, CoursePage
from courses.packages.apply import ImportReport
from courses.packages.format import PackageError, Problem
from courses.packages.zipped import export_zip, unpacked_package
from courses.permissions import sections_open_for_import


class ImportPackageForm(forms.Form):
    """A zip, and what its changes mean."""

    file = forms.FileField(label=_("Kurspakke (zip)"))
    section = forms.ModelChoiceField(
        label=_("Seksjon"),
        queryset=CourseIndexPage.objects.none(),
        help_text=_("Hvor et nytt kurs legges. Et kurs som finnes fra før, blir stående der det er."),
    )
    change_kind = forms.ChoiceField(
        label=_("Endringene er"), choices=ChangeKind.choices, initial=ChangeKind.CORRECTION, required=False
    )
    change_note = forms.CharField(
        label=_("Hva er nytt"),
        max_length=200,
        required=False,
        help_text=_("Vises for dem som har fullført, ved nytt innhold."),
    )
    check_only = forms.BooleanField(label=_("Bare kontroller pakken, ikke endre noe"), required=False)

    def __init__(self, *args: Any, sections: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].queryset = sections  # type: ignore[attr-defined]
        self.fields["section"].initial = sections.first()

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.PACKAGE_MAX_BYTES:
            limit = settings.PACKAGE_MAX_BYTES // (1024 * 1024)
            raise ValidationError(
                _("Filen er for stor. En kurspakke kan være høyst %(limit)s MB."), params={"limit": limit}
            )
        return file


def import_package(request: HttpRequest) -> HttpResponse:
    """Upload a package. Only for those who may publish in a section: others get 403."""
    sections = sections_open_for_import(request.user)
    if not sections.exists():
        raise PermissionDenied
    form = ImportPackageForm(
        request.POST or None,
        request.FILES or None,
        sections=sections,
        initial={"section": request.GET.get("section")} if request.GET.get("section") else None,
    )
    problems: list[Problem] = []
    report: ImportReport | None = None
    is_checked = False
    if request.method == "POST" and form.is_valid():
        try:
            report = run_import(request, form.cleaned_data)
            is_checked = report is None
        except PackageError as error:
            problems = error.problems
    context = {
        "form": form,
        "problems": problems,
        "report": report,
        "is_checked": is_checked,
        "edit_url": reverse("wagtailadmin_explore", args=[report.course.pk]) if report and report.course else "",
    }
    is_refused = bool(problems or form.errors)
    return render(request, "courses/admin/package_import.html", context, status=422 if is_refused else 200)


def run_import(request: HttpRequest, data: dict[str, Any]) -> ImportReport | None:
    """Unpack the upload and import it with the person's own rights. Raises PackageError."""
    with unpacked_package(data["file"], name=data["file"].name) as folder:
        return import_course_package(
            folder=folder,
            section=data["section"].slug,
            change_kind=data["change_kind"] or ChangeKind.CORRECTION,
            change_note=data["change_note"],
            user=request.user,
            check_only=data["check_only"],
        )


def export_package(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The published course as a zip. Only for those who may edit it: others get 403."""
    course = get_object_or_404(CoursePage, pk=pk)
    if not course.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    sink: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
    try:
        export_zip(course, sink)
    except PackageError as error:
        for problem in error.problems:
            messages.error(request, str(problem))
        return redirect("wagtailadmin_pages:edit", course.pk)
    sink.seek(0)
    return FileResponse(sink, as_attachment=True, filename=f"{course.slug}.zip", content_type="application/zip")
