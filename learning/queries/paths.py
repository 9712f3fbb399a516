"""Reads over paths and the courses they point at. Open to anyone; what needs sign-in is marked, not hidden."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.conf import settings

from courses.models import CoursePage
from courses.queries import (
    CourseOutline,
    LessonEntry,
    build_outline,
    get_courses_in_language,
    get_lessons_by_course,
    neighbours_of_current,
)
from courses.urls_of import page_path
from learning.models import LearningPathPage, PathAssignment, PathStep
from people.models import User


@dataclass(slots=True)
class PathOutline:
    """A whole path as its side bar and its page show it."""

    key: UUID
    title: str
    url: str
    language: str
    chapters: list[CourseOutline] = field(default_factory=list)

    @property
    def lessons(self) -> list[LessonEntry]:
        """Every lesson in reading order, across chapter borders."""
        return [lesson for chapter in self.chapters for lesson in chapter.lessons]

    @property
    def minutes(self) -> int:
        return sum(chapter.minutes for chapter in self.chapters)

    @property
    def current_chapter(self) -> CourseOutline | None:
        return next((chapter for chapter in self.chapters if chapter.is_open), None)

    def neighbours(self) -> tuple[LessonEntry | None, LessonEntry | None]:
        """The lessons before and after the current one, whatever chapter they are in."""
        return neighbours_of_current(self.lessons)


def get_path_outline(*, path: LearningPathPage, open_slug: str = "", current_slug: str = "") -> PathOutline:
    """The path with its chapters and lessons; one chapter open, one lesson current, by slug. Two queries, and
    one more where a course of the path is translated or was imported anew.
    """
    return get_path_outlines(paths=[path], open_slug=open_slug, current_slug=current_slug)[0]


def get_path_outlines(
    *, paths: Sequence[LearningPathPage], open_slug: str = "", current_slug: str = ""
) -> list[PathOutline]:
    """Several paths with chapters and lessons. Two queries however many, and one more for each language in which a
    course is translated or was imported anew.

    A step whose course is gone or unpublished stays as a chapter that says so.
    """
    if not paths:
        return []
    steps: dict[int, list[PathStep]] = {path.pk: [] for path in paths}
    for step in PathStep.objects.filter(path_id__in=steps).select_related("course__locale"):
        steps[step.path_id].append(step)
    courses = get_path_courses(paths=paths, steps=steps)
    every_course = {course.pk: course for by_key in courses.values() for course in by_key.values()}
    lessons = get_lessons_by_course(every_course.values())
    outlines = []
    for path in paths:
        base = page_path(path)
        outline = PathOutline(key=path.translation_key, title=path.title, url=base, language=path.locale.language_code)
        for number, step in enumerate(steps[path.pk], start=1):
            found = courses[path.locale.language_code].get(step.course_key) if step.course_key else None
            if found is None:
                chapter = unavailable_chapter(step)
            else:
                chapter = build_outline(
                    course=found,
                    lessons=lessons[found.pk],
                    url=f"{base}{found.slug}/",
                    is_open=found.slug == open_slug,
                    current_slug=current_slug if found.slug == open_slug else "",
                )
                chapter.title = step.title or chapter.title
            chapter.number = number
            outline.chapters.append(chapter)
        outlines.append(outline)
    return outlines


def unavailable_chapter(step: PathStep) -> CourseOutline:
    """A chapter whose course is deleted or not published."""
    return CourseOutline(
        pk=0,
        key=step.course_key or UUID(int=0),
        title=str(step),
        slug="",
        summary="",
        url="",
        minutes=0,
        sign_in_required=False,
        language="",
        is_available=False,
    )


def get_path_courses(
    *, paths: Sequence[LearningPathPage], steps: dict[int, list[PathStep]]
) -> dict[str, dict[UUID, CoursePage]]:
    """The live courses of the steps, by the paths' languages: in that language where they exist.

    No query where the steps hold just those; else one for each language.
    """
    found: dict[str, dict[UUID, CoursePage]] = {}
    for path in paths:
        language = path.locale.language_code
        found.setdefault(language, {}).update(
            {
                step.course_key: step.course
                for step in steps[path.pk]
                if step.course and step.course_key and step.course.live and step.course.locale.language_code == language
            }
        )
    for language, held in found.items():
        keys = {
            step.course_key
            for path in paths
            if path.locale.language_code == language
            for step in steps[path.pk]
            if step.course_key
        }
        if keys - held.keys():
            held.update(get_courses_in_language(keys - held.keys(), language=language))
    return found


def get_learning_paths(*, language: str) -> list[PathOutline]:
    """Every live path with chapters and lessons, for the catalogue. Three queries, or four (`get_path_outlines`)."""
    pages = LearningPathPage.objects.live().filter(locale__language_code=language).order_by("path")
    return get_path_outlines(paths=list(pages.select_related("locale")))


def get_short_courses(*, language: str) -> list[CoursePage]:
    """Live short courses by title. Three queries."""
    return list(
        CoursePage.objects.live()
        .filter(kind=CoursePage.Kind.SHORT_COURSE, locale__language_code=language)
        .for_listing()
        .select_related("locale")
        .order_by("title")
    )


@dataclass(frozen=True, slots=True)
class AssignedPath:
    """A path one's team asks one to take, in the language being read where it exists there."""

    page: LearningPathPage
    due_on: date | None


def get_assigned_paths(*, person: User, language: str) -> list[AssignedPath]:
    """The person's own paths, the earliest deadline first. Only published ones. Two queries."""
    due = dict(PathAssignment.objects.filter(person=person).values_list("path_key", "due_on"))
    pages = in_language(
        LearningPathPage.objects.live()
        .filter(translation_key__in=due, locale__language_code__in={language, settings.LANGUAGE_CODE})
        .select_related("locale"),
        language=language,
    )
    found = [AssignedPath(page=page, due_on=due[key]) for key, page in pages.items()]
    return sorted(found, key=lambda assigned: (assigned.due_on or date.max, assigned.page.title))


def in_language(pages: Iterable[LearningPathPage], *, language: str) -> dict[UUID, LearningPathPage]:
    """One page for each path: the one in this language where there is one."""
    found: dict[UUID, LearningPathPage] = {}
    for page in pages:
        if page.translation_key not in found or page.locale.language_code == language:
            found[page.translation_key] = page
    return found
