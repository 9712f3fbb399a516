"""The directory of teams, and a team's own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from people import team_actions
from people.models import Team
from people.permissions import user_can_edit_team_list, user_can_set_people_settings
from people.queries.directory import Choice, get_directory, get_managed_team_for, get_team
from people.queries.membership import get_members, get_standing
from people.team_forms import TeamForm
from safety.text import TextRefusedError, clean_line

FILTERS = {"words": "sok", "county": "fylke", "programme": "program", "region": "region"}
"""A choice's fields, and what they are called in the address."""


@require_safe
@never_cache
def directory(request: HttpRequest) -> HttpResponse:
    """Every team that is not closed, for anyone."""
    choice = Choice(**{field: asked(request.GET, name) for field, name in FILTERS.items()})
    page = request.GET.get("side", "")
    context = {
        "directory": get_directory(choice, page=int(page) if page.isdecimal() and len(page) < 6 else 1),
        "address_of": {
            field: address_without(request.GET, name) for field, name in {**FILTERS, "page": "side"}.items()
        },
        "may_edit_list": user_can_edit_team_list(request.user),
        "may_set": user_can_set_people_settings(request.user),
    }
    return TemplateResponse(request, "people/directory.html", context)


def asked(query: QueryDict, name: str) -> str:
    """What the reader asks for under this name, as one line; nothing where it is longer than any name is."""
    try:
        return clean_line(query.get(name, ""), most=120)
    except TextRefusedError:
        return ""


def address_without(query: QueryDict, name: str) -> str:
    """The query of the same page with this filter taken away, ready for another value of it."""
    kept = query.copy()
    for unwanted in (name, "side"):
        kept.pop(unwanted, None)
    for empty in [key for key in kept if not kept[key]]:
        kept.pop(empty)
    return kept.urlencode()


@require_safe
@never_cache
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """About the team, for anyone; its people for those who may see them."""
    found = get_team(slug)
    standing = get_standing(request.user, found)  # type: ignore[arg-type]
    context = {
        "team": found,
        "standing": standing,
        "people": list(get_members(found)) if standing.sees_people else [],
    }
    return TemplateResponse(request, "people/team.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit_team(request: HttpRequest, slug: str) -> HttpResponse:
    """What the team says of itself. For those who manage it."""
    found = get_managed_team_for(request.user, slug)
    form = TeamForm(request.POST or None, instance=Team.objects.get(pk=found.pk))
    if request.method == "POST" and form.is_valid():
        team_actions.edit_team(team=found, **form.cleaned_data)
        messages.success(request, _("Teamets side er lagret."))
        return redirect(found)
    status = 422 if form.errors else 200
    return TemplateResponse(request, "people/team_edit.html", {"team": found, "form": form}, status=status)
