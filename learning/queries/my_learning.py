"""«Min side»: what somebody is learning, in their own language. Nobody else's."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from courses.queries import CourseOutline, build_outline, get_courses_in_language, get_lessons_by_course
from courses.urls_of import page_path
from learning.models import LearningPathPage, SubjectKind
from learning.queries.learner_state import LearnerState, Mark
from learning.queries.next_step import NextStep, Place, find_next_step
from learning.queries.paths import AssignedPath, PathOutline, get_path_outlines, in_language
from learning.words import progress_in_words

SOON_DAYS = 14
"""From when a deadline is counted in days."""


@dataclass(slots=True)
class MySubject:
    """A path or a course that somebody is asked to take, has begun or has completed."""

    kind: str
    title: str
    url: str
    language: str
    summary: str = ""
    step: NextStep | None = None
    done: int = 0
    required: int = 0
    percent: int | None = None
    """None where it is not begun."""
    due_on: date | None = None
    days_left: int | None = None
    last_active_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def progress_words(self) -> str:
        return progress_in_words(percent=self.percent or 0, done=self.done, required=self.required)

    @property
    def is_overdue(self) -> bool:
        return self.days_left is not None and self.days_left < 0

    @property
    def is_due_soon(self) -> bool:
        return self.days_left is not None and 0 <= self.days_left <= SOON_DAYS


@dataclass(slots=True)
class ChangedLesson:
    """A completed lesson that its author has changed. `note` is written in `note_language`."""

    place: Place
    note: str
    note_language: str


@dataclass(slots=True)
class MyLearning:
    """`current` has what was last worked with first, then what is not begun, the earliest deadline first."""

    current: list[MySubject] = field(default_factory=list)
    completed: list[MySubject] = field(default_factory=list)
    news: list[ChangedLesson] = field(default_factory=list)
    redo: list[ChangedLesson] = field(default_factory=list)

    @property
    def first(self) -> MySubject | None:
        """What to go on with."""
        return next((each for each in self.current if each.step is not None), None)


def get_my_learning(*, state: LearnerState, assigned: Iterable[AssignedPath], language: str, today: date) -> MyLearning:
    """A learner's paths and courses. Six queries at most, however many there are, and one more for each language in
    which a course of a path is translated.

    A course that is a chapter of one of the paths is shown there and not by itself.
    """
    due = {path.page.translation_key: path.due_on for path in assigned}
    pages = {path.page.translation_key: path.page for path in assigned}
    begun = {UUID(key) for key, subject in state.subjects.items() if subject.kind == SubjectKind.PATH}
    pages |= get_paths_in_language(begun - pages.keys(), language=language)
    outlines = get_path_outlines(paths=list(pages.values()))
    chapters = {chapter.key for outline in outlines for chapter in outline.chapters}
    courses = get_course_outlines(
        {UUID(key) for key, subject in state.subjects.items() if subject.kind == SubjectKind.COURSE}, language=language
    )
    mine = MyLearning()
    for outline in outlines:
        subject = _subject(state, SubjectKind.PATH, outline, summary=pages[outline.key].summary)
        subject.due_on = due.get(outline.key)
        subject.days_left = (subject.due_on - today).days if subject.due_on else None
        (mine.completed if subject.completed_at else mine.current).append(subject)
    for course in courses:
        if course.key not in chapters:
            subject = _subject(state, SubjectKind.COURSE, course, summary=course.summary)
            (mine.completed if subject.completed_at else mine.current).append(subject)
    mine.current.sort(key=_most_recent_first)
    mine.completed.sort(
        key=lambda subject: subject.completed_at.timestamp() if subject.completed_at else 0, reverse=True
    )
    everything: list[PathOutline | CourseOutline] = [*courses, *outlines]
    places = {place.lesson: place for outline in everything for place in places_of(outline)}
    for key, lesson in state.lessons.items():
        if lesson.mark in {Mark.NEW, Mark.REDO} and key in places:
            changed = ChangedLesson(place=places[key], note=lesson.note, note_language=lesson.language)
            (mine.news if lesson.mark == Mark.NEW else mine.redo).append(changed)
    return mine


def get_paths_in_language(keys: set[UUID], *, language: str) -> dict[UUID, LearningPathPage]:
    """Live paths by identity, in this language where they exist. One query, none for none."""
    if not keys:
        return {}
    pages = LearningPathPage.objects.live().filter(
        translation_key__in=keys, locale__language_code__in={language, settings.LANGUAGE_CODE}
    )
    return in_language(pages.select_related("locale"), language=language)


def get_course_outlines(keys: set[UUID], *, language: str) -> list[CourseOutline]:
    """Live courses with their lessons, in this language where they exist. Two queries, none for none."""
    if not keys:
        return []
    found = get_courses_in_language(keys, language=language).values()
    lessons = get_lessons_by_course(found)
    return [build_outline(course=course, lessons=lessons[course.pk], url=page_path(course)) for course in found]


def places_of(outline: PathOutline | CourseOutline) -> list[Place]:
    """The lessons in reading order."""
    chapters = outline.chapters if isinstance(outline, PathOutline) else [outline]
    return [
        Place(lesson=str(lesson.key), title=lesson.title, url=lesson.url, language=chapter.language)
        for chapter in chapters
        for lesson in chapter.lessons
    ]


def _subject(state: LearnerState, kind: str, outline: PathOutline | CourseOutline, *, summary: str) -> MySubject:
    key = str(outline.key)
    subject = MySubject(
        kind=kind,
        title=outline.title,
        url=outline.url,
        language=outline.language,
        summary=summary,
        step=find_next_step(state=state, subject=key, places=places_of(outline)),
    )
    attempt = state.subjects.get(key)
    if attempt is not None:
        subject.done, subject.required, subject.percent = attempt.done, attempt.required, attempt.percent
        subject.last_active_at, subject.completed_at = attempt.last_active_at, attempt.completed_at
    return subject


def _most_recent_first(subject: MySubject) -> tuple[bool, float, date]:
    active = subject.last_active_at
    return active is None, -active.timestamp() if active else 0, subject.due_on or date.max
