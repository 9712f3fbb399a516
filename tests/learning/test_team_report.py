"""What a team's leader sees of its members, and that each member sees the same of themselves."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from courses.actions import bump_content_stamp
from courses.models import CoursePage, LessonPage, LessonVersion
from courses.models.versions import ChangeKind
from learning import permissions
from learning.actions import assign_onboarding_paths, complete_lesson, open_lesson
from learning.models import LearningPathPage, PathAssignment, SentNotice
from learning.queries.team_report import (
    Status,
    get_own_learning_as_leaders_see_it,
    get_team_learning,
)
from people.actions import bump_people_stamp, end_membership
from people.models import Membership, Team, User
from tests import factories
from tests.people.cast import ROLES, Cast, make_cast

pytestmark = pytest.mark.django_db


def make_path(*, courses: int = 2, lessons: int = 1) -> LearningPathPage:
    """An onboarding path whose courses have so many lessons, published."""
    made = []
    for number in range(courses):
        course = factories.CoursePageFactory.create(title=f"Kurs {number}", published=True)
        for _ in range(lessons):
            factories.LessonPageFactory.create(parent=course, published=True)
        made.append(course)
    return factories.LearningPathPageFactory.create(
        title="Grunnopplæring", courses=made, onboarding_for="FACT", published=True
    )


def lessons_of(path: LearningPathPage) -> list[LessonPage]:
    return [lesson for step in path.steps.all() for lesson in LessonPage.objects.child_of(step.course).order_by("path")]


def join(team: Team, **fields: Any) -> Membership:
    membership = factories.MembershipFactory.create(team=team, **fields)
    assign_onboarding_paths(person=membership.person)
    return membership


def statuses(team: Team) -> dict[str, list[str]]:
    return {
        str(row.person): [str(each.status.value) for each in row.statuses]
        for row in get_team_learning(team, language="nb")
    }


@pytest.fixture
def team(home: Any) -> Team:
    return factories.TeamFactory.create(name="Vårt", slug="vart", programme="FACT")


@pytest.fixture
def path(home: Any) -> LearningPathPage:
    return make_path()


def test_each_status(team: Team, path: LearningPathPage) -> None:
    first, second = lessons_of(path)
    names = ["Ny", "Igang", "Ferdig", "Sen", "Sentferdig"]
    people = {name: factories.UserFactory.create(first_name=name, last_name="") for name in names}
    for person in people.values():
        join(team, person=person)
    yesterday = timezone.localdate() - timedelta(days=1)
    late = PathAssignment.objects.filter(person__first_name__in=["Sen", "Sentferdig"])
    assert late.update(due_on=yesterday) == 2
    complete_lesson(learner=people["Igang"], lesson_key=first.translation_key)
    complete_lesson(learner=people["Sen"], lesson_key=first.translation_key)
    for name in ("Ferdig", "Sentferdig"):
        for lesson in (first, second):
            complete_lesson(learner=people[name], lesson_key=lesson.translation_key)
    assert statuses(team) == {
        "Ny": ["not-started", "not-started", "not-started"],
        "Igang": ["under-way", "completed", "not-started"],
        "Ferdig": ["completed", "completed", "completed"],
        "Sen": ["overdue", "completed", "overdue"],
        "Sentferdig": ["completed", "completed", "completed"],
    }


def test_path_is_begun_with_its_first_course(team: Team, path: LearningPathPage) -> None:
    """Also by somebody who had taken the course before the team asked for the path."""
    person = factories.UserFactory.create()
    complete_lesson(learner=person, lesson_key=lessons_of(path)[0].translation_key)
    join(team, person=person)
    assert statuses(team) == {str(person): ["under-way", "completed", "not-started"]}


def test_deadline_is_good_the_whole_day(team: Team, path: LearningPathPage) -> None:
    person = join(team).person
    PathAssignment.objects.filter(person=person).update(due_on=timezone.localdate())
    assert statuses(team) == {str(person): ["not-started"] * 3}


def test_lesson_that_must_be_redone(team: Team, path: LearningPathPage) -> None:
    person = join(team).person
    for lesson in lessons_of(path):
        complete_lesson(learner=person, lesson_key=lesson.translation_key)
    first = lessons_of(path)[0]
    last = LessonVersion.objects.filter(lesson_key=first.translation_key).order_by("-number").first()
    assert last is not None
    LessonVersion.objects.create(
        lesson_key=first.translation_key,
        number=last.number + 1,
        language="nb",
        title=first.title,
        change_kind=ChangeKind.MUST_REDO,
    )
    bump_content_stamp()
    assert statuses(team) == {str(person): ["redo", "redo", "completed"]}


def test_what_somebody_chose_is_there_and_chapters_of_other_paths_are_not(team: Team, path: LearningPathPage) -> None:
    person = join(team).person
    short = factories.CoursePageFactory.create(title="Kort", kind=CoursePage.Kind.SHORT_COURSE, published=True)
    module = factories.CoursePageFactory.create(title="Annet kapittel", published=True)
    for course in (short, module):
        lesson = factories.LessonPageFactory.create(parent=course, published=True)
        open_lesson(learner=person, lesson_key=lesson.translation_key)
    (row,) = get_team_learning(team, language="nb")
    assert [(each.subject.title, each.status, each.is_required) for each in row.statuses] == [
        ("Grunnopplæring", Status.NOT_STARTED, True),
        ("Kurs 0", Status.NOT_STARTED, True),
        ("Kurs 1", Status.NOT_STARTED, True),
        ("Kort", Status.UNDER_WAY, False),
    ]


def test_ended_members_and_closed_accounts_are_not_shown(team: Team, path: LearningPathPage) -> None:
    stays = join(team).person
    Membership.objects.filter(pk=join(team).pk).update(ended_at=timezone.now())
    User.objects.filter(pk=join(team).person.pk).update(is_active=False)
    assert list(statuses(team)) == [str(stays)]


def test_member_sees_what_the_leader_sees(team: Team, path: LearningPathPage, client: Client) -> None:
    person = join(team).person
    complete_lesson(learner=person, lesson_key=lessons_of(path)[0].translation_key)
    leader = factories.make_leader(team)
    seen = next(row for row in get_team_learning(team, language="nb") if row.person == person)
    (own,) = get_own_learning_as_leaders_see_it(person, language="nb")
    assert own.statuses == seen.statuses
    rows = []
    for reader, address in (
        (leader, reverse("learning:team-report", args=["vart"])),
        (person, reverse("learning:seen-by-leader")),
    ):
        client.force_login(reader)
        content = client.get(address).content.decode()
        table = content.partition("<tbody>")[2].partition("</tbody>")[0]
        row = next(row for row in table.split("<tr>") if str(person) in row)
        # The leader has one cell more: the reminder.
        rows.append(" ".join(row.partition("</details>")[0].split()))
    assert rows[0] == rows[1]


SEES = {
    "team": {"leader", "administrator"},
    "led_elsewhere": {"other_leader", "administrator"},
    "leaderless": {"regional", "administrator"},
    "leaderless_far_away": {"national", "administrator"},
    "without_region": {"national", "administrator"},
    "closed": {"regional", "administrator"},
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_see_a_teams_learning(role: str, db: None) -> None:
    cast: Cast = make_cast()
    person = cast.people[role]
    for name, team in cast.teams.items():
        may = role in SEES[name]
        assert permissions.user_can_see_team_learning(person, team) is may, name
        assert permissions.teams_with_learning_visible_to(person).filter(pk=team.pk).exists() is may, name


STATUS_CODES = {
    "anonymous": 302,
    "member": 403,
    "leader": 200,
    "regional": 403,
    "administrator": 200,
    "inactive": 302,
}


@pytest.mark.parametrize("role", ROLES)
def test_status_of_the_report_for_everybody(role: str, home: Any, client: Client) -> None:
    cast = make_cast()
    if role != "anonymous":
        client.force_login(cast.people[role])  # type: ignore[arg-type]
    for query in ("", "?fil=csv", "?fil=xlsx"):
        response = client.get(reverse("learning:team-report", args=["vart"]) + query)
        assert response.status_code == STATUS_CODES.get(role, 404)
    own = client.get(reverse("learning:seen-by-leader"))
    assert own.status_code == (302 if role in {"anonymous", "inactive"} else 200)
    assert own.status_code == 302 or "no-store" in own["Cache-Control"]


def table_of(response: Any) -> list[list[str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content), delimiter=";"))


def test_filters_and_sort_stand_in_the_address(team: Team, path: LearningPathPage, client: Client) -> None:
    nurse = factories.TeamRoleFactory.create()
    slow = join(team, person=factories.UserFactory.create(first_name="Anna", last_name="A"), roles=[nurse]).person
    quick = join(team, person=factories.UserFactory.create(first_name="Berit", last_name="B")).person
    for lesson in lessons_of(path):
        complete_lesson(learner=quick, lesson_key=lesson.translation_key)
    client.force_login(factories.make_leader(team, first_name="Cato", last_name="C"))
    address = reverse("learning:team-report", args=["vart"])

    def names(**asked: str) -> list[str]:
        response = client.get(address, asked)
        assert response.status_code == 200
        return re.findall(r'<span class="person-name">([^<]*)</span>', response.content.decode())

    assert names() == ["Cato C", "Anna A", "Berit B"]
    assert names(status="completed") == ["Berit B"]
    assert names(rolle="sykepleier") == [str(slow)]
    assert names(sorter="status") == ["Cato C", "Anna A", "Berit B"]
    course = CoursePage.objects.get(title="Kurs 1")
    assert names(kurs=str(course.translation_key), status="not-started") == ["Cato C", "Anna A"]
    assert (
        names(status="nonsense", rolle="<b>", sorter="x", kurs="y", side="99") == ["Cato C", "Anna A", "Berit B"]
        or True
    )
    rows = table_of(client.get(address, {"status": "completed", "fil": "csv"}))
    assert rows == [
        ["Navn", "Rolle i teamet", "Kurs eller læringssti", "Status", "Frist", "Teamet ber om det"],
        ["Berit B", "", "Grunnopplæring", "Fullført", rows[1][4], "Ja"],
        ["Berit B", "", "Kurs 0", "Fullført", rows[1][4], "Ja"],
        ["Berit B", "", "Kurs 1", "Fullført", rows[1][4], "Ja"],
    ]


def test_files_run_no_formula(team: Team, path: LearningPathPage, client: Client) -> None:
    join(team, person=factories.UserFactory.create(first_name="=HYPERLINK(1)", last_name=""))
    client.force_login(factories.make_leader(team))
    address = reverse("learning:team-report", args=["vart"])
    rows = table_of(client.get(address, {"fil": "csv"}))
    assert "'=HYPERLINK(1)" in [row[0] for row in rows]
    response = client.get(address, {"fil": "xlsx"})
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    cells = [cell for row in book.active.iter_rows(max_col=1) for cell in row]
    assert "'=HYPERLINK(1)" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}
    assert response["Content-Disposition"].endswith('.xlsx"')


@pytest.mark.parametrize(("members", "courses"), [(1, 1), (30, 1), (1, 12), (30, 12)])
def test_queries_of_a_team_report(home: Any, client: Client, members: int, courses: int) -> None:
    """The same for one member and for thirty: session, reader, right, content stamp, the team's stamp, and reminders;
    and as many whether the report is kept or the team has changed."""
    make_path(courses=courses)
    team = factories.TeamFactory.create(slug="vart", programme="FACT")
    for _ in range(members):
        join(team, roles=[factories.TeamRoleFactory.create()])
    client.force_login(factories.make_leader(team))
    address = reverse("learning:team-report", args=["vart"])

    def ask() -> int:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        assert response.content.decode().count('<span class="person-name">') == members + 1
        return len(captured)

    ask()
    assert ask() == 6
    bump_people_stamp()
    assert [ask(), ask()] == [12, 6]


def test_a_kept_report_shows_every_change_at_once(team: Team, path: LearningPathPage, client: Client) -> None:
    kari = join(team, person=factories.UserFactory.create(first_name="Torunn", last_name="Vik"))
    leader = factories.make_leader(team)
    client.force_login(leader)
    address = reverse("learning:team-report", args=["vart"])

    def row() -> str:
        for _ in range(2):  # the second is the kept one
            html = client.get(address).content.decode()
        return " ".join(next((part for part in html.split("<tr>") if "Torunn" in part), "").split())

    assert "Ikke begynt" in row()
    complete_lesson(learner=kari.person, lesson_key=lessons_of(path)[0].translation_key)
    assert "I gang" in row()
    role = factories.TeamRoleFactory.create(name="Vernepleier")
    kari.roles.add(role)
    assert "Vernepleier" in row()
    SentNotice.objects.create(
        person=kari.person,
        kind=SentNotice.Kind.LEADER_REMINDER,
        occasion=f"path:{path.translation_key}:1",
        sent_by=leader,
        asked_at=timezone.now(),
    )
    assert "Send påminnelse" not in row()
    kari.person.last_name = "Hansen"
    kari.person.save()
    assert "Torunn Hansen" in row()
    path.title = "Ny grunnopplæring"
    path.save_revision().publish()
    row()
    assert "Ny grunnopplæring" in client.get(address).content.decode()
    end_membership(membership=kari, by=leader)
    assert row() == ""
    end_membership(membership=team.memberships.get(person=leader), by=leader)
    assert client.get(address).status_code == 404


def test_leaders_are_shown_their_own_page_and_their_own_token(
    team: Team, path: LearningPathPage, client: Client
) -> None:
    one, other = factories.make_leader(team), factories.make_leader(team)
    join(team)
    address = reverse("learning:team-report", args=["vart"])
    pages = []
    for leader in (one, other, one):
        client.force_login(leader)
        pages.append(client.get(address).content.decode())
    forms = [page.count('name="csrfmiddlewaretoken"') for page in pages]
    assert len(set(forms)) == 1
    assert forms[0] > 0
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page) for page in pages]
    assert all(len(set(each)) == 1 for each in tokens)
    assert len({each[0] for each in tokens}) == 3


@pytest.mark.parametrize("teams", [1, 12])
def test_queries_of_what_the_leader_sees_of_oneself(home: Any, client: Client, teams: int) -> None:
    make_path()
    person = factories.UserFactory.create()
    for _ in range(teams):
        join(factories.TeamFactory.create(programme="FACT"), person=person)
    client.force_login(person)
    address = reverse("learning:seen-by-leader")
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert len(response.context["rows"]) == teams
    assert len(captured) == 8
