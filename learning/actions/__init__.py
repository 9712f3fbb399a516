"""Every change in this room."""

from learning.actions.assignments import assign_onboarding_paths, get_onboarding_paths
from learning.actions.certificates import (
    issue_certificate,
    issue_missing_certificates,
    let_groups_revoke,
    reissue_certificate,
    revoke_certificate,
    set_shows_name,
)
from learning.actions.enrolments import NotAvailableError, refresh_paths, refresh_subjects, start_again
from learning.actions.events import Event, EventKind, take_events
from learning.actions.films import UnknownFilmError, Watched, record_film
from learning.actions.notices import forget_old_notices
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
    "Event",
    "EventKind",
    "NotAskedForError",
    "NotAvailableError",
    "NotMarkedByHandError",
    "NotReachableError",
    "RemindedLatelyError",
    "Ticked",
    "TooManyRemindersError",
    "UnknownFilmError",
    "UnknownLessonError",
    "Watched",
    "assign_onboarding_paths",
    "complete_lesson",
    "forget_old_notices",
    "get_onboarding_paths",
    "get_path_of_team",
    "issue_certificate",
    "issue_missing_certificates",
    "let_groups_revoke",
    "mark_news_read",
    "open_lesson",
    "record_film",
    "refresh_paths",
    "refresh_subjects",
    "reissue_certificate",
    "remind_member",
    "revoke_certificate",
    "set_shows_name",
    "start_again",
    "take_events",
    "undo_completion",
]
