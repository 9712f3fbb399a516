"""Places for what a browser is to know of the reader; `learning.device_slots` says what stands there."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from courses.models import LessonPage
from courses.rendering import slot_marker

register = template.Library()


@register.simple_tag
def film_state(page: Any, block_id: Any, film: Any) -> SafeString | str:
    """How much of the film the reader has seen. Nothing outside a lesson, where nothing is kept of it."""
    if not isinstance(page, LessonPage) or not block_id or film is None:
        return ""
    return slot_marker("film-state", f"{page.translation_key}:{block_id}:{film.key}")
