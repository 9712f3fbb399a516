"""What somebody is told when they sign in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from people.models import Profile
from people.own_data.mails import day


def tell_if_leaving(request: HttpRequest, person: Any) -> None:
    """That the account is about to be deleted, and where to keep it. One query."""
    due_at = Profile.of(person).deletion_due_at
    if due_at is not None:
        text = _("Kontoen din slettes %(day)s. Vil du beholde den? Gå til Min konto.") % {"day": day(due_at)}
        messages.warning(request, text, fail_silently=True)
