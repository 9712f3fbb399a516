"""Every change in this room."""

from learning.actions.assignments import assign_onboarding_paths, get_onboarding_paths
from learning.actions.enrolments import NotAvailableError, refresh_paths, refresh_subjects, start_again
from learning.actions.events import Event, EventKind, take_events
from learning.actions.films import UnknownFilmError, Watched, record_film
from learning.actions.progress import (
    CannotUndoError,
    NotMarkedByHandError,
    Ticked,
    UnknownLessonError,
    complete_lesson,
    mark_news_read,
    open_lesson,
    undo_completion,
)

__all__ = [
    "CannotUndoError",
    "Event",
    "EventKind",
    "NotAvailableError",
    "NotMarkedByHandError",
    "Ticked",
    "UnknownFilmError",
    "UnknownLessonError",
    "Watched",
    "assign_onboarding_paths",
    "complete_lesson",
    "get_onboarding_paths",
    "mark_news_read",
    "open_lesson",
    "record_film",
    "refresh_paths",
    "refresh_subjects",
    "start_again",
    "take_events",
    "undo_completion",
]
