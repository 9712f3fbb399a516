"""What authors are told in Wagtail's admin about those who learn."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from wagtail import hooks
from wagtail.admin import messages
from wagtail.models import Page

from learning import certificate_admin  # noqa: F401 – registers its own hooks
from learning.queries.effects import LeavingEffect, get_leaving_effect


@hooks.register("before_delete_page")
def tell_what_deleting_does(request: HttpRequest, page: Page) -> None:
    """On the page that asks whether to delete: Wagtail has no place of its own for it there."""
    if request.method == "GET":
        _tell(request, get_leaving_effect([page]), deleting=True)


@hooks.register("before_move_page")
def tell_what_moving_does(request: HttpRequest, page: Page, destination: Page) -> None:
    """A lesson that leaves its course; within it nothing happens."""
    if request.method == "GET" and not page.is_child_of(destination):
        _tell(request, get_leaving_effect([page], moving=True), deleting=False)


def _tell(request: HttpRequest, effect: LeavingEffect, *, deleting: bool) -> None:
    if effect.is_any:
        context = {"effect": effect, "deleting": deleting}
        messages.warning(request, render_to_string("learning/admin/leaving_text.html", context))
