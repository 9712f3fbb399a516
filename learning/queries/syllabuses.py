"""What courses and paths ask for now, and what a learner was asked for."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from courses.models import CoursePage
from courses.queries import get_required_lessons
from learning.models import Enrolment, LearningPathPage, LessonProgress, PathStep, SubjectKind, SyllabusLesson
from people.models import User


@dataclass(frozen=True, slots=True)
class CurrentLessons:
    """The required lessons of a published course or path, each with its course.

    A chapter whose course is not published now is `paused`: nothing is known of what it will ask for.
    """

    title: str
    required: dict[UUID, UUID]
    paused: frozenset[UUID] = field(default_factory=frozenset)


def get_current_lessons(*, kind: str, subject_key: UUID) -> CurrentLessons | None:
    """What the course or path asks for now; None while it is not published. Three or four queries."""
    if kind == SubjectKind.COURSE:
        title = _title(CoursePage, subject_key)
        course_keys = [subject_key]
    else:
        title = _title(LearningPathPage, subject_key)
        course_keys = list(dict.fromkeys(get_path_course_keys([subject_key])[subject_key]))
    if title is None:
        return None
    by_course = get_required_lessons(course_keys)
    required: dict[UUID, UUID] = {}
    for course_key in course_keys:
        for lesson_key in by_course.get(course_key, ()):
            required.setdefault(lesson_key, course_key)
    return CurrentLessons(
        title=title, required=required, paused=frozenset(key for key in course_keys if key not in by_course)
    )


def _title(model: type[CoursePage] | type[LearningPathPage], key: UUID) -> str | None:
    """As written in the site's own language, where it is; None where no page is published."""
    titles = dict(
        model.objects.live().filter(translation_key=key).values_list("locale__language_code", "title").order_by("-pk")
    )
    return titles.get("nb") or next(iter(titles.values()), None)


def get_path_course_keys(path_keys: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The courses of each path, in order: of its page in the site's own language, where it is. One query."""
    wanted = list(path_keys)
    found: dict[UUID, dict[str, list[UUID]]] = {key: {} for key in wanted}
    for path_key, language, course_key in (
        PathStep.objects.filter(path__translation_key__in=wanted, path__live=True, course_key__isnull=False)
        .order_by("path_id", "sort_order")
        .values_list("path__translation_key", "path__locale__language_code", "course_key")
    ):
        found[path_key].setdefault(language, []).append(course_key)
    return {key: by.get("nb") or next(iter(by.values()), []) for key, by in found.items()}


def get_paths_with_course(course_keys: Iterable[UUID]) -> set[UUID]:
    """The published paths that these courses are chapters of. One query."""
    return set(
        PathStep.objects.filter(course_key__in=list(course_keys), path__live=True).values_list(
            "path__translation_key", flat=True
        )
    )


def with_counts(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Annotate `required_now` and `done_now`, counted from the facts: what the summary has to say."""
    lessons = SyllabusLesson.objects.filter(syllabus=OuterRef("syllabus")).order_by()
    done = LessonProgress.objects.filter(
        learner=OuterRef(OuterRef("learner")),
        lesson_key=OuterRef("lesson_key"),
        completed_at__gte=OuterRef(OuterRef("counts_from")),
    )
    return enrolments.annotate(
        required_now=Coalesce(Subquery(lessons.values("syllabus").annotate(n=Count("pk")).values("n")), 0),
        done_now=Coalesce(
            Subquery(lessons.filter(Exists(done)).values("syllabus").annotate(n=Count("pk")).values("n")), 0
        ),
    )


def get_enrolments_asking_for(*, learner: User, lesson_keys: Iterable[UUID]) -> dict[UUID, Enrolment]:
    """The learner's latest attempt at each course and path that asks them for one of these lessons. One query."""
    asking = SyllabusLesson.objects.filter(lesson_key__in=list(lesson_keys)).values("syllabus")
    rows = Enrolment.objects.filter(learner=learner, syllabus__in=asking).order_by("attempt")
    return {enrolment.subject_key: enrolment for enrolment in rows}
