"""Reports in a real browser: at 320 and 1280 px, by keyboard, without JavaScript, and with nothing for axe to find."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from courses.models import CoursePage, LessonPage
from learning.actions import assign_onboarding_paths, complete_lesson, open_lesson
from learning.reports.refresh import refresh_report_figures
from people.models import Team, User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def make_team_with_learners() -> tuple[Team, User]:
    """Two courses in a path; nine in the team, some of whom have done some of it. Returns the team and a member."""
    courses = [
        factories.CoursePageFactory.create(title=title, published=True)
        for title in ("Fleksibilitet", "Aktivt oppsøkende virksomhet")
    ]
    for course in courses:
        for _ in range(2):
            factories.LessonPageFactory.create(parent=course, published=True)
    factories.LearningPathPageFactory.create(
        title="Grunnopplæring: FACT", courses=courses, onboarding_for="FACT", published=True
    )
    region = factories.RegionFactory.create(key="vest")
    team = factories.TeamFactory.create(name="Vårt", slug="vart", programme="FACT", region=region)
    role = factories.TeamRoleFactory.create(key="sykepleier")
    for number in range(8):
        person = factories.UserFactory.create(first_name=f"Person{number}")
        factories.MembershipFactory.create(person=person, team=team, roles=[role])
        assign_onboarding_paths(person=person)
        lessons = [
            lesson for course in CoursePage.objects.order_by("path") for lesson in LessonPage.objects.child_of(course)
        ]
        open_lesson(learner=person, lesson_key=lessons[0].translation_key)
        for lesson in lessons if number < 5 else []:
            complete_lesson(learner=person, lesson_key=lesson.translation_key)
    return team, person


@pytest.mark.parametrize("width", [320, 1280])
def test_leader_filters_opens_a_member_and_stays_within_the_screen(
    site_server: Any, open_page: Callable[..., Watched], width: int
) -> None:
    team, _member = make_team_with_learners()
    leader = factories.make_leader(team, first_name="Leder", last_name="Ledersen")
    page = open_page(user=leader, width=width)
    page.goto(f"{site_server.url}/team/vart/laering/")
    expect(page.get_by_role("heading", name="Læring i teamet")).to_be_visible()
    assert page.locator(".member-table tbody tr").count() == 9
    page.get_by_label("Status").select_option("completed")
    page.get_by_role("button", name="Vis", exact=True).click()
    page.wait_for_url("**status=completed**")
    expect(page.locator(".member-table tbody tr")).to_have_count(5)
    summary = page.get_by_text("Vis kursene").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Fleksibilitet · Aktivt oppsøkende virksomhet").first).to_be_visible()
    assert not page.scrolls_sideways()
    assert page.problems() == []
    assert page.axe_violations() == []


def test_member_sees_the_same_without_javascript(site_server: Any, open_page: Callable[..., Watched]) -> None:
    _team, member = make_team_with_learners()
    page = open_page(user=member, width=320, java_script_enabled=False)
    page.goto(f"{site_server.url}/min-side/dette-ser-teamlederen/")
    row = page.locator(".member-table tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(str(member))
    expect(row).to_contain_text("I gang")
    expect(page.get_by_text("svarene dine på spørsmål")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_national_report_is_read_by_keyboard_and_says_its_charts_in_words(
    site_server: Any, open_page: Callable[..., Watched], width: int, scheme: str
) -> None:
    make_team_with_learners()
    refresh_report_figures()
    group = factories.SupportGroupFactory.create()
    reader = factories.SupportGroupMembershipFactory.create(group=group).person
    page = open_page(user=reader, width=width, color_scheme=scheme)
    page.goto(f"{site_server.url}/rapporter/laering/")
    # Three have begun and not completed: the course is withheld.
    expect(page.get_by_role("row", name="Fleksibilitet For få til å vises")).to_be_visible()
    assert not page.scrolls_sideways()
    assert page.axe_violations() == []
    page.get_by_label("Kurs eller læringssti").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "report-region"
    assert page.problems() == []


@pytest.mark.parametrize("width", [320, 1280])
def test_one_course_in_tables_and_charts(site_server: Any, open_page: Callable[..., Watched], width: int) -> None:
    team, _member = make_team_with_learners()
    course = CoursePage.objects.get(title="Fleksibilitet")
    for _ in range(6):
        person = factories.UserFactory.create()
        factories.MembershipFactory.create(person=person, team=team)
        open_lesson(learner=person, lesson_key=LessonPage.objects.child_of(course)[0].translation_key)
    refresh_report_figures()
    group = factories.SupportGroupFactory.create()
    reader = factories.SupportGroupMembershipFactory.create(group=group).person
    page = open_page(user=reader, width=width)
    page.goto(f"{site_server.url}/rapporter/laering/?emne={course.translation_key}")
    expect(page.get_by_role("row", name="Vest 14 9 5 35 %")).to_be_visible()
    expect(page.get_by_role("img", name="Begynt og fullført, måned for måned")).to_be_visible()
    page.get_by_text("Vis månedene som tabell").click()
    expect(page.get_by_role("columnheader", name="I gang ved slutten")).to_be_visible()
    assert not page.scrolls_sideways()
    assert page.problems() == []
    assert page.axe_violations() == []
