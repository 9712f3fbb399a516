"""«Min konto»: one's own profile and choices, everything Flett holds about one, and the way out."""

from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.forms_profile import PreferencesForm, ProfileForm
from people.models import DataExport, MailKind, PeopleSettings, Profile, User
from people.own_data import actions, collect
from people.own_data.words import in_words
from people.queries.own_data import (
    get_export,
    get_memberships_shown_to,
    get_own_export,
    get_person_for,
    get_picture_for,
    get_picture_key,
    get_state,
    get_teams_led_alone,
    is_last_administrator,
)
from safety.files import FileRefusedError

READ_AND_WRITE = ["GET", "HEAD", "POST"]


class PersonRequest(HttpRequest):
    """A request from somebody who has signed in."""

    user: User


def status_of(form: Any) -> int:
    return 422 if form.errors else 200


@login_required
@never_cache
@require_safe
def account(request: PersonRequest) -> HttpResponse:
    """The way to everything about one's own account."""
    context = {"profile": Profile.of(request.user), "picture_key": get_picture_key(request.user)}
    return TemplateResponse(request, "people/account.html", context)


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def profile(request: PersonRequest) -> HttpResponse:
    """One's own name, presentation and picture. Nothing is saved where anything is refused."""
    person = request.user
    picture_key = get_picture_key(person)
    initial = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "presentation": Profile.of(person).presentation,
    }
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ProfileForm(*sent, initial=initial, has_picture=picture_key is not None)
    if request.method == "POST" and form.is_valid() and save_profile(person, form):
        messages.success(request, _("Profilen er lagret."))
        return redirect("people:profile")
    context = {
        "form": form,
        "picture_key": picture_key,
        "memberships": get_memberships_shown_to(person, person),
    }
    return TemplateResponse(request, "people/profile.html", context, status=status_of(form))


def save_profile(person: User, form: ProfileForm) -> bool:
    """Hand over to the actions; False, with the reason in the form, where the picture is refused."""
    given = form.cleaned_data
    if given["picture"]:
        try:
            actions.set_picture(person=person, file=given["picture"], name=given["picture"].name)
        except FileRefusedError as error:
            form.add_error("picture", error.message)
            return False
    elif given.get("remove_picture"):
        actions.remove_picture(person=person)
    texts = {name: given[name] for name in ("first_name", "last_name", "presentation")}
    actions.save_profile(person=person, **texts)
    return True


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
def preferences(request: PersonRequest) -> HttpResponse:
    """Language and mails. The answer comes in the language that was chosen."""
    person = request.user
    profile = Profile.of(person)
    initial = {"language": person.language} | {kind.choice: getattr(profile, kind.choice) for kind in MailKind}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        actions.save_preferences(person=person, language=language, mails_wanted=form.mails_wanted)
        with translation.override(person.language):
            messages.success(request, _("Valgene er lagret."))
            return redirect("people:preferences")
    return TemplateResponse(request, "people/preferences.html", {"form": form}, status=status_of(form))


# --- seen by others -------------------------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """Somebody's page, for those who may see them; 404 for everybody else."""
    shown = get_person_for(request.user, pk)
    context = {
        "person": shown,
        "presentation": Profile.of(shown).presentation,
        "picture_key": get_picture_key(shown),
        "memberships": get_memberships_shown_to(request.user, shown),
    }
    return TemplateResponse(request, "people/person.html", context)


@login_required
@never_cache
@require_safe
def picture(request: PersonRequest, pk: int, key: UUID, size: str) -> HttpResponse:
    """A picture, for those who may see the person. Not kept by browsers: wards share machines."""
    found = get_picture_for(request.user, pk, key=key)
    if size not in {"small", "large"}:
        raise Http404
    return HttpResponse(bytes(getattr(found, size)), content_type="image/jpeg")


# --- everything Flett holds about one -------------------------------------------------------------------


@login_required
@never_cache
@require_safe
def own_data(request: PersonRequest) -> HttpResponse:
    """Everything, in words, with what it is for."""
    export = get_export(request.user)
    sections = [in_words(section) for section in collect(request.user)]
    context = {
        "sections": [section for section in sections if not section.is_empty],
        "empty": [section for section in sections if section.is_empty],
        "export": export,
        "state": get_state(export),
    }
    return TemplateResponse(request, "people/own_data.html", context)


@login_required
@never_cache
@require_POST
@reauthentication_required
def make_export(request: PersonRequest) -> HttpResponse:
    """Ask for a copy of everything, for somebody who has just shown who they are."""
    export = actions.request_export(person=request.user)
    export.refresh_from_db()
    if get_state(export) == "waiting":
        messages.info(request, _("Kopien lages nå. Du får e-post når den er klar."))
    return redirect("people:own-data")


@login_required
@never_cache
@require_safe
def download_export(request: PersonRequest, key: UUID) -> HttpResponseBase:
    """One's own copy, for somebody who has just shown who they are; 404 for anybody else's."""
    return send_export(request, get_own_export(request.user, key))


@reauthentication_required
def send_export(request: PersonRequest, export: DataExport) -> HttpResponseBase:
    made_on = timezone.localdate(export.finished_at).isoformat()
    return FileResponse(
        export.file.open("rb"),
        as_attachment=True,
        filename=f"flett-{made_on}.zip",
        content_type="application/zip",
    )


# --- leaving --------------------------------------------------------------------------------------------


@login_required
@never_cache
@require_http_methods(READ_AND_WRITE)
@reauthentication_required(allow_get=True)
def delete_account(request: PersonRequest) -> HttpResponse:
    """What is deleted and when, and the button; where it is asked for already, the way back."""
    if request.method == "POST":
        actions.request_deletion(person=request.user)
        return redirect("people:delete-account")
    context = {
        "profile": Profile.of(request.user),
        "days": PeopleSettings.load().deletion_days,
        "teams_led_alone": get_teams_led_alone(request.user),
        "is_last_administrator": is_last_administrator(request.user),
    }
    return TemplateResponse(request, "people/delete_account.html", context)


@login_required
@never_cache
@require_POST
def keep_account(request: PersonRequest) -> HttpResponse:
    """Take the wish to be deleted back."""
    if actions.keep_account(person=request.user):
        messages.success(request, _("Kontoen din slettes ikke. Alt er som før."))
    return redirect("people:account")
