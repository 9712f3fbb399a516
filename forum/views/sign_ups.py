"""Signing up, giving up, answering offers."""

from typing import Any
from uuid import UUID

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions import sign_ups as actions
from forum.event_words import when_words
from forum.forms_sign_ups import AddPersonForm, AnswersForm, SignUpForm, initial_answers, leg_label
from forum.models import Event, EventSignUp
from forum.permissions.events import user_can_arrange, user_can_see_event
from forum.queries.events import EventPage, get_event_for, get_event_page, get_own_sign_up
from forum.queries.sign_ups import (
    ALL,
    Shown,
    Wanted,
    get_own_teams,
    get_participants,
    get_sign_up_for,
    get_team_to_sign_up,
    get_teammates,
)
from forum.views.events import event_to_arrange
from forum.views.kept_forms import keeps_form
from people.models import Team, User
from safety.text import TextRefusedError

REFUSED = 422
Status = EventSignUp.Status


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Meld på: the leg, the organiser's questions, what one can not eat."""
    person: Any = request.user
    found = get_event_for(person, pk)
    page = get_event_page(person, found)
    if page.own is not None:
        messages.info(request, _("Du er allerede påmeldt."))
        return redirect(found)
    if not found.is_open:  # type: ignore[attr-defined]
        raise PermissionDenied
    form = SignUpForm(request.POST if request.method == "POST" else None, event=found, user=person, legs=page.legs)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.sign_up(
                person=person,
                event=found,
                mode=data["mode"],
                by=person,
                team=data.get("team"),
                answers=form.answers(),
                dietary=data.get("dietary", ""),
                submission=data["submission"],
                confirmed=data["confirmed"],
            )
        except actions.AlreadySignedUpError:
            messages.info(request, _("Du er allerede påmeldt."))
            return redirect(found)
        except TextRefusedError as error:
            form.refuse(error)
        else:
            if made.status == Status.CONFIRMED:
                messages.success(request, _("Du har plass."))
            elif made.status == Status.WAITING:
                messages.success(request, _("Det er fullt. Du står på ventelista."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    context = {"form": form, "event": found, "page": page}
    return render(request, "forum/events/sign_up.html", context, status=status)


def _after(request: HttpRequest, sign_up: EventSignUp) -> HttpResponse:
    """Back to where one came from: one's own event, the participants, or one's team."""
    person: Any = request.user
    if not user_can_see_event(person, sign_up.event):
        return redirect("forum:home")
    if sign_up.person_id == person.pk:
        return redirect(sign_up.event)
    if user_can_arrange(person, sign_up.event):
        return redirect("forum:event-participants", sign_up.event_id)
    return redirect("forum:event-sign-up-team", sign_up.event_id)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_up_cancel(request: HttpRequest, key: UUID) -> HttpResponse:
    """Meld av, after asking once: oneself, a member of one's team, or somebody at what one arranges."""
    person: Any = request.user
    found = get_sign_up_for(person, key)
    is_own = found.person_id == person.pk
    if found.status not in EventSignUp.STANDING:
        messages.info(request, _("Det er alt meldt av."))
        return _after(request, found)
    if not found.may_change:  # type: ignore[attr-defined]
        raise PermissionDenied
    if request.method == "POST":
        actions.cancel_sign_up(by=person, sign_up=found)
        name = found.person.get_full_name()
        messages.success(request, _("Du er meldt av.") if is_own else _("%(name)s er meldt av.") % {"name": name})
        return _after(request, found)
    context = {"event": found.event, "sign_up": found, "is_own": is_own}
    return render(request, "forum/events/sign_up_cancel.html", context)


@login_required
@never_cache
@require_POST
def sign_up_offer(request: HttpRequest, key: UUID) -> HttpResponse:
    """Ja or nei to a place that was offered."""
    person: Any = request.user
    found = get_sign_up_for(person, key)
    try:
        if request.POST.get("answer") == "yes":
            actions.accept_offer(by=person, sign_up=found)
            messages.success(request, _("Plassen er din."))
        else:
            actions.decline_offer(by=person, sign_up=found)
            messages.success(request, _("Plassen går til den neste."))
    except actions.OfferOverError:
        messages.info(request, _("Fristen er ute. Plassen har gått til den neste."))
    return _after(request, found)


@keeps_form
@sensitive_variables()
@require_http_methods(["GET", "POST"])
def sign_up_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own answers: also for whoever was signed up by somebody else."""
    person: Any = request.user
    found = get_event_for(person, pk)
    own = get_own_sign_up(person, found)
    if own is None:
        messages.info(request, _("Du er ikke påmeldt."))
        return redirect(found)
    data = request.POST if request.method == "POST" else None
    form = AnswersForm(data, event=found, initial=initial_answers(own))
    if request.method == "POST" and form.is_valid():
        try:
            actions.answer_questions(
                person=person,
                sign_up=own,
                answers=form.answers(),
                dietary=form.cleaned_data.get("dietary", ""),
                confirmed=form.cleaned_data["confirmed"],
            )
        except TextRefusedError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Svarene er lagret."))
            return redirect(found)
    status = REFUSED if form.is_bound else 200
    return render(request, "forum/events/sign_up_answers.html", {"form": form, "event": found}, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_up_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Several of one's team at once. `?team=<slug>` where one leads several."""
    person: Any = request.user
    found = get_event_for(person, pk)
    teams = get_own_teams(person)
    if not teams:
        raise PermissionDenied
    slug = request.POST.get("team") or request.GET.get("team", "")
    team = get_team_to_sign_up(person, slug) if slug else teams[0]
    page = get_event_page(person, found)
    mates = get_teammates(person, found, team)
    if request.method == "POST":
        wanted = set(request.POST.getlist("person"))
        chosen = [mate.person for mate in mates if str(mate.person.pk) in wanted]
        if chosen:
            return _sign_up_chosen(request, found, team, chosen)
        messages.error(request, _("Velg hvem du vil melde på."))
    context = {
        "event": found,
        "page": page,
        "team": team,
        "teams": teams,
        "mates": mates,
        "legs": _leg_choices(page),
        "has_rows": any(mate.sign_up for mate in mates),
        "formats": [("xlsx", _("Excel")), ("csv", _("CSV"))],
    }
    return render(request, "forum/events/sign_up_team.html", context)


def _leg_choices(page: EventPage) -> list[tuple[str, str]]:
    return [(leg.mode, leg_label(leg)) for leg in page.legs]


def _sign_up_chosen(request: HttpRequest, event: Event, team: Team, chosen: list[User]) -> HttpResponse:
    try:
        made = actions.sign_up_team(
            by=request.user,  # type: ignore[arg-type]
            event=event,
            team=team,
            people=chosen,
            mode=request.POST.get("mode", ""),
        )
    except TextRefusedError as error:
        messages.error(request, error.message)
        return redirect("forum:event-sign-up-team", event.pk)
    placed = [each for each in made.values() if each is not None and each.status == Status.CONFIRMED]
    waiting = [each for each in made.values() if each is not None and each.status == Status.WAITING]
    left_out = len(made) - len(placed) - len(waiting)
    if placed:
        said = ngettext("%(count)d har fått plass.", "%(count)d har fått plass.", len(placed))
        messages.success(request, said % {"count": len(placed)})
    if waiting:
        said = ngettext("%(count)d står på venteliste.", "%(count)d står på venteliste.", len(waiting))
        messages.info(request, said % {"count": len(waiting)})
    if left_out:
        said = ngettext("%(count)d ble ikke meldt på.", "%(count)d ble ikke meldt på.", left_out)
        messages.info(request, said % {"count": left_out} + " " + _("De er påmeldt fra før, eller kan ikke komme."))
    return redirect(f"{reverse('forum:event-sign-up-team', args=[event.pk])}?team={team.slug}")


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def participants(request: HttpRequest, pk: int) -> HttpResponse:
    """Who comes, for whoever arranges it, in pages; and who came, ticked off for those on the page."""
    person: Any = request.user
    found = event_to_arrange(request, pk)
    wanted = Wanted.of(request.GET)
    if request.method == "POST":
        actions.set_attendance(
            by=person, event=found, listed=_numbers(request, "listed"), came=_numbers(request, "came")
        )
        messages.success(request, _("Oppmøtet er lagret."))
        query = wanted.address()
        return redirect(f"{reverse('forum:event-participants', args=[found.pk])}{'?' if query else ''}{query}")
    if found.is_overdue:  # type: ignore[attr-defined]
        actions.settle_event(event_id=found.pk)
    people = get_participants(person, found, wanted)
    page = people.page
    context = {
        "event": found,
        "participants": people,
        "wanted": wanted,
        "modes": [(leg.mode, leg.get_mode_display()) for leg in people.legs],
        "states": Shown.choices,
        "here": wanted.address(),
        "newer": wanted.address(page=str(page.number - 1)) if page.has_previous() else "",
        "older": wanted.address(page=str(page.number + 1)) if page.has_next() else "",
        "all": wanted.address(page=ALL) if page.paginator.num_pages > 1 else "",
        "when": when_words(found),
        "may_arrange": True,
        "may_add": found.is_open,  # type: ignore[attr-defined]
        "has_begun": found.starts_at <= timezone.now(),
    }
    return render(request, "forum/events/participants.html", context)


ADDED = {"add_to_event": "60/h/user"}
"""More than anybody adds by hand, and too few to try addresses."""


@sensitive_post_parameters()
@sensitive_variables()
@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def add_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever arranges it signs somebody up by e-mail address. Who is not found and who may not come look the same."""
    person: Any = request.user
    found = event_to_arrange(request, pk)
    if not found.is_open:  # type: ignore[attr-defined]
        raise PermissionDenied
    page = get_event_page(person, found)
    form = AddPersonForm(request.POST if request.method == "POST" else None, legs=page.legs)
    status = REFUSED if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, app="forum", action="add_to_event", config=ADDED, user=person):
            form.add_error(None, _("Du har prøvd mange adresser på kort tid. Vent en time."))
            status = 429
        else:
            refusal = _add(request, found, form)
            if not refusal:
                return redirect("forum:event-participants", found.pk)
            form.add_error("address", refusal)
    context = {
        "event": found,
        "page": page,
        "form": form,
        "address": request.build_absolute_uri(found.get_absolute_url()),
    }
    return render(request, "forum/events/add_person.html", context, status=status)


def _add(request: HttpRequest, event: Event, form: AddPersonForm) -> str:
    """Why the person was not signed up; empty where they were."""
    data = form.cleaned_data
    person: Any = request.user
    try:
        made = actions.sign_up_by_address(
            by=person, event=event, address=data["address"], mode=data["mode"], submission=data["submission"]
        )
    except actions.CannotBeAddedError:
        return _("Vi kan ikke melde på den adressen. Under står det hva du kan gjøre.")
    except actions.AlreadySignedUpError:
        return _("Personen er påmeldt fra før.")
    except TextRefusedError as error:
        return error.message
    name = made.person.get_full_name() or made.person.email
    said = (
        _("%(name)s har fått plass, og får beskjed.")
        if made.status == Status.CONFIRMED
        else _("Det er fullt. %(name)s står på ventelista, og får beskjed.")
    )
    messages.success(request, said % {"name": name})
    return ""


def _numbers(request: HttpRequest, name: str) -> list[int]:
    return [int(each) for each in request.POST.getlist(name) if each.isdecimal() and len(each) < 18]
