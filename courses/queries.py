"""Reads that span models of this room."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Left, Length
from wagtail.models import Page, PageLogEntry, ReferenceIndex

from courses.blocks import FILM_TYPES
from courses.models import (
    CoursePage,
    FacilitatorGuidePage,
    FlettMedia,
    LegalReference,
    LessonPage,
    LessonVersion,
    Principle,
)
from courses.rendering import current_stamp
from courses.urls_of import page_path


@dataclass(slots=True)
class LessonEntry:
    """A lesson as an outline shows it."""

    pk: int
    key: UUID
    title: str
    slug: str
    kind: str
    kind_label: str
    minutes: int
    is_required: bool
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class GuideEntry:
    """A course's guide to a team meeting, as its course and lessons link to it."""

    title: str
    minutes: int
    url: str


@dataclass(slots=True)
class CourseOutline:
    """A course and its lessons, in order."""

    pk: int
    key: UUID
    title: str
    slug: str
    summary: str
    url: str
    minutes: int
    sign_in_required: bool
    language: str
    lessons: list[LessonEntry] = field(default_factory=list)
    number: int = 0
    is_open: bool = False
    is_available: bool = True
    principles: list[Principle] = field(default_factory=list)
    """Filled where a page shows their rings."""
    tree_path: str = ""
    guide: "GuideEntry | None" = None
    """Filled where a page links to it."""

    def neighbours(self) -> tuple[LessonEntry | None, LessonEntry | None]:
        """The lessons before and after the current one in this course."""
        return neighbours_of_current(self.lessons)

    @property
    def required_count(self) -> int:
        return sum(1 for lesson in self.lessons if lesson.is_required)


def neighbours_of_current(lessons: list[LessonEntry]) -> tuple[LessonEntry | None, LessonEntry | None]:
    """The entries before and after the current one, None at an end or where nothing is current."""
    place = next((number for number, lesson in enumerate(lessons) if lesson.is_current), None)
    if place is None:
        return None, None
    return (
        lessons[place - 1] if place else None,
        lessons[place + 1] if place + 1 < len(lessons) else None,
    )


def _entry(lesson: LessonPage, *, is_current: bool, url: str) -> LessonEntry:
    return LessonEntry(
        pk=lesson.pk,
        key=lesson.translation_key,
        title=lesson.title,
        slug=lesson.slug,
        kind=lesson.kind,
        kind_label=lesson.get_kind_display(),
        minutes=lesson.minutes,
        is_required=lesson.is_required,
        url=url,
        is_current=is_current,
    )


def get_lessons_by_course(courses: Iterable[CoursePage]) -> dict[int, list[LessonPage]]:
    """Live lessons per course id, in the author's order. One query for any number of courses."""
    by_prefix = {course.path: course.pk for course in courses}
    lessons: dict[int, list[LessonPage]] = defaultdict(list)
    if not by_prefix:
        return lessons
    under = Q()
    for prefix in by_prefix:
        under |= Q(path__startswith=prefix)
    for lesson in LessonPage.objects.live().filter(under).for_outline():
        lessons[by_prefix[lesson.path[: -LessonPage.steplen]]].append(lesson)
    return lessons


def get_course_outline(*, course: CoursePage, current_slug: str = "") -> CourseOutline:
    """The side bar of a course read on its own. One query."""
    lessons = get_lessons_by_course([course])[course.pk]
    return build_outline(course=course, lessons=lessons, current_slug=current_slug, url=page_path(course), is_open=True)


def build_outline(
    *, course: CoursePage, lessons: list[LessonPage], url: str, current_slug: str = "", is_open: bool = False
) -> CourseOutline:
    """Put a course and its lessons into an outline whose links start at `url`. No query."""
    return CourseOutline(
        pk=course.pk,
        key=course.translation_key,
        title=course.title,
        slug=course.slug,
        summary=course.summary,
        url=url,
        minutes=course.minutes or sum(lesson.minutes for lesson in lessons),
        sign_in_required=course.sign_in_required,
        language=course.locale.language_code,
        lessons=[
            _entry(lesson, is_current=lesson.slug == current_slug, url=f"{url}{lesson.slug}/") for lesson in lessons
        ],
        is_open=is_open,
        tree_path=course.path,
    )


def get_courses_in_language(keys: Iterable[UUID], *, language: str) -> dict[UUID, CoursePage]:
    """Live courses by identity: in the language asked for, else in the language they were written in. One query."""
    found: dict[UUID, CoursePage] = {}
    for course in (
        CoursePage.objects.live().filter(translation_key__in=list(keys)).defer_streamfields().select_related("locale")
    ):
        kept = found.get(course.translation_key)
        if kept is None or course.locale.language_code == language:
            found[course.translation_key] = course
    return found


def get_principle_learning(*, principle: Principle) -> list[CoursePage]:
    """Live courses tagged with the principle: in its language where they exist, else as written. Two queries."""
    same = Principle.objects.filter(translation_key=principle.translation_key)
    found: dict[UUID, CoursePage] = {}
    for course in (
        CoursePage.objects.live()
        .filter(principles__in=same)
        .distinct()
        .order_by("kind", "path")
        .defer_streamfields()
        .select_related("locale")
    ):
        if course.translation_key not in found or course.locale_id == principle.locale_id:
            found[course.translation_key] = course
    return list(found.values())


def add_principles(outlines: Iterable[CourseOutline]) -> None:
    """Fill in the principles the courses are tagged with, in order. One query for any number of courses."""
    by_course = {outline.pk: outline for outline in outlines if outline.pk}
    same_set = Principle.objects.filter(principle_set=OuterRef("principle__principle_set")).order_by()
    size = same_set.values("principle_set").annotate(size=Count("position", distinct=True)).values("size")
    for tag in (
        CoursePage.principles.through.objects.filter(coursepage_id__in=by_course)
        .select_related("principle__principle_set", "principle__locale")
        .annotate(ring_size=Subquery(size))
        .order_by("principle__position")
    ):
        tag.principle.ring_size = tag.ring_size
        by_course[tag.coursepage_id].principles.append(tag.principle)


def add_guides(outlines: Iterable[CourseOutline]) -> None:
    """Fill in the courses' live guides to a team meeting. One query for any number of courses."""
    by_path = {outline.tree_path: outline for outline in outlines if outline.tree_path}
    under = Q(pk=None)
    for path in by_path:
        under |= Q(path__startswith=path)
    for guide in (
        FacilitatorGuidePage.objects.live().filter(under).defer("body").select_related("locale").order_by("path")
    ):
        by_path[guide.path[: -FacilitatorGuidePage.steplen]].guide = GuideEntry(
            title=guide.title, minutes=guide.minutes, url=page_path(guide)
        )


def get_principles(*, set_key: str, language: str) -> list[Principle]:
    """The principles of a set in order, in the language asked for or else Bokmål. One query."""
    chosen: dict[int, Principle] = {}
    for principle in (
        Principle.objects.filter(principle_set__key=set_key, locale__language_code__in={language, "nb"})
        .select_related("principle_set", "locale")
        .order_by("position")
    ):
        if principle.position not in chosen or principle.locale.language_code == language:
            chosen[principle.position] = principle
    principles = [chosen[position] for position in sorted(chosen)]
    for principle in principles:
        principle.ring_size = len(principles)
    return principles


def get_pages_using_law(references: Iterable[LegalReference]) -> dict[int, list[Page]]:
    """The lessons (and guides and plain pages) each rule stands in, in the tree's order. Two queries."""
    uses: dict[str, set[str]] = defaultdict(set)
    for law, page in ReferenceIndex.objects.filter(
        to_object_id__in=[str(reference.pk) for reference in references],
        to_content_type__app_label="courses",
        to_content_type__model="legalreference",
        base_content_type__app_label="wagtailcore",
        base_content_type__model="page",
    ).values_list("to_object_id", "object_id"):
        uses[law].add(page)
    pages = Page.objects.in_bulk([int(pk) for pks in uses.values() for pk in pks])
    return {
        int(law): sorted((pages[int(pk)] for pk in pks if int(pk) in pages), key=lambda page: page.path)
        for law, pks in uses.items()
    }


def get_lesson_to_answer(page_id: int) -> LessonPage | None:
    """A published lesson without its text, with `sign_in_required` as its course says. One query."""
    lesson: LessonPage | None = (
        LessonPage.objects.live()
        .defer_streamfields()
        .select_related("locale")
        .annotate(sign_in_required=Subquery(_parent_course().values("sign_in_required")[:1]))
        .filter(pk=page_id, sign_in_required__isnull=False)
        .first()
    )
    return lesson


def get_published_version(*, lesson: LessonPage) -> LessonVersion | None:
    """The lesson as last published in its language. One query."""
    return (
        LessonVersion.objects.filter(lesson_key=lesson.translation_key, language=lesson.locale.language_code)
        .order_by("-number")
        .first()
    )


def get_version_to_read(lesson_key: UUID, *, language: str) -> LessonVersion | None:
    """The lesson as last published in this language, else in the site's own, else in any; also one that is gone since.

    One query.
    """
    preferred = Case(When(language=language, then=0), When(language=settings.LANGUAGE_CODE, then=1), default=2)
    return LessonVersion.objects.filter(lesson_key=lesson_key).order_by(preferred, "-number").first()


def _parent_course() -> QuerySet[CoursePage]:
    """The course of an outer lesson."""
    courses: QuerySet[CoursePage] = CoursePage.objects.filter(
        path=Left(OuterRef("path"), Length(OuterRef("path")) - LessonPage.steplen)
    )
    return courses


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """What is to be known of a lesson to record that somebody did something in it.

    `course_key` is None while the lesson is not published; `version` is the last one published in any language.
    """

    key: UUID
    version: int
    title: str
    course_key: UUID | None
    is_required: bool
    completion: str
    pass_percent: int


def get_lesson_facts(lesson_key: UUID) -> LessonFacts | None:
    """One lesson by its key, as written in the site's own language where it is; None if it never was published.

    One query, for the content's stamp, until something is published: every tick asks for this. The stamp is read before
    what it stands for.
    """
    stamp, key = current_stamp(), f"lesson-facts:{lesson_key}"
    kept: tuple[int, LessonFacts] | None = caches["pages"].get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = _find_lesson_facts(lesson_key)
    if found is not None:
        caches["pages"].set(key, (stamp, found))
    return found


def _find_lesson_facts(lesson_key: UUID) -> LessonFacts | None:
    """One query; three for a lesson that is not published now: how it is completed is as its page last said."""
    versions = LessonVersion.objects.filter(lesson_key=lesson_key).order_by("-number")
    parent = _parent_course().filter(live=True)
    found = (
        LessonPage.objects.live()
        .filter(translation_key=lesson_key)
        .annotate(
            course_key=Subquery(parent.values("translation_key")[:1]), version=Subquery(versions.values("number")[:1])
        )
        .filter(course_key__isnull=False, version__isnull=False)
        .order_by(_own_language_first(), "pk")
        .values("title", "course_key", "is_required", "completion", "pass_percent", "version")
        .first()
    )
    if found is not None:
        return LessonFacts(key=lesson_key, **found)
    last = versions.only("number", "title").first()
    if last is None:
        return None
    rule = (
        LessonPage.objects.filter(translation_key=lesson_key)
        .order_by(_own_language_first(), "pk")
        .values("completion", "pass_percent")
        .first()
    )
    return LessonFacts(
        key=lesson_key,
        version=last.number,
        title=last.title,
        course_key=None,
        is_required=False,
        **(rule or {"completion": LessonPage.Completion.MARKED, "pass_percent": 100}),
    )


def get_required_lessons(course_keys: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The keys of the lessons each published course asks for. A course that is not published is left out.

    A lesson that is in several languages is asked for where its page in the site's own language says so. Two queries.
    """
    courses = list(
        CoursePage.objects.live().filter(translation_key__in=list(course_keys)).values_list("path", "translation_key")
    )
    required: dict[UUID, set[UUID]] = {key: set() for _path, key in courses}
    by_path = dict(courses)
    under = Q(pk=None)
    for path in by_path:
        under |= Q(path__startswith=path)
    seen: set[tuple[UUID, UUID]] = set()
    for path, key, is_required in (
        LessonPage.objects.live()
        .filter(under)
        .order_by(_own_language_first(), "pk")
        .values_list("path", "translation_key", "is_required")
    ):
        course_key = by_path[path[: -LessonPage.steplen]]
        if (course_key, key) in seen:
            continue
        seen.add((course_key, key))
        if is_required:
            required[course_key].add(key)
    return required


def get_waiting_lessons(lesson_keys: Iterable[UUID], *, course_keys: Iterable[UUID]) -> set[UUID]:
    """Those of the lessons that are off the site only because their course, one of these, is or was.

    A course that is taken down with its lessons comes back page by page. Until all are back, a lesson that went with it
    is not gone: nobody shall complete a course because its first lesson was published before its second. Nor is one
    gone whose course has no published lesson at all. A lesson unpublished while its course was up is gone.
    Three queries at most.
    """
    course = CoursePage.objects.filter(path=Left(OuterRef("path"), Length(OuterRef("path")) - LessonPage.steplen))
    sibling = (
        LessonPage.objects.live()
        .annotate(course_path=Left("path", Length("path") - LessonPage.steplen))
        .filter(course_path=Left(OuterRef("path"), Length(OuterRef("path")) - LessonPage.steplen))
    )
    pages = list(
        LessonPage.objects.filter(translation_key__in=list(lesson_keys), first_published_at__isnull=False)
        .annotate(
            course_id=Subquery(course.values("pk")[:1]),
            course_key=Subquery(course.values("translation_key")[:1]),
            course_live=Subquery(course.values("live")[:1]),
            course_published=Subquery(course.values("first_published_at")[:1]),
            course_is_empty=~Exists(sibling),
        )
        .filter(course_published__isnull=False, course_key__in=list(course_keys))
        .exclude(live=True, course_live=True)
        .values_list("pk", "translation_key", "live", "course_id", "course_live", "course_is_empty")
    )
    waiting = {key for _pk, key, live, _course, _up, is_empty in pages if live or is_empty}
    down = [(pk, key, course_id) for pk, key, live, course_id, _up, is_empty in pages if not live and not is_empty]
    if not down:
        return waiting
    history: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    for page_id, action, at in (
        PageLogEntry.objects.filter(
            action__in=[*_UP, "wagtail.unpublish", "wagtail.unpublish.scheduled"],
            page__in={pk for row in down for pk in (row[0], row[2])},
        )
        .order_by("timestamp", "pk")
        .values_list("page_id", "action", "timestamp")
    ):
        history[page_id].append((at, action in _UP))
    for pk, key, course_id in down:
        left_at = max((at for at, is_up in history[pk] if not is_up), default=None)
        if left_at is not None and not _was_up(history[course_id], left_at):
            waiting.add(key)
    return waiting


_UP = ("wagtail.publish", "wagtail.publish.scheduled")


def _was_up(history: list[tuple[datetime, bool]], at: datetime) -> bool:
    """Whether the page stood published at the time: as its last publication or unpublication before it says."""
    before = [is_up for when, is_up in history if when <= at]
    return before[-1] if before else True


def _own_language_first() -> Case:
    return Case(When(locale__language_code=settings.LANGUAGE_CODE, then=0), default=1)


def films_have_text(lesson_key: UUID) -> bool:
    """Whether every film of the lesson, as last published, can be read: it has a transcript or a manuscript.

    False where there is no film. Two queries.
    """
    last = LessonVersion.objects.filter(lesson_key=lesson_key).order_by("-number").values_list("activities", flat=True)
    films = [activity for activity in last.first() or [] if activity["type"] in FILM_TYPES]
    without_script = {film["film"] for film in films if not film.get("has_script")}
    written = FlettMedia.objects.filter(key__in=without_script - {None}).exclude(transcript="").count()
    return bool(films) and written == len(without_script)
