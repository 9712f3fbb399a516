"""A page as somebody else sees it, for the preview in the editor."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _

from courses.rendering import NoMessages
from people.models import User


def show_as(request: HttpRequest, *, mode: str) -> None:
    """Let the preview's request come from an ordinary member (`learner`), or else from nobody.

    The editor's own name, rights and waiting messages stay out of the frame. The member is not in the database, so
    no progress is read or written for anyone.
    """
    request.user = preview_member() if mode == "learner" else AnonymousUser()
    request._messages = NoMessages(request)  # type: ignore[attr-defined]


def preview_member() -> User:
    """A member with no rights at all; asking for them costs no query."""
    member = User(first_name=_("Kari"), last_name=_("Deltaker"), email="deltaker@flett.invalid")
    for cache in ("_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        setattr(member, cache, set())
    return member
