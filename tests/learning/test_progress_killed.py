"""A worker dies in the middle of things (kill -9), again and again: nothing it said was done is lost or half done."""

import os
import random
import signal
import subprocess
import sys
import time
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from learning.actions.rebuild import find_drift
from learning.models import Completion, Enrolment, LessonCompletion
from tests import factories
from tests.test_postgresql import clean_environment

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

KILLS = int(os.environ.get("PROGRESS_KILLS", "25"))


def database_url() -> str:
    """The database this test is in, as another process finds it."""
    found = connection.settings_dict
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@/{found['HOST']}/{found['NAME']}".replace(":@", "@")


def test_no_acknowledged_tick_is_lost_and_nothing_drifts() -> None:
    course = factories.CoursePageFactory.create()
    lessons = [factories.LessonPageFactory.create(parent=course, body="[]", published=True) for _ in range(6)]
    factories.LearningPathPageFactory.create(courses=[course])
    factories.UserFactory.create_batch(8)
    chance = random.Random(7)  # noqa: S311 – when, no secret
    environment = clean_environment() | {
        "DATABASE_URL": database_url(),
        "LESSONS": " ".join(str(lesson.translation_key) for lesson in lessons),
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.learning.ticking"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    said: set[UUID] = set()
    assert worker.stdout.readline() == "ready\n"
    for seed in range(KILLS):
        worker.stdin.write(f"{seed}\n")
        pid = int(worker.stdout.readline())
        for _tick in range(chance.randint(1, 6)):
            said.add(UUID(worker.stdout.readline().strip()))
        time.sleep(chance.uniform(0, 0.05))
        os.kill(pid, signal.SIGKILL)
        said |= {UUID(line.strip()) for line in iter(worker.stdout.readline, "dead\n")}
    worker.stdin.close()
    assert worker.wait(20) == 0
    worker.stdout.close()
    kept = set(LessonCompletion.objects.values_list("event_id", flat=True))
    assert said <= kept
    assert len(kept - said) <= KILLS  # one at a time can be kept and not said
    assert len(said) >= KILLS
    assert list(find_drift()) == []
    assert Completion.objects.exists()
    assert all(0 <= each.percent <= 100 for each in Enrolment.objects.all())
