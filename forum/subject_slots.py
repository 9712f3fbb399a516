"""Reader-dependent places on other rooms' pages: the way from a lesson, course or principle to its topics, and to what
the library has for it.

Those pages are kept rendered and read by many, so an anonymous reader costs no query here, and a member at most two
small ones a minute: which spaces they read, and how many topics each space has about the page.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from courses.rendering import register_slot
from forum.models import State, Topic
from forum.permissions import spaces_readable_by
from forum.queries.event_calendar import get_next_events, principles_of_next_events
from forum.queries.joined import get_practice_items
from forum.queries.news import get_news_about, principles_of_current_news
from forum.queries.subjects import reader_language
from forum.queries.topics import get_topics_about

KEPT_SECONDS = 60
SHOWN_TOPICS = 5
ADDRESS_WORDS = {Topic.SubjectKind.COURSE: "kurs", Topic.SubjectKind.LESSON: "leksjon"}


def readable_space_ids(user: Any) -> set[int]:
    """The spaces the person reads. One query, none for a minute after."""

    def ask() -> set[int]:
        return set(spaces_readable_by(user).values_list("pk", flat=True))

    found: set[int] = cache.get_or_set(f"forum-spaces-read:{user.pk}", ask, KEPT_SECONDS) or set()
    return found


def topics_by_space(kind: str, key: UUID) -> dict[int, int]:
    """How many topics about the page are shown in each space. Says nothing to anybody but through
    `readable_space_ids`. One query, none for a minute after.
    """

    def ask() -> dict[int, int]:
        shown = Topic.objects.filter(subject_kind=kind, subject_key=key, state=State.NORMAL, merged_into__isnull=True)
        return dict(shown.values_list("space").annotate(count=Count("pk")).order_by())

    found: dict[int, int] = cache.get_or_set(f"forum-topics-about:{kind}:{key}", ask, KEPT_SECONDS) or {}
    return found


def topics_about_page(request: HttpRequest, argument: str) -> str:
    """«Diskuter denne leksjonen», with the number of topics for a member. Argument: `lesson:key` or `course:key`."""
    kind, _colon, text = argument.partition(":")
    key = UUID(text)
    count = 0
    if request.user.is_authenticated:
        by_space = topics_by_space(kind, key)
        if by_space:
            mine = readable_space_ids(request.user)
            count = sum(number for space, number in by_space.items() if space in mine)
    return render_way(kind, key, count, reader_language())


@lru_cache(maxsize=2048)
def render_way(kind: str, key: UUID, count: int, language: str) -> str:
    """It depends on nothing else. The address is that of the language."""
    address = reverse("forum:topics-about", args=[ADDRESS_WORDS[Topic.SubjectKind(kind)], key])
    context = {"kind": kind, "count": count, "address": address, "LANGUAGE_CODE": language}
    return render_to_string("forum/parts/discuss.html", context)


def topics_about_principle(request: HttpRequest, argument: str) -> str:
    """The newest topics about a principle that the reader may see. Argument: the principle's key."""
    key = UUID(argument)
    address = reverse("forum:topics-about", args=["prinsipp", key])
    topics = []
    if request.user.is_authenticated:
        topics = get_topics_about(request.user, kind="principle", key=key, size=SHOWN_TOPICS).topics
    context = {"topics": topics, "address": address, "is_anonymous": not request.user.is_authenticated}
    return render_to_string("forum/parts/principle_topics.html", context, request)


def practice_of_course(request: HttpRequest, argument: str) -> str:
    """«Bruk i praksis» on a lesson: the way to what the library has for its course. Argument: the course's key.

    What there is, is fetched when the reader comes so far down (`static/js/later.js`), so the lesson asks for nothing.
    """
    return render_practice_way(UUID(argument), request.user.is_authenticated, reader_language())


@lru_cache(maxsize=2048)
def render_practice_way(key: UUID, is_signed_in: bool, language: str) -> str:
    """It depends on nothing else. The address is that of the language."""
    address = reverse("forum:library-practice", args=[key])
    context = {"address": address, "is_signed_in": is_signed_in, "LANGUAGE_CODE": language}
    return render_to_string("forum/parts/practice_way.html", context)


def practice_of_principle(request: HttpRequest, argument: str) -> str:
    """The few of the library about a principle that the reader may use. Argument: the principle's key. One query."""
    key = UUID(argument)
    context = {
        "items": get_practice_items(request.user, [key]) if request.user.is_authenticated else [],
        "address": f"{reverse('forum:library')}?prinsipp={key}&sorter=mest-brukt",
        "is_anonymous": not request.user.is_authenticated,
    }
    return render_to_string("forum/parts/practice.html", context, request)


register_slot("practice-of-course", practice_of_course)
register_slot("practice-of-principle", practice_of_principle)


def events_about_principle(request: HttpRequest, argument: str) -> str:
    """The next events about a principle that the reader may see; nothing where there is none. Argument: its key."""
    key = UUID(argument)
    if not request.user.is_authenticated or key not in principles_of_next_events():
        return ""
    events = get_next_events(request.user, principle=key)
    address = f"{reverse('forum:events')}?prinsipp={key}"
    return render_to_string("forum/events/parts/about_principle.html", {"events": events, "address": address})


def news_about_principle(request: HttpRequest, argument: str) -> str:
    """The newest news about a principle that the reader may see; nothing where there is none. Argument: its key."""
    key = UUID(argument)
    if not request.user.is_authenticated or key not in principles_of_current_news():
        return ""
    return render_to_string("forum/news/about_principle.html", {"items": get_news_about(request.user, key)})


register_slot("events-about-principle", events_about_principle)
register_slot("news-about-principle", news_about_principle)
register_slot("topics-about", topics_about_page)
register_slot("topics-about-principle", topics_about_principle)
