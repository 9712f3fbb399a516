"""«Min side», kept for each person until anything it shows is another."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_variables

from courses.rendering import Document, page_key, request_stamp, serve_document
from learning.queries import get_assigned_paths
from learning.queries.certificates import Standing, get_own_certificates
from learning.queries.learner_state import get_learner_state
from learning.queries.my_learning import get_my_learning
from people.permissions import user_has_a_level
from people.queries.membership import (
    get_active_memberships,
    get_invitations_to,
    get_own_requests,
    get_teams_with_requests,
)
from people.queries.stamp import get_people_stamp

SHOWN_CERTIFICATES = {Standing.VALID, Standing.EXPIRED}


@sensitive_variables()
def serve_my_page(request: HttpRequest) -> HttpResponse:
    """The reader's own page: two queries where nothing has changed, for the stamps (content's and learner's, people's).

    The stamps are read before what they stand for: what is kept may be newer than its stamp, never older. What changes
    by time alone is the day, which is in the key, and an invitation that grows too old, which ends the keeping.
    """
    stamps = f"{request_stamp(request)}:{get_learner_state(request).stamp}:{get_people_stamp()}"
    key = f"my-page:{request.user.pk}:{stamps}:{page_key(request, translation.get_language() or '')}"
    kept: tuple[Document, datetime | None] | None = caches["learners"].get(key)
    if kept is None or (kept[1] is not None and kept[1] <= timezone.now()):
        kept = render_my_page(request)
        caches["learners"].set(key, kept, KEPT_SECONDS)
    return serve_document(kept[0], request)


KEPT_SECONDS = 600
"""A process that is killed between a change outside a transaction and the bump of its stamp leaves no more behind."""


@sensitive_variables()
def render_my_page(request: HttpRequest) -> tuple[Document, datetime | None]:
    """The page with slots for what belongs to one request, and until when it is good."""
    person: Any = request.user
    language, today = translation.get_language() or settings.LANGUAGE_CODE, timezone.localdate()
    memberships, invitations = list(get_active_memberships(person)), list(get_invitations_to(person))
    assigned = get_assigned_paths(person=person, language=language)
    mine = get_my_learning(state=get_learner_state(request), assigned=assigned, language=language, today=today)
    context = {
        "mine": mine,
        "today": today,
        "has_team": bool(memberships),
        "memberships": memberships,
        "requests": get_own_requests(person),
        "invitations": invitations,
        "teams_with_requests": get_teams_with_requests(person),
        "certificates": [own for own in get_own_certificates(person) if own.standing in SHOWN_CERTIFICATES],
        "has_a_level": user_has_a_level(person),
    }
    html = render_to_string("home/my_page.html", context, request)
    return Document.parse(html), min((each.expires_at for each in invitations), default=None)
