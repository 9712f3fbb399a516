"""Reports: a team's for its leader, the same to the member, and the figures of regions and the country."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from courses.rendering import Document, page_key, request_stamp, serve_document
from learning import tasks
from learning.actions.reminders import get_path_of_team
from learning.actions.reports import request_report_export
from learning.models import ReportExport
from learning.permissions import (
    find_team_with_learning,
    regions_reported_to,
    user_can_see_national_report,
)
from learning.queries.reminders import LastReminder, get_last_reminders
from learning.queries.report import (
    MONTHS,
    ReportChoice,
    Scope,
    get_report,
    get_run,
    get_subject_titles,
    get_value_labels,
    make_shown_table,
)
from learning.queries.team_report import (
    Line,
    MemberRow,
    Status,
    TeamChoice,
    TeamReport,
    get_own_learning_as_leaders_see_it,
    get_team_learning,
    get_team_stamp,
    make_team_report,
)
from learning.reports.charts import make_columns
from people.alphabet import fold
from people.models import Team, User
from people.permissions import user_can_see_people
from people.queries.directory import get_team
from safety.tables import stream_csv, write_long_xlsx

PAGE_SIZE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def language_of_reader() -> str:
    return translation.get_language() or "nb"


def send_table(rows: Iterable[list[str | int]], *, name: str, kind: str) -> HttpResponseBase:
    """The table as a file somebody keeps: `kind` is csv or xlsx."""
    response: HttpResponseBase
    if kind == "xlsx":
        made = tempfile.TemporaryFile()  # noqa: SIM115 – closed by the response
        write_long_xlsx(rows, made, title=name)
        made.seek(0)
        response = FileResponse(made, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    else:
        response = StreamingHttpResponse(stream_csv(rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- a team ---------------------------------------------------------------------------------------------


def get_reported_team_for(user: Any, slug: str) -> Team:
    """A team whose learning this person may see. One query for its leader.

    Raises PermissionDenied for those who may see its people but not that, Http404 for everybody else.
    """
    team = find_team_with_learning(user, slug)
    if team is not None:
        return team
    if user_can_see_people(user, get_team(slug)):
        raise PermissionDenied
    raise Http404


@login_required
@never_cache
@require_safe
def team_report(request: PersonRequest, slug: str) -> HttpResponseBase:
    """Who has completed what, for the leader. `?fil=csv` or `xlsx` is the same as a file."""
    team = get_reported_team_for(request.user, slug)
    if request.GET.get("fil") in {"csv", "xlsx"}:
        report = make_team_report(get_team_learning(team, language=language_of_reader()), TeamChoice.read(request.GET))
        name = f"{slugify(fold(team.name)) or 'team'}-{timezone.localdate():%Y-%m-%d}"
        return send_table(team_rows(report), name=name, kind=request.GET["fil"])
    return serve_team_report(request, team)


Reminders = dict[int, LastReminder]
KEPT_SECONDS = 600
"""A process that is killed between a change outside a transaction and the bump of its stamp leaves no more behind."""


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A report as it was rendered, and the reminders it shows: how far each came is asked again before it is shown."""

    document: Document
    accounts: list[int]
    path_key: UUID | None
    reminders: Reminders


@sensitive_variables()
def serve_team_report(request: PersonRequest, team: Team) -> HttpResponse:
    """For whoever may see it, which has been asked. Kept for each of them under the stamps of all that it shows: five
    queries where nothing has changed.

    The stamps are read before what they stand for: what is kept may be newer than its stamp, never older.
    """
    stamps = f"{timezone.localdate()}:{request_stamp(request)}:{get_team_stamp(team)}"
    asked = blake2b(request.get_full_path().encode(), digest_size=16).hexdigest()
    key = f"team-report:{request.user.pk}:{stamps}:{page_key(request, language_of_reader())}:{asked}"
    kept: KeptReport | None = caches["learners"].get(key)
    if kept is None or kept.reminders != get_reminders(kept.accounts, kept.path_key):
        kept = render_team_report(request, team)
        caches["learners"].set(key, kept, KEPT_SECONDS)
    return serve_document(kept.document, request)


@sensitive_variables()
def render_team_report(request: PersonRequest, team: Team) -> KeptReport:
    choice = TeamChoice.read(request.GET)
    report = make_team_report(get_team_learning(team, language=language_of_reader()), choice)
    page = Paginator(report.lines, PAGE_SIZE).get_page(request.GET.get("side"))
    asked = {
        name: value
        for name, value in (
            ("status", choice.status),
            ("rolle", choice.role),
            ("kurs", choice.course),
            ("sorter", choice.sort if choice.sort != "navn" else ""),
        )
        if value
    }
    accounts, path_key = [line.row.person.pk for line in page.object_list], get_path_of_team(team)
    reminders = get_reminders(accounts, path_key)
    context = {
        "team": team,
        "report": report,
        "page": page,
        "query": urlencode(asked),
        "statuses": Status.choices,
        "manages": True,
    } | show_lines(page.object_list, reminders=reminders)
    html = render_to_string("learning/team_report.html", context, request)
    return KeptReport(Document.parse(html), accounts, path_key, reminders)


def get_reminders(accounts: list[int], path_key: UUID | None) -> Reminders:
    """The last reminder of the team's path to each of these members, by account number. One query."""
    return get_last_reminders(accounts=accounts, path_key=path_key) if path_key is not None else {}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with what is the same for many rendered once."""

    line: Line
    badge: str
    due: str
    reminder: LastReminder | None = None


def show_lines(lines: Iterable[Line], *, reminders: dict[int, LastReminder] | None = None) -> dict[str, Any]:
    """What `learning/member_learning.html` takes."""
    badges: dict[Status, str] = {}
    days: dict[date | None, str] = {None: "–"}
    shown = []
    for line in lines:
        status, due = line.about.status, line.about.due_on
        if status not in badges:
            badges[status] = render_to_string("learning/status.html", {"about": line.about})
        if due is not None and due not in days:
            days[due] = date_format(due, "DATE_FORMAT")
        shown.append(ShownLine(line, badges[status], days[due], (reminders or {}).get(line.row.person.pk)))
    words = {
        "status": _("Status"),
        "due": _("Frist"),
        "all": _("Alle kurs"),
        "show": _("Vis kursene"),
        "no_role": _("Rolle ikke oppgitt"),
    }
    return {"shown_lines": shown, "words": words}


def team_rows(report: TeamReport) -> Iterable[list[str | int]]:
    """A line for each course or path of each member that the page shows; one course alone where it asks for one."""
    yield [_("Navn"), _("Rolle i teamet"), _("Kurs eller læringssti"), _("Status"), _("Frist"), _("Teamet ber om det")]
    shown = {line.row.membership.pk: line for line in report.lines}
    rows: list[MemberRow] = [row for row in report.rows if row.membership.pk in shown]
    if report.choice.sort != "navn":
        rows = [line.row for line in report.lines]
    for row in rows:
        for each in row.statuses:
            if report.choice.course and report.subject and each.subject.key != report.subject.key:
                continue
            yield [
                str(row.person),
                ", ".join(str(role) for role in row.roles),
                each.subject.title,
                str(each.status.label),
                each.due_on.isoformat() if each.due_on else "",
                _("Ja") if each.is_required else _("Nei"),
            ]


@login_required
@never_cache
@require_safe
def seen_by_leader(request: PersonRequest) -> HttpResponse:
    """What leaders see of oneself: the same rows."""
    rows = get_own_learning_as_leaders_see_it(request.user, language=language_of_reader())
    lines = [Line(row, row.statuses[0]) for row in rows if row.statuses]
    context = {"rows": rows} | show_lines(lines)
    return TemplateResponse(request, "learning/seen_by_leader.html", context)


# --- regions and the country ----------------------------------------------------------------------------


def get_scope_for(user: Any, asked: str) -> Scope:
    """Whose figures this reader sees: everybody's, or one of their own regions'. Raises PermissionDenied."""
    if user_can_see_national_report(user):
        return Scope()
    own = [region.key for region in regions_reported_to(user)]
    if not own:
        raise PermissionDenied
    return Scope(region=asked if asked in own else own[0])


@login_required
@never_cache
@require_safe
def report(request: PersonRequest) -> HttpResponseBase:
    """Figures of learning. For national and regional groups and administrators."""
    scope = get_scope_for(request.user, request.GET.get("region", ""))
    run = get_run()
    labels = get_value_labels()
    own = {region.key for region in regions_reported_to(request.user)}
    context: dict[str, Any] = {
        "scope": scope,
        "run": run,
        "regions": [each for each in labels["region"].items() if not scope.region or each[0] in own],
        "programmes": labels["programme"].items(),
        "roles": labels["role"].items(),
        "month_choices": MONTHS,
        "export": get_export(request.user),
        "is_old": run is None or run.made_at < timezone.now() - REFRESH_AFTER,
    }
    if run is not None:
        choice = ReportChoice.read(request.GET, scope)
        made = get_report(run, choice, language=language_of_reader())
        if request.GET.get("fil") in {"csv", "xlsx"}:
            name = f"laering-{timezone.localtime(run.made_at):%Y-%m-%d}"
            return send_table(make_shown_table(made), name=name, kind=request.GET["fil"])
        context |= {
            "report": made,
            "choice": choice,
            "filter_label": labels.get(choice.filter_by, {}).get(choice.filter_value, choice.filter_value),
            "subject_choices": [
                (key, title, there)
                for (_kind, key), (title, there) in get_subject_titles(language=language_of_reader()).items()
            ],
            "columns": make_columns(made.months),
            "query": query_of(choice, scope),
        }
    return TemplateResponse(request, "learning/report.html", context)


REFRESH_AFTER = timedelta(minutes=10)


def query_of(choice: ReportChoice, scope: Scope) -> str:
    """The address's own part of what is shown, for links that keep it."""
    name = {"region": "region", "programme": "program", "role": "rolle"}.get(choice.filter_by, "")
    asked = {
        "emne": str(choice.subject) if choice.subject else "",
        name: choice.filter_value,
        "maneder": str(choice.months) if choice.months != MONTHS[0] else "",
    }
    return urlencode({key: value for key, value in asked.items() if key and value})


@login_required
@never_cache
@require_POST
def refresh_report(request: PersonRequest) -> HttpResponse:
    """Count anew, where the figures are older than ten minutes."""
    get_scope_for(request.user, "")
    run = get_run()
    if run is None or run.made_at < timezone.now() - REFRESH_AFTER:
        tasks.refresh_report_figures.enqueue()
        messages.info(request, _("Tallene telles opp på nytt. Last siden på nytt om litt."))
    else:
        messages.info(request, _("Tallene er nettopp laget."))
    return redirect("learning:report")


# --- files ----------------------------------------------------------------------------------------------


def get_export(user: User) -> ReportExport | None:
    """The reader's own newest file that is there, or on its way. One query."""
    return ReportExport.objects.filter(maker=user, expires_at__gt=timezone.now()).first()


def get_export_for(user: User, key: UUID) -> ReportExport:
    """One's own file, while one may still see what is in it. Http404 for anybody else's. Raises PermissionDenied."""
    found = ReportExport.objects.filter(maker=user, key=key, expires_at__gt=timezone.now()).first()
    if found is None:
        raise Http404
    if get_scope_for(user, found.region) not in {Scope(), Scope(region=found.region)}:
        raise PermissionDenied
    return found


@login_required
@never_cache
@require_POST
def make_export(request: PersonRequest) -> HttpResponse:
    """Ask for a file with all the figures the reader may see."""
    scope = get_scope_for(request.user, request.POST.get("region", ""))
    kind = request.POST.get("format", "")
    if kind not in ReportExport.Format.values:
        raise Http404
    export = request_report_export(
        maker=request.user, file_format=kind, region=scope.region, language=language_of_reader()
    )
    return redirect("learning:report-export", key=export.key)


@login_required
@never_cache
@require_safe
def export_progress(request: PersonRequest, key: UUID) -> HttpResponse:
    """How far the file has come, until it can be fetched. The part that changes is asked for by the page itself."""
    export = get_export_for(request.user, key)
    template = (
        "learning/report_export_state.html" if request.headers.get("HX-Request") else "learning/report_export.html"
    )
    return TemplateResponse(request, template, {"export": export})


@login_required
@never_cache
@require_safe
def download_export(request: PersonRequest, key: UUID) -> HttpResponseBase:
    """The file, for its maker."""
    export = get_export_for(request.user, key)
    if not export.is_ready:
        raise Http404
    name = f"laering-{timezone.localtime(export.finished_at):%Y-%m-%d}.{export.file_format}"
    kind = XLSX if export.file_format == ReportExport.Format.XLSX else "text/csv; charset=utf-8"
    return FileResponse(export.file.open("rb"), as_attachment=True, filename=name, content_type=kind)
