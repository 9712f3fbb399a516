"""What an edit does to learners, told in Wagtail's admin before it is made."""

from collections.abc import Iterable
from typing import Any

from django import template
from wagtail.models import Page

from learning.queries.effects import get_leaving_effect, get_lesson_effect, get_subject_effect

register = template.Library()


@register.inclusion_tag("learning/admin/lesson_effect.html")
def lesson_effect(lesson: Page) -> dict[str, Any]:
    """In the lesson's editor. Four queries."""
    return {"effect": get_lesson_effect([lesson.translation_key]) if lesson.pk else None}


@register.inclusion_tag("learning/admin/path_effect.html")
def path_effect(path: Page) -> dict[str, Any]:
    """In the path's editor. Two queries."""
    return {"effect": get_subject_effect([path.translation_key]) if path.pk else None}


@register.inclusion_tag("learning/admin/leaving_effect.html")
def leaving_effect(page: Page, deleting: bool = False) -> dict[str, Any]:
    """Where one page is about to leave the site."""
    return {"effect": get_leaving_effect([page]), "deleting": deleting}


@register.inclusion_tag("learning/admin/leaving_effect.html")
def leaving_effect_of(items: Iterable[dict[str, Any]], deleting: bool = False, moving: bool = False) -> dict[str, Any]:
    """Where several are, or are moved, as Wagtail's bulk actions list them."""
    return {"effect": get_leaving_effect([item["item"] for item in items], moving=moving), "deleting": deleting}
