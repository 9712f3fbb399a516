"""What Flett adds to Wagtail's admin for administrators: teams, and the lists around them."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin import messages

from people.models import User
from people.own_data.actions import delete_person
from people.team_list import admin
from people.viewsets import PeopleViewSetGroup


class FileKindConverter(StringConverter):
    """csv or xlsx."""

    regex = "csv|xlsx"


register_converter(FileKindConverter, "team_list_kind")


@hooks.register("register_admin_urls")
def team_list_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("import/", admin.import_list, name="import"),
        path("import/<uuid:key>/", admin.check_list, name="check"),
        path("export/<team_list_kind:kind>/", admin.export_list, name="export"),
    ]
    return [path("team-list/", include((own, "team_list_admin"), namespace="team_list_admin"))]


@hooks.register("register_admin_viewset")
def people_viewsets() -> Any:
    return PeopleViewSetGroup()


# Wagtail would take a person's memberships with them, and write their name into its log.


@hooks.register("before_delete_user")
def delete_user_our_way(request: HttpRequest, user: User) -> HttpResponse | None:
    return None if request.method != "POST" else delete_people(request, [user])


@hooks.register("before_bulk_action")
def delete_users_our_way(
    request: HttpRequest, action_type: str, objects: Iterable[Any], action: Any
) -> HttpResponse | None:
    if action_type != "delete" or action.model is not User or request.method != "POST":
        return None
    return delete_people(request, objects)


def delete_people(request: HttpRequest, people: Iterable[User]) -> HttpResponse:
    """Wagtail has asked whether this administrator may."""
    for person in people:
        delete_person(person=person)
    messages.success(request, _("Slettet, med alt Flett hadde om dem."))
    return redirect("wagtailusers_users:index")
