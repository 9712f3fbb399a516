"""What a topic is about: principles, and the course or lesson it points at, in the reader's language."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db.models import BigIntegerField, QuerySet
from django.utils import translation

from courses.models import CoursePage, LessonPage, Principle
from courses.urls_of import page_path
from forum.kept_pages import digest
from forum.models import Topic, TopicPrinciple
from forum.prepared import Several, key_of, prepared

KEPT_SECONDS = 60
"""Principles change a few times a year, and each page of topics names them."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The page a topic is about. `url` is empty where the page is gone: then only its kind is known."""

    kind: str
    key: UUID
    title: str = ""
    url: str = ""
    language: str = ""


def reader_language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def get_principle_index(*, language: str) -> dict[UUID, Principle]:
    """All principles by key, in the language asked for or else Bokmål, set by set in order.

    One query, none for a minute after.
    """
    return _principle_index(language)[0]


def principle_index_digest(*, language: str) -> str:
    """What `get_principle_index` says, for what is kept that names principles."""
    return _principle_index(language)[1]


def _principle_index(language: str) -> tuple[dict[UUID, Principle], str]:
    kept: tuple[dict[UUID, Principle], str] | None = caches["pages"].get(f"forum-principles:{language}")
    if kept is not None:
        return kept
    found: dict[UUID, Principle] = {}
    sizes: dict[int, set[int]] = defaultdict(set)
    for principle in (
        Principle.objects.filter(locale__language_code__in={language, settings.LANGUAGE_CODE})
        .defer("explanation")
        .select_related("principle_set", "locale")
        .order_by("principle_set", "position", "pk")
    ):
        sizes[principle.principle_set_id].add(principle.position)
        if principle.translation_key not in found or principle.locale.language_code == language:
            found[principle.translation_key] = principle
    for principle in found.values():
        principle.ring_size = len(sizes[principle.principle_set_id])
    kept = found, digest(list(found.values()))
    caches["pages"].set(f"forum-principles:{language}", kept, KEPT_SECONDS)
    return kept


@prepared(topics=Several(BigIntegerField()))
def _principles(reader: Any, *, topics: Any) -> "QuerySet[TopicPrinciple, Any]":
    found = TopicPrinciple.objects.alias(of=key_of("topic")).filter(of__in=topics)
    return found.values_list("topic_id", "principle_key")


def add_principles(topics: Sequence[Topic]) -> None:
    """Set `shown_principles` on each topic, in order. One query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    places = {key: place for place, key in enumerate(index)}
    keys: dict[int, list[UUID]] = defaultdict(list)
    for topic, key in _principles.for_all(topics=[topic.pk for topic in topics]):
        if key in index:
            keys[topic].append(key)
    for each in topics:
        each.shown_principles = [  # type: ignore[attr-defined]
            index[key] for key in sorted(keys[each.pk], key=places.__getitem__)
        ]


def get_subject(*, kind: str, key: UUID) -> Subject:
    """The course or lesson in the reader's language, else as it was written. One query."""
    model = CoursePage if kind == Topic.SubjectKind.COURSE else LessonPage
    pages = model.objects.live().filter(translation_key=key).defer_streamfields().select_related("locale")
    page = _in_language(pages)
    if page is None:
        return Subject(kind=kind, key=key)
    return Subject(kind=kind, key=key, title=page.title, url=page_path(page), language=page.locale.language_code)


def _in_language(pages: QuerySet) -> CoursePage | LessonPage | None:
    chosen: CoursePage | LessonPage | None = None
    for page in pages.order_by("pk"):
        if chosen is None or page.locale.language_code == reader_language():
            chosen = page
    return chosen


def known_principles(keys: Iterable[UUID]) -> list[Principle]:
    """Those of the keys that are principles, as the reader's language has them."""
    index = get_principle_index(language=reader_language())
    return [index[key] for key in keys if key in index]
