"""The figures of regions and the country: exact, without small groups, without anything anybody wrote."""

import csv
import io
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from courses.models import CoursePage, LessonPage, LessonVersion
from learning.actions import complete_lesson, open_lesson
from learning.actions.reports import delete_old_report_exports
from learning.models import (
    Enrolment,
    FilmProgress,
    QuizAttempt,
    Reflection,
    ReportExport,
    ReportFigure,
    ReportPlace,
    ReportRun,
)
from learning.queries.report import ReportChoice, Scope, get_report, get_run
from learning.reports.files import make_report_export
from learning.reports.refresh import refresh_report_figures
from people.models import Region, Team, User
from people.own_data.actions import delete_person
from tests import factories
from tests.people.cast import ROLES, make_cast

pytestmark = pytest.mark.django_db

ADDRESS = "/rapporter/laering/"


@pytest.fixture
def course(home: Any) -> CoursePage:
    course = factories.CoursePageFactory.create(title="Fleksibilitet", published=True)
    for _ in range(3):
        factories.LessonPageFactory.create(parent=course, published=True)
    return course


def lessons_of(course: CoursePage) -> list[LessonPage]:
    return list(LessonPage.objects.child_of(course).order_by("path"))


def make_team(region: str, programme: str = "FACT") -> Team:
    return factories.TeamFactory.create(region=factories.RegionFactory.create(key=region), programme=programme)


def make_learners(
    team: Team | None, course: CoursePage, *, count: int, lessons: int, role: str = "sykepleier"
) -> list[User]:
    """So many people who have completed the first lessons of the course; with none, they have only opened it."""
    people = []
    for _ in range(count):
        person = factories.UserFactory.create()
        if team is not None:
            factories.MembershipFactory.create(
                person=person, team=team, roles=[factories.TeamRoleFactory.create(key=role)]
            )
        keys = [lesson.translation_key for lesson in lessons_of(course)]
        open_lesson(learner=person, lesson_key=keys[0])
        for key in keys[:lessons]:
            complete_lesson(learner=person, lesson_key=key)
        people.append(person)
    return people


def make_supporter(region: str = "") -> User:
    """Somebody in the national group, or in a region's."""
    group = factories.SupportGroupFactory.create(region=Region.objects.get(key=region) if region else None)
    return factories.SupportGroupMembershipFactory.create(group=group).person


def report(scope: str = "", **asked: str) -> Any:
    run = get_run()
    assert run is not None
    within = Scope(region=scope)
    return get_report(run, ReportChoice.read(asked, within), language="nb")


def lines(figures: Any) -> dict[str, tuple[int | None, int | None, int | None]]:
    return {each.label: (each.started, each.under_way, each.completed) for each in figures}


# --- the figures ----------------------------------------------------------------------------------------


def test_figures_are_exact(course: CoursePage) -> None:
    vest, nord = make_team("vest"), make_team("nord", "ACT")
    make_learners(vest, course, count=6, lessons=3)
    make_learners(vest, course, count=5, lessons=1)
    make_learners(nord, course, count=7, lessons=0, role="lege")
    refresh_report_figures()
    assert lines(report().subjects) == {"Fleksibilitet": (18, 12, 6)}
    one = report(emne=str(course.translation_key))
    assert lines([one.subject]) == {"Fleksibilitet": (18, 12, 6)}
    tables = {breakdown.group: lines(breakdown.rows) for breakdown in one.breakdowns}
    assert tables == {
        "region": {"Nord": (7, 7, 0), "Vest": (11, 5, 6)},
        "programme": {"ACT": (7, 7, 0), "FACT": (11, 5, 6)},
        "role": {"Lege": (7, 7, 0), "Sykepleier": (11, 5, 6)},
    }
    assert [(stop.label, stop.stopped, stop.went_on) for stop in one.stops] == [
        ("Før første leksjon", 7, 11),
        ("Leksjon 1", 5, 6),
        ("Leksjon 2", 0, 6),
        ("Leksjon 3", 6, 0),
    ]
    assert lines(report(region="vest").subjects) == {"Fleksibilitet": (11, 5, 6)}
    inside = report(region="vest", emne=str(course.translation_key))
    assert {breakdown.group: lines(breakdown.rows) for breakdown in inside.breakdowns} == {
        "programme": {"FACT": (11, 5, 6)},
        "role": {"Sykepleier": (11, 5, 6)},
    }


def test_small_group_is_withheld_and_so_is_the_next_smallest(course: CoursePage) -> None:
    for region, count in (("vest", 9), ("nord", 6), ("midt", 3)):
        make_learners(make_team(region), course, count=count, lessons=0)
    refresh_report_figures()
    one = report(emne=str(course.translation_key))
    table = next(breakdown for breakdown in one.breakdowns if breakdown.group == "region")
    assert lines(table.rows) == {
        "Midt": (None, None, None),
        "Nord": (None, None, None),
        "Vest": (9, 9, 0),
        "Mindre grupper samlet": (9, 9, 0),
    }
    for region in ("midt", "nord"):
        assert lines(report(region=region).subjects) == {"Fleksibilitet": (None, None, None)}
        assert report(region=region, emne=str(course.translation_key)).breakdowns == []


def test_course_with_four_learners_is_withheld_everywhere(course: CoursePage, client: Client) -> None:
    make_learners(make_team("vest"), course, count=4, lessons=3)
    refresh_report_figures()
    assert lines(report().subjects) == {"Fleksibilitet": (None, None, None)}
    assert ReportFigure.objects.filter(started__isnull=False).count() == 0
    client.force_login(make_supporter())
    for asked in ({}, {"emne": str(course.translation_key)}, {"region": "vest"}):
        content = client.get(ADDRESS, asked).content.decode()
        assert "For få til å vises" in content


def test_principle_sums_what_the_courses_show(course: CoursePage) -> None:
    principle = factories.PrincipleFactory.create(position=1, name="Fleksibilitet i bemanning")
    small = factories.CoursePageFactory.create(principles=[principle], published=True)
    factories.LessonPageFactory.create(parent=small, published=True)
    course.principles.set([principle])
    course.save()
    team = make_team("vest")
    make_learners(team, course, count=8, lessons=0)
    make_learners(team, small, count=2, lessons=0)
    refresh_report_figures()
    (line,) = report().principles
    assert (line.started, line.is_part_only) == (8, True)


def test_months_are_local_and_months_without_anybody_are_there(course: CoursePage) -> None:
    make_learners(make_team("vest"), course, count=10, lessons=0)
    today = timezone.localdate()
    first = date(today.year, today.month, 1)
    two_back = (first - timedelta(days=40)).replace(day=1)
    midnight = datetime(two_back.year, two_back.month, 1, tzinfo=UTC) - timedelta(minutes=30)
    # Half an hour before midnight in UTC is the next day, and the next month, in Oslo.
    half = list(Enrolment.objects.order_by("pk").values_list("pk", flat=True)[:5])
    Enrolment.objects.filter(pk__in=half).update(started_at=midnight)
    refresh_report_figures()
    months = report(emne=str(course.translation_key)).months
    assert len(months) == 12
    assert [(month.began, month.completed, month.under_way) for month in months[-3:]] == [
        (5, 0, 5),
        (0, 0, 5),
        (5, 0, 10),
    ]
    assert [month.began for month in months[:-3]] == [0] * 9


def test_months_with_few_are_joined(course: CoursePage) -> None:
    people = make_learners(make_team("vest"), course, count=10, lessons=0)
    now = timezone.now()
    for number, person in enumerate(people):
        Enrolment.objects.filter(learner=person).update(started_at=now - timedelta(days=31 * (number % 3)))
    refresh_report_figures()
    months = report(emne=str(course.translation_key)).months
    began = [month.began for month in months if month.began]
    assert sum(began) == 10
    assert all(count >= 5 for count in began)
    assert any(" – " in month.label for month in months)


def test_hardest_questions_by_wording(course: CoursePage) -> None:
    lesson = lessons_of(course)[0]
    block = uuid.uuid4()
    versions = [
        LessonVersion.objects.create(
            lesson_key=lesson.translation_key,
            number=number,
            language="nb",
            title=lesson.title,
            change_kind="correction",
            activities=[{"id": str(block), "label": f"Ordlyd {number}"}],
        )
        for number in (11, 12)
    ]

    def answer(person: User, version: LessonVersion, score: float) -> None:
        QuizAttempt.objects.create(
            learner=person,
            lesson_key=lesson.translation_key,
            block_id=block,
            version=version,
            answer=["hemmelig"],
            score=score,
            event_id=uuid.uuid4(),
        )

    people = [factories.UserFactory.create() for _ in range(12)]
    for place, person in enumerate(people):
        answer(person, versions[0], 1 if place < 5 else 0)
        if place >= 5:
            answer(person, versions[0], 1)
        answer(person, versions[1], 1 if place < 9 else 0)  # three were wrong: not to be seen
    refresh_report_figures()
    (question,) = report().questions
    assert (question.question, question.version, question.answered) == ("Ordlyd 11", 11, 12)
    assert (question.right_at_first, question.right_of_all) == (41, 63)


def test_person_counts_once_in_the_team_they_joined_first(course: CoursePage) -> None:
    first, second = make_team("vest"), make_team("nord")
    for person in make_learners(first, course, count=6, lessons=0):
        factories.MembershipFactory.create(person=person, team=second)
    make_learners(None, course, count=5, lessons=0)
    refresh_report_figures()
    one = report(emne=str(course.translation_key))
    table = next(breakdown for breakdown in one.breakdowns if breakdown.group == "region")
    assert lines(table.rows) == {"Vest": (6, 6, 0), "Uten region": (5, 5, 0)}


def test_refreshing_again_changes_nothing_and_keeps_two_runs(course: CoursePage) -> None:
    make_learners(make_team("vest"), course, count=6, lessons=1)
    for _ in range(3):
        call_command("refresh_report_figures", stdout=io.StringIO())
    own = ["kind", "subject_key", "filter_by", "filter_value", "split_by", "split_value", "started", "completed"]
    one, other = (list(run.figures.values_list(*own)) for run in ReportRun.objects.all())
    assert one == other
    assert one
    assert not ReportPlace.objects.exists()


# --- who may --------------------------------------------------------------------------------------------

SEES = {
    "regional": 200,
    "other_regional": 200,
    "national": 200,
    "administrator": 200,
    "anonymous": 302,
    "inactive": 302,
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_the_report(role: str, home: Any, client: Client) -> None:
    cast = make_cast()
    refresh_report_figures()
    if role != "anonymous":
        client.force_login(cast.people[role])  # type: ignore[arg-type]
    expected = SEES.get(role, 403)
    for query in ("", "?fil=csv", "?fil=xlsx", "?emne=x&region=y&program=z&rolle=%00&maneder=7"):
        assert client.get(ADDRESS + query).status_code == expected
    assert client.post(reverse("learning:report-refresh")).status_code == (302 if expected == 200 else expected)
    made = client.post(reverse("learning:report-export-make"), {"format": "csv"})
    assert made.status_code == (302 if expected == 200 else expected)
    assert client.get(reverse("learning:report-refresh")).status_code == (302 if expected == 302 else 405)


def test_regional_group_sees_its_own_region_only(course: CoursePage, client: Client) -> None:
    make_learners(make_team("vest"), course, count=6, lessons=0)
    make_learners(make_team("nord"), course, count=8, lessons=0)
    refresh_report_figures()
    client.force_login(make_supporter("vest"))
    for asked in ({}, {"region": "nord"}, {"rolle": "sykepleier"}, {"program": "FACT"}):
        response = client.get(ADDRESS, asked)
        assert lines(response.context["report"].subjects) == {"Fleksibilitet": (6, 6, 0)}, asked
        assert not response.context["report"].questions
    export = make_file(client, "csv")
    content = b"".join(client.get(reverse("learning:report-export-download", args=[export.key])).streaming_content)
    assert b"Vest" in content
    assert b"Nord" not in content


def test_two_filters_are_one_too_many(course: CoursePage, client: Client) -> None:
    make_learners(make_team("vest"), course, count=6, lessons=0)
    make_learners(make_team("nord"), course, count=8, lessons=0)
    refresh_report_figures()
    client.force_login(make_supporter())
    response = client.get(ADDRESS, {"region": "vest", "program": "FACT"})
    assert lines(response.context["report"].subjects) == {"Fleksibilitet": (6, 6, 0)}
    assert "Velg ett av region, program og rolle om gangen" in response.content.decode()


# --- files ----------------------------------------------------------------------------------------------


def make_file(client: Client, kind: str) -> ReportExport:
    response = client.post(reverse("learning:report-export-make"), {"format": kind})
    assert response.status_code == 302
    export = ReportExport.objects.get()
    assert response["Location"] == reverse("learning:report-export", args=[export.key])
    if not export.finished_at:
        make_report_export(key=export.key)  # what the worker does
        export.refresh_from_db()
    return export


def test_file_holds_every_figure(course: CoursePage, client: Client) -> None:
    make_learners(make_team("vest"), course, count=6, lessons=3)
    make_learners(make_team("nord"), course, count=5, lessons=0)
    run = refresh_report_figures()
    client.force_login(make_supporter())
    export = make_file(client, "csv")
    assert (export.rows_done, export.percent) == (run.figures.count(), 100)
    assert "Fila er klar" in client.get(reverse("learning:report-export", args=[export.key])).content.decode()
    response = client.get(reverse("learning:report-export-download", args=[export.key]))
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == run.figures.count() + 1
    assert rows[1] == ["Kurs", "Fleksibilitet", "Alle", "", "", "", "11", "5", "6"]
    assert ["Kurs", "Fleksibilitet", "Region", "Vest", "Rolle i teamet", "Sykepleier", "6", "0", "6"] in rows
    old = export.file.name
    export = make_file(client, "xlsx")
    assert ReportExport.objects.count() == 1
    response = client.get(reverse("learning:report-export-download", args=[export.key]))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True)
    assert [cell.value for cell in list(book.active.rows)[1]][6:] == [11, 5, 6]
    assert old != export.file.name


def test_file_is_its_makers_alone(course: CoursePage, client: Client) -> None:
    refresh_report_figures()
    maker = make_supporter()
    client.force_login(maker)
    export = make_file(client, "csv")
    addresses = [reverse(f"learning:{name}", args=[export.key]) for name in ("report-export", "report-export-download")]
    other = Client()
    other.force_login(make_supporter())
    assert [other.get(address).status_code for address in addresses] == [404, 404]
    maker.support_memberships.update(ended_at=timezone.now())
    assert [client.get(address).status_code for address in addresses] == [403, 403]


def test_file_that_is_being_made_says_how_far_it_is(course: CoursePage, client: Client) -> None:
    maker = make_supporter()
    export = ReportExport.objects.create(
        maker=maker,
        file_format="xlsx",
        rows_total=200,
        rows_done=50,
        expires_at=timezone.now() + timedelta(days=1),
    )
    client.force_login(maker)
    address = reverse("learning:report-export", args=[export.key])
    assert '<progress class="export-progress" max="100" value="25"' in client.get(address).content.decode()
    part = client.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "50 av 200 rader" in part
    assert client.get(reverse("learning:report-export-download", args=[export.key])).status_code == 404


def test_files_go_when_their_time_is_over_and_with_the_account(course: CoursePage, client: Client) -> None:
    refresh_report_figures()
    maker = make_supporter()
    client.force_login(maker)
    name = make_file(client, "csv").file.name
    ReportExport.objects.update(expires_at=timezone.now())
    assert default_storage.exists(name)
    assert delete_old_report_exports() == 1
    assert not ReportExport.objects.exists()
    assert name
    make_file(client, "csv")
    delete_person(person=maker)
    assert not ReportExport.objects.exists()


def test_file_that_cannot_be_made_is_said_so(course: CoursePage, client: Client) -> None:
    client.force_login(make_supporter())
    export = make_file(client, "csv")  # there are no figures yet
    assert export.failed_at
    assert (
        "Det gikk ikke å lage fila" in client.get(reverse("learning:report-export", args=[export.key])).content.decode()
    )


# --- privacy and costs ----------------------------------------------------------------------------------

MARKER = "xyzzy-privat"


def test_nothing_anybody_wrote_is_in_a_report_or_a_file(course: CoursePage, client: Client) -> None:
    team = make_team("vest")
    people = make_learners(team, course, count=12, lessons=2)
    lesson = lessons_of(course)[0]
    version = LessonVersion.objects.filter(lesson_key=lesson.translation_key).latest("number")
    for place, person in enumerate(people):
        own = {"learner": person, "lesson_key": lesson.translation_key}
        Reflection.objects.create(**own, block_id=uuid.uuid4(), prompt="Hva?", text=MARKER)
        QuizAttempt.objects.create(
            **own, block_id=uuid.UUID(int=7), version=version, answer=[MARKER], score=place % 2, event_id=uuid.uuid4()
        )
        FilmProgress.objects.create(
            **own, block_id=uuid.uuid4(), film_key=uuid.uuid4(), duration=98765, position=43210, segments=[[0, 54321]]
        )
    refresh_report_figures()
    leader = factories.make_leader(team)
    pages = [
        (leader, reverse("learning:team-report", args=[team.slug])),
        (leader, reverse("learning:team-report", args=[team.slug]) + "?fil=csv"),
        (make_supporter(), ADDRESS),
        (make_supporter(), f"{ADDRESS}?emne={course.translation_key}"),
        (make_supporter(), f"{ADDRESS}?emne={course.translation_key}&fil=csv"),
        (people[0], reverse("learning:seen-by-leader")),
    ]
    said = []
    for reader, address in pages:
        client.force_login(reader)
        response = client.get(address)
        assert response.status_code == 200
        said.append((b"".join(response) if response.streaming else response.content).decode())
    client.force_login(make_supporter())
    said.append(make_file(client, "csv").file.read().decode())
    said.append(json.dumps([list(map(str, row)) for row in ReportFigure.objects.values_list()]))
    for content in said:
        for secret in (MARKER, "98765", "43210", "54321"):
            assert secret not in content
    for content in said[2:5] + said[6:]:  # nor anybody's name in figures
        assert not any(person.last_name in content or person.email in content for person in people)


@pytest.mark.parametrize(("courses", "regions"), [(1, 1), (30, 1), (1, 12), (12, 4)])
def test_queries_of_the_report(home: Any, client: Client, courses: int, regions: int) -> None:
    run = ReportRun.objects.create()
    made = [factories.CoursePageFactory.create(published=True) for _ in range(courses)]
    for number in range(regions):
        factories.RegionFactory.create(key=f"region-{number}")
    for course in made:
        own = {"run": run, "kind": "course", "subject_key": course.translation_key, "started": 9, "under_way": 9}
        ReportFigure.objects.create(**own, completed=0)
        for number in range(regions):
            ReportFigure.objects.create(**own, completed=0, split_by="region", split_value=f"region-{number}")
    client.force_login(make_supporter())
    client.get(ADDRESS)
    counts = []
    for asked in ({}, {"emne": str(made[0].translation_key)}):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(ADDRESS, asked)
        counts.append(len(captured))
        assert response.status_code == 200
    assert counts == [18, 18]
