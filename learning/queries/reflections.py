"""A learner's own notes. The caller asks for their own: nobody reads another person's (ARCHITECTURE §4.7)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypedDict, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.crypto import salted_hmac

from courses.models import CoursePage, LessonPage, LessonVersion
from courses.urls_of import page_path
from learning.models import Enrolment, LearningPathPage, PathStep, Reflection, SubjectKind
from people.models import User

InLanguage = TypeVar("InLanguage", LessonPage, LearningPathPage)


@dataclass(slots=True)
class LessonNotes:
    """The notes of a lesson, in the order it asks; those it no longer asks for come last."""

    title: str
    language: str
    url: str = ""
    notes: list[Reflection] = field(default_factory=list)


@dataclass(slots=True)
class ChapterNotes:
    """The notes of a course, lesson by lesson. Without a title: of lessons that are gone."""

    title: str
    language: str
    lessons: list[LessonNotes] = field(default_factory=list)


@dataclass(slots=True)
class PathNotes:
    """The notes of a path, chapter by chapter. Without a title: of courses that none of the learner's paths hold."""

    title: str
    language: str
    url: str = ""
    is_gone: bool = False
    chapters: list[ChapterNotes] = field(default_factory=list)


def notes_key(learner: User) -> str:
    """Whose notes a page was made for, and what a device keeps unsent notes under. Says nothing of who it is."""
    return salted_hmac("learning.reflections", str(learner.pk)).hexdigest()[:20]


class NoteForm(TypedDict):
    """What the form of one note is filled with (templates/blocks/reflection_form.html)."""

    url: str
    block_id: UUID
    text: str
    version: int
    updated_at: datetime | None
    next: str
    path: str
    account: str


def form_of(
    *, note: Reflection | None, lesson_key: UUID, block_id: UUID, learner: User, back: str, path: str = ""
) -> NoteForm:
    """The form for a note that is, or is to be."""
    return NoteForm(
        url=reverse("learning:reflection", args=[lesson_key, block_id]),
        block_id=block_id,
        text=note.text if note else "",
        version=note.version if note else 0,
        updated_at=note.updated_at if note else None,
        next=back,
        path=path,
        account=notes_key(learner),
    )


def get_lesson_reflections(*, learner: User, lesson_key: UUID) -> dict[UUID, Reflection]:
    """The learner's notes in one lesson, by question. One query."""
    return {
        reflection.block_id: reflection
        for reflection in Reflection.objects.filter(learner=learner, lesson_key=lesson_key)
    }


def get_own_notes(*, learner: User, language: str) -> list[PathNotes]:
    """All of the learner's notes in reading order, per path and chapter. One query without notes, else seven.

    A note stays when its question, its lesson or its course goes.
    """
    by_lesson: dict[UUID, list[Reflection]] = defaultdict(list)
    for reflection in Reflection.objects.filter(learner=learner).order_by("created_at", "pk"):
        by_lesson[reflection.lesson_key].append(reflection)
    if not by_lesson:
        return []
    versions = _last_versions(by_lesson, language=language)
    for key, notes in by_lesson.items():
        asked = [activity["id"] for activity in versions[key].activities] if key in versions else []
        notes.sort(key=lambda note: asked.index(str(note.block_id)) if str(note.block_id) in asked else len(asked))
    pages = LessonPage.objects.live().filter(translation_key__in=by_lesson).defer_streamfields()
    lessons = _in_language(pages.select_related("locale"), language=language)
    courses = {
        course.path: course
        for course in CoursePage.objects.live()
        .filter(path__in={lesson.path[: -LessonPage.steplen] for lesson in lessons.values()})
        .defer_streamfields()
        .select_related("locale")
    }
    of_course: dict[UUID, list[LessonPage]] = defaultdict(list)
    by_key: dict[UUID, CoursePage] = {}
    for lesson in sorted(lessons.values(), key=lambda page: page.path):
        course = courses.get(lesson.path[: -LessonPage.steplen])
        if course is not None:
            of_course[course.translation_key].append(lesson)
            by_key[course.translation_key] = course
    sections = []
    placed: set[UUID] = set()
    for path, steps in _paths_of(learner, language=language):
        section = PathNotes(title=path.title, language=path.locale.language_code, url=page_path(path))
        for step in steps:
            if step.course_key in by_key and step.course_key not in placed:
                course = by_key[step.course_key]
                placed.add(step.course_key)
                section.chapters.append(
                    _chapter(
                        course,
                        title=step.title or course.title,
                        base=f"{section.url}{course.slug}/",
                        lessons=of_course[step.course_key],
                        notes=by_lesson,
                    )
                )
        sections.append(section)
    alone = PathNotes(title="", language=language)
    for key, course in sorted(by_key.items(), key=lambda pair: pair[1].path):
        if key not in placed:
            alone.chapters.append(
                _chapter(course, title=course.title, base=page_path(course), lessons=of_course[key], notes=by_lesson)
            )
    shown = {lesson.translation_key for each in of_course.values() for lesson in each}
    gone = PathNotes(title="", language=language, is_gone=True, chapters=[ChapterNotes(title="", language=language)])
    gone.chapters[0].lessons = [
        LessonNotes(
            title=versions[key].title if key in versions else "",
            language=versions[key].language if key in versions else language,
            notes=notes,
        )
        for key, notes in by_lesson.items()
        if key not in shown
    ]
    return [section for section in (*sections, alone, gone) if any(chapter.lessons for chapter in section.chapters)]


def _chapter(
    course: CoursePage, *, title: str, base: str, lessons: list[LessonPage], notes: dict[UUID, list[Reflection]]
) -> ChapterNotes:
    return ChapterNotes(
        title=title,
        language=course.locale.language_code,
        lessons=[
            LessonNotes(
                title=lesson.title,
                language=lesson.locale.language_code,
                url=f"{base}{lesson.slug}/",
                notes=notes[lesson.translation_key],
            )
            for lesson in lessons
        ],
    )


def _paths_of(learner: User, *, language: str) -> list[tuple[LearningPathPage, list[PathStep]]]:
    """The published paths the learner has begun, in that order, with their steps. Three queries."""
    begun = list(
        Enrolment.objects.filter(learner=learner, kind=SubjectKind.PATH)
        .order_by("started_at", "pk")
        .values_list("subject_key", flat=True)
    )
    found = LearningPathPage.objects.live().filter(translation_key__in=begun).select_related("locale")
    pages = _in_language(found, language=language)
    steps: dict[int, list[PathStep]] = defaultdict(list)
    for step in PathStep.objects.filter(path__in=[page.pk for page in pages.values()]).order_by("sort_order"):
        steps[step.path_id].append(step)
    return [(pages[key], steps[pages[key].pk]) for key in dict.fromkeys(begun) if key in pages]


def _in_language(pages: Iterable[InLanguage], *, language: str) -> dict[UUID, InLanguage]:
    """One page of each: in the language being read, else in the site's own, else as it is."""
    chosen: dict[UUID, InLanguage] = {}
    for page in pages:
        kept = chosen.get(page.translation_key)
        if kept is None or _rank(page.locale.language_code, language) < _rank(kept.locale.language_code, language):
            chosen[page.translation_key] = page
    return chosen


def _rank(code: str, language: str) -> int:
    return 0 if code == language else 1 if code == settings.LANGUAGE_CODE else 2


def _last_versions(keys: Iterable[UUID], *, language: str) -> dict[UUID, LessonVersion]:
    """The last version of each lesson in the language being read, else in the site's own, else in any. One query."""
    last = LessonVersion.objects.filter(lesson_key=OuterRef("lesson_key"), language=OuterRef("language"))
    chosen: dict[UUID, LessonVersion] = {}
    for version in LessonVersion.objects.filter(
        lesson_key__in=list(keys), number=Subquery(last.order_by("-number").values("number")[:1])
    ):
        kept = chosen.get(version.lesson_key)
        if kept is None or _rank(version.language, language) < _rank(kept.language, language):
            chosen[version.lesson_key] = version
    return chosen
