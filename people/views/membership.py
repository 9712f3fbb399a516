"""Joining a team, and looking after who is in it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people import actions
from people.forms import InviteForm, JoinForm, MemberForm, StartForm
from people.models import Invitation, JoinRequest, Membership, Team, User
from people.permissions import (
    user_can_accept_invitation,
    user_can_change_membership,
    user_can_decide_request,
    user_can_end_membership,
    user_can_manage_team,
    user_has_a_level,
)
from people.queries.directory import get_managed_team_for, get_team
from people.queries.membership import (
    get_former_members,
    get_invitations_of,
    get_level_overview,
    get_members,
    get_own_memberships,
    get_requests_for,
    get_visible_team_for,
)

PAGE_SIZE = 50


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


READ_AND_WRITE = ["GET", "HEAD", "POST"]


def page_of(request: HttpRequest, rows: QuerySet[Any, Any]) -> Page[Any]:
    """The part of the list the address asks for (`?side=2`); the nearest there is where it asks for none."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("side"))


def status_of(form: Any) -> int:
    return 422 if form.errors else 200


# --- asking to join -------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def join(request: PersonRequest, slug: str) -> HttpResponse:
    """Ask to join, for anyone who has signed in. The answer to somebody who waits or is in already is the team."""
    team = get_team(slug)
    if request.method != "POST" and stands_already(request.user, team):
        return redirect(team)
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_to_join(person=request.user, team=team, **form.cleaned_data)
        except actions.AlreadyAskedError:
            messages.info(request, _("Du har allerede spurt. Du får svar på e-post."))
            return redirect(team)
        except actions.AlreadyMemberError:
            messages.info(request, _("Du er allerede med i teamet."))
            return redirect(team)
        except actions.TeamClosedError:
            messages.error(request, _("Teamet er avviklet og tar ikke imot flere."))
            return redirect(team)
        except actions.TooManyError:
            form.add_error(None, _("Du har spurt mange team i dag. Prøv igjen i morgen."))
        else:
            messages.success(request, _("Teamet har fått ønsket ditt. Du får svar på e-post."))
            return redirect(team)
    context = {"team": team, "form": form, "closed": team.phase == Team.Phase.CLOSED}
    return TemplateResponse(request, "people/join.html", context, status=status_of(form))


def stands_already(user: User, team: Team) -> bool:
    """Whether the person is in the team, or waits for its answer."""
    return (
        Membership.objects.active().filter(person=user, team=team).exists()
        or JoinRequest.objects.pending().filter(person=user, team=team).exists()
    )


@login_required
@never_cache
@require_POST
def withdraw(request: PersonRequest, slug: str) -> HttpResponse:
    """Take one's own request to the team back. 404 where there is none."""
    own = get_object_or_404(JoinRequest.objects.pending(), team__slug=slug, person=request.user)
    try:
        actions.withdraw_request(request=own)
    except actions.AlreadyDecidedError:
        messages.info(request, _("Teamet hadde svart før du rakk å trekke ønsket."))
    else:
        messages.success(request, _("Du har trukket ønsket."))
    return redirect(own.team)


# --- requests -------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def requests(request: PersonRequest, slug: str) -> HttpResponse:
    """Who waits for an answer. For those who manage the team."""
    team = get_managed_team_for(request.user, slug)
    context = {"team": team, "page": page_of(request, get_requests_for(request.user, team))}
    return TemplateResponse(request, "people/requests.html", context)


def get_request_for(user: Any, team: Team, pk: int) -> JoinRequest:
    """A request to the team. Raises PermissionDenied for one's own."""
    found = get_object_or_404(JoinRequest.objects.select_related("person", "team"), pk=pk, team=team)
    if not found.outcome and not user_can_decide_request(user, found):
        raise PermissionDenied
    return found


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def decide_request(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """One request: confirm roles and start and approve, or refuse (`decision=refuse`)."""
    team = get_managed_team_for(request.user, slug)
    asked = get_request_for(request.user, team, pk)
    if asked.outcome:
        messages.info(request, _("Noen har allerede svart på dette ønsket."))
        return redirect("people:requests", slug=slug)
    refuses = request.POST.get("decision") == "refuse"
    initial = {"roles": asked.roles.all(), "started_on": asked.started_on}
    form = StartForm(request.POST if request.method == "POST" and not refuses else None, initial=initial)
    if request.method == "POST" and (refuses or form.is_valid()):
        try:
            if refuses:
                actions.refuse_request(request=asked, by=request.user)
                messages.success(request, _("Ønsket er avslått. Personen får beskjed på e-post."))
            else:
                actions.approve_request(request=asked, by=request.user, **form.cleaned_data)
                messages.success(request, _("%(name)s er med i teamet.") % {"name": asked.person})
        except actions.AlreadyDecidedError:
            messages.info(request, _("Noen har allerede svart på dette ønsket."))
        return redirect("people:requests", slug=slug)
    context = {"team": team, "asked": asked, "form": form, "asks_to_lead": asked.roles.filter(leads_team=True).exists()}
    return TemplateResponse(request, "people/request.html", context, status=status_of(form))


# --- members --------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def members(request: PersonRequest, slug: str) -> HttpResponse:
    """The team's people, for those who may see them."""
    team = get_visible_team_for(request.user, slug)
    manages = user_can_manage_team(request.user, team)
    context = {"team": team, "page": page_of(request, get_members(team)), "manages": manages}
    return TemplateResponse(request, "people/members.html", context)


@login_required
@never_cache
@require_safe
def history(request: PersonRequest, slug: str) -> HttpResponse:
    """Who has been in the team, for those who manage it."""
    team = get_managed_team_for(request.user, slug)
    context = {"team": team, "page": page_of(request, get_former_members(team))}
    return TemplateResponse(request, "people/former_members.html", context)


@login_required
@never_cache
@require_safe
def own_history(request: PersonRequest) -> HttpResponse:
    """Where one has been, and since when."""
    context = {"page": page_of(request, get_own_memberships(request.user))}
    return TemplateResponse(request, "people/own_memberships.html", context)


def get_membership_in(team: Team, pk: int) -> Membership:
    """An active membership of the team; Http404 for one that has ended."""
    return get_object_or_404(Membership.objects.active().select_related("person", "team"), pk=pk, team=team)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def member(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """A member's roles and deadline. For those who manage the team."""
    team = get_managed_team_for(request.user, slug)
    membership = get_membership_in(team, pk)
    if not user_can_change_membership(request.user, membership):
        raise PermissionDenied
    initial = {"roles": membership.roles.all(), "onboarding_due_on": membership.onboarding_due_on}
    form = MemberForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_roles(membership=membership, roles=form.cleaned_data["roles"])
            actions.set_onboarding_deadline(membership=membership, due_on=form.cleaned_data["onboarding_due_on"])
        except actions.AlreadyDecidedError:
            messages.info(request, _("Medlemskapet er avsluttet."))
        else:
            messages.success(request, _("Lagret."))
        return redirect(after_members(request, team))
    context = {"team": team, "membership": membership, "form": form}
    return TemplateResponse(request, "people/member.html", context, status=status_of(form))


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def end(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """End a membership, after asking once. For those who manage the team, and for oneself."""
    team = get_visible_team_for(request.user, slug)
    membership = get_membership_in(team, pk)
    if not user_can_end_membership(request.user, membership):
        raise PermissionDenied
    if request.method == "POST":
        actions.end_membership(membership=membership, by=request.user)
        if membership.person_id == request.user.pk:
            messages.success(request, _("Du er ikke lenger med i %(team)s.") % {"team": team})
        else:
            messages.success(request, _("%(name)s er ikke lenger med i teamet.") % {"name": membership.person})
        return redirect(after_members(request, team))
    is_last_leader = (
        membership.roles.filter(leads_team=True).exists()
        and not Membership.objects.active()
        .filter(team=team, roles__leads_team=True, person__is_active=True)
        .exclude(pk=membership.pk)
        .exists()
    )
    context = {"team": team, "membership": membership, "is_last_leader": is_last_leader}
    return TemplateResponse(request, "people/end_membership.html", context)


def after_members(request: PersonRequest, team: Team) -> str:
    """Back to the members, or to the team's page for somebody who may no longer see them."""
    try:
        get_visible_team_for(request.user, team.slug)
    except Http404:
        return team.get_absolute_url()
    return reverse("people:members", args=[team.slug])


# --- invitations ----------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def invitations(request: PersonRequest, slug: str) -> HttpResponse:
    """Invite many at once, and see who has not answered. For those who manage the team."""
    team = get_managed_team_for(request.user, slug)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            result = actions.invite(team=team, by=request.user, **form.cleaned_data)
        except actions.TooManyError:
            left = actions.invitations_left(request.user)
            form.add_error(
                "emails",
                ngettext(
                    "Du kan sende %(count)d invitasjon til i dag. Del opp lista, eller prøv igjen i morgen.",
                    "Du kan sende %(count)d invitasjoner til i dag. Del opp lista, eller prøv igjen i morgen.",
                    left,
                )
                % {"count": left},
            )
        except actions.TeamClosedError:
            form.add_error(None, _("Teamet er avviklet og tar ikke imot flere."))
        else:
            tell_of_invited(request, result)
            return redirect("people:invitations", slug=slug)
    context = {"team": team, "form": form, "page": page_of(request, get_invitations_of(team))}
    return TemplateResponse(request, "people/invitations.html", context, status=status_of(form))


def tell_of_invited(request: HttpRequest, result: actions.Invited) -> None:
    """What became of each address."""
    count = len(result.invitations)
    if count:
        text = ngettext("Sendte %(count)d invitasjon.", "Sendte %(count)d invitasjoner.", count) % {"count": count}
        messages.success(request, text)
    if result.members:
        messages.info(request, _("Alt med i teamet: %(addresses)s.") % {"addresses": ", ".join(result.members)})
    if result.lately:
        text = _("Har nettopp fått en invitasjon: %(addresses)s.") % {"addresses": ", ".join(result.lately)}
        messages.info(request, text)


def get_invitation_of(team: Team, pk: int) -> Invitation:
    return get_object_or_404(Invitation.objects.unanswered().select_related("team"), pk=pk, team=team)


@login_required
@never_cache
@require_POST
def revoke(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invitation back. For those who manage the team."""
    team = get_managed_team_for(request.user, slug)
    try:
        actions.revoke_invitation(invitation=get_invitation_of(team, pk))
    except actions.AlreadyDecidedError:
        messages.info(request, _("Invitasjonen var alt brukt eller trukket tilbake."))
    else:
        messages.success(request, _("Invitasjonen er trukket tilbake."))
    return redirect("people:invitations", slug=slug)


@login_required
@never_cache
@require_POST
def resend(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Send an invitation once more. For those who manage the team."""
    team = get_managed_team_for(request.user, slug)
    try:
        actions.resend_invitation(invitation=get_invitation_of(team, pk), by=request.user)
    except actions.AlreadyDecidedError:
        messages.info(request, _("Invitasjonen var alt brukt eller trukket tilbake."))
    except actions.SentLatelyError:
        messages.info(request, _("Den ble nettopp sendt. Vent ti minutter før du sender den igjen."))
    except actions.TooManyError:
        messages.error(request, _("Du har sendt så mange invitasjoner som du kan i dag. Prøv igjen i morgen."))
    else:
        messages.success(request, _("Invitasjonen er sendt igjen."))
    return redirect("people:invitations", slug=slug)


@never_cache
@require_http_methods(READ_AND_WRITE)
def invitation(request: HttpRequest, key: UUID) -> HttpResponse:
    """Where an invitation's link leads, for whoever holds it.

    The address it is for is told to nobody who has signed in with another one. Somebody who has not signed in gets it
    written into the sign-up form: the link came to that address.
    """
    found = get_object_or_404(Invitation.objects.select_related("team").prefetch_related("roles"), key=key)
    if not request.user.is_authenticated:
        if request.method == "POST":
            return redirect(f"{reverse('account_login')}?{urlencode({'next': request.path})}")
        if found.is_open:
            return show_invitation(request, found, state="sign_in")
        return show_invitation(request, found, state=state_of(found), status=410)
    if request.method == "POST":
        try:
            actions.accept_invitation(invitation=found, person=request.user)
        except actions.WrongAddressError:
            return show_invitation(request, found, state="wrong_address", status=403)
        except actions.AlreadyDecidedError:
            found.refresh_from_db()
            return show_invitation(request, found, state=state_of(found), status=410)
        messages.success(request, _("Du er med i %(team)s.") % {"team": found.team})
        return redirect(found.team)
    if found.accepted_at and found.accepted_by_id == request.user.pk:
        return redirect(found.team)
    if not found.is_open:
        return show_invitation(request, found, state=state_of(found), status=410)
    if user_can_accept_invitation(request.user, found):
        return show_invitation(request, found, state="open")
    if Membership.objects.active().filter(person=request.user, team=found.team).exists():
        return redirect(found.team)
    return show_invitation(request, found, state="wrong_address", status=403)


def state_of(found: Invitation) -> str:
    """Why an invitation no longer holds."""
    if found.accepted_at:
        return "used"
    return "revoked" if found.revoked_at else "expired"


def show_invitation(request: HttpRequest, found: Invitation, *, state: str, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"team": found.team, "state": state}
    if state in {"open", "sign_in"}:
        context["invitation"] = found
        context["login_query"] = urlencode({"next": request.path})
        context["signup_query"] = urlencode({"next": request.path, "email": found.email})
    return TemplateResponse(request, "people/invitation.html", context, status=status)


# --- the levels above the team --------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    """The teams of one's level, with numbers. For regional and national groups and administrators."""
    if not user_has_a_level(request.user):
        raise PermissionDenied
    context = {"page": page_of(request, get_level_overview(request.user))}
    return TemplateResponse(request, "people/overview.html", context)
