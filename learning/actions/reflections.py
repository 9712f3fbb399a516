"""What a learner writes for themselves. Nobody else reads it, and no error may carry it away (ARCHITECTURE §4.7).

Every function that holds the text is marked `sensitive_variables`, which also covers what it calls: an error mail shows
neither the text nor the query that was to store it.
"""

from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from courses.queries import get_version_to_read
from learning.actions.enrolments import take_the_line
from learning.actions.progress import get_facts, remember_place
from learning.models import LearnerStamp, LessonProgress, Reflection
from people.models import User
from safety.guard import refuse_identity_numbers
from safety.text import clean_lines


class UnknownQuestionError(LookupError):
    """The lesson does not ask this now, and the learner has no note on it."""


class EmptyReflectionError(Exception):
    """There is a note, and an empty text would take it away. Deleting is asked for by itself."""


class StaleReflectionError(Exception):
    """The note was changed elsewhere since it was read. Says what is stored now: `text` is empty where it was deleted.

    The text stands in attributes and never in the message, which may be logged.
    """

    def __init__(self, *, text: str, version: int) -> None:
        super().__init__()
        self.text = text
        self.version = version


class ReflectionNotStoredError(Exception):
    """The database refused the row. Its own message repeats the row's values, so it is left behind."""


@sensitive_variables()
@transaction.atomic
def save_reflection(
    *,
    learner: User,
    lesson_key: UUID,
    block_id: UUID,
    text: str,
    base_version: int,
    language: str,
    path_key: UUID | None = None,
) -> Reflection | None:
    """Keep a note, as the learner has it before them; it is where they are in the course, too.

    `base_version` is the version the learner began from, 0 for none. The same text again changes nothing. Returns None
    for an empty text where there was no note. Raises TextRefusedError for a text that is too long or holds a national
    identity number; StaleReflectionError; EmptyReflectionError; UnknownQuestionError.
    """
    cleaned = clean_reflection(text)
    version = get_version_to_read(lesson_key, language=language)
    activity = version.activity(block_id) if version else None
    if version is None:
        raise UnknownQuestionError
    facts = get_facts(lesson_key)
    take_the_line(learner)
    kept = Reflection.objects.filter(learner=learner, block_id=block_id).first()
    is_asked = activity is not None and activity["type"] == "reflection" and facts.course_key is not None
    if kept is None and not is_asked:
        raise UnknownQuestionError
    if kept is not None and kept.text == cleaned:
        return kept
    if (kept.version if kept else 0) != base_version:
        raise StaleReflectionError(text=kept.text if kept else "", version=kept.version if kept else 0)
    if not cleaned:
        if kept is None:
            return None
        raise EmptyReflectionError
    now = timezone.now()
    if kept is None:
        # Never a number that a deleted note has had: a device that slept since would write over this one.
        first = LearnerStamp.objects.values_list("value", flat=True).get(learner=learner)
        kept = Reflection(learner=learner, lesson_key=lesson_key, block_id=block_id, version=first, created_at=now)
    else:
        kept.version += 1
    kept.text, kept.updated_at = cleaned, now
    if is_asked and activity is not None:
        kept.prompt = activity["label"][:500]
    _store(kept)
    LessonProgress.objects.bulk_create(
        [LessonProgress(learner=learner, lesson_key=lesson_key, started_at=now)], ignore_conflicts=True
    )
    remember_place(learner=learner, facts=facts, path_key=path_key, at=now)
    return kept


@sensitive_variables()
def clean_reflection(text: str) -> str:
    """Plain text without hidden characters. Raises TextRefusedError."""
    cleaned = clean_lines(text, most=Reflection.MAX_LENGTH)
    refuse_identity_numbers(cleaned)
    return cleaned


@sensitive_variables()
def _store(reflection: Reflection) -> None:
    try:
        reflection.save()
    except DatabaseError:
        raise ReflectionNotStoredError from None


@sensitive_variables()
@transaction.atomic
def delete_reflection(*, learner: User, block_id: UUID, base_version: int) -> None:
    """Delete a note for good. One that is gone already is fine.

    Raises StaleReflectionError where it was changed since the learner read what they ask to have deleted.
    """
    take_the_line(learner)
    kept = Reflection.objects.filter(learner=learner, block_id=block_id).first()
    if kept is None:
        return
    if kept.version != base_version:
        raise StaleReflectionError(text=kept.text, version=kept.version)
    kept.delete()
