"""A worker that ticks lessons until it is killed, for `test_progress_killed.py`: `python -m tests.learning.ticking`.

For each line on its standard input it forks a worker and says its number. The worker ticks, takes back, starts again
and refreshes at random, and says each new tick's event id once it is committed. When it has been killed, that is said.
"""

import contextlib
import os
import random
import sys
from uuid import UUID, uuid4

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def say(line: str) -> None:
    """Unbuffered, and whole: what is said has happened."""
    os.write(1, f"{line}\n".encode())


def work(seed: int) -> None:
    from courses.models import CoursePage
    from learning.actions import CannotUndoError, complete_lesson, refresh_subjects, start_again, undo_completion
    from learning.models import Enrolment, LearningPathPage, LessonCompletion, SubjectKind
    from people.models import User

    chance = random.Random(seed)  # noqa: S311 – which order, no secret
    learners = list(User.objects.order_by("pk"))
    course = CoursePage.objects.get()
    path_key = LearningPathPage.objects.get().translation_key
    keys = [UUID(key) for key in os.environ["LESSONS"].split()]
    while True:
        learner = chance.choice(learners)
        what = chance.random()
        if what < 0.85:
            event = uuid4()
            ticked = complete_lesson(learner=learner, lesson_key=chance.choice(keys), event_id=event, path_key=path_key)
            if ticked.is_new:
                say(str(event))
        elif what < 0.9:
            last = LessonCompletion.objects.filter(learner=learner, undone_at=None).last()
            if last is not None:
                with contextlib.suppress(CannotUndoError):
                    undo_completion(learner=learner, lesson_key=last.lesson_key)
        elif what < 0.97:
            if Enrolment.objects.filter(learner=learner, subject_key=course.translation_key).exists():
                start_again(learner=learner, kind=SubjectKind.COURSE, subject_key=course.translation_key)
        else:
            refresh_subjects(course_keys=[course.translation_key])


def main() -> None:
    django.setup()
    say("ready")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            say(str(os.getpid()))
            work(int(line))
        os.waitpid(child, 0)
        say("dead")


if __name__ == "__main__":
    main()
