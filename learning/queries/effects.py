"""Whom an edit touches, for its author to see beforehand. Numbers only, and never of so few that they are somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses.models import CoursePage, LessonPage, LessonVersion
from learning.models import Completion, Enrolment, LearningPathPage, LessonProgress, SyllabusLesson

LEAST_SHOWN = 5
"""A smaller group of learners is not counted out loud (ARCHITECTURE §4.8)."""


def say_how_many(count: int) -> str:
    """The number as an author may see it."""
    if not count:
        return _("ingen")
    return str(count) if count >= LEAST_SHOWN else _("færre enn %(number)d") % {"number": LEAST_SHOWN}


@dataclass(frozen=True, slots=True)
class LessonEffect:
    """What an edit of lessons meets. Learners, each counted once, in words.

    `done` have completed one of them. `under_way` are asked for one and have not done it; `finishing` of these have
    nothing else left of a course or a path.
    """

    is_new: bool
    done: str
    under_way: str
    finishing: str
    has_finishing: bool


@dataclass(frozen=True, slots=True)
class SubjectEffect:
    """Learners who are under way in the courses or paths, and those who have completed one. In words."""

    under_way: str
    done: str


def get_lesson_effect(lesson_keys: Iterable[UUID]) -> LessonEffect:
    """Four queries, however many lessons and learners."""
    keys = list(lesson_keys)
    asked = _undone(Q(lesson_key__in=keys))
    touched = Enrolment.objects.filter(Exists(asked), completed_at__isnull=True)
    under_way = _learners(touched)
    finishing = _learners(touched.exclude(Exists(_undone(~Q(lesson_key__in=keys))))) if under_way else 0
    rest = under_way - finishing
    return LessonEffect(
        is_new=not LessonVersion.objects.filter(lesson_key__in=keys).exists(),
        done=say_how_many(_learners(LessonProgress.objects.filter(lesson_key__in=keys, completed_at__isnull=False))),
        under_way=say_how_many(under_way),
        # A number is not told either where it would tell how few the others are.
        finishing=say_how_many(finishing) if not 0 < rest < LEAST_SHOWN or finishing < LEAST_SHOWN else _("noen"),
        has_finishing=bool(finishing),
    )


def get_subject_effect(subject_keys: Iterable[UUID]) -> SubjectEffect:
    """Two queries."""
    keys = list(subject_keys)
    return SubjectEffect(
        under_way=say_how_many(_learners(Enrolment.objects.filter(subject_key__in=keys, completed_at__isnull=True))),
        done=say_how_many(_learners(Completion.objects.filter(subject_key__in=keys))),
    )


@dataclass(frozen=True, slots=True)
class LeavingEffect:
    """What happens when pages leave the site; None where they hold no such thing."""

    lessons: LessonEffect | None
    courses: SubjectEffect | None
    paths: SubjectEffect | None

    @property
    def is_any(self) -> bool:
        return bool(self.lessons or self.courses or self.paths)


def get_leaving_effect(pages: Iterable[Page], *, moving: bool = False) -> LeavingEffect:
    """Of lessons that leave alone, and of courses and paths that leave with all they hold. Eleven queries at most.

    Nothing happens to courses and paths by moving them.
    """
    chosen = list(pages)
    under = Q(pk=None)
    for page in [] if moving else chosen:
        under |= Q(path__startswith=page.path)
    courses = list(CoursePage.objects.filter(under).values_list("translation_key", flat=True))
    paths = list(LearningPathPage.objects.filter(under).values_list("translation_key", flat=True))
    lessons = list(
        LessonPage.objects.filter(pk__in=[page.pk for page in chosen]).values_list("translation_key", flat=True)
    )
    return LeavingEffect(
        lessons=get_lesson_effect(lessons) if lessons else None,
        courses=get_subject_effect(courses) if courses else None,
        paths=get_subject_effect(paths) if paths else None,
    )


def _undone(lessons: Q) -> QuerySet[SyllabusLesson]:
    """The lessons of an outer attempt that its learner has not done."""
    done = LessonProgress.objects.filter(
        learner=OuterRef(OuterRef("learner")),
        lesson_key=OuterRef("lesson_key"),
        completed_at__gte=OuterRef(OuterRef("counts_from")),
    )
    return SyllabusLesson.objects.filter(lessons, ~Exists(done), syllabus=OuterRef("syllabus"))


def _learners(rows: QuerySet) -> int:
    return rows.order_by().values("learner").distinct().count()
