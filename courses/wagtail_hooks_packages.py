"""Where course packages are found in Wagtail's admin: on the course, on its section and in the menu."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets import Button
from wagtail.models import Page

from courses.admin_packages import export_package, import_package
from courses.models import CourseIndexPage, CoursePage
from courses.permissions import sections_open_for_import


@hooks.register("register_admin_urls")
def package_urls() -> list[URLPattern | URLResolver]:
    own = [
        path("import/", import_package, name="import"),
        path("export/<int:pk>/", export_package, name="export"),
    ]
    return [path("course-packages/", include((own, "course_packages"), namespace="course_packages"))]


class ImportMenuItem(MenuItem):
    """Shown to those who may publish in a section."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(sections_open_for_import(request.user).exists())


@hooks.register("register_admin_menu_item")
def import_menu_item() -> MenuItem:
    return ImportMenuItem(
        gettext_lazy("Importer kurspakke"),
        reverse("course_packages:import"),
        name="import-course-package",
        icon_name="upload",
        order=650,
    )


def package_buttons(page: Page, user: Any) -> Iterator[Button]:
    """What a course and a section offer besides Wagtail's own."""
    if isinstance(page.specific_deferred, CoursePage) and page.permissions_for_user(user).can_edit():
        yield Button(
            _("Last ned kurspakke (zip)"),
            reverse("course_packages:export", args=[page.pk]),
            icon_name="download",
            priority=62,
        )
    if isinstance(page.specific_deferred, CourseIndexPage):
        rights = page.permissions_for_user(user)
        if rights.can_add_subpage() and rights.can_publish_subpage():
            yield Button(
                _("Importer kurspakke"),
                f"{reverse('course_packages:import')}?section={page.pk}",
                icon_name="upload",
                priority=62,
            )


@hooks.register("register_page_header_buttons")
def header_buttons(page: Page, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from package_buttons(page, user)


@hooks.register("register_page_listing_more_buttons")
def listing_buttons(page: Page, user: Any, next_url: str | None = None) -> Iterator[Button]:
    yield from package_buttons(page, user)
