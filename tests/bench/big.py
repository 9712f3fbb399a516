"""`python -m tests.bench.big`: reports over 100,000 learners and five million lesson rows, on a throw-away PostgreSQL.

Builds the data in the database itself (INSERT … SELECT generate_series), makes the figures, and asks each page with
each filter through Django's own handler, so that what is measured is server time and nothing of the network. Prints
the medians, and what each process took of memory at most (VmHWM). `--learners 2000` for a small trial.
"""

import argparse
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.measure import processor_seconds
from tests.needs import find_postgresql
from tests.postgres import throw_away_server
from tests.served import ROOT, flett_environment

PATH_LESSONS, CHAPTERS, SHORT_COURSES, SHORT_LESSONS = 66, 11, 40, 4
TEAM_SIZE = 12
BIG_TEAM = 2000
ROUNDS = 15


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.big", description=__doc__)
    parser.add_argument("--learners", type=int, default=100_000)
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options.learners)))
        return 0
    binaries = find_postgresql()
    if binaries is None:
        print("PostgreSQL 15 or later is not installed; install it with: apt-get install postgresql", file=sys.stderr)
        return 1
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flett-big-")))
        database = stack.enter_context(throw_away_server(binaries, options=["shared_buffers=512MB", "fsync=off"]))
        host = database.rpartition("/")[0].partition("@/")[2]
        postmaster = int((Path(host) / "data" / "postmaster.pid").read_text().split()[0])
        environment = flett_environment(database, folder) | {"FLETT_ENV": "production"}
        for step in STEPS:
            found, wall, cpu = run_step(step, options.learners, environment, postmaster)
            print(f"\n{step}: {wall:.0f} s, {cpu:.0f} s of processor time", flush=True)
            for name, value in found.items():
                print(f"  {name}: {value}", flush=True)
    return 0


def run_step(
    step: str, learners: int, environment: dict[str, str], postmaster: int
) -> tuple[dict[str, Any], float, float]:
    """In a process of its own, whose memory is that step's alone."""
    database_before = processor_seconds([postmaster])
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.bench.big", "--learners", str(learners), "--step", step]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    output, _nothing = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{step} failed")
    found = json.loads(output.splitlines()[-1])
    database = processor_seconds([postmaster]) - database_before
    found["database"] = f"{database:.0f} s of processor time"
    return found, time.monotonic() - began, database + found.pop("own_cpu")


def measured(step: Callable[[int], dict[str, Any]]) -> Callable[[int], dict[str, Any]]:
    """Django set up, and what the step took of memory and processor."""

    def run(learners: int) -> dict[str, Any]:
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        before = memory()
        found = step(learners)
        times = os.times()
        return found | {"memory at the start": before, "memory at most": memory(), "own_cpu": times.user + times.system}

    return run


def memory() -> str:
    """What this process has had at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return f"{int(found[1]) / 1024:.0f} MB"


# --- building -------------------------------------------------------------------------------------------

KEY = "('00000000-0000-4000-8000-' || lpad(to_hex({0}), 12, '0'))::uuid"
PATH_KEY, COURSE_KEY, LESSON_KEY = 1, 0x10000, 0x20000


def make_content() -> None:
    """One path of eleven chapters, and forty short courses, as pages, so that titles and orders are real."""
    from uuid import UUID

    from wagtail.models import Locale, Page, Site

    from courses.models import CourseIndexPage, CoursePage, LessonPage, Principle, PrincipleSet
    from home.models import HomePage
    from learning.models import LearningPathPage, LearnPage, PathStep

    def key(number: int) -> UUID:
        return UUID(f"00000000-0000-4000-8000-{number:012x}")

    locale = Locale.objects.get_or_create(language_code="nb")[0]
    root = Page.get_first_root_node()
    assert root is not None
    Site.objects.all().delete()
    for page in root.get_children():
        page.delete()
    root = Page.objects.get(pk=root.pk)
    home = root.add_child(instance=HomePage(title="Flett", slug="hjem", lead="Lær", intro="Lær", locale=locale))
    Site.objects.create(hostname="127.0.0.1", port=80, is_default_site=True, root_page=home)
    learn = home.add_child(instance=LearnPage(title="Lær", slug="laer", locale=locale))
    index = learn.add_child(instance=CourseIndexPage(title="Kurs", slug="kurs", locale=locale))
    fact = PrincipleSet.objects.create(key="fact", name="FACT")
    principles = [
        Principle.objects.create(
            principle_set=fact, position=number, slug=f"p{number}", name=f"Prinsipp {number}", locale=locale
        )
        for number in range(1, 9)
    ]
    lesson = 0
    courses = []
    for number in range(CHAPTERS + SHORT_COURSES):
        is_chapter = number < CHAPTERS
        course = index.add_child(
            instance=CoursePage(
                title=f"Kurs {number}",
                slug=f"kurs-{number}",
                summary="Kort.",
                kind="module" if is_chapter else "short_course",
                translation_key=key(COURSE_KEY + number),
                locale=locale,
            )
        )
        course.principles.set([principles[number % 8]])
        course.save()
        courses.append(course)
        for _each in range(PATH_LESSONS // CHAPTERS if is_chapter else SHORT_LESSONS):
            course.add_child(
                instance=LessonPage(
                    title=f"Leksjon {lesson}",
                    slug=f"leksjon-{lesson}",
                    translation_key=key(LESSON_KEY + lesson),
                    locale=locale,
                )
            )
            lesson += 1
    path = learn.add_child(
        instance=LearningPathPage(
            title="Grunnopplæring", slug="grunn", onboarding_for="FACT", translation_key=key(PATH_KEY), locale=locale
        )
    )
    for place, course in enumerate(courses[:CHAPTERS]):
        PathStep.objects.create(path=path, course=course, sort_order=place)


# Who they are: u is the learner's number. A tenth of the teams are odd ones; roles follow how common they are.
STATEMENTS = [
    """INSERT INTO people_region ("key", name, position)
       SELECT k, initcap(k), row_number() OVER () FROM unnest(ARRAY['midt', 'nord', 'sor-ost', 'vest']) k""",
    """INSERT INTO people_teamrole ("key", name, name_da, name_en, position, leads_team)
       SELECT 'rolle-' || n, 'Rolle ' || n, 'Rolle ' || n, 'Role ' || n, n, n = 1 FROM generate_series(1, 13) n""",
    """INSERT INTO people_team ("key", slug, name, programme, country, county, region_id, municipalities,
           hospital_trust, phase, status_source, name_note, about, contact_route, search_text, sort_text)
       SELECT gen_random_uuid(), 'team-' || n, 'Team ' || n,
           (ARRAY['FACT','FACT','FACT','FACT','ACT','ACT','FACT_UNG','FACT_UNG','D_FACT','OTHER'])[1 + n % 10],
           'NO', 'Fylke ' || n % 15, (SELECT id FROM people_region ORDER BY id OFFSET n % 4 LIMIT 1), '', '',
           'operation', '', '', '', '', 'team ' || n, 'team ' || lpad(n::text, 8, '0')
       FROM generate_series(0, {teams}) n""",
    """INSERT INTO people_user (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined, email,
           language)
       SELECT '!', false, 'Kari', 'Nordmann ' || u, false, true, now(), 'p' || u || '@example.org', 'nb'
       FROM generate_series(1, {learners}) u""",
    """INSERT INTO people_membership (person_id, team_id, started_on, created_at)
       SELECT p.id, t.id, CURRENT_DATE - (p.id % 900)::int, now()
       FROM (SELECT id, row_number() OVER (ORDER BY id) AS u FROM people_user) p
       JOIN people_team t ON t.slug = 'team-' || CASE WHEN p.u <= {big_team} THEN 0 ELSE p.u / {team_size} END""",
    """INSERT INTO people_membership_roles (membership_id, teamrole_id)
       SELECT m.id, r.id FROM people_membership m
       JOIN people_teamrole r ON r."key" = 'rolle-' || CASE WHEN m.id % {team_size} = 0 THEN 1
           ELSE 2 + floor(12 * power(m.id * 7919 % 1000 / 1000.0, 2))::int END""",
    """INSERT INTO learning_pathassignment (person_id, path_key, due_on, assigned_at)
       SELECT person_id, {path}, started_on + 90, now() FROM people_membership""",
    """INSERT INTO learning_syllabus (kind, subject_key, number, digest, created_at)
       SELECT CASE WHEN n < 0 THEN 'path' ELSE 'course' END, CASE WHEN n < 0 THEN {path} ELSE {course_n} END,
           1, 'digest ' || n, now() FROM generate_series(-1, {courses} - 1) n""",
    # How far each has come in the path (0–66 lessons, 44 of them on average), and which short courses.
    """CREATE TEMP TABLE reached AS
       SELECT p.id AS learner, LEAST({path_lessons}, floor(power(random(), 0.5) * 70)::int) AS lessons,
           now() - (30 + random() * 900) * interval '1 day' AS began, floor(random() * {short})::int AS short
       FROM (SELECT id FROM people_user) p""",
    """INSERT INTO learning_lessonprogress (learner_id, lesson_key, started_at, completed_at, completed_version)
       SELECT learner, {lesson_n}, began + n * interval '6 hours', began + n * interval '6 hours', 1
       FROM reached, generate_series(0, {path_lessons} - 1) n WHERE n < lessons""",
    """INSERT INTO learning_lessonprogress (learner_id, lesson_key, started_at, completed_at, completed_version)
       SELECT learner, {lesson_n}, began + n * interval '1 hour', began + n * interval '1 hour', 1
       FROM reached, generate_series(0, 1) extra,
           LATERAL generate_series({path_lessons} + (short + extra * 7) % {short} * {short_lessons},
               {path_lessons} + (short + extra * 7) % {short} * {short_lessons} + learner % 4 + 1) n
       WHERE n < {path_lessons} + (short + extra * 7) % {short} * {short_lessons} + {short_lessons}""",
    """INSERT INTO learning_enrolment (learner_id, kind, subject_key, attempt, syllabus_id, required_count, done_count,
           started_at, counts_from, last_active_at, completed_at)
       SELECT learner, 'path', {path}, 1, s.id, {path_lessons}, lessons, began, '1970-01-01', now(),
           CASE WHEN lessons = {path_lessons} THEN began + interval '17 days' END
       FROM reached, learning_syllabus s WHERE s.kind = 'path'""",
    """INSERT INTO learning_enrolment (learner_id, kind, subject_key, attempt, syllabus_id, required_count, done_count,
           started_at, counts_from, last_active_at, completed_at)
       SELECT learner, 'course', {course_n}, 1, s.id, {chapter}, LEAST({chapter}, lessons - n * {chapter}),
           began + n * interval '36 hours', '1970-01-01', now(),
           CASE WHEN lessons >= (n + 1) * {chapter} THEN began + (n + 1) * interval '36 hours' END
       FROM reached, generate_series(0, {chapters} - 1) n, learning_syllabus s
       WHERE lessons > n * {chapter} AND s.subject_key = {course_n}""",
    """INSERT INTO learning_enrolment (learner_id, kind, subject_key, attempt, syllabus_id, required_count, done_count,
           started_at, counts_from, last_active_at, completed_at)
       SELECT learner, 'course', {course_n}, 1, s.id, {short_lessons}, LEAST({short_lessons}, learner % 4 + 2), began,
           '1970-01-01', now(), CASE WHEN learner % 4 >= 2 THEN began + interval '4 days' END
       FROM reached, generate_series(0, 1) extra, LATERAL (SELECT {chapters} + (short + extra * 7) % {short} AS n) c,
           learning_syllabus s WHERE s.subject_key = {course_n}""",
    """INSERT INTO learning_completion (learner_id, kind, subject_key, attempt, syllabus_id, title, completed_at)
       SELECT learner_id, kind, subject_key, attempt, syllabus_id, 'Kurs', completed_at FROM learning_enrolment
       WHERE completed_at IS NOT NULL""",
    """INSERT INTO courses_lessonversion (lesson_key, number, language, title, change_kind, change_note, activities,
           created_at)
       SELECT {lesson_n}, 1, 'nb', 'Leksjon ' || n, 'correction', '', '[]', now()
       FROM generate_series(0, {path_lessons} + {short} * {short_lessons} - 1) n""",
    """INSERT INTO learning_quizattempt (learner_id, lesson_key, block_id, version_id, answer, score, event_id,
           answered_at)
       SELECT learner, v.lesson_key, v.lesson_key, v.id, '[]', (random() > 0.4)::int, gen_random_uuid(), began
       FROM reached, generate_series(0, 9) n
       JOIN courses_lessonversion v ON v.lesson_key = {question_n} WHERE n * 6 < lessons""",
]


COUNTED = ("people_user", "people_team", "learning_lessonprogress", "learning_enrolment", "learning_quizattempt")


def build(learners: int) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    make_content()
    words = {
        "learners": learners,
        "teams": learners // TEAM_SIZE,
        "team_size": TEAM_SIZE,
        "big_team": min(BIG_TEAM, learners // 10),
        "path_lessons": PATH_LESSONS,
        "chapters": CHAPTERS,
        "chapter": PATH_LESSONS // CHAPTERS,
        "short": SHORT_COURSES,
        "short_lessons": SHORT_LESSONS,
        "courses": CHAPTERS + SHORT_COURSES,
        "path": KEY.format(PATH_KEY),
        "course_n": KEY.format(f"{COURSE_KEY} + n"),
        "lesson_n": KEY.format(f"{LESSON_KEY} + n"),
        "question_n": KEY.format(f"{LESSON_KEY} + n * 6"),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for statement in STATEMENTS:
            began = time.monotonic()
            cursor.execute(statement.format(**words))
            print(
                f"  {time.monotonic() - began:6.1f} s  {statement.split('(')[0].strip()}", file=sys.stderr, flush=True
            )
        cursor.execute("VACUUM ANALYZE")
        found = {}
        for table in COUNTED:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 – our own tables' names
            found[table] = f"{cursor.fetchone()[0]:,} rows"
    return found


# --- asking ---------------------------------------------------------------------------------------------


def refresh(learners: int) -> dict[str, Any]:
    from learning.models import ReportFigure, ReportQuestion
    from learning.reports.refresh import refresh_report_figures

    began = time.monotonic()
    refresh_report_figures()
    return {
        "figures counted in": f"{time.monotonic() - began:.0f} s",
        "figures": f"{ReportFigure.objects.count():,}",
        "withheld": f"{ReportFigure.objects.filter(started__isnull=True).count():,}",
        "questions": ReportQuestion.objects.count(),
    }


def make_readers() -> dict[str, Any]:
    from people.models import Region, SupportGroup, SupportGroupMembership, User

    readers = {}
    for name, region in (("national", None), ("regional", Region.objects.get(key="vest"))):
        group = SupportGroup.objects.create(name=name, region=region)
        person = User.objects.create_user(f"{name}@example.org")
        SupportGroupMembership.objects.create(person=person, group=group)
        readers[name] = person
    readers["administrator"] = User.objects.create_superuser("adm@example.org", password="et langt nok passord her")
    return readers


def pages(learners: int) -> dict[str, Any]:
    """Medians of server time in milliseconds, and of this process's and the database's processor time."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    readers = make_readers()
    lesson_path, course = KEY_TEXT.format(PATH_KEY), KEY_TEXT.format(COURSE_KEY + 3)
    addresses = {
        "team of 12": ("administrator", "/team/team-1000/laering/" if learners > 20000 else "/team/team-100/laering/"),
        "team of 12, filters": (
            "administrator",
            "/team/team-1000/laering/?status=overdue&rolle=rolle-2&sorter=status"
            if learners > 20000
            else "/team/team-100/laering/?status=overdue&rolle=rolle-2&sorter=status",
        ),
        f"team of {min(BIG_TEAM, learners // 10)}": ("administrator", "/team/team-0/laering/"),
        "national": ("national", "/rapporter/laering/"),
        "national, region": ("national", "/rapporter/laering/?region=vest"),
        "national, programme": ("national", "/rapporter/laering/?program=FACT_UNG"),
        "national, role": ("national", "/rapporter/laering/?rolle=rolle-5"),
        "national, path": ("national", f"/rapporter/laering/?emne={lesson_path}"),
        "national, path, 36 months": ("national", f"/rapporter/laering/?emne={lesson_path}&maneder=36"),
        "national, path, region": ("national", f"/rapporter/laering/?emne={lesson_path}&region=nord"),
        "national, path, programme": ("national", f"/rapporter/laering/?emne={lesson_path}&program=ACT"),
        "national, path, role": ("national", f"/rapporter/laering/?emne={lesson_path}&rolle=rolle-3"),
        "national, course": ("national", f"/rapporter/laering/?emne={course}"),
        "national, course, region": ("national", f"/rapporter/laering/?emne={course}&region=midt"),
        "regional": ("regional", "/rapporter/laering/"),
        "regional, path": ("regional", f"/rapporter/laering/?emne={lesson_path}"),
    }
    found = {}
    flat = ""
    for number, (name, (reader, address)) in enumerate(addresses.items()):
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(readers[reader])
        walls, cpus = [], []
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
            queries = len(captured)
        assert response.status_code == 200, f"{address} answers {response.status_code}"
        for _round in range(ROUNDS):
            began, before = time.perf_counter(), sum(os.times()[:2])
            client.get(address)
            walls.append(1000 * (time.perf_counter() - began))
            cpus.append(1000 * (sum(os.times()[:2]) - before))
        found[name] = (
            f"{median(walls):.0f} ms (at most {max(walls):.0f}), own processor time {median(cpus):.0f} ms, "
            f"{queries} queries, {len(response.content) // 1000} kB"
        )
        if number == len(addresses) // 2:
            flat = memory()
    return found | {"memory halfway": flat}


KEY_TEXT = "00000000-0000-4000-8000-{:012x}"


def export(kind: str) -> Callable[[int], dict[str, Any]]:
    def run(learners: int) -> dict[str, Any]:
        from django.test.utils import override_settings

        from learning.actions.reports import request_report_export
        from learning.models import ReportExport
        from learning.reports.files import make_report_export
        from people.models import User

        maker = User.objects.get(email="adm@example.org")
        with override_settings(TASKS={"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}):
            made = request_report_export(maker=maker, file_format=kind, region="", language="nb")
        began = time.monotonic()
        make_report_export(key=made.key)
        made = ReportExport.objects.get(pk=made.pk)
        assert made.is_ready, "the file was not made"
        return {
            "rows": f"{made.rows_done:,}",
            "file": f"{made.size / 1e6:.1f} MB",
            "in": f"{time.monotonic() - began:.0f} s",
        }

    return run


def team_export(learners: int) -> dict[str, Any]:
    """A line for each course of each of two thousand members."""
    from django.test import Client

    from people.models import User

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email="adm@example.org"))
    found = {}
    for kind in ("csv", "xlsx"):
        began = time.monotonic()
        response = client.get(f"/team/team-0/laering/?fil={kind}")
        size = sum(len(piece) for piece in response)  # type: ignore[attr-defined]
        found[kind] = f"{size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s"
    return found


STEPS: dict[str, Callable[[int], dict[str, Any]]] = {
    "build": measured(build),
    "refresh": measured(refresh),
    "pages": measured(pages),
    "export csv": measured(export("csv")),
    "export xlsx": measured(export("xlsx")),
    "export team": measured(team_export),
}


if __name__ == "__main__":
    sys.exit(main())
