"""What a topic is about: principles, and the course or lesson it points at, in the reader's language."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db.models import CharField, F, Func, OuterRef, QuerySet, Subquery
from django.utils import translation

from courses.models import CoursePage, LessonPage, Principle
from courses.urls_of import page_path
from forum.kept_pages import digest
from forum.models import Topic, TopicPrinciple

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


class _Together(Func):
    """All there are of a column, as one text with commas."""

    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s::text, ',')")

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="GROUP_CONCAT(%(expressions)s)")


def with_principle_keys(topics: QuerySet[Topic]) -> QuerySet[Topic]:
    """Each topic with `principle_keys`, which `add_principles` reads."""
    own = TopicPrinciple.objects.filter(topic=OuterRef("pk")).order_by()
    return topics.annotate(principle_keys=Subquery(own.values(together=_Together(F("principle_key")))))


def add_principles(topics: Iterable[Topic]) -> None:
    """Set `shown_principles` on each of `with_principle_keys`, in order. No query but that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    for each in topics:
        found: str | None = each.principle_keys  # type: ignore[attr-defined]
        keys = {UUID(key) for key in found.split(",")} if found else set()
        shown = [principle for key, principle in index.items() if key in keys] if keys else []
        each.shown_principles = shown  # type: ignore[attr-defined]


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
