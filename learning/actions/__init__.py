"""Every change in this room."""

from learning.actions.assignments import assign_onboarding_paths, get_onboarding_paths
from learning.actions.enrolments import NotAvailableError, refresh_paths, refresh_subjects, start_again
from learning.actions.notices import forget_old_notices
from learning.actions.progress import (
    CannotUndoError,
    NotMarkedByHandError,
    Ticked,
    UnknownLessonError,
    complete_lesson,
    open_lesson,
    undo_completion,
)
from learning.actions.reminders import (
    AlreadyCompletedError,
    NotAskedForError,
    NotReachableError,
    RemindedLatelyError,
    TooManyRemindersError,
    get_path_of_team,
    remind_member,
)

__all__ = [
    "AlreadyCompletedError",
    "CannotUndoError",
    "NotAskedForError",
    "NotAvailableError",
    "NotMarkedByHandError",
    "NotReachableError",
    "RemindedLatelyError",
    "Ticked",
    "TooManyRemindersError",
    "UnknownLessonError",
    "assign_onboarding_paths",
    "complete_lesson",
    "forget_old_notices",
    "get_onboarding_paths",
    "get_path_of_team",
    "open_lesson",
    "refresh_paths",
    "refresh_subjects",
    "remind_member",
    "start_again",
    "undo_completion",
]
