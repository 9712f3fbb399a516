"""What Flett adds to Wagtail's admin for administrators: teams, and the lists around them."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter
from wagtail import hooks

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
