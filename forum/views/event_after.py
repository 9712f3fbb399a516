"""What comes with an event and after it: materials, the evaluation, certificates of attendance."""

from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import BaseFormSet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import attendance, evaluations, event_materials
from forum.attendance.pdf import make_pdf, show_days, show_place
from forum.forms_event_after import SPARE_QUESTIONS, EvaluationForm, MaterialForm, QuestionForm, QuestionFormSet
from forum.models import Event, EventEvaluation, EventSignUp
from forum.permissions.event_after import sign_ups_certified_for
from forum.queries.event_after import (
    FEWEST,
    get_certificate_by_code,
    get_evaluation_for,
    get_event_around,
    get_event_to_arrange,
    get_material_for,
    get_materials,
    get_questions,
    get_results,
    has_evaluated,
    items_to_add,
    name_differs,
)
from forum.views.attachments import serve_file
from forum.views.kept_forms import keeps_form
from people.alphabet import fold
from people.typesetting import show_hours
from people.typesetting.codes import read_code, show_code
from safety.files import FileRefusedError
from safety.guard import ConfirmationNeededError, PatientDataError
from safety.text import TextRefusedError

REFUSED = 422
CHECKS = {"check_attendance": "60/m/ip"}
"""A hospital shares one address, and nobody types sixty codes a minute."""


# --- materials -----------------------------------------------------------------------------------------


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def materials(request: HttpRequest, pk: int) -> HttpResponse:
    """What belongs to the event; whoever arranges it adds and takes away."""
    person: Any = request.user
    event: Any = get_event_around(person, pk)
    context: dict[str, Any] = {"event": event}
    status = 200
    if event.may_arrange:
        if request.POST.get("remove"):
            return _remove_material(request, event)
        form = MaterialForm(
            request.POST if request.method == "POST" else None,
            request.FILES if request.method == "POST" else None,
            event=event,
            items=items_to_add(person, event),
        )
        context["form"] = form
        if form.is_bound:
            if form.is_valid() and _add_material(request, event, form):
                return redirect("forum:event-materials", event.pk)
            status = REFUSED
    elif request.method == "POST":
        raise PermissionDenied
    context["parts"] = get_materials(person, event)
    return render(request, "forum/events/materials.html", context, status=status)


@sensitive_variables()
def _add_material(request: HttpRequest, event: Event, form: MaterialForm) -> bool:
    """Whether it was added. Where it was not, the form says why."""
    person: Any = request.user
    data = form.cleaned_data
    where = {"by": person, "event": event, "point": data["point"], "for_participants": data["for_participants"]}
    words = {"title": data["title"], "confirmed": data["confirmed"]}
    try:
        if data["library_item"]:
            event_materials.add_library_item(item=data["library_item"], **where)
        elif data["link"]:
            event_materials.add_link(link=data["link"], **where, **words)
        else:
            _kept, notices = event_materials.add_file(file=data["file"], name=data["file"].name, **where, **words)
            for notice in notices:
                messages.info(request, notice)
    except FileRefusedError as error:
        form.add_error(None, error.message)
        return False
    except ConfirmationNeededError as error:
        form.refuse(error)
        if data["file"]:
            form.add_error("file", _("Velg filen på nytt når du har sett over den."))
        return False
    except TextRefusedError as error:
        form.refuse(error)
        return False
    messages.success(request, _("Lagt til."))
    return True


def _remove_material(request: HttpRequest, event: Event) -> HttpResponse:
    person: Any = request.user
    try:
        key = UUID(request.POST["remove"])
    except ValueError:
        raise Http404 from None
    found = event.materials.select_related("event").filter(key=key).first()
    if found is not None:
        event_materials.remove_material(by=person, material=found)
        messages.success(request, _("«%(title)s» er tatt bort.") % {"title": found.title})
    return redirect("forum:event-materials", event.pk)


@login_required
@require_safe
@cache_control(private=True, no_cache=True)
def material(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """A file, for those who may have it. Asked for each time."""
    return serve_file(request, get_material_for(request.user, key))


# --- evaluation ----------------------------------------------------------------------------------------


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer how it was, once. Whoever has answered is told that it cannot be found again."""
    person: Any = request.user
    event = get_event_around(person, pk)
    if has_evaluated(person, event):
        return render(request, "forum/events/evaluated.html", {"event": event})
    if get_evaluation_for(person, event) is None:
        raise PermissionDenied
    form = EvaluationForm(request.POST if request.method == "POST" else None, questions=get_questions(event))
    if form.is_bound and form.is_valid():
        try:
            evaluations.answer_evaluation(
                person=person, event=event, answers=form.answers(), confirmed=form.cleaned_data["confirmed"]
            )
        except evaluations.AlreadyAnsweredError:
            return redirect("forum:event-evaluation", event.pk)
        except TextRefusedError as error:
            form.refuse(error)
        else:
            return redirect("forum:event-evaluation", event.pk)
    context = {"event": event, "form": form, "fewest": FEWEST}
    return render(request, "forum/events/evaluation.html", context, status=REFUSED if form.is_bound else 200)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def evaluation_questions(request: HttpRequest, pk: int) -> HttpResponse:
    """What is asked afterwards. Cannot be changed once somebody has answered."""
    person: Any = request.user
    event = get_event_to_arrange(person, pk)
    kept = EventEvaluation.objects.filter(event=event).first()
    if kept is not None and (kept.answer_count or kept.closed_at):
        return redirect("forum:event-evaluation-results", event.pk)
    initial = [
        {"label": each.label, "kind": each.kind, "choices": each.choices, "is_required": each.is_required}
        for each in get_questions(event)
    ]
    formset = QuestionFormSet(request.POST if request.method == "POST" else None, initial=initial)
    problems: list[str] = []
    asks_to_confirm = False
    if formset.is_bound and formset.is_valid():
        asked = [(place, each.asked()) for place, each in enumerate(formset.forms) if each.asked() is not None]
        try:
            evaluations.set_evaluation(
                by=person,
                event=event,
                questions=[each for _place, each in asked if each is not None],
                is_ready=request.POST.get("is_ready") == "on",
                confirmed=request.POST.get("confirmed") == "on",
            )
        except evaluations.EvaluationBeganError:
            return redirect("forum:event-evaluation-results", event.pk)
        except TextRefusedError as error:
            problems.append(error.message)
            asks_to_confirm = isinstance(error, ConfirmationNeededError)
            if isinstance(error, PatientDataError):
                formset = _masked(formset, error, [place for place, _each in asked])
        else:
            messages.success(request, _("Spørsmålene er lagret."))
            return redirect("forum:event-evaluation-questions", event.pk)
    is_ready = request.POST.get("is_ready") == "on" if formset.is_bound else bool(kept and kept.is_ready)
    context = {
        "event": event,
        "formset": formset,
        "problems": problems,
        "asks_to_confirm": asks_to_confirm,
        "is_ready": is_ready,
        "spare": SPARE_QUESTIONS,
    }
    status = REFUSED if formset.is_bound else 200
    return render(request, "forum/events/evaluation_questions.html", context, status=status)


@sensitive_variables()
def _masked(formset: Any, error: PatientDataError, places: list[int]) -> "BaseFormSet[QuestionForm]":
    """The same questions without the number that was found: it does not come back in the fields."""
    data = {name: formset.data[name] for name in formset.data}
    for field, text in error.masked.items():
        place, _sign, name = field.partition("-")
        data[f"form-{places[int(place)]}-{name}"] = text
    return QuestionFormSet(data)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def evaluation_results(request: HttpRequest, pk: int) -> HttpResponse:
    """How it was, once it is closed and enough have answered. POST closes it."""
    person: Any = request.user
    event = get_event_to_arrange(person, pk)
    found = get_object_or_404(EventEvaluation.objects.select_related("event"), event=event)
    if request.method == "POST":
        try:
            evaluations.close_evaluation(by=person, event=event)
        except evaluations.TooFewAnswersError:
            messages.error(request, _("For få har svart til at evalueringen kan lukkes."))
        return redirect("forum:event-evaluation-results", event.pk)
    context = {
        "event": event,
        "evaluation": found,
        "results": get_results(found),
        "fewest": FEWEST,
        "may_close": found.closed_at is None and found.answer_count >= FEWEST,
        "days": evaluations.OPEN_FOR.days,
    }
    return render(request, "forum/events/evaluation_results.html", context)


# --- certificates --------------------------------------------------------------------------------------


def _certified(person: Any, pk: int) -> EventSignUp:
    """One's own sign-up that gives a certificate. Raises PermissionDenied; Http404 where one sees no such event."""
    found = sign_ups_certified_for(person).filter(event=pk).select_related("event").first()
    if found is None:
        get_event_around(person, pk)
        raise PermissionDenied
    return found


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def certificate(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own certificate: made when it is first asked for. POST says whether the name is shown."""
    person: Any = request.user
    sign_up = _certified(person, pk)
    try:
        found = attendance.take_certificate(person=person, sign_up=sign_up)
    except attendance.NoNameError:
        return render(request, "forum/events/certificate.html", {"event": sign_up.event, "needs_name": True})
    if request.method == "POST":
        shows_name = request.POST.get("shows_name") == "on"
        attendance.set_shows_name(person=person, certificate=found, shows_name=shows_name)
        messages.success(request, _("Lagret."))
        return redirect("forum:event-certificate", pk)
    context = {
        "event": sign_up.event,
        "certificate": found,
        "shown_code": show_code(found.code),
        "days": show_days(found),
        "place": show_place(found),
        "hours": show_hours(found.hours) if found.hours is not None else "",
        "name_differs": name_differs(found, person),
    }
    return render(request, "forum/events/certificate.html", context)


@login_required
@never_cache
@require_POST
def certificate_reissue(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own certificate with the name one has now."""
    person: Any = request.user
    sign_up = _certified(person, pk)
    try:
        old = attendance.take_certificate(person=person, sign_up=sign_up)
        attendance.reissue_certificate(person=person, certificate=old)
    except (attendance.NothingToReissueError, attendance.NoNameError):
        messages.error(request, _("Dette beviset kan ikke skrives ut på nytt."))
    else:
        messages.success(request, _("Beviset har det nye navnet ditt, og en ny kode. Den gamle viser videre."))
    return redirect("forum:event-certificate", pk)


@login_required
@never_cache
@require_safe
def certificate_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    person: Any = request.user
    sign_up = _certified(person, pk)
    try:
        found = attendance.take_certificate(person=person, sign_up=sign_up)
    except attendance.NoNameError:
        return redirect("forum:event-certificate", pk)
    response = HttpResponse(make_pdf(found), content_type="application/pdf")
    name = slugify(fold(found.title))[:60] or found.code.lower()
    response["Content-Disposition"] = f'attachment; filename="deltakerbevis-{name}.pdf"'
    return response


@login_required
@never_cache
@require_POST
def certificates_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Certificates for all who came, in one go. They find them on the event's page."""
    event = get_event_to_arrange(request.user, pk)
    try:
        made, nameless = attendance.issue_to_all(by=request.user, event=event)  # type: ignore[arg-type]
    except attendance.NotOverError:
        messages.error(request, _("Deltakerbevis kan utstedes når arrangementet er over."))
    else:
        said = ngettext("%(count)s deltakerbevis er utstedt.", "%(count)s deltakerbevis er utstedt.", made)
        messages.success(request, said % {"count": made})
        if nameless:
            said = ngettext(
                "%(count)s har ikke skrevet navnet sitt i Flett. Beviset venter på det.",
                "%(count)s har ikke skrevet navnet sitt i Flett. Bevisene venter på det.",
                nameless,
            )
            messages.info(request, said % {"count": nameless})
    return redirect(event)


@never_cache
@require_safe
def check(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a certificate is genuine, to anyone who has its code. The name only if its holder lets it be shown."""
    if not ratelimit.consume(request, app="forum", action="check_attendance", config=CHECKS, limit_get=True):
        return _out_of_search(render(request, "forum/events/certificate_check.html", {"is_fast": True}, status=429))
    read = read_code(code)
    found = get_certificate_by_code(read) if read else None
    if found is None:
        return _out_of_search(render(request, "forum/events/certificate_check.html", {}, status=404))
    if read != code:
        return redirect("forum:attendance-check", read)
    context = {
        "certificate": found,
        "shown_code": show_code(found.code),
        "is_in_force": found.is_in_force,
        "newer": getattr(found, "replaced_by", None) if found.is_of_who_came else None,
        "days": show_days(found),
        "place": show_place(found),
        "hours": show_hours(found.hours) if found.hours is not None else "",
    }
    return _out_of_search(render(request, "forum/events/certificate_check.html", context))


def _out_of_search(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    return response
