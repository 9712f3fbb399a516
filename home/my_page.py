"""The learner's own part of «Min side», kept until they do something or content changes."""

from collections.abc import Sequence

from django.core.cache import caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from courses.rendering import request_stamp
from learning.queries import AssignedPath
from learning.queries.learner_state import get_learner_state
from learning.queries.my_learning import get_my_learning


def render_my_learning(request: HttpRequest, *, assigned: Sequence[AssignedPath], has_team: bool) -> str:
    """What the reader learns, as safe HTML. `assigned` is what their teams ask of them now.

    Costs what `get_my_learning` does where something has changed, else the learner's and the content's stamp.
    """
    state = get_learner_state(request)
    language, today = translation.get_language() or "nb", timezone.localdate()
    asked = [(str(path.page.translation_key), path.due_on) for path in assigned]
    stamps = state.stamp or f"{request.user.pk}:0:{request_stamp(request)}"
    key = f"my-learning:{stamps}:{language}:{today}:{hash((tuple(asked), has_team))}"
    html: str | None = caches["learners"].get(key)
    if html is None:
        mine = get_my_learning(state=state, assigned=assigned, language=language, today=today)
        context = {"mine": mine, "has_team": has_team, "today": today}
        html = render_to_string("learning/my_learning.html", context, request)
        caches["learners"].set(key, html)
    return html
