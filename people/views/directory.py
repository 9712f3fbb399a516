"""The directory of teams, and a team's own page."""

from django.http import HttpRequest, HttpResponse


def directory(request: HttpRequest) -> HttpResponse:
    raise NotImplementedError


def team(request: HttpRequest, slug: str) -> HttpResponse:
    raise NotImplementedError


def edit_team(request: HttpRequest, slug: str) -> HttpResponse:
    raise NotImplementedError
