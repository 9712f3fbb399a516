"""A space's library in and out: a zip with a list, tried first and then taken in, and all of it as a zip."""

import tempfile
from typing import IO, Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from forum.actions.library_import import PAGE_LIMITS, ImportPlan, import_library, opened_import, plan_import
from forum.forms_library_bulk import ImportForm, seal_of
from forum.library_sheet import COLUMNS, TEMPLATE_COLUMNS, heading_of
from forum.models import Space
from forum.permissions.library_bulk import user_can_export_from, user_can_import_into
from forum.queries.library_export import size_of_export, write_library_zip
from forum.queries.spaces import get_readable_space_for, get_space_facts
from safety.files import MEGABYTE, FileRefusedError
from safety.tables import write_csv

REFUSED = 422
EXPORT_MOST = 500 * MEGABYTE
"""Bytes of files a page writes into a zip; more takes longer than a page may."""


def _get_space_for(user: Any, slug: str) -> Space:
    """A space whose library this person takes out. Raises PermissionDenied, and Http404 for outsiders."""
    space = get_readable_space_for(user, slug)
    if not user_can_export_from(user, space):
        raise PermissionDenied
    return space


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest, slug: str) -> HttpResponse:
    """What to take in and out, and what becomes of a zip: tried first, taken in when the same one comes again."""
    space = _get_space_for(request.user, slug)
    may_import = user_can_import_into(request.user, space)
    if request.method == "POST" and not may_import:
        raise PermissionDenied
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, Any] = {"form": form, "may_import": may_import, "limits": PAGE_LIMITS}
    if form.is_bound and form.is_valid():
        try:
            context |= _handle(request, space, form)
        except FileRefusedError as error:
            form.add_error("file", error.message)
    count, size = size_of_export(request.user, space)
    context |= {
        "space": space,
        "space_facts": get_space_facts(person=request.user, space=space),
        "here": "library",
        "count": count,
        "is_too_large": size > EXPORT_MOST,
        "columns": [(name, others[0]) for name, others in COLUMNS.items() if name in TEMPLATE_COLUMNS],
    }
    status = REFUSED if form.is_bound and form.errors else 200
    return TemplateResponse(request, "forum/library/import.html", context, status=status)


@sensitive_variables()
def _handle(request: HttpRequest, space: Space, form: ImportForm) -> dict[str, Any]:
    """Try the zip, or take it in where it is the one that was tried. Raises FileRefusedError."""
    person: Any = request.user
    file = form.cleaned_data["file"]
    wants = request.POST.get("do") == "import"
    does = wants and form.was_tried(space_id=space.pk)
    act = import_library if does else plan_import
    with opened_import(file, limits=PAGE_LIMITS) as folder:
        plan: ImportPlan = act(
            person=person,
            space=space,
            folder=folder,
            limits=PAGE_LIMITS,
            confirmed=request.POST.getlist("confirmed") if does else (),
        )
    return {
        "plan": plan,
        "is_done": does,
        "is_another": wants and not does,
        "tried": seal_of(file, space.pk),
        "counts": {name: len(plan.of(name)) for name in ("new", "asks", "made", "there", "refused")},
    }


@login_required
@never_cache
@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponseBase:
    """All the reader may see of the space's library, as a zip."""
    space = _get_space_for(request.user, slug)
    _count, size = size_of_export(request.user, space)
    if size > EXPORT_MOST:
        raise PermissionDenied
    sink: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 – the response closes it
    write_library_zip(request.user, space, sink)
    sink.seek(0)
    return FileResponse(sink, as_attachment=True, filename=f"{space.slug}.zip", content_type="application/zip")


@login_required
@never_cache
@require_safe
def template(request: HttpRequest, slug: str) -> HttpResponse:
    """A list to begin from: the headings and two rows that show how."""
    _get_space_for(request.user, slug)
    example = {
        "id": "mandat",
        "version": "1",
        "title": _("Mandat for styringsgruppa"),
        "summary": _("Hva gruppa bestemmer, og hvem som sitter i den."),
        "kind": _("Mal"),
        "principles": "fact/tverrfaglig-teamtilnaerming",
        "phase": _("Forprosjekt"),
        "programme": "FACT",
        "language": _("Bokmål"),
        "licence": "CC BY 4.0",
        "review_on": "2027-12-31",
        "tags": _("mandat, styringsgruppe"),
        "files": "mandat.docx",
    }
    newer = {
        "id": "mandat",
        "version": "2",
        "files": "mandat-2.docx",
        "note": _("Plass til brukere og pårørende."),
    }
    rows = [
        [heading_of(name) for name in TEMPLATE_COLUMNS],
        *([row.get(name, "") for name in TEMPLATE_COLUMNS] for row in (example, newer)),
    ]
    response = HttpResponse(write_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="bibliotek.csv"'
    return response
