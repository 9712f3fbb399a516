"""For whoever arranges an event: learning groups, letters to those who come, and lists to take out."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import event_groups, event_lists
from forum.actions.event_mails import (
    LETTERS_A_DAY,
    NobodyThereError,
    TooManyLettersError,
    read_letter,
    send_letter,
)
from forum.actions.spaces import TooManyError
from forum.forms_event_after import GroupsForm, LetterForm
from forum.grouping import SPREAD, TOGETHER
from forum.mails.event_letters import address_in, frame_of
from forum.models import Event, EventExport
from forum.queries.event_after import (
    count_receivers,
    fingerprint,
    get_event_around,
    get_event_to_arrange,
    get_mailings,
    get_own_group,
    get_seats,
    in_groups,
)
from forum.queries.sign_ups import get_team_to_sign_up
from forum.views.kept_forms import keeps_form
from people.alphabet import fold
from safety.tables import TABLE_EXTENSIONS
from safety.text import TextRefusedError

REFUSED = 422
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


# --- groups --------------------------------------------------------------------------------------------


@sensitive_post_parameters()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def groups(request: HttpRequest, pk: int) -> HttpResponse:
    """To whoever arranges: all groups, and how to deal people out. To somebody with a place: their own group."""
    event: Any = get_event_around(request.user, pk)
    if request.method == "POST":
        return _change_groups(request, event)
    if not event.may_arrange:
        own = get_own_group(request.user, event) if event.own else None
        if own is None:
            raise PermissionDenied
        return render(request, "forum/events/own_group.html", {"event": event, "row": own})
    seats = get_seats(event)
    asked = bool(request.GET.get("by"))
    form = GroupsForm(
        request.GET if asked else None,
        people=len(seats),
        initial={"by": "antall", "number": max(1, len(seats) // 6), "teams": SPREAD},
    )
    context = {
        "event": event,
        "form": form,
        "seats": seats,
        "rows": in_groups(event, seats),
        "late": sum(seat.sign_up.group_id is None for seat in seats),
    }
    context["has_space"] = any(row.has_space for row in context["rows"])
    if asked and seats and form.is_valid():
        context["proposal"] = event_groups.propose_groups(seats, count=form.count, teams=form.cleaned_data["teams"])
        context["shown"] = fingerprint(seats)
    return render(request, "forum/events/groups.html", context)


def _change_groups(request: HttpRequest, event: Event) -> HttpResponse:
    person: Any = request.user
    task, _sign, argument = request.POST.get("do", "").partition(":")
    try:
        if task == "keep":
            count, teams = request.POST.get("count", ""), request.POST.get("teams", "")
            if teams not in (SPREAD, TOGETHER) or not count.isdecimal() or len(count) > 4:
                raise Http404
            shown = request.POST.get("shown", "")
            event_groups.make_groups(by=person, event=event, count=int(count), teams=teams, shown=shown)
            messages.success(request, _("Gruppene er lagret. Hver deltaker ser sin egen gruppe."))
        elif task == "change":
            event_groups.change_groups(by=person, event=event, **_read_places(request))
            messages.success(request, _("Endringen er lagret."))
        elif task == "late":
            seated = event_groups.seat_late(by=person, event=event)
            said = ngettext("%(count)s har fått gruppe.", "%(count)s har fått gruppe.", seated)
            messages.success(request, said % {"count": seated})
        elif task == "space" and argument.isdecimal() and len(argument) < 18:
            group = get_object_or_404(event.groups.select_related("event"), pk=int(argument))
            space, asked = event_groups.make_space_of_group(by=person, group=group)
            said = ngettext(
                "Gruppa har fått et rom. %(count)s er invitert.",
                "Gruppa har fått et rom. %(count)s er invitert.",
                asked,
            )
            messages.success(request, said % {"count": asked})
            return redirect(space)
        else:
            raise Http404
    except event_groups.GroupsChangedError:
        messages.error(request, _("Noen har kommet til eller falt fra siden du så gruppene. Se over dem på nytt."))
    except event_groups.GroupIsASpaceError:
        said = _("Minst én gruppe har fått et rom i forumet. Du kan flytte folk, men ikke dele inn på nytt.")
        messages.error(request, said)
    except event_groups.NoPeopleError:
        messages.error(request, _("Det er for få med plass til så mange grupper."))
    except TooManyError:
        messages.error(request, _("Du har laget eller invitert så mye som du kan på ett døgn. Fortsett i morgen."))
    except TextRefusedError as error:
        messages.error(request, error.message)
    return redirect("forum:event-groups", event.pk)


def _read_places(request: HttpRequest) -> dict[str, Any]:
    """Who is put where, and what groups are called, as the form says it."""
    places: dict[int, int | None] = {}
    names: dict[int, str] = {}
    for field in request.POST:
        value = request.POST.get(field, "")
        kind, _sign, number = field.partition("-")
        if not number.isdecimal() or len(number) > 17:
            continue
        if kind == "place" and (value == "" or (value.isdecimal() and len(value) < 18)):
            places[int(number)] = int(value) if value else None
        elif kind == "name":
            names[int(number)] = value
    return {"places": places, "names": names}


# --- letters -------------------------------------------------------------------------------------------


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def letters(request: HttpRequest, pk: int) -> HttpResponse:
    """Write to those who come, see how it will look, and send it. Below it: what was sent."""
    person: Any = request.user
    event = get_event_to_arrange(person, pk)
    groups = list(event.groups.order_by("number"))
    counts = count_receivers(event)
    form = LetterForm(
        request.POST if request.method == "POST" else None,
        counts=counts,
        groups=groups,
        initial={"submission": uuid4(), "audience": "place"},
    )
    context: dict[str, Any] = {"event": event, "form": form, "answers_to": address_in(event.contact)}
    status = 200
    if request.method == "POST":
        status = REFUSED
        if form.is_valid():
            audience, group = form.chosen()
            data = form.cleaned_data
            words = {"subject": data["subject"], "text": data["text"], "confirmed": data["confirmed"]}
            try:
                if request.POST.get("do") == "send":
                    send_letter(
                        by=person,
                        event=event,
                        audience=audience,
                        group=group,
                        submission=data["submission"],
                        **words,
                    )
                    messages.success(request, _("Brevet er på vei."))
                    return redirect("forum:event-letters", event.pk)
                subject, text = read_letter(**words)
                context["preview"] = {
                    "subject": subject,
                    "text": frame_of(event, text=text),
                    "count": counts[data["audience"]],
                }
                status = 200
            except TooManyLettersError:
                said = _("Det er sendt %(most)d brev det siste døgnet. Vent til i morgen.")
                form.add_error(None, said % {"most": LETTERS_A_DAY})
            except NobodyThereError:
                form.add_error("audience", _("Det er ingen å sende til."))
            except TextRefusedError as error:
                form.refuse(error)
    context["mailings"] = get_mailings(event)
    return render(request, "forum/events/letters.html", context, status=status)


# --- lists ---------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def exports(request: HttpRequest, pk: int) -> HttpResponse:
    """What may be taken out, and who has taken something out."""
    event = get_event_to_arrange(request.user, pk)
    taken = event.exports.select_related("by")[:50]
    return render(request, "forum/events/exports.html", {"event": event, "taken": taken})


@login_required
@never_cache
@require_POST
def export(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """A list as a file. By POST, since it is written down who took it."""
    if file_format not in TABLE_EXTENSIONS:
        raise Http404
    event = get_event_to_arrange(request.user, pk)
    what = request.POST.get("what", "")
    if what not in event_lists.ARRANGERS:
        raise Http404
    content = event_lists.export_list(by=request.user, event=event, what=what, file_format=file_format)  # type: ignore[arg-type]
    return as_file(content, what=what, event=event, file_format=file_format)


@login_required
@never_cache
@require_POST
def export_team(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """One's own team's rows as a file, for whoever manages it. 404 for another's team."""
    person: Any = request.user
    if file_format not in TABLE_EXTENSIONS:
        raise Http404
    event = get_event_around(person, pk)
    team = get_team_to_sign_up(person, request.POST.get("team", ""))
    content = event_lists.export_team_list(by=person, event=event, team=team, file_format=file_format)
    return as_file(content, what=EventExport.What.TEAM, event=event, file_format=file_format)


def as_file(content: bytes, *, what: str, event: Event, file_format: str) -> HttpResponse:
    with translation.override("nb"):
        name = slugify(fold(f"{EventExport.What(what).label} {event.title}"))[:80]
    response = HttpResponse(content, content_type=KINDS[file_format])
    response["Content-Disposition"] = f'attachment; filename="{name or "liste"}.{file_format}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
