"""The list of teams in Wagtail's admin: hand in a file, look through what it would change, let it count."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from people.models import TeamListUpload
from people.permissions import user_can_edit_team_list
from people.team_list.actions import (
    AlreadyAppliedError,
    ListChangedError,
    apply_team_list,
    hand_in_team_list,
    plan_of_upload,
)
from people.team_list.columns import HEADINGS
from people.team_list.export import export_team_list
from people.team_list.plan import Plan
from safety.files import FileRefusedError

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TeamListForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Teamliste (xlsx eller csv)"))


def _authorise(user: Any) -> None:
    if not user_can_edit_team_list(user):
        raise PermissionDenied


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Hand in a file. Changes no team: what it would change is shown first."""
    _authorise(request.user)
    form = TeamListForm(request.POST, request.FILES) if request.method == "POST" else TeamListForm()
    plan: Plan | None = None
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload, plan = hand_in_team_list(file=file, name=file.name or "", by=request.user)  # type: ignore[arg-type]
        except FileRefusedError as error:
            form.add_error("file", error.message)
        else:
            if upload is not None:
                return redirect("team_list_admin:check", upload.key)
    is_refused = bool(form.errors) or (plan is not None and not plan.is_sound)
    context = {"form": form, "plan": plan, "headings": HEADINGS}
    return render(request, "people/team_list_import.html", context, status=422 if is_refused else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check_list(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """What the file would change, row by row, and the button that lets it. For whoever handed it in."""
    _authorise(request.user)
    upload = get_object_or_404(TeamListUpload, key=key, uploaded_by=request.user.pk)
    has_changed = False
    try:
        if request.method == "POST":
            plan = apply_team_list(upload=upload, fingerprint=request.POST.get("fingerprint", ""))
            messages.success(request, _summary(plan))
            return redirect("team_list_admin:import")
        plan = plan_of_upload(upload)
    except ListChangedError as error:
        plan, has_changed = error.plan, True
    except AlreadyAppliedError:
        messages.warning(request, _("Denne fila er brukt, eller den har ventet for lenge. Last den opp på nytt."))
        return redirect("team_list_admin:import")
    context = {"upload": upload, "plan": plan, "has_changed": has_changed}
    return render(request, "people/team_list_check.html", context, status=409 if has_changed else 200)


def _summary(plan: Plan) -> str:
    new, changed = plan.counts["new"], plan.counts["changed"]
    return " ".join(
        [
            _("Lista er lagret."),
            ngettext("%d team er nytt.", "%d team er nye.", new) % new,
            ngettext("%d team er endret.", "%d team er endret.", changed) % changed,
        ]
    )


@never_cache
@require_safe
def export_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Every team as a file."""
    _authorise(request.user)
    content = export_team_list(kind=kind)
    name = f"team-{timezone.localdate().isoformat()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type=CONTENT_TYPES[kind], headers=headers)
