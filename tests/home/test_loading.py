"""Loading the starter content where there is none yet."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import CoursePage, LessonVersion, Principle
from home import actions
from home.models import HomePage


def test_interrupted_loading_leaves_nothing_and_the_next_one_works(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = actions.import_course_package, []

    def stop_at_the_third(**kwargs: Any) -> None:
        calls.append(kwargs)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(**kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(actions, "import_course_package", stop_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            call_command("load_starter_content", "--if-empty", stdout=StringIO())
    assert not HomePage.objects.exists()
    assert not Principle.objects.exists()
    assert not LessonVersion.objects.exists()

    out = StringIO()
    call_command("load_starter_content", "--if-empty", stdout=out)
    assert out.getvalue() == "The starter content is loaded.\n"
    assert CoursePage.objects.count() == 21
    assert LessonVersion.objects.count() == 163


def test_loading_if_empty_does_nothing_where_there_is_a_front_page(home: HomePage) -> None:
    out = StringIO()
    with CaptureQueriesContext(connection) as queries:
        call_command("load_starter_content", "--if-empty", stdout=out)
    assert out.getvalue() == ""
    assert len(queries) == 1
    assert CoursePage.objects.count() == 0


def test_demo_logins_say_how_to_make_them_when_there_are_none(db: None) -> None:
    with pytest.raises(CommandError, match="load_starter_content"):
        call_command("demo_logins")
