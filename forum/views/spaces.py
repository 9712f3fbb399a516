"""What a space is, who is in it, and how one comes in and out."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions import aliases, seals, spaces
from forum.forms_spaces import AliasForm, AskForm, FindPersonForm, NewSpaceForm, SpaceForm
from forum.models import EntryRequest, Space, SpaceMembership
from forum.permissions import (
    entry_requests_withdrawn_by,
    user_can_choose_alias,
    user_can_create_space,
    user_can_end_space_membership,
    user_can_invite,
    user_can_moderate_space,
    user_can_see_space,
)
from forum.pseudonyms import aliases_are_possible
from forum.queries import spaces as queries
from forum.queries.seals import get_openings_told_to
from people.models import User
from safety.text import TextRefusedError

READ_AND_WRITE = ["GET", "HEAD", "POST"]
LOOKUPS_PER_DAY = 100
"""How often one person may look for somebody to invite in 24 hours, found or not."""
A_DAY = 24 * 3600


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def status_of(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200


def page_about(request: HttpRequest, template: str, space: Space, *, here: str, **context: Any) -> TemplateResponse:
    """A page of the space, with what stands beside it."""
    status = status_of(context["form"]) if "form" in context else 200
    facts = queries.get_space_facts(person=request.user, space=space)
    return TemplateResponse(
        request, template, {"space": space, "space_facts": facts, "here": here, **context}, status=status
    )


# --- the space -----------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def about(request: PersonRequest, slug: str) -> HttpResponse:
    """Rules, who looks after the space and what its kind means. For everybody who may know of it."""
    space = queries.get_space_for(request.user, slug)
    return page_about(request, "forum/space_about.html", space, here="about")


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def new(request: PersonRequest) -> HttpResponse:
    """A new space, on one page. For those who may create any kind; 403 for everybody else."""
    kinds = [kind for kind in Space.Kind.values if user_can_create_space(request.user, kind)]
    if not kinds:
        raise PermissionDenied
    form = NewSpaceForm(request.POST if request.method == "POST" else None, kinds=kinds)
    if request.method == "POST" and form.is_valid():
        try:
            space = spaces.create_space(creator=request.user, **form.cleaned_data)
        except TextRefusedError as error:
            form.refuse(error)
        except spaces.TooManyError:
            form.add_error(None, _("Du har laget flere rom i dag. Prøv igjen i morgen."))
        except spaces.AliasesNotPossibleError:
            form.add_error("allows_pseudonyms", _("Alias er ikke mulig her nå. Spør den som drifter Flett."))
        else:
            messages.success(request, _("Rommet er laget. Du er rådgiver her."))
            return redirect("forum:space-about", space.slug)
    meanings = [(choice, queries.WHAT_KIND_MEANS[choice.data["value"]]) for choice in form["kind"]]
    return TemplateResponse(request, "forum/space_new.html", {"form": form, "kinds": meanings}, status=status_of(form))


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def edit(request: PersonRequest, slug: str) -> HttpResponse:
    """What the space says of itself. For those who look after it."""
    space = queries.get_moderated_space_for(request.user, slug)
    initial = {
        "name": space.name,
        "about": space.about,
        "rules": space.rules_source,
        "welcome": space.welcome_source,
        "allows_pseudonyms": space.allows_pseudonyms,
        "holds_first_posts": space.holds_first_posts,
        "starts_on": space.starts_on,
        "ends_on": space.ends_on,
    }
    form = SpaceForm(request.POST if request.method == "POST" else None, initial=initial, kind=space.kind)
    if request.method == "POST" and form.is_valid():
        try:
            spaces.change_space(space=space, by=request.user, **form.cleaned_data)
        except TextRefusedError as error:
            form.refuse(error)
        except spaces.AliasesNotPossibleError:
            form.add_error("allows_pseudonyms", _("Alias er ikke mulig her nå. Spør den som drifter Flett."))
        else:
            messages.success(request, _("Rommet er lagret."))
            return redirect("forum:space-about", slug)
    return page_about(request, "forum/space_edit.html", space, here="edit", form=form)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def archive(request: PersonRequest, slug: str) -> HttpResponse:
    """Archive the space, or open it again, after asking once. For those who look after it."""
    space = queries.get_moderated_space_for(request.user, slug)
    if request.method == "POST":
        if request.POST.get("decision") == "open":
            spaces.unarchive_space(space=space, by=request.user)
            messages.success(request, _("Rommet er åpnet igjen."))
        else:
            spaces.archive_space(space=space, by=request.user)
            messages.success(request, _("Rommet er arkivert."))
        return redirect("forum:space-about", slug)
    return page_about(request, "forum/space_archive.html", space, here="edit")


# --- coming in -----------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def join(request: PersonRequest, slug: str) -> HttpResponse:
    """Ask to enter a restricted space. Who reads it already is led there; a network says how one comes in."""
    space = queries.get_space_for(request.user, slug)
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            spaces.ask_to_enter(person=request.user, space=space, **form.cleaned_data)
        except TextRefusedError as error:
            form.refuse(error)
        except spaces.AlreadyAskedError:
            messages.info(request, _("Du har allerede spurt, eller du er invitert."))
            return redirect("forum:space-join", slug)
        except spaces.AlreadyInError:
            messages.info(request, _("Du er allerede med her."))
            return redirect("forum:space-about", slug)
        except spaces.TooManyError:
            form.add_error(None, _("Du har spurt mange steder i dag. Prøv igjen i morgen."))
        else:
            messages.success(request, _("Spørsmålet ditt er sendt. Svaret kommer blant varslene dine."))
            return redirect("forum:space-join", slug)
    return page_about(request, "forum/space_join.html", space, here="join", form=form)


@login_required
@never_cache
@require_POST
def withdraw(request: PersonRequest, slug: str) -> HttpResponse:
    """Take one's own request back. 404 where there is none."""
    own = get_object_or_404(entry_requests_withdrawn_by(request.user), space__slug=slug)
    try:
        spaces.withdraw_entry(request=own, by=request.user)
    except spaces.AlreadyDecidedError:
        messages.info(request, _("Du hadde fått svar før du rakk å trekke ønsket."))
    else:
        messages.success(request, _("Du har trukket ønsket."))
    return redirect("forum:space-about", slug)


@login_required
@never_cache
@require_safe
def requests(request: PersonRequest, slug: str) -> HttpResponse:
    """Who waits for an answer. For those who look after the space."""
    space = queries.get_moderated_space_for(request.user, slug)
    waiting = list(queries.get_waiting_requests(request.user, space))
    lines = queries.describe_people(space, [asked.person_id for asked in waiting])
    by_person = {line.person.pk: line for line in lines}
    rows = [(asked, by_person[asked.person_id]) for asked in waiting]
    return page_about(request, "forum/space_requests.html", space, here="requests", rows=rows)


@login_required
@never_cache
@require_POST
def decide(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Let somebody in (`decision=approve`) or say no. For those who look after the space."""
    space = queries.get_moderated_space_for(request.user, slug)
    asked = get_object_or_404(
        EntryRequest.objects.select_related("person"), pk=pk, space=space, invited_by__isnull=True
    )
    name = {"name": queries.name_of(asked.person)}
    try:
        if request.POST.get("decision") == "approve":
            spaces.approve_entry(request=asked, by=request.user)
            messages.success(request, _("%(name)s er med.") % name)
        else:
            spaces.refuse_entry(request=asked, by=request.user)
            messages.success(request, _("Du sa nei. %(name)s får beskjed.") % name)
    except spaces.AlreadyDecidedError:
        messages.info(request, _("Noen har allerede svart på dette ønsket."))
    except spaces.NotEligibleError:
        messages.error(request, _("%(name)s er ikke lenger med i noe team.") % name)
    return redirect("forum:space-requests", slug)


# --- being asked ---------------------------------------------------------------------------------------


def look_for(request: PersonRequest, space: Space, form: FindPersonForm) -> User | None:
    """The one person the form means; else None, and the form says what is missing."""
    key = f"forum-lookups:{request.user.pk}"
    cache.add(key, 0, A_DAY)
    if cache.incr(key) > LOOKUPS_PER_DAY:
        form.add_error(None, _("Du har lett etter mange i dag. Prøv igjen i morgen."))
        return None
    found = queries.find_people(space, form.cleaned_data["who"])
    if form.chosen in found:
        found = [form.chosen]
    if len(found) == 1:
        return User.objects.get(pk=found[0])
    if found:
        form.add_error("who", _("Flere heter det. Velg hvem du mener."))
    else:
        form.add_error("who", _("Fant ingen. Skriv hele navnet eller adressen, og sjekk at personen er med i et team."))
    return None


def found_by(space: Space, form: FindPersonForm) -> list[queries.PersonLine]:
    """Those to choose between, where several have the name."""
    keys = queries.find_people(space, form.data["who"]) if form.is_bound and "who" in form.data else []
    return queries.describe_people(space, keys) if len(keys) > 1 else []


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def invite(request: PersonRequest, slug: str) -> HttpResponse:
    """Invite somebody, and see who has not answered. For those who look after the space."""
    space = queries.get_moderated_space_for(request.user, slug)
    if not user_can_invite(request.user, space):
        raise PermissionDenied
    form = FindPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = look_for(request, space, form)
        if person is not None and invite_one(request, space, person, form):
            return redirect("forum:space-invite", slug)
    return page_about(
        request,
        "forum/space_invite.html",
        space,
        here="invite",
        form=form,
        matches=found_by(space, form),
        sent=queries.get_sent_invitations(request.user, space),
    )


def invite_one(request: PersonRequest, space: Space, person: User, form: FindPersonForm) -> bool:
    """Whether the invitation was sent; else the form says why not."""
    name = {"name": queries.name_of(person)}
    try:
        spaces.invite_to_space(space=space, person=person, by=request.user)
    except spaces.AlreadyInError:
        form.add_error("who", _("%(name)s er allerede med her.") % name)
    except spaces.AlreadyAskedError:
        form.add_error("who", _("%(name)s har allerede spurt, eller er invitert.") % name)
    except spaces.DeclinedLatelyError:
        form.add_error("who", _("%(name)s har nylig takket nei. Vent en måned før du spør igjen.") % name)
    except spaces.NotEligibleError:
        form.add_error("who", _("%(name)s er ikke med i noe team.") % name)
    except spaces.TooManyError:
        form.add_error(None, _("Du har invitert så mange du kan i dag. Prøv igjen i morgen."))
    else:
        messages.success(request, _("%(name)s er invitert.") % name)
        return True
    return False


@login_required
@never_cache
@require_POST
def take_back(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Take an invitation back. For those who look after the space."""
    space = queries.get_moderated_space_for(request.user, slug)
    invitation = get_object_or_404(EntryRequest, pk=pk, space=space, invited_by__isnull=False)
    try:
        spaces.take_back_invitation(invitation=invitation, by=request.user)
    except spaces.AlreadyDecidedError:
        messages.info(request, _("Invitasjonen var allerede besvart eller trukket tilbake."))
    else:
        messages.success(request, _("Invitasjonen er trukket tilbake."))
    return redirect("forum:space-invite" if user_can_invite(request.user, space) else "forum:space-about", slug)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def invitation(request: PersonRequest, pk: int) -> HttpResponse:
    """What one is invited to, and the answer. The space itself opens with a yes. 404 for everybody else."""
    found = queries.get_space_invitation_for(request.user, pk)
    space = found.space
    if request.method == "POST":
        try:
            if request.POST.get("decision") == "accept":
                spaces.accept_space_invitation(invitation=found, person=request.user)
                messages.success(request, _("Velkommen inn."))
                return redirect("forum:space-about", space.slug)
            spaces.decline_space_invitation(invitation=found, person=request.user)
        except spaces.AlreadyDecidedError:
            raise Http404 from None
        messages.success(request, _("Du har takket nei."))
        return redirect("forum:space-invitations")
    context = {
        "invitation": found,
        "space": space,
        "kind": space.get_kind_display(),
        "meaning": queries.WHAT_KIND_MEANS[Space.Kind(space.kind)],
        "period": queries.period_of(space),
        "inviter": queries.name_of(found.invited_by) if found.invited_by else "",
    }
    return TemplateResponse(request, "forum/space_invitation.html", context)


@login_required
@never_cache
@require_safe
def invitations(request: PersonRequest) -> HttpResponse:
    """One's own invitations that wait for an answer."""
    return TemplateResponse(
        request, "forum/space_invitations.html", {"invitations": queries.get_invitations_to_spaces(request.user)}
    )


# --- those who are in ----------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def members(request: PersonRequest, slug: str) -> HttpResponse:
    """Who is in the space. For those who read it."""
    space = queries.get_readable_space_for(request.user, slug)
    page = queries.get_people_page(space, number=request.GET.get("side"))
    return page_about(request, "forum/space_members.html", space, here="members", page=page)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def facilitators(request: PersonRequest, slug: str) -> HttpResponse:
    """Let another member look after an open space or a network. For those who look after it.

    Elsewhere a facilitator is one of those who are in the space: that is done on the person's own page.
    """
    space = queries.get_moderated_space_for(request.user, slug)
    if space.kind not in spaces.BY_WHAT_ONE_IS:
        raise Http404
    form = FindPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = look_for(request, space, form)
        if person is not None:
            spaces.make_facilitator(space=space, person=person, by=request.user)
            messages.success(request, _("%(name)s er rådgiver her.") % {"name": queries.name_of(person)})
            return redirect("forum:space-members", slug)
    return page_about(
        request, "forum/space_facilitators.html", space, here="members", form=form, matches=found_by(space, form)
    )


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def member(request: PersonRequest, slug: str, pk: int) -> HttpResponse:
    """Somebody's place in the space: make them facilitator or member, or take them out. For those who look after it."""
    space = queries.get_moderated_space_for(request.user, slug)
    membership = queries.get_membership_for(request.user, space, pk)
    name = {"name": queries.name_of(membership.person)}
    if request.method == "POST":
        decision = request.POST.get("decision")
        try:
            if decision == "facilitator":
                spaces.make_facilitator(space=space, person=membership.person, by=request.user)
                messages.success(request, _("%(name)s er rådgiver her.") % name)
            elif decision == "member":
                spaces.make_ordinary_member(membership=membership, by=request.user)
                messages.success(request, _("%(name)s er ikke lenger rådgiver her.") % name)
            else:
                spaces.end_space_membership(membership=membership, by=request.user)
                messages.success(request, _("%(name)s er ikke lenger med.") % name)
        except spaces.LastFacilitatorError:
            messages.error(request, _("Rommet må ha minst én rådgiver. Gjør en annen til rådgiver først."))
        except (spaces.AlreadyDecidedError, spaces.NotEligibleError):
            messages.info(request, _("Noen har allerede endret dette."))
        return redirect(after_change(request, space))
    return page_about(
        request,
        "forum/space_member.html",
        space,
        here="members",
        line=queries.describe_people(space, [membership.person_id])[0],
        by_what_one_is=space.kind in spaces.BY_WHAT_ONE_IS,
    )


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def leave(request: PersonRequest, slug: str) -> HttpResponse:
    """Leave the space, after asking once. 404 for those who have no place of their own in it."""
    space = queries.get_space_for(request.user, slug)
    own = get_object_or_404(SpaceMembership.objects.active(), space=space, person=request.user)
    if not user_can_end_space_membership(request.user, own):
        raise PermissionDenied
    if request.method == "POST":
        try:
            spaces.end_space_membership(membership=own, by=request.user)
        except spaces.LastFacilitatorError:
            messages.error(request, _("Du er den eneste rådgiveren. Gjør en annen til rådgiver først."))
            return redirect("forum:space-members", slug)
        messages.success(request, _("Du har gått ut av rommet."))
        return redirect(after_change(request, space))
    return page_about(request, "forum/space_leave.html", space, here="members")


def after_change(request: PersonRequest, space: Space) -> str:
    """Back to the members, or to what is left for somebody who may no longer see them."""
    if user_can_moderate_space(request.user, space):
        return reverse("forum:space-members", args=[space.slug])
    if user_can_see_space(request.user, space):
        return reverse("forum:space-about", args=[space.slug])
    return reverse("forum:space-invitations")


# --- one's alias ---------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def alias(request: PersonRequest, slug: str) -> HttpResponse:
    """The name one writes under here, and what the seal is and is not. For those who read the space."""
    space = queries.get_readable_space_for(request.user, slug)
    form = AliasForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            aliases.choose_alias(person=request.user, space=space, name=form.cleaned_data["name"])
        except TextRefusedError as error:
            form.add_error("name", error.message)
        except aliases.HasAliasError:
            messages.info(request, _("Du har allerede et alias her."))
            return redirect("forum:space-alias", slug)
        else:
            messages.success(request, _("Aliaset er ditt. Velg det når du skriver."))
            return redirect("forum:space-alias", slug)
    return page_about(
        request,
        "forum/space_alias.html",
        space,
        here="alias",
        form=form,
        possible=aliases_are_possible(),
        may_choose=user_can_choose_alias(request.user, space),
    )


@login_required
@never_cache
@require_safe
def alias_openings(request: PersonRequest) -> HttpResponse:
    """What two moderators have opened of one's own aliases, and why. For that person alone."""
    openings = list(get_openings_told_to(request.user))
    if any(not opening.owner_has_seen for opening in openings):
        seals.mark_openings_seen(person=request.user)
    return TemplateResponse(request, "forum/alias_openings.html", {"openings": openings})
