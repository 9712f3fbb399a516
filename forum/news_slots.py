"""What somebody is to read and confirm, on «Min side». Asked with each request, in one query, since it is their own."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from courses.rendering import register_slot
from forum.queries.news import get_asked_news


def news_to_confirm(request: HttpRequest, argument: str) -> str:
    """Nothing where nothing waits."""
    user: Any = request.user
    asked = get_asked_news(user) if user.is_authenticated else []
    return render_to_string("forum/parts/news_to_confirm.html", {"asked": asked}) if asked else ""


register_slot("news-to-confirm", news_to_confirm)
