"""Fill an empty database and say what to measure, as JSON on standard output.

`python -m tests.bench.prepare flett` runs under Flett's settings, `… bare` under the yardstick's.
"""

import json
import os
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

BENCH_TICKS, BENCH_POSTS = "FLETT_BENCH_TICKS", "FLETT_BENCH_POSTS"
"""Name the files for lines.lua; set by the benchmark alone."""
LEARNERS = 100
"""Who tick in the benchmark: each ticks every lesson of the path once, and no tick is measured twice."""
TEAM_SIZE = 25
LINES = str(Path(__file__).parent / "lines.lua")
TOKEN = "benchmarkbenchmarkbenchmarkbench"
NAME = "Benedikte Benk"
EMAIL = "benk@example.org"


def prepare_bare() -> dict[str, Any]:
    import tests.bench.bare  # configures Django

    assert tests.bench.bare.application
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    first, last = NAME.split()
    user = User.objects.create_user("benk", EMAIL, first_name=first, last_name=last)
    cookie = sign_in(user, "django.contrib.auth.backends.ModelBackend")
    return {"cookie": cookie, "pages": [describe("bare Django page", "/", cookie, expects=NAME)]}


def prepare_flett() -> dict[str, Any]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()

    from django.conf import settings
    from django.core.management import call_command
    from django.urls import reverse

    from courses.actions import bump_content_stamp
    from courses.models import CoursePage, Principle
    from courses.urls_of import page_path
    from learning.models import LearningPathPage
    from learning.queries import get_path_outline
    from people.models import User

    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        call_command("migrate", verbosity=0)
        call_command("compile_translations", stdout=nowhere)
        if not (settings.STATIC_ROOT / "staticfiles.json").exists():
            call_command("collectstatic", verbosity=0, interactive=False)
        call_command("load_starter_content", stdout=nowhere)
    first, last = NAME.split()
    user = User.objects.create_user(EMAIL, first_name=first, last_name=last)
    backend = settings.AUTHENTICATION_BACKENDS[0]
    cookie = sign_in(user, backend)

    path = LearningPathPage.objects.live().filter(locale__language_code="nb").order_by("path").first()
    assert path is not None, "the starter content has a learning path"
    outline = get_path_outline(path=path)
    lesson = max(outline.chapters, key=lambda chapter: len(chapter.lessons)).lessons[1]
    measured = learn(user=user, outline=outline, path_key=path.translation_key) if BENCH_TICKS in os.environ else []
    discussed = discuss(user=user) if BENCH_POSTS in os.environ else []
    course = CoursePage.objects.live().filter(kind=CoursePage.Kind.SHORT_COURSE).first()
    principle = Principle.objects.filter(locale__language_code="nb").order_by("pk").first()
    assert course is not None and principle is not None
    principle_url = reverse("home:principle", args=[principle.principle_set.key, principle.slug])
    return {
        "cookie": cookie,
        **count_kept(),
        "pages": [
            describe("lesson, anonymous", lesson.url, "", expects=lesson.title, change=bump_content_stamp),
            describe("lesson with progress", lesson.url, cookie, expects=NAME, change=bump_content_stamp),
            describe("learning path", page_path(path), cookie, expects=NAME, change=bump_content_stamp),
            describe("home", "/", cookie, expects=NAME, change=bump_content_stamp),
            describe("course", page_path(course), cookie, expects=NAME, change=bump_content_stamp),
            describe("principle", principle_url, cookie, expects=NAME, change=bump_content_stamp),
            *measured,
            *discussed,
        ],
    }


def learn(*, user: Any, outline: Any, path_key: uuid.UUID) -> list[dict[str, Any]]:
    """For the benchmark alone: people who have learnt something, and what is measured of that."""
    from django.conf import settings
    from django.urls import reverse

    from learning.actions import complete_lesson

    backend = settings.AUTHENTICATION_BACKENDS[0]
    team = make_team(leader=user)
    for learner in [user, *(each.person for each in team.memberships.exclude(person=user)[: TEAM_SIZE // 2])]:
        for entry in outline.lessons[:40]:
            if is_ticked_by_hand(entry.key):
                complete_lesson(learner=learner, lesson_key=entry.key, path_key=path_key)
    write_ticks([entry.key for entry in outline.lessons], path_key=path_key, backend=backend)
    cookie = sign_in(user, backend)
    return [
        {
            "name": "tick",
            "url": reverse("learning:events"),
            "cookie": "",
            "expects": '"ticked": ["',
            "status": 200,
            "queries": 12,
            "queries_cold": 12,
            "bytes": 0,
            "script": [LINES, os.environ[BENCH_TICKS], "application/json"],
        },
        describe("Min side", reverse("home:my-page"), cookie, expects=NAME),
        describe("team report", reverse("learning:team-report", args=[team.slug]), cookie, expects=NAME),
    ]


def is_ticked_by_hand(lesson_key: uuid.UUID) -> bool:
    from courses.models import LessonPage

    return LessonPage.objects.filter(translation_key=lesson_key, completion=LessonPage.Completion.MARKED).exists()


def make_team(*, leader: Any) -> Any:
    """A team with members, as large as teams are, whom the leader follows."""
    from people.actions import add_member
    from people.models import Team, TeamRole, User

    team = Team.objects.create(name="Benketeamet", slug="benketeamet", county="Vestland")
    add_member(person=leader, team=team, roles=TeamRole.objects.filter(leads_team=True)[:1])
    for number in range(TEAM_SIZE):
        person = User.objects.create_user(f"medlem{number}@example.org", first_name="Medlem", last_name=str(number))
        add_member(person=person, team=team, roles=TeamRole.objects.filter(leads_team=False)[:1])
    return team


def write_ticks(lessons: list[uuid.UUID], *, path_key: uuid.UUID, backend: str) -> None:
    """One line a tick for lines.lua: who ticks, and what is sent.

    Learners take turns, each in reading order from a place of their own, where they have begun the path already: so one
    tick in five or six begins a course, as it is when people read.
    """
    from django.conf import settings

    from learning.actions import complete_lesson
    from people.models import User

    wanted = [key for key in lessons if is_ticked_by_hand(key)]
    cookies = []
    for number in range(LEARNERS):
        user = User.objects.create_user(f"deltaker{number}@example.org", first_name="Deltaker", last_name=str(number))
        complete_lesson(learner=user, lesson_key=wanted[number % len(wanted)], path_key=path_key)
        cookies.append(f"{sign_in(user, backend)}; {settings.CSRF_COOKIE_NAME}={TOKEN}")
    with Path(os.environ[BENCH_TICKS]).open("w") as file:
        for step in range(1, len(wanted)):
            for number, cookie in enumerate(cookies):
                lesson = wanted[(number + step) % len(wanted)]
                event = {
                    "id": str(uuid.uuid4()),
                    "kind": "completed",
                    "lesson": str(lesson),
                    "path": str(path_key),
                    "age": 0,
                }
                file.write(f"{cookie}\t{json.dumps({'events': [event]})}\n")


def sign_in(user: Any, backend: str) -> str:
    """The cookie header of somebody who has signed in."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


TOPICS, POSTS, ITEMS = 60, 40, 60
POSTERS = 400
"""Who answer in the benchmark, in turn, so that none meets the limit on how much one may write in an hour."""


def discuss(*, user: Any) -> list[dict[str, Any]]:
    """For the benchmark alone: a space with topics, and people who answer in it."""
    from urllib.parse import urlencode

    from django.conf import settings
    from django.urls import reverse

    from forum.actions.posting import reply, start_topic
    from forum.models import Space
    from people.models import Membership, Team, User

    backend = settings.AUTHENTICATION_BACKENDS[0]
    # A team of their own: how large a team is, is part of what the team report is measured with.
    team = Team.objects.create(slug="skriverne", name="Skriverne", county="Vestland")
    people = User.objects.bulk_create(
        [
            User(email=f"skriver{number}@example.org", first_name="Skriver", last_name=str(number), password="!")
            for number in range(POSTERS)
        ]
    )
    Membership.objects.bulk_create([Membership(person=person, team=team) for person in people])
    Membership.objects.get_or_create(person=user, team=team, ended_at=None)
    space = Space.objects.create(name="Benken", slug="benken")
    topics = [
        start_topic(
            author=people[number],
            space=space,
            title=f"Samarbeidsavtale nummer {number}",
            source="<div>Hvem skriver under hos dere, og hvor ofte ser dere på avtalen?</div>",
        )
        for number in range(TOPICS)
    ]
    for number in range(POSTS):
        text = f"<div>Vi gjør det {number} ganger i året.</div><ul><li>leder</li><li>lege</li></ul>"
        reply(author=people[TOPICS + number], topic=topics[0], source=text)
    with Path(os.environ[BENCH_POSTS]).open("w") as file:
        cookies = [f"{sign_in(person, backend)}; {settings.CSRF_COOKIE_NAME}={TOKEN}" for person in people]
        for turn in range(40):
            for cookie in cookies:
                body = {
                    "do": "post",
                    "place": f"topic:{topics[1].pk}",
                    "submission": str(uuid.uuid4()),
                    "version": "0",
                    "source_format": "html",
                    "source": f"<div>Hos oss er det {turn}.</div>",
                }
                file.write(f"{cookie}\t{urlencode(body)}\n")
    items = fill_library(people=people, space=space)
    cookie = sign_in(user, backend)
    return [
        describe("library", reverse("forum:library"), cookie, expects=items[-1].title),
        describe("library item", items[0].get_absolute_url(), cookie, expects=items[0].title),
        describe("forum", reverse("forum:home"), cookie, expects=NAME),
        describe("topic list", reverse("forum:space", args=[space.slug]), cookie, expects=NAME),
        describe("topic", reverse("forum:topic", args=[topics[0].pk]), cookie, expects=NAME),
        describe("search", f"{reverse('home:search')}?q=avtale", cookie, expects=NAME),
        {
            "name": "posting",
            "url": reverse("forum:reply", args=[topics[1].pk]),
            "cookie": "",
            "expects": "",
            "status": 302,
            "queries": 0,
            "queries_cold": 0,
            "bytes": 0,
            "script": [LINES, os.environ[BENCH_POSTS], "application/x-www-form-urlencoded"],
        },
    ]


def fill_library(*, people: list[Any], space: Any) -> list[Any]:
    """Items with a file each, some built on the first."""
    from io import BytesIO

    from docx import Document

    from forum.actions.library import Content, Details, add_library_file, share_item
    from forum.models import LibraryItem

    document, written = Document(), BytesIO()
    document.add_paragraph("Partene møtes fire ganger i året.")
    document.save(written)
    items: list[Any] = []
    for number in range(ITEMS):
        submission = uuid.uuid4()
        file = BytesIO(written.getvalue())
        add_library_file(person=people[number], submission=submission, file=file, name=f"avtale-{number}.docx")
        items.append(
            share_item(
                person=people[number],
                space=space,
                details=Details(
                    title=f"Avtale nummer {number}",
                    summary="Hvem gjør hva, og hvor ofte vi ser på avtalen sammen.",
                    kind=LibraryItem.Kind.values[number % 5],
                    county=("Vestland", "Innlandet", "Agder")[number % 3],
                    tags=("avtale", "samarbeid"),
                ),
                content=Content(submission=submission, source="Les dette først."),
                based_on=items[0].current if number % 10 == 1 else None,
            )
        )
    return items


def count_kept() -> dict[str, Any]:
    """How many lessons have been ticked, posts written, and tasks left to a worker, in Flett's database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()

    from django_tasks_db.models import DBTaskResult

    from forum.models import Post
    from learning.models import LessonCompletion

    return {
        "tick": LessonCompletion.objects.count(),
        "posting": Post.objects.count(),
        "tasks": DBTaskResult.objects.count(),
    }


def describe(
    name: str, url: str, cookie: str, *, expects: str, change: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The page with its query counts: the first time after a change of content, and after that."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    counts = []
    Client(headers={"host": "127.0.0.1"}).get(url)  # what a process reads once in its life is no page's cost
    change()
    for _ in range(3):
        client = Client(headers={"cookie": cookie, "host": "127.0.0.1"})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = client.get(url)
        assert response.status_code == 200, f"{url} answers {response.status_code}"
        assert expects in response.content.decode(), f"{url} does not say {expects}"
        counts.append(len(captured))
    return {
        "name": name,
        "url": url,
        "cookie": cookie,
        "expects": expects,
        "queries_cold": counts[0],
        "queries": counts[-1],
        "bytes": len(response.content),
    }


if __name__ == "__main__":
    print(json.dumps({"flett": prepare_flett, "bare": prepare_bare, "kept": count_kept}[sys.argv[1]]()))
