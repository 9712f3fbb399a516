"""What a page shows of one learner, read at most once a request and kept in the process until something changes.

Kept under the learner's own stamp, which grows with every change to what is kept of them, and the content's stamp,
since an author's edit may ask for a lesson again. Asking for somebody's state is asking for one's own: `request.user`
is the only learner there is here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.core.cache import caches
from django.db.models import CharField, F, FloatField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest

from courses.models import LessonVersion
from courses.models.versions import ChangeKind
from courses.rendering import reader_stamp, register_reader_stamp, request_stamp
from learning.models import Enrolment, FilmProgress, LearnerStamp, LessonProgress
from people.models import User


class Mark(StrEnum):
    """What is said of a lesson beside its name."""

    OPEN = ""
    DONE = "done"
    NEW = "new"
    """Completed, and the author has added something since (ARCHITECTURE §4.2)."""
    REDO = "redo"
    """Completed, and the author asks for it again. It counts as completed until then."""


class Lesson(NamedTuple):
    """A lesson the learner has completed. `note` is what the author says is new, in `language`."""

    completed_at: datetime
    mark: Mark
    note: str = ""
    language: str = ""


class Film(NamedTuple):
    """Where the learner left a film, and how long it is. Seconds."""

    position: float
    duration: float
    at: datetime


class Subject(NamedTuple):
    """The learner's latest attempt at a course or a path."""

    kind: str
    attempt: int
    done: int
    required: int
    counts_from: datetime
    last_active_at: datetime
    last_lesson: str
    completed_at: datetime | None

    @property
    def percent(self) -> int:
        """0–100, floored; 100 only when all is done (ARCHITECTURE §4.4)."""
        return 100 * self.done // self.required if self.required else 0


@dataclass(slots=True)
class LearnerState:
    """Keys are written as text, as pages write them."""

    stamp: str = ""
    lessons: dict[str, Lesson] = field(default_factory=dict)
    subjects: dict[str, Subject] = field(default_factory=dict)
    films: dict[str, Film] = field(default_factory=dict)

    def mark(self, lesson: str, *subjects: str) -> Mark:
        """What to say of a lesson read in these, a course or a path: a renewed attempt asks for all of it again."""
        found = self.lessons.get(lesson)
        if found is None:
            return Mark.OPEN
        for subject in subjects:
            attempt = self.subjects.get(subject)
            if attempt is not None and attempt.attempt > 1 and found.completed_at < attempt.counts_from:
                return Mark.OPEN
        return found.mark

    def is_done(self, lesson: str, *subjects: str) -> bool:
        """Whether nothing more is asked for in this lesson."""
        return self.mark(lesson, *subjects) in {Mark.DONE, Mark.NEW}

    def chapter(self, *, course: str, path: str, required: Iterable[str]) -> tuple[int, int] | None:
        """Lessons done and asked for in a chapter of a path; None where it is not begun.

        The learner's own attempt at the course says it, so an edit takes nothing back. In a renewed attempt at the
        path it is counted from the lessons, since the course itself is not begun again.
        """
        attempt = self.subjects.get(path)
        if attempt is not None and attempt.attempt > 1:
            lessons = list(required)
            done = sum(1 for lesson in lessons if self.mark(lesson, path))
            return (done, len(lessons)) if done else None
        found = self.subjects.get(course)
        return (found.done, found.required) if found is not None and found.done else None

    def film_place(self, lesson: str) -> tuple[float, float] | None:
        """Where in the film of a lesson the learner is, and its length in seconds; None at its beginning or end."""
        found = self.films.get(lesson)
        if found is None or not 1 <= found.position < found.duration - 1:
            return None
        return found.position, found.duration


NOBODY = LearnerState()


def get_learner_state(request: HttpRequest) -> LearnerState:
    """The state of whoever this page is served to; empty for an anonymous reader.

    No query beside that of the stamps (`courses.rendering`), and one after something changed.
    """
    state: LearnerState | None = getattr(request, "flett_learner_state", None)
    if state is None:
        state = _find_state(request)
        request.flett_learner_state = state  # type: ignore[attr-defined]
    return state


STAMP = "learner"
register_reader_stamp(STAMP, f"SELECT value FROM {LearnerStamp._meta.db_table} WHERE learner_id = %s")  # noqa: S608


def _find_state(request: HttpRequest) -> LearnerState:
    user = request.user
    if not user.is_authenticated or user.pk is None:
        return NOBODY
    # First the stamp, then what it stands for: what is kept may be newer than its stamp, never older.
    stamp = reader_stamp(request, STAMP)
    if stamp is None:
        return NOBODY
    key = f"{user.pk}:{stamp}:{request_stamp(request)}"
    state: LearnerState | None = caches["learners"].get(key)
    if state is None:
        state = read_learner_state(user)
        state.stamp = key
        caches["learners"].set(key, state)
    return state


def read_learner_state(learner: User) -> LearnerState:
    """Everything of a learner that pages show. One query."""
    state = LearnerState()
    completed: dict[str, tuple[datetime, int, int]] = {}
    news: dict[str, list[tuple[int, str, str, str]]] = {}
    for what, key, other_key, at, from_at, end, number, second, third, text, language in _all_rows(learner):
        if what == "lesson":
            completed[str(key)] = (at, int(number), int(second))
        elif what == "film":
            kept = state.films.get(str(key))
            if kept is None or kept.at < at:
                state.films[str(key)] = Film(position=number, duration=second, at=at)
        elif what in ChangeKind.values:
            news.setdefault(str(key), []).append((int(number), what, text, language))
        else:
            attempt = state.subjects.get(str(key))
            if attempt is None or attempt.attempt < third:
                state.subjects[str(key)] = Subject(
                    kind=what,
                    attempt=int(third),
                    done=int(number),
                    required=int(second),
                    counts_from=from_at,
                    last_active_at=at,
                    last_lesson=str(other_key or ""),
                    completed_at=end,
                )
    for key, (at, version, seen) in completed.items():
        state.lessons[key] = _with_news(at, version=version, seen=seen, news=news.get(key, []))
    return state


def _with_news(at: datetime, *, version: int, seen: int, news: list[tuple[int, str, str, str]]) -> Lesson:
    """What has come since the version that was completed. The latest note is the one that is shown."""
    fresh = sorted(each for each in news if each[0] > version)
    redo = [each for each in fresh if each[1] == ChangeKind.MUST_REDO]
    if redo:
        return Lesson(at, Mark.REDO, redo[-1][2], redo[-1][3])
    unread = [each for each in fresh if each[0] > seen]
    if unread:
        return Lesson(at, Mark.NEW, unread[-1][2], unread[-1][3])
    return Lesson(at, Mark.DONE)


def _all_rows(learner: User) -> "QuerySet[Any, tuple[Any, ...]]":
    """Lessons completed, films begun, attempts, and the edits of what was completed: one union.

    Columns: what the row is, its key, another key, three times, three numbers, two texts. A column that a row has no
    use for repeats another of the same type: PostgreSQL joins no column of NULLs to one of times.
    """
    lessons = LessonProgress.objects.filter(learner=learner, completed_at__isnull=False)
    kinds = [ChangeKind.NEW_CONTENT, ChangeKind.MUST_REDO]
    edits = LessonVersion.objects.filter(
        number__gt=1, change_kind__in=kinds, lesson_key__in=lessons.values("lesson_key")
    ).order_by()
    return _row(
        lessons, "lesson", keys=("lesson_key", "lesson_key"), times=("completed_at", "started_at", "completed_at"),
        numbers=("completed_version", "seen_version", "seen_version"),
    ).union(
        _row(
            FilmProgress.objects.filter(learner=learner), "film", keys=("lesson_key", "lesson_key"),
            times=("position_at", "position_at", "position_at"), numbers=("position", "duration", "duration"),
        ),
        _row(
            Enrolment.objects.filter(learner=learner).order_by(), F("kind"), keys=("subject_key", "last_lesson_key"),
            times=("last_active_at", "counts_from", "completed_at"),
            numbers=("done_count", "required_count", "attempt"),
        ),
        _row(
            edits, F("change_kind"), keys=("lesson_key", "lesson_key"),
            times=("created_at", "created_at", "created_at"), numbers=("number", "number", "number"),
            texts=(F("change_note"), F("language")),
        ),
        all=True,
    )  # fmt: skip


def _row(
    rows: QuerySet[Any],
    what: str | F,
    *,
    keys: tuple[str, str],
    times: tuple[str, str, str],
    numbers: tuple[str, str, str],
    texts: tuple[F | Value, F | Value] = (Value(""), Value("")),
) -> Any:
    columns: dict[str, Any] = {"what_": Cast(what if isinstance(what, F) else Value(what), CharField())}
    columns |= {f"key_{place}": F(name) for place, name in enumerate(keys)}
    columns |= {f"time_{place}": F(name) for place, name in enumerate(times)}
    columns |= {f"number_{place}": Cast(name, FloatField()) for place, name in enumerate(numbers)}
    columns |= {f"text_{place}": Cast(text, CharField()) for place, text in enumerate(texts)}
    return rows.annotate(**columns).values_list(*columns)
